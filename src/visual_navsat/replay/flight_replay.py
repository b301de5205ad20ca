"""Feed a recorded flight to the localizer, and count what it makes of it."""

from __future__ import annotations

from collections import Counter

from visual_navsat.errors import VisualNavsatError
from visual_navsat.localization.answer import Answer
from visual_navsat.replay.recording import RecordedMeasurement
from visual_navsat.tracking.localizer import Localizer
from visual_navsat.tracking.stamp_order import StampVerdict
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat.tracking.vehicle_sensors import NO_MOUNT


class FlightReplay:
    """One flight: the localizer is that of the node, the clock is that of the recording."""

    def __init__(self, localizer: Localizer) -> None:
        self._localizer = localizer
        self.counts: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()  # measurements, by why they were

    def measure(self, measurement: RecordedMeasurement) -> None:
        """Take a measurement; one that is of no use is ignored and counted, as in the node."""
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
        self.counts['no_mount'] += NO_MOUNT in answer.inputs.values()
        return answer
