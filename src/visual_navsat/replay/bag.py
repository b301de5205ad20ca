# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A recorded flight in a ROS bag: rosbag2 (sqlite3 or MCAP) or ROS 1, read without ROS."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
import functools
from pathlib import Path
from typing import Any

from visual_navsat.errors import MissingDependencyError, reason_of, ShapeError
from visual_navsat.messages.compressed_images import rgb_from_compressed
from visual_navsat.messages.flight_inputs import put_message
from visual_navsat.messages.images import rgb_from_image
from visual_navsat.messages.sensors import checked_stamp_ns, gnss_from_message
from visual_navsat.messages.serialised import is_unstamped, stamped
from visual_navsat.optional import import_optional
from visual_navsat.replay.bag_topics import (
    check_topic,
    COMPRESSED_IMAGE,
    STAMPED_ROLES,
    TF_TOPICS,
    TRUTH,
)
from visual_navsat.replay.recorded_tf import RecordedTf, TF_WAIT_NS
from visual_navsat.replay.recording import (
    NEEDS_ROSBAGS,
    no_tf,
    RecordedMeasurement,
    RecordingError,
)
from visual_navsat.replay.stored_bag import StoredBag
from visual_navsat.replay.truth import TruthSample, TruthTrack
from visual_navsat.tracking.timed_image import TimedImage

_REMEDY = (
    'it may have been cut off while it was recorded: try mcap recover, ros2 bag reindex or '
    'rosbag reindex, or copy it again'
)


