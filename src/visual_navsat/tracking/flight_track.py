# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The track of a flight: odometry, priors and what each image says, in the order of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import dataclasses
import math
import threading

import numpy as np
from visual_navsat.config import PositionConfig, TrackConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.rotation import matrix_from_quaternion, yaw_rad
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.prior import Prior
from visual_navsat.retrieval.tile_evidence import TileEvidence
from visual_navsat.tracking.map_tracker import MapTracker
from visual_navsat.tracking.new_ground import NewGround
from visual_navsat.tracking.odometry_leg import OdometryLeg, OdometryPose

# 100 km^2 in cells of 25 m are 160,000; 4 million take tenths of a second per image.
_MAX_CELLS = 4_000_000


class FlightTrack:
    """
    Track one vehicle over one map.

    For each image in the order of time: :meth:`predict`, look for it on the map, also where
    :meth:`prior` says, :meth:`update`, and :meth:`estimate`.

    Safe to call from two threads: messages arrive on one while images are answered on the other.
    """

    def __init__(
        self,
        config: TrackConfig,
        leg: OdometryLeg,
        frame: LocalFrame,
        region: Region,
        vertical_sigma_m: float = PositionConfig.vertical_sigma_m,
    ) -> None:
        """Start lost, with the parameters of :class:`MapTracker`."""
        # On a large map, coarser cells find the place later, but no less exactly.
        finest_m = math.sqrt(region.area_m2 / _MAX_CELLS)
        config = dataclasses.replace(config, cell_m=max(config.cell_m, finest_m))
        self._narrows_search = config.narrow_search
        self._tracker = MapTracker(config, frame, region, vertical_sigma_m)
        self._new_ground = NewGround()
        self._leg = leg
        self._lock = threading.Lock()
        self._restarts: deque[Hypothesis | None] = deque(maxlen=1)  # asked for and not done yet

    def add_odometry(self, stamp_ns: int, pose: OdometryPose) -> None:
        """Take a pose of the odometry."""
        self._leg.poses.add(stamp_ns, pose)

    def odometry_yaw_rad(self, stamp_ns: int) -> float | None:
        """Return the vehicle's yaw in the frame of the odometry; None where there is none."""
        matched = self._leg.poses.at(stamp_ns)
        return (
            None if matched is None else yaw_rad(matrix_from_quaternion(matched.value.quaternion))
        )

    def restart(self, start: Hypothesis | None = None) -> None:
        """Begin anew at a known position, or lost."""
        # Not here: the thread of the images may hold the track for tenths of a second.
        self._restarts.append(start)

    def clear(self) -> None:
        """Begin anew, lost, and forget the odometry."""
        self._leg.clear()
        self.restart()

    def predict(self, stamp_ns: int, enu_from_body: np.ndarray | None) -> np.ndarray | None:
        """
        Move to the time of an image.

        :param enu_from_body: (3, 3) rotation of the vehicle, None if unknown.
        :return: (2,) metres east and north by odometry; None where there is none.
        """
        with self._up_to_date():
            leg_m = self._leg.measure(stamp_ns, enu_from_body)
            if self._tracker.predict(stamp_ns / 1e9, leg_m):
                self._new_ground.move(leg_m)
                return leg_m
            self._new_ground.start_anew()
            return None

    def prior(self) -> Prior | None:
        """Return where to look for the vehicle, if that is little of the map and is asked for."""
        if not self._narrows_search:
            return None
        with self._up_to_date():
            return self._tracker.expected_region()

    def update(
        self, hypotheses: Sequence[Hypothesis], tile_evidence: TileEvidence | None = None
    ) -> None:
        """
        Take what an image says.

        :param hypotheses: none if it was refused.
        :param tile_evidence: where retrieval is all that looked at the whole map.
        """
        outline_m = None
        if hypotheses:
            best = max(hypotheses, key=lambda h: h.probability)
            place_m, outline_m = best.position_enu_m, best.outline_m
        elif tile_evidence is not None:
            place_m = tile_evidence.best_place_m
        else:
            return
        with self._up_to_date():
            was_tracked = self._tracker.is_converged
            novelty = self._new_ground.look(place_m, outline_m, was_tracked)
            self._tracker.update(hypotheses, tile_evidence, novelty)
            if was_tracked and not self._tracker.is_converged:
                self._new_ground.start_anew()  # what was seen led to the wrong place

    def estimate(self) -> PositionEstimate | Refusal:
        """Return where the vehicle is, or that the track is lost."""
        with self._up_to_date():
            return self._tracker.estimate()

    @contextmanager
    def _up_to_date(self) -> Iterator[None]:
        """Hold the track, begun anew if that was asked for."""
        with self._lock:
            while self._restarts:
                self._tracker.reset(self._restarts.popleft())
                self._new_ground.start_anew()
                self._leg.start_anew()
            yield
