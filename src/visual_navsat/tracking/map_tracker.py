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

# While lost, this share of the belief in so few places, on so little of the map, is worth a look.
_CONCENTRATED_SHARE = 0.99
_MAX_PLACES = 12
_MAX_SHARE_OF_MAP = 0.05
# Of a start that somebody gives: the rest, spread over the map, lets images overrule a wrong one.
PRIOR_PROBABILITY = 0.999
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
        self._grid = BeliefGrid(self._region, self.config.cell_m)
        self._mean_m: np.ndarray | None = None  # None while lost
        self._covariance_m2 = np.eye(2)
        self._stamp_s: float | None = None
        if start is not None:
            self._grid.multiply(self._likelihood([start]))
            self._settle()

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
            displacement = np.zeros(2)
            # Two sigma is full speed all the way.
            sigma_m = self.config.max_speed_m_per_s * elapsed_s / 2
        else:
            displacement = np.asarray(displacement_enu_m, float)
            sigma_m = self.config.odometry_drift * float(np.hypot(*displacement))
        self._grid.move(displacement, sigma_m)
        self._grid.mix(self.config.surprise_probability)
        if self._mean_m is not None:
            self._mean_m = self._mean_m + displacement
            self._covariance_m2 = self._covariance_m2 + np.eye(2) * sigma_m**2
        return goes_on

    def update(
        self,
        hypotheses: Sequence[Hypothesis],
        tile_evidence: TileEvidence | None = None,
        novelty: float = 1.0,
    ) -> None:
        """
        Take what one image says.

        :param hypotheses: where it may have been taken; none if it says nothing.
        :param tile_evidence: what each tile says where none of the hypotheses is right.
        :param novelty: 0 to 1, how much the image says that the one before did not: the same
            ground seen again is the same evidence, and repeats its mistakes.
        """
        if novelty <= 0.0 or (not hypotheses and tile_evidence is None):
            return
        elsewhere: np.ndarray | float = 1.0
        if tile_evidence is not None:
            elsewhere = self._grid.paint(tile_evidence.boxes_enu_m, tile_evidence.likelihoods)
        self._grid.multiply(self._likelihood(hypotheses, elsewhere) ** novelty)
        if self._mean_m is None:
            self._settle()
        if self._mean_m is not None and hypotheses:
            # A track that has just started counts this image twice, but the grid knew only cells:
            # it added nothing to the metres that the image gives now.
            self._update_gaussian(hypotheses, novelty)
            self._settle()

    def estimate(self) -> PositionEstimate | Refusal:
        """Return the tracked position, or a refusal while several places remain possible."""
        if self._mean_m is None:
            share = self._grid.peak(self._radius_m)[2]
            return Refusal(
                'lost', f'the likeliest place holds {share:.0%} of the belief over the map'
            )
        lat, long = self._frame.geodetic_from_enu(self._mean_m)
        place = float(lat), float(long)
        return PositionEstimate.from_horizontal(
            *place, self._covariance_m2, self._vertical_sigma_m
        )

    @property
    def is_converged(self) -> bool:
        """Whether there is a track."""
        return self._mean_m is not None

    def expected_region(self) -> Prior | None:
        """
        Return the box that holds the vehicle with 99.9 %, and a cell more, while it is tracked.

        While it is lost, return the few places that hold nearly all of the belief, or None if they
        are too many or too large to be searched on their own.
        """
        cell_m = self.config.cell_m
        if self._mean_m is not None:
            return Prior.around(self._frame, self._mean_m, self._covariance_m2, cell_m)
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

    def _likelihood(
        self, hypotheses: Sequence[Hypothesis], elsewhere: np.ndarray | float = 1.0
    ) -> np.ndarray:
        """
        Return the likelihood of each cell; that of an image without information is 1.

        :param elsewhere: likelihood of each cell where none of the hypotheses is right.
        """
        east, north = self._grid.axes_m
        rest = 1.0 - sum(h.probability for h in hypotheses)
        likelihood = np.full(self._grid.mass.shape, max(rest, 1e-3)) * elsewhere
        for h in hypotheses:
            # Averaged over a cell: a peak narrower than a cell must not fall between two centres.
            covariance = h.covariance_enu_m2 + np.eye(2) * self.config.cell_m**2 / 4
            inverse = np.linalg.inv(covariance)
            de, dn = east - h.position_enu_m[0], (north - h.position_enu_m[1])[:, None]
            distance_2 = (
                inverse[0, 0] * de**2 + 2 * inverse[0, 1] * de * dn + inverse[1, 1] * dn**2
            )
            density = np.exp(-distance_2 / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
            likelihood += h.probability * self._searched_m2(h) * density
        return likelihood

    def _update_gaussian(self, hypotheses: Sequence[Hypothesis], novelty: float) -> None:
        """Weigh all hypotheses at once by how well they fit (probabilistic data association)."""
        mean_m = self._mean_m
        assert mean_m is not None
        rest = max(1.0 - sum(h.probability for h in hypotheses), 1e-3)
        masses, means, covariances = [rest], [mean_m], [self._covariance_m2]
        for h in hypotheses:
            innovation = h.position_enu_m - mean_m
            # An image that says half as much counts as one with twice the variance.
            total = self._covariance_m2 + h.covariance_enu_m2 / novelty
            gain = self._covariance_m2 @ np.linalg.inv(total)
            distance_2 = innovation @ np.linalg.solve(total, innovation)
            density = np.exp(-distance_2 / 2) / (2 * np.pi * np.sqrt(np.linalg.det(total)))
            masses.append(h.probability * self._searched_m2(h) * density)
            means.append(mean_m + gain @ innovation)
            covariances.append((np.eye(2) - gain) @ self._covariance_m2)
        weights = np.array(masses) / np.sum(masses)
        self._mean_m = weights @ np.array(means)
        spread = np.array(means) - self._mean_m
        self._covariance_m2 = np.einsum('k,kij->ij', weights, np.array(covariances)) + np.einsum(
            'k,ki,kj->ij', weights, spread, spread
        )

    def _settle(self) -> None:
        """Start the Gaussian once the grid has one place left; drop it once the grid left it."""
        if self._mean_m is None:
            mean_m, covariance_m2, share = self._grid.peak(self._radius_m)
            if share >= self.config.converged_probability:
                self._mean_m, self._covariance_m2 = mean_m, covariance_m2
            return
        sigma_m = float(np.sqrt(np.linalg.eigvalsh(self._covariance_m2)[-1]))
        reach_m = self._radius_m + 3 * sigma_m
        if self._grid.share_within(self._mean_m, reach_m) < self.config.lost_probability:
            self._mean_m = None
            self._settle()