class Bag:
    """
    The topics of a bag that a replay needs.

    Open it with ``with``. The user maps topics to the node's inputs; their types are checked
    before anything is read.
    """

    def __init__(
        self,
        path: str | Path,
        topics: Mapping[str, str],
        map_frame_id: str = 'map',
        base_frame_id: str | None = None,
    ) -> None:
        """
        Name the bag and its topics; nothing is read before it is opened.

        :param topics: names in the bag by role: those of ``bag_topics.TYPES``, and ``truth``.
        :param base_frame_id: the vehicle's frame, to take the camera's mount from the bag's TF;
            None leaves TF alone.
        :raises RecordingError: if there is no such bag.
        :raises MissingDependencyError: if the package rosbags is not installed.
        """
        self.path = Path(path)
        self.name = self.path.name
        self.topics = dict(topics)
        self.types: dict[str, str] = {}  # of messages by role, once it is open
        self.num_images = 0
        self._map_frame_id = map_frame_id
        self._tf = None if base_frame_id is None else RecordedTf(base_frame_id)
        inputs = [topic for role, topic in topics.items() if role != TRUTH]
        if len(set(inputs)) < len(inputs):
            double = next(topic for topic in inputs if inputs.count(topic) > 1)
            raise RecordingError(f'{double} is given for two inputs: give each a topic of its own')
        if not self.path.exists():
            raise RecordingError(f'there is no bag {path}')
        self._stored = StoredBag(self.path)
        self.notes = self._stored.notes
        self._unstamped: Counter[str] = Counter()
        self._ros2_types: Any = None
        self._migrated: dict[str, object] = {}  # plans of rosbags, made once per type

    def __enter__(self) -> Bag:
        """
        Open the bag and check that it has what is asked for.

        :raises RecordingError: if it is damaged, lacks a topic, or has another type on it.
        """
        with self._explained('cannot be opened'):
            self._stored.open()
        found = self._stored.topics
        try:
            if self._tf is not None:
                recorded = {role: topic for role, topic in TF_TOPICS.items() if topic in found}
                if not recorded:
                    raise RecordingError(no_tf(self.path))
                self.topics |= recorded
            for role, topic in self.topics.items():
                check_topic(self.path, role, topic, self._stored, _REMEDY)
            with self._explained('cannot be opened'):
                self._stored.use(list(self.topics.values()))
        except RecordingError:
            self._stored.close()
            raise
        self.types = {role: found[topic].msgtype for role, topic in self.topics.items()}
        self.num_images = found[self.topics['image']].count
        return self

    def __exit__(self, *_: object) -> None:
        self._stored.close()

    def truth(self) -> TruthTrack | None:
        """
        Return the positions of the truth topic; messages without one are counted and left out.

        :raises RecordingError: if it has no position at all.
        """
        if TRUTH not in self.topics:
            return None
        samples, left_out = [], 0
        try:
            for _, _, raw in self.messages([TRUTH]):
                sample = _truth_sample(self.decode(TRUTH, raw))
                if sample is None:
                    left_out += 1
                else:
                    samples.append(sample)
        except RecordingError:
            if not samples:
                raise
            # What came before the damage counts; events() meets it too, and says so.
        if not samples:
            raise RecordingError(
                f'{self.topics[TRUTH]} of {self.path} has no position: choose another '
                '--truth-topic, or none'
            )
        return TruthTrack(samples, left_out=left_out)

    def events(self) -> Iterator[TimedImage | RecordedMeasurement]:
        """Yield images and measurements as the bag recorded them, in the order of arrival."""
        if self._tf is not None:
            self._tf.clear()
        # The node waits a moment for TF, so what arrives in that time is known to the image too.
        wait_ns = 0 if self._tf is None else TF_WAIT_NS
        waiting: deque[TimedImage | RecordedMeasurement] = deque()
        try:
            for event in self._events():
                while waiting and waiting[0].arrival_ns + wait_ns < event.arrival_ns:
                    yield waiting.popleft()
                if not isinstance(event, _Transforms):
                    waiting.append(event)
                elif self._tf is not None:
                    self._tf.add(event.message, event.is_static)
        except RecordingError:
            yield from waiting  # what came before the damage counts
            raise
        yield from waiting

    def _events(self) -> Iterator[TimedImage | RecordedMeasurement | _Transforms]:
        count = 0
        for role, arrival_ns, raw in self.messages([r for r in self.topics if r != TRUTH]):
            message = self.decode(role, raw)
            if role in TF_TOPICS:
                yield _Transforms(arrival_ns, message, role == 'tf_static')
            elif role == 'image':
                count += 1
                try:
                    image = self._image(f'image_{count:06d}', message, arrival_ns)
                except ShapeError as error:  # of a stamp that no clock shows
                    yield RecordedMeasurement.refused(arrival_ns, error)
                else:
                    yield image
            else:
                put = functools.partial(
                    put_message,
                    topic=role,
                    message=message,
                    arrival_ns=arrival_ns,
                    map_frame_id=self._map_frame_id,
                )
                yield RecordedMeasurement(arrival_ns, put)

    def _image(self, name: str, message: Any, arrival_ns: int) -> TimedImage:
        stamp, frame_id = checked_stamp_ns(message, 'image'), message.header.frame_id
        is_compressed = self.types['image'] == COMPRESSED_IMAGE
        read = rgb_from_compressed if is_compressed else rgb_from_image
        mount = None
        if self._tf is not None:
            mount = functools.partial(self._tf.body_from_camera, stamp, frame_id)
        return TimedImage(
            name=name,
            stamp_ns=stamp,
            arrival_ns=arrival_ns,
            read=functools.partial(read, message),
            frame_id=frame_id,
            body_from_camera=mount,
        )

    def messages(self, roles: list[str]) -> Iterator[tuple[str, int, bytes]]:
        """
        Yield role, time of arrival in nanoseconds and serialised message, in order.

        A header whose stamp was never set, all zero, gets the time of arrival.
        """
        roles_of = {self.topics[role]: role for role in roles}
        with self._explained('is damaged'):
            for topic, arrival_ns, raw in self._stored.messages(roles_of):
                role = roles_of[topic]
                if role in STAMPED_ROLES and is_unstamped(raw, self._stored.is2):
                    self._note_unstamped(role)
                    raw = stamped(raw, arrival_ns, self._stored.is2)
                yield role, arrival_ns, raw

    def decode(self, role: str, raw: bytes) -> Any:
        """Return a message of ROS 2, whichever ROS recorded it."""
        with self._explained('is damaged'):
            message = self._stored.deserialize(raw, self.types[role])
            return message if self._stored.is2 else self._as_ros2(message, self.types[role])

    def ros2_bytes(self, role: str, raw: bytes) -> bytes:
        """Return a message as ROS 2 serialises it."""
        if self._stored.is2:
            return raw
        message = self.decode(role, raw)
        return bytes(self._types_of_ros2().serialize_cdr(message, self.types[role]))

    def _note_unstamped(self, role: str) -> None:
        if role not in self._unstamped:
            self.notes.append(
                f'{self.topics[role]} has stamps of 0: the time of arrival is used for them'
            )
        self._unstamped[role] += 1

    def _types_of_ros2(self) -> Any:
        if self._ros2_types is None:
            typesys = import_optional('rosbags.typesys', NEEDS_ROSBAGS)
            self._ros2_types = typesys.get_typestore(typesys.Stores.LATEST)
        return self._ros2_types

    def _as_ros2(self, message: Any, kind: str) -> Any:
        """Return a message of ROS 1 with the fields of ROS 2: no seq, and no capital names."""
        converter = import_optional('rosbags.convert.converter', NEEDS_ROSBAGS)
        return converter.migrate_message(
            self._stored.typestore, self._types_of_ros2(), kind, kind, self._migrated, message
        )

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Turn whatever a reader stumbles over in damaged bytes into one line."""
        try:
            yield
        except (GeneratorExit, MemoryError, MissingDependencyError):
            raise
        except Exception as error:
            reason = reason_of(error).rstrip('.')
            raise RecordingError(f'{self.path} {what} ({reason}): {_REMEDY}') from error


@dataclass(frozen=True)
class _Transforms:
    """One message of TF."""

    arrival_ns: int
    message: Any
    is_static: bool


def _truth_sample(message: Any) -> TruthSample | None:
    """Return time, latitude and longitude of a NavSatFix, None if it has none of them."""
    try:
        position = gnss_from_message(message)
        stamp = checked_stamp_ns(message, TRUTH)
    except ShapeError:  # receivers without a fix write what they like
        return None
    if position is None or position[:2] == (0.0, 0.0):
        return None
    return TruthSample(stamp, *position[:2])
