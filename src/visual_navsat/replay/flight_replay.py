# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Feed a recorded flight to the localizer: every image, or those that the node has time for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tqdm import tqdm
from visual_navsat.errors import VisualNavsatError
from visual_navsat.localization.answer import Answer
from visual_navsat.replay.recording import (
    RecordedMeasurement,
    Recording,
    RecordingError,
)
from visual_navsat.tracking.localizer import Localizer
from visual_navsat.tracking.stamp_order import StampVerdict
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat.tracking.vehicle_sensors import NO_MOUNT


class FlightReplay:
    """One flight: the localizer is that of the node, the clock is that of the recording."""

    def __init__(self, localizer: Localizer) -> None:
        self._localizer = localizer
        self.counts: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()  # measurements, by the reason

    def measure(self, measurement: RecordedMeasurement) -> None:
        """Take a measurement; an invalid one is ignored and counted, as in the node."""
        try:
            measurement.put_into(self._localizer.flight)
        except VisualNavsatError as error:
            self.ignored[str(error)] += 1

    def accept(self, image: TimedImage) -> bool:
        """Return whether the node would take an image, by its stamp; count it either way."""
        self.counts['images'] += 1
        verdict = self._localizer.flight.stamps.judge(image.stamp_ns)
        self.counts['stale'] += verdict is StampVerdict.STALE
        self.counts['restarts'] += verdict is StampVerdict.RESTART
        return verdict is not StampVerdict.STALE

    def answer(self, image: TimedImage, now_ns: int) -> Answer:
        """
        Return where an accepted image was taken, and where it takes the track.

        :param now_ns: when its turn comes, on the clock of the recording.
        """
        answer = self._localizer.answer(image, now_ns)
        self.counts['unreadable'] += answer.is_unreadable
        self.counts['failed'] += answer.has_failed
        self.counts['no_mount'] += NO_MOUNT in answer.inputs.values()
        return answer


def answer_every_image(replay: FlightReplay, recording: Recording) -> Iterator[Answer]:
    """Answer each image when it arrives, as if that took no time: the same every time."""
    for event in recording.events():
        if not isinstance(event, TimedImage):
            replay.measure(event)
        elif replay.accept(event):
            yield replay.answer(event, event.arrival_ns)


def answer_in_real_time(
    replay: FlightReplay, recording: Recording, latency_s: float | None = None
) -> Iterator[Answer]:
    """
    Answer the images that a node would have had time for.

    While one is answered the newest waits and displaces the one that waited; nothing sleeps, the
    clock is that of the recording. What arrives while an image waits is known when it is answered.

    :param latency_s: what an image takes on the computer of interest; None measures each on this.
    """
    waiting: TimedImage | None = None
    free_ns = -(2**63)  # when the answer to the last image is out

    def answer_waiting(image: TimedImage) -> Answer:
        nonlocal waiting, free_ns
        waiting = None
        start_ns = max(free_ns, image.arrival_ns)
        answer = replay.answer(image, start_ns)
        # One that is stale or cannot be read takes no time to refuse.
        taken_s = answer.seconds
        if latency_s is not None and answer.was_looked_for:
            taken_s = latency_s
        free_ns = start_ns + round(taken_s * 1e9)
        return replace(answer, answered_ns=free_ns)

    for event in recording.events():
        if waiting is not None and free_ns <= event.arrival_ns:
            yield answer_waiting(waiting)
        if not isinstance(event, TimedImage):
            replay.measure(event)
            continue
        if not replay.accept(event):
            continue
        replay.counts['dropped'] += waiting is not None
        waiting = event
        if free_ns <= event.arrival_ns:
            yield answer_waiting(event)
    if waiting is not None:
        yield answer_waiting(waiting)


def collect_answers(
    answering: Iterator[Answer], replay: FlightReplay, recording: Recording
) -> tuple[list[Answer], str]:
    """
    Return all answers, showing progress, and how the recording was damaged after them.

    :raises RecordingError: if it is damaged before the first answer.
    """
    answers: list[Answer] = []
    with tqdm(total=recording.num_images, unit='image', disable=None, leave=False) as bar:
        try:
            for answer in answering:
                answers.append(answer)
                bar.update(replay.counts['images'] - bar.n)
        except RecordingError as error:
            if not answers:
                raise
            return answers, str(error)  # what came before it is worth its answers
    return answers, ''
