"""A bag played to the real node: starts it, plays, and keeps what it gave."""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from visual_navsat.config import Config
from visual_navsat.files import find_shared_file
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.replay.bag import Bag
from visual_navsat.replay.bag_topics import COMPRESSED_IMAGE, TYPES
from visual_navsat.replay.fix_record import FixRecord, ImageRecord
from visual_navsat.replay.output import ReplayOutput
from visual_navsat.replay.recording import RecordedImage
from visual_navsat.replay.scoring import score_records
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.ros.bag_player import BagPlayer, Played
from visual_navsat.ros.conversions import CANDIDATE
from visual_navsat.ros.localizer_process import LocalizerProcess, keep_ros_on_this_machine
from visual_navsat.ros.signals import CleanEnding

_START_TIMEOUT_S = 120.0  # imports torch and loads the map, on a machine that may be busy
_ATTACH_TIMEOUT_S = 20.0
_PROFILE = 'config/fastdds_large_images.xml'


@dataclass(frozen=True)
class Playing:
    """How a bag is played."""

    rate: float = 1.0  # times as fast as recorded
    attach: bool = False  # to a node that runs already, instead of one that is started for it
    hfov_deg: float | None = None  # of the camera, for a bag that does not describe it


def replay_over_ros(
    bag: Bag, truth: TruthTrack | None, config: Config, playing: Playing
) -> ReplayOutput:
    """
    Play an open bag, showing progress, and return what the node gave.

    :param config: of the node; ``node.map`` is the index.
    :raises VisualNavsatError: if no node listens, or the bag is damaged.
    """
    tiles = IndexFolder.open(config.node.map).tiles  # before a node is started that would fail
    played = _play(bag, config, playing)
    records = _records(played, truth)
    return ReplayOutput(
        recording=bag.name,
        mode='over ROS',
        records=records,
        counts={
            'images': played.num_published,
            'stale': played.counters['images_stale'],
            'unreadable': played.counters['images_refused'],
            'dropped': played.counters['images_dropped'],
            'lost': played.lost,
        },
        ignored={},
        truth=truth,
        evaluations=score_records(records, tiles),
    )


def _play(bag: Bag, config: Config, playing: Playing) -> Played:
    """Start the node, unless one runs already, and play the bag to it."""
    # Before either side joins ROS: photos do not fit into Fast DDS' shared memory without it.
    profile = find_shared_file(_PROFILE)
    if profile is not None:
        os.environ.setdefault('FASTDDS_DEFAULT_PROFILES_FILE', str(profile))
    if playing.attach:
        domain_id = int(os.environ.get('ROS_DOMAIN_ID', '0'))
    else:
        domain_id = keep_ros_on_this_machine()
    with CleanEnding() as ending, tempfile.TemporaryDirectory() as scratch:
        node = player = None
        try:
            if not playing.attach:
                with ending.held():
                    node = _start_node(bag, config, Path(scratch) / 'localizer.log')
            player = BagPlayer(bag, domain_id, _camera(bag, playing.hfov_deg))
            if node is None:
                player.wait_for_localizer(_ATTACH_TIMEOUT_S, lambda: None)
            else:
                player.wait_for_localizer(_START_TIMEOUT_S, node.check_alive)
            with tqdm(total=bag.num_images, unit='image', disable=None, leave=False) as bar:
                return player.play(playing.rate, bar.update)
        finally:
            if player is not None:
                player.close()
            if node is not None:
                node.stop()


def _start_node(bag: Bag, config: Config, log_file: Path) -> LocalizerProcess:
    """Start the node on simulated time, with the bag's topics as its inputs."""
    changed = {
        path: value for path, entry, value in config.items() if not _is_same(value, entry.default)
    }
    changed['node.map'] = str(Path(config.node.map).resolve())
    remappings = {role: topic for role, topic in bag.topics.items() if role in TYPES}
    if bag.types['image'] == COMPRESSED_IMAGE:
        remappings['image/compressed'] = remappings.pop('image')
    return LocalizerProcess({**changed, 'use_sim_time': True}, log_file, remappings)


def _camera(bag: Bag, hfov_deg: float | None) -> CameraModel | None:
    """Return the camera of the bag's images by its field of view, where that is all we have."""
    if hfov_deg is None or 'camera_info' in bag.topics:
        return None
    image = next(event for event in bag.events() if isinstance(event, RecordedImage))
    height, width = image.read().shape[:2]
    return CameraModel.from_hfov(width, height, math.radians(hfov_deg))


def _records(played: Played, truth: TruthTrack | None) -> list[ImageRecord]:
    """Return the images that have an answer, in the order of the bag."""
    return [
        ImageRecord(
            name=name,
            stamp_ns=stamp_ns,
            published_ns=played.answered_ns[stamp_ns],
            fix=_record(stamp_ns, played.fixes.get(stamp_ns)),
            tracked=_record(stamp_ns, played.tracked.get(stamp_ns)),
            truth=None if truth is None else truth.at(stamp_ns),
            ranked=_ranked(played.candidates.get(stamp_ns)),
            seconds=played.seconds[stamp_ns],
        )
        for stamp_ns, name in played.names.items()
        if stamp_ns in played.answered_ns
    ]


def _record(stamp_ns: int, message: Any) -> FixRecord:
    """Return a NavSatFix as plain values; None is one that never came."""
    if message is None:
        return FixRecord(stamp_ns, reason='lost')
    if message.status.status < 0:
        return FixRecord(stamp_ns, reason='no_fix', frame_id=message.header.frame_id)
    return FixRecord(
        stamp_ns,
        message.latitude,
        message.longitude,
        message.altitude,
        np.array(message.position_covariance).reshape(3, 3),
        frame_id=message.header.frame_id,
    )


def _ranked(message: Any) -> list[tuple[int, float]]:
    """Return tiles and similarities of a ~/candidates, best first; none where it never came."""
    points = np.zeros(0, CANDIDATE) if message is None else np.frombuffer(message.data, CANDIDATE)
    return [(int(point['tile_index']), float(point['similarity'])) for point in points]


def _is_same(value: Any, default: Any) -> bool:
    return value == default or (value != value and default != default)  # NaN is unlike itself
