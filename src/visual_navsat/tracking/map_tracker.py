# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The Bayes filter over the map: many images and odometry become one position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from visual_navsat.config import PositionConfig, TrackConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.prior import Prior
from visual_navsat.retrieval.tile_evidence import TileEvidence
from visual_navsat.tracking.belief_grid import BeliefGrid
from visual_navsat.tracking.new_ground import ALL_NEW, Novelty
from visual_navsat.tracking.odometry_drift import DRIFT_LENGTH_M
from visual_navsat.tracking.track_gaussian import Sighting, TrackGaussian

# While lost, this share of the belief in so few places, on so little of the map, is worth a look.
_CONCENTRATED_SHARE = 0.99
_MAX_PLACES = 12
_MAX_SHARE_OF_MAP = 0.05
# Of a start that somebody gives: the rest, spread over the map, lets images overrule a wrong one.
PRIOR_PROBABILITY = 0.999
# Before the first image: the vehicle is over no part of the map. A flight is planned on it.
_OFF_MAP_SHARE = 0.05
_RETURNING = 0.02  # share of what is off the map that may be over it again at the next image
# No image is surer than this that one of its places is right.
_LEAST_REST = 1e-4
_TELLING = 0.5  # probability from which an image tells where drift begins again
# A start that somebody gives is a track if this much of it lies in one place.
_STARTING_SHARE = 0.95
# From one image to the next nothing flies farther: an odometry that says so has started anew.
_MAX_LEG_M = 1e6


