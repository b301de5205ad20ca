"""Answer the images of a recorded flight as the node would have: fixes and the track."""

from __future__ import annotations

import functools
import math
import time
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from visual_navsat.engine import QueryResult, RetrievalEngine
from visual_navsat.errors import ConfigError, ImageError, VisualNavsatError
from visual_navsat.evaluation.outcome import RECALL_RANKS
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.view import View
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.replay.recording import RecordedImage, RecordedMeasurement
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.stamp_order import StampOrder, StampVerdict
from visual_navsat.tracking.vehicle_sensors import ImageMoment


@dataclass(frozen=True)
class Answer:
    """What one image gave; without its pixels, so that a long flight fits into memory."""

    name: str
    stamp_ns: int
    frame_id: str
    answered_ns: int  # on the clock of the recording
    position: PositionEstimate | Refusal | None  # None where the image could not be read
    tracked: PositionEstimate | Refusal
    view: View | None = None  # what was known of the image
    result: QueryResult | None = None
    problem: str = ''  # why it could not be read
    seconds: float = 0.0  # that it took on this machine


class FlightReplay:
    """
    One flight: takes measurements and images, keeps what the node would keep, counts the rest.

    The engine and the fusion are those of the node; the clock is that of the recording.
    """

    def __init__(self, engine: RetrievalEngine, hfov_deg: float | None = None) -> None:
        """
        Start a flight over the engine's map.

        :param hfov_deg: of the camera, for a recording that does not describe it.
        :raises ConfigError: if the field of view is none.
        """
        if hfov_deg is not None and not 0 < hfov_deg < 180:
            raise ConfigError(f'--hfov-deg is {hfov_deg:g}: it takes degrees, 0 to 180')
        self._engine = engine
        self._hfov_deg = hfov_deg
        self._top_k = max(engine.config.retrieval.top_k, *RECALL_RANKS)
        self._flight = Flight(engine.config, engine.frame, *engine.bounds_m)
        self._stamps = StampOrder()
        self.counts: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()  # measurements, by why they were

    def measure(self, measurement: RecordedMeasurement) -> None:
        """Take a measurement; one that cannot be is ignored and counted, as in the node."""
        try:
            measurement.put_into(self._flight)
        except VisualNavsatError as error:
            self.ignored[str(error)] += 1

    def accept(self, image: RecordedImage) -> bool:
        """Return whether the node would take an image, by its stamp; count it either way."""
        self.counts['images'] += 1
        verdict = self._stamps.judge(image.stamp_ns)
        self.counts['stale'] += verdict is StampVerdict.STALE
        self.counts['restarts'] += verdict is StampVerdict.RESTART
        return verdict is not StampVerdict.STALE

    def answer(self, image: RecordedImage, now_ns: int) -> Answer:
        """
        Return where an accepted image was taken, and where it takes the track.

        :param now_ns: when its turn comes, on the clock of the recording.
        """
        track, max_age_s = self._flight.track, self._engine.config.node.image_max_age_s
        answer = functools.partial(Answer, image.name, image.stamp_ns, image.frame_id, now_ns)
        age_s = (now_ns - image.stamp_ns) / 1e9
        if 0 < max_age_s < age_s:
            track.predict(image.stamp_ns, None)
            detail = f'the image is {age_s:.1f} s old, {max_age_s:g} s are allowed'
            return answer(Refusal('stale', detail), track.estimate())
        started = time.perf_counter()
        try:
            pixels = image.read()
        except ImageError as error:
            self.counts['unreadable'] += 1
            track.predict(image.stamp_ns, None)
            return answer(None, track.estimate(), problem=str(error))
        view, enu_from_body = self._match(image, pixels)
        track.predict(image.stamp_ns, enu_from_body)
        decode_ms = 1e3 * (time.perf_counter() - started)
        # How many tiles are listed changes no answer; recall@20 needs more than the node lists.
        result = self._engine.query(pixels, view, top_k=self._top_k, track_prior=track.prior())
        track.update(result.hypotheses, result.tile_evidence)
        tracked = track.estimate()
        seconds = time.perf_counter() - started
        timings_ms = {**result.timings_ms, 'decode': decode_ms, 'total': 1e3 * seconds}
        # The evidence of every tile has done its work.
        result = replace(result, timings_ms=timings_ms, tile_evidence=None)
        return answer(result.position, tracked, view, result, seconds=seconds)

    def _match(self, image: RecordedImage, pixels: np.ndarray) -> tuple[View, np.ndarray | None]:
        """Return what is known of an image, and the vehicle's attitude (3, 3) where it is."""
        if image.view is not None:
            return image.view, None
        sensors = self._flight.sensors
        height, width = pixels.shape[:2]
        if sensors.camera is None and self._hfov_deg is not None:
            sensors.camera = CameraModel.from_hfov(width, height, math.radians(self._hfov_deg))
        moment = ImageMoment(image.stamp_ns, image.arrival_ns)
        mount = sensors.fixed_mount if image.body_from_camera is None else image.body_from_camera()
        if mount is None:
            self.counts['no_mount'] += 1
        known = sensors.match(moment, width, height, mount)
        return known.view, known.enu_from_body
