# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One vehicle over one map: each image in, with what is known of it, one answer out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
import logging
from pathlib import Path
from typing import Protocol

import numpy as np
from visual_navsat.config import Config
from visual_navsat.engine import query, warm_up
from visual_navsat.geometry.view import View
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.expected_view import ExpectedView
from visual_navsat.localization.fault import refused_by
from visual_navsat.localization.position import Refusal
from visual_navsat.localization.prior import Prior
from visual_navsat.localization.recent_photos import RecentPhotos
from visual_navsat.stage_clock import StageClock
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat.tracking.vehicle_sensors import MatchedInputs

logger = logging.getLogger(__name__)


class Query(Protocol):
    """What answers a single image, as :func:`visual_navsat.engine.query` does."""

    def __call__(
        self,
        image: np.ndarray,
        view: View | None = None,
        *,
        track_prior: Prior | None = None,
        expected: ExpectedView | None = None,
    ) -> Answer: ...


class Localizer:
    """
    Answer the images of a flight, in the order of their stamps.

    The node, a replay and the benchmarks all call it: what they answer is the same by
    construction. Messages may be put into the :class:`Flight` from another thread meanwhile.
    """

    def __init__(
        self,
        config: Config,
        flight: Flight,
        query: Query,
        on_fault: Callable[[str], None] = logger.error,
    ) -> None:
        """
        Take what answers a single image.

        :param query: answers a single image on the flight's map.
        :param on_fault: is given the traceback of what nobody expected.
        """
        self.flight = flight
        self._on_fault = on_fault
        self._node = config.node
        self._expects = config.track.expect_view
        self._query = query

    @classmethod
    def open(  # noqa: A003
        cls,
        index_dir: str | Path,
        config: Config,
        top_k: int | None = None,
        on_fault: Callable[[str], None] = logger.error,
    ) -> tuple[Localizer, LoadedMap]:
        """
        Load a map, warm up, and return its localizer, the track at the configured prior or lost.

        :param top_k: how many tiles and candidates an answer lists; None takes the config's.
        :raises IndexFolderError: if the index is missing, damaged or was built by another model.
        :raises ModelError: if the model's checkpoint is missing or damaged.
        :raises ConfigError: if the prior lies off the map.
        """
        loaded_map = LoadedMap.open(index_dir, config)
        warm_up(loaded_map, config)
        return cls.over(loaded_map, config, top_k, on_fault), loaded_map

    @classmethod
    def over(
        cls,
        loaded_map: LoadedMap,
        config: Config,
        top_k: int | None = None,
        on_fault: Callable[[str], None] = logger.error,
    ) -> Localizer:
        """Return the localizer of a new flight over a map, as :meth:`open`."""
        flight = Flight(config, loaded_map.frame, loaded_map.region)
        recent = RecentPhotos(config.low_flight.join_images)
        ask = partial(query, loaded_map, config, top_k=top_k, recent=recent)
        return cls(config, flight, ask, on_fault)

    def answer(self, image: TimedImage, now_ns: int) -> Answer:
        """
        Return where an image was taken, and the track with it, whatever happens meanwhile.

        :param now_ns: when its turn comes, on the clock of its stamp.
        """
        clock = StageClock()
        try:
            return self._noted(image, now_ns, clock, self._answer(image, now_ns, clock))
        except Exception as error:
            self.flight.track.restart()  # the fault was its, and may have left it half changed
            return self._noted(image, now_ns, clock, refused_by(error, self._on_fault))

    def _answer(self, image: TimedImage, now_ns: int, clock: StageClock) -> Answer:
        track = self.flight.track
        age_s, max_age_s = (now_ns - image.stamp_ns) / 1e9, self._node.image_max_age_s
        if 0 < max_age_s < age_s:
            self._predict(image.stamp_ns, None)
            detail = f'the image is {age_s:.1f} s old, {max_age_s:g} s are allowed'
            return Answer(Refusal('stale', detail))
        try:
            with clock.stage('decode'):
                pixels = image.read()
            known = self.flight.calibration.correct(self._known_of(image, pixels))
            attitude = known.attitude
            self._predict(image.stamp_ns, None if attitude is None else attitude.enu_from_body)
            yaw_rad = self._odometry_yaw_rad(image)
            expected = self.flight.forecast.at(image.stamp_ns, yaw_rad) if self._expects else None
            answer = self._query(pixels, known.view, track_prior=track.prior(), expected=expected)
        except Exception as error:  # whatever it was, the next image may fare better
            self._predict(image.stamp_ns, None)  # a second call for one stamp moves nothing
            return refused_by(error, self._on_fault)
        self.flight.calibration.learn(answer, image.stamp_ns)
        self.flight.forecast.see(answer, image.stamp_ns, yaw_rad)
        track.update(answer.hypotheses, answer.tile_evidence)
        found = answer.best_match if answer.is_fix else None
        attitude = known.attitude_by(found.heading_deg if found else None)
        return replace(
            answer, view=answer.view or known.view, attitude=attitude, inputs=known.used
        )

    def _odometry_yaw_rad(self, image: TimedImage) -> float | None:
        """Return the vehicle's yaw in the frame of the odometry, where the image turns with it."""
        if image.body_from_camera is not None:  # a gimbal
            return None
        return self.flight.track.odometry_yaw_rad(image.stamp_ns)

    def _predict(self, stamp_ns: int, enu_from_body: np.ndarray | None) -> None:
        """Move track and calibration to the time of an image."""
        self.flight.calibration.move(self.flight.track.predict(stamp_ns, enu_from_body))

    def _noted(self, image: TimedImage, now_ns: int, clock: StageClock, answer: Answer) -> Answer:
        """Return an answer with the name and times of its image, and the track after it."""
        return replace(
            answer,
            name=image.name,
            stamp_ns=image.stamp_ns,
            frame_id=self._node.frame_id or image.frame_id or 'camera',
            answered_ns=now_ns,
            tracked=self.flight.track.estimate(),
            timings_ms={**answer.timings_ms, **clock.timings_ms},
            tile_evidence=None,  # the track has taken it, and a flight has many images
        )

    def _known_of(self, image: TimedImage, pixels: np.ndarray) -> MatchedInputs:
        if image.view is not None:
            return MatchedInputs(image.view, None)
        height, width = pixels.shape[:2]
        return self.flight.sensors.match(image, width, height)