class MapTracker:
    """
    Track a vehicle over one map, from knowing nothing to metres.

    A grid over the whole map keeps every hypothesis. Once one place holds nearly all of it, a
    Gaussian starts there and is refined to metres, while the grid goes on and tells when the
    Gaussian was wrong. Each image brings hypotheses with probabilities; what they leave over is
    the probability that the image says nothing.

    Source of the Gaussian's update with uncertain measurements: Bar-Shalom and Tse, "Tracking in
    a cluttered environment with probabilistic data association", Automatica 1975.
    """

    def __init__(
        self,
        config: TrackConfig,
        frame: LocalFrame,
        region: Region,
        vertical_sigma_m: float = PositionConfig.vertical_sigma_m,
    ) -> None:
        """
        Start lost on a map.

        :param frame: the local plane that all metres here are in.
        :param region: the ground that the map covers.
        :param vertical_sigma_m: standard deviation of the altitude, which is not tracked.
        """
        self.config = config
        self._vertical_sigma_m = vertical_sigma_m
        self._frame = frame
        self._region = region
        self.reset()

    def reset(self, start: Hypothesis | None = None) -> None:
        """Forget everything; begin at a known position, or lost."""
        self._grid = BeliefGrid(self._region, self.config.cell_m, _OFF_MAP_SHARE)
        self._gaussian: TrackGaussian | None = None  # while lost
        self._stamp_s: float | None = None
        self._since_m = 0.0  # way since the last image that told the place
        if start is not None:
            self._grid.multiply(*self._likelihood([start]))
            if self._grid.peak(self._radius_m)[2] >= _STARTING_SHARE:
                self._gaussian = self._gaussian_at(start.position_enu_m, start.covariance_enu_m2)

    def predict(self, stamp_s: float, displacement_enu_m: np.ndarray | None = None) -> bool:
        """
        Move to a later time; return False if the filter started anew.

        :param stamp_s: seconds; a time before the last one means that the clock was reset, and
            starts the filter anew.
        :param displacement_enu_m: (2,) metres moved since the last call by odometry, None if
            there is none: then the vehicle may have gone anywhere at ``max_speed_m_per_s``.
        """
        goes_on = self._stamp_s is None or stamp_s >= self._stamp_s
        if not goes_on:
            self.reset()
        elapsed_s = 0.0 if self._stamp_s is None else stamp_s - self._stamp_s
        self._stamp_s = stamp_s
        if displacement_enu_m is None or not np.hypot(*displacement_enu_m) <= _MAX_LEG_M:
            # Two sigma is full speed all the way.
            sigma_m = self.config.max_speed_m_per_s * elapsed_s / 2
            self._grid.move(np.zeros(2), sigma_m)
            if self._gaussian is not None:
                self._gaussian.wander(sigma_m)
        else:
            displacement = np.asarray(displacement_enu_m, float)
            self._grid.move(displacement, self._drift_sigma_m(float(np.hypot(*displacement))))
            if self._gaussian is not None:
                self._gaussian.move(displacement, self.config.odometry_drift)
        self._grid.mix(self.config.surprise_probability, _RETURNING)
        return goes_on

    def update(
        self,
        hypotheses: Sequence[Hypothesis],
        tile_evidence: TileEvidence | None = None,
        novelty: Novelty = ALL_NEW,
    ) -> None:
        """
        Take what one image says.

        :param hypotheses: where it may have been taken; none if it says nothing.
        :param tile_evidence: what each tile says where none of the hypotheses is right.
        :param novelty: how much the image says that those before did not: the same ground seen
            again is the same evidence, and repeats its mistakes.
        """
        if novelty.evidence <= 0.0 or (not hypotheses and tile_evidence is None):
            return
        elsewhere: np.ndarray | float = 1.0
        if tile_evidence is not None:
            elsewhere = self._grid.paint(tile_evidence.boxes_enu_m, tile_evidence.likelihoods)
        likelihood, outside = self._likelihood(hypotheses, elsewhere)
        self._grid.multiply(likelihood**novelty.evidence, outside**novelty.evidence)
        if any(h.probability >= _TELLING for h in hypotheses):
            self._since_m = 0.0
        if self._gaussian is None:
            self._settle()
        if self._gaussian is not None and hypotheses:
            # A track that has just started takes this image again: from the grid it has no more
            # than about where it is.
            self._gaussian.see(self._sightings(hypotheses), novelty)
            self._settle()

    def estimate(self) -> PositionEstimate | Refusal:
        """Return the tracked position, or a refusal while several places remain possible."""
        if self._gaussian is None:
            share = self._grid.peak(self._radius_m)[2]
            return Refusal(
                'lost', f'the likeliest place holds {share:.0%} of the belief over the map'
            )
        lat, long = self._frame.geodetic_from_enu(self._gaussian.position_m)
        place = float(lat), float(long)
        return PositionEstimate.from_horizontal(
            *place, self._gaussian.covariance_m2, self._vertical_sigma_m
        )

    @property
    def is_converged(self) -> bool:
        """Whether there is a track."""
        return self._gaussian is not None

    def expected_region(self) -> Prior | None:
        """
        Return the box that holds the vehicle with 99.9 %, and a cell more, while it is tracked.

        While it is lost, return the few places that hold nearly all of the belief, or None if they
        are too many or too large to be searched on their own.
        """
        cell_m = self.config.cell_m
        if self._gaussian is not None:
            position_m, covariance_m2 = self._gaussian.position_m, self._gaussian.covariance_m2
            return Prior.around(self._frame, position_m, covariance_m2, cell_m)
        boxes = self._grid.boxes(_CONCENTRATED_SHARE, _MAX_PLACES)
        if not boxes:
            return None
        prior = Prior(self._frame, tuple(box.padded(cell_m) for box in boxes))
        return prior if prior.area_m2 <= _MAX_SHARE_OF_MAP * self._area_m2 else None

    def share_within(self, position_enu_m: np.ndarray, radius_m: float) -> float:
        """Return the share of the belief within a radius of a place."""
        return self._grid.share_within(position_enu_m, radius_m)

    @property
    def _radius_m(self) -> float:
        return 2.5 * self.config.cell_m

    @property
    def _area_m2(self) -> float:
        return self._grid.mass.size * self.config.cell_m**2

    def _searched_m2(self, hypothesis: Hypothesis) -> float:
        # The best place of a small piece of ground proves less than the best of the map.
        return min(hypothesis.searched_m2 or self._area_m2, self._area_m2)

    def _odds_m2(self, hypothesis: Hypothesis) -> float:
        """
        Return the ground times probability, which a density turns into a likelihood.

        The more ground was searched, the more places could pass for the right one by chance: the
        odds of a probability that holds for less ground fall with the share.
        """
        searched_m2 = self._searched_m2(hypothesis)
        price = 1.0 if hypothesis.priced_m2 is None else hypothesis.priced_m2 / searched_m2
        return hypothesis.probability * searched_m2 * min(price, 1.0)

    def _likelihood(
        self, hypotheses: Sequence[Hypothesis], elsewhere: np.ndarray | float = 1.0
    ) -> tuple[np.ndarray, float]:
        """
        Return the likelihood of each cell, and of no cell; without information all are 1.

        :param elsewhere: likelihood of each cell where none of the hypotheses is right.
        """
        rest = _rest(hypotheses)
        likelihood = np.full(self._grid.mass.shape, rest) * elsewhere
        for h in hypotheses:
            # Averaged over a cell: a peak narrower than a cell must not fall between two centres.
            covariance = h.covariance_enu_m2 + np.eye(2) * self.config.cell_m**2 / 4
            self._grid.add_gaussian(likelihood, h.position_enu_m, covariance, self._odds_m2(h))
        return likelihood, rest

    def _sightings(self, hypotheses: Sequence[Hypothesis]) -> list[Sighting]:
        rest = _rest(hypotheses)
        return [
            Sighting(h.position_enu_m, h.covariance_enu_m2, h.tilt_enu_m, self._odds_m2(h) / rest)
            for h in hypotheses
        ]

    def _drift_sigma_m(self, leg_m: float) -> float:
        """
        Return what a leg adds to the drift since an image last told the place.

        Drift in scale and direction goes on in one direction for a while: four legs are off by
        nearly four times as much as one, not twice.
        """
        before_m2, self._since_m = _drifted_m2(self._since_m), self._since_m + leg_m
        added_m2 = _drifted_m2(self._since_m) - before_m2
        return self.config.odometry_drift * float(np.sqrt(added_m2))

    def _gaussian_at(self, mean_m: np.ndarray, covariance_m2: np.ndarray) -> TrackGaussian:
        return TrackGaussian(mean_m, covariance_m2, self.config.map_sigma_m)

    def _settle(self) -> None:
        """Start the Gaussian once the grid has one place left; drop it once the grid left it."""
        if self._gaussian is None:
            mean_m, covariance_m2, share = self._grid.peak(self._radius_m)
            if share >= self.config.converged_probability:
                # Wide, because the errors that stay are in it already, and nothing says which.
                within_m2 = np.eye(2) * self.config.cell_m**2
                self._gaussian = self._gaussian_at(mean_m, covariance_m2 + within_m2)
            return
        sigma_m = float(np.sqrt(np.linalg.eigvalsh(self._gaussian.covariance_m2)[-1]))
        reach_m = self._radius_m + 3 * sigma_m
        share = self._grid.share_within(self._gaussian.position_m, reach_m)
        if share < self.config.lost_probability:
            self._gaussian = None
            self._settle()


def _rest(hypotheses: Sequence[Hypothesis]) -> float:
    """Return the probability that none of them is right."""
    return max(1.0 - sum(h.probability for h in hypotheses), _LEAST_REST)


def _drifted_m2(way_m: float) -> float:
    """Return the variance after a way, for a drift of one metre per metre that fades with it."""
    length_m = DRIFT_LENGTH_M
    return 2 * length_m * (way_m - length_m * (1 - np.exp(-way_m / length_m)))
