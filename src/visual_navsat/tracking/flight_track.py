"""The track of a flight: odometry, priors and what each image says, in the order of time."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence

import numpy as np

from visual_navsat.config import PositionConfig, TrackConfig
from visual_navsat.geometry.geodesy import LocalFrame
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
        min_enu_m: np.ndarray,
        max_enu_m: np.ndarray,
        vertical_sigma_m: float = PositionConfig.vertical_sigma_m,
    ) -> None:
        """
        Start lost.

        :param frame: of the hypotheses and of the track.
        :param min_enu_m: (2,) south-west corner of the map in that frame.
        :param max_enu_m: (2,) north-east corner.
        :param vertical_sigma_m: standard deviation of the altitude, which is not tracked.
        """
        # On a large map, coarser cells find the place later, but no less exactly.
        finest_m = float(np.sqrt((max_enu_m - min_enu_m).prod() / _MAX_CELLS))
        config = dataclasses.replace(config, cell_m=max(config.cell_m, finest_m))
        self._narrows_search = config.narrow_search
        self._tracker = MapTracker(config, frame, min_enu_m, max_enu_m, vertical_sigma_m)
        self._new_ground = NewGround()
        self._leg = leg
        self._lock = threading.Lock()

    def add_odometry(self, stamp_ns: int, pose: OdometryPose) -> None:
        """Take a pose of the odometry."""
        self._leg.poses.add(stamp_ns, pose)

    def restart(self, prior: Hypothesis | None = None) -> None:
        """Start anew from a prior position, or lost."""
        with self._lock:
            self._tracker.reset(prior)
            self._new_ground.start_anew()
            self._leg.start_anew()

    def clear(self) -> None:
        """Start anew, lost, and forget the odometry."""
        with self._lock:
            self._tracker.reset()
            self._new_ground.start_anew()
            self._leg.clear()

    def predict(self, stamp_ns: int, enu_from_body: np.ndarray | None) -> None:
        """
        Move to the time of an image.

        :param enu_from_body: (3, 3) rotation of the vehicle, None if unknown.
        """
        with self._lock:
            leg_m = self._leg.measure(stamp_ns, enu_from_body)
            if self._tracker.predict(stamp_ns / 1e9, leg_m):
                self._new_ground.move(leg_m)
            else:
                self._new_ground.start_anew()

    def prior(self) -> Prior | None:
        """Return where the vehicle is expected, if that is little of the map and may be used."""
        if not self._narrows_search:
            return None
        with self._lock:
            return self._tracker.expected_region()

    def update(
        self, hypotheses: Sequence[Hypothesis], tile_evidence: TileEvidence | None = None
    ) -> None:
        """
        Take what an image says.

        :param hypotheses: none if it was refused.
        :param tile_evidence: where retrieval is all that looked at the whole map.
        """
        if not hypotheses and tile_evidence is None:
            return
        best = max(hypotheses, key=lambda h: h.probability, default=None)
        place_m = tile_evidence.best_place_m if best is None else best.position_enu_m
        tiles = ()
        if tile_evidence is not None:
            tiles = (tile_evidence.boxes_enu_m, tile_evidence.likelihoods)
        with self._lock:
            novelty = self._new_ground.novelty(place_m, self._tracker.is_converged)
            self._tracker.update(hypotheses, *tiles, novelty=novelty)

    def estimate(self) -> PositionEstimate | Refusal:
        """Return where the vehicle is, or that the track is lost."""
        with self._lock:
            return self._tracker.estimate()
