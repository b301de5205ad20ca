# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The track's Gaussian: the position, and the errors that stay from one image to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.tracking.new_ground import ALL_NEW, Novelty
from visual_navsat.tracking.odometry_drift import DRIFT_LENGTH_M, drift_step

# What the errors of a map keep from place to place, and that of a tilt that nobody measured along
# the way: over this length they fall to 1/e.
MAP_LENGTH_M = 300.0
TILT_LENGTH_M = 1000.0
# Of an image's own variance, what differs even between two images of the same ground.
_WHITE_IMAGE = 0.1
_POSITION, _DRIFT, _TILT, _MAP, _IMAGE = (slice(2 * k, 2 * k + 2) for k in range(5))
_SIZE = 10
_PLACES = np.eye(2, _SIZE)  # position_from_state


@dataclass(frozen=True)
class Sighting:
    """One place that an image may have been taken at, as the Gaussian takes it."""

    position_m: np.ndarray  # (2,)
    covariance_m2: np.ndarray  # (2, 2) all of it
    tilt_m: np.ndarray | None  # (2, 2) see Hypothesis.tilt_enu_m
    odds: float  # density, 1/m^2, times this is how much likelier than none of them


class TrackGaussian:
    """
    A Gaussian over the position and four errors, each of them two numbers that last for a while.

    The drift of the odometry along and across the way; the tilt of the camera, where nobody
    measured it; what the map is off here; and what an image says wrongly of the ground that it
    shows. All fade exponentially, the first three with the way, the last as the ground in view is
    replaced. Averaging many images therefore never claims more than these leave, while what a turn
    or a long way tells about them is used.

    Source: Schmidt, "Application of state-space methods to navigation problems", 1966, with the
    errors estimated; Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking
    and Navigation", 2001, section 8.2, for errors that are correlated in time.
    """

    def __init__(self, mean_m: np.ndarray, covariance_m2: np.ndarray, map_sigma_m: float) -> None:
        """
        Start at a position.

        :param map_sigma_m: what the map is off, standard deviation per axis.
        """
        self._map_sigma_m = map_sigma_m
        self._mean = _PLACES.T @ np.asarray(mean_m, float)
        sigmas = np.ones(_SIZE)
        sigmas[_MAP] = map_sigma_m
        self._covariance = np.diag(sigmas**2)
        self._covariance[_POSITION, _POSITION] = covariance_m2

    @property
    def position_m(self) -> np.ndarray:
        """(2,) east and north."""
        return self._mean[_POSITION]

    @property
    def covariance_m2(self) -> np.ndarray:
        """(2, 2) of the position."""
        return self._covariance[_POSITION, _POSITION]

    def move(self, displacement_m: np.ndarray, drift: float) -> None:
        """
        Move by what the odometry measured.

        :param drift: standard deviation, metres per metre.
        """
        way_m, step = float(np.hypot(*displacement_m)), drift_step(displacement_m, drift)
        transition = np.eye(_SIZE)
        transition[_POSITION, _DRIFT] = -step.lasting_m
        self._mean = transition @ self._mean
        self._mean[_POSITION] += displacement_m
        self._covariance = transition @ self._covariance @ transition.T
        self._widen(step.white_sigma_m)
        self._fade(way_m)

    def wander(self, sigma_m: float) -> None:
        """Spread by a way that nothing measured."""
        self._widen(sigma_m)
        self._fade(sigma_m)

    def see(self, sightings: Sequence[Sighting], novelty: Novelty = ALL_NEW) -> None:
        """
        Take one image, all its places at once, each by how well it fits.

        :param novelty: for the share of the ground that is not new the image is wrong as the last
            one was; that it is right counts by the share of the evidence that is new, over 0.
        """
        self._mix(_IMAGE, 1.0 - novelty.ground, 1.0)
        weights, means, covariances = [1.0 / novelty.evidence], [self._mean], [self._covariance]
        for sighting in sightings:
            density, mean, covariance = self._updated(sighting)
            weights.append(sighting.odds * density)
            means.append(mean)
            covariances.append(covariance)
        shares = np.array(weights) / np.sum(weights)
        spread = np.array(means) - shares @ np.array(means)
        self._mean = shares @ np.array(means)
        self._covariance = np.einsum('k,kij->ij', shares, np.array(covariances)) + np.einsum(
            'k,ki,kj->ij', shares, spread, spread
        )

    def _updated(self, sighting: Sighting) -> tuple[float, np.ndarray, np.ndarray]:
        """Return density, mean and covariance if a sighting is right."""
        lasting_m2 = np.eye(2) * self._map_sigma_m**2
        observed = _PLACES.copy()
        observed[:, _MAP] = np.eye(2)
        if sighting.tilt_m is not None:
            lasting_m2 = lasting_m2 + sighting.tilt_m @ sighting.tilt_m.T
            observed[:, _TILT] = sighting.tilt_m
        own_m2 = _positive(sighting.covariance_m2 - lasting_m2, 0.1 * sighting.covariance_m2)
        observed[:, _IMAGE] = np.sqrt(1 - _WHITE_IMAGE) * np.linalg.cholesky(own_m2)
        crossed = self._covariance @ observed.T
        total_m2 = observed @ crossed + _WHITE_IMAGE * own_m2
        gain = np.linalg.solve(total_m2, crossed.T).T
        innovation_m = sighting.position_m - observed @ self._mean
        distance_2 = innovation_m @ np.linalg.solve(total_m2, innovation_m)
        density = np.exp(-distance_2 / 2) / (2 * np.pi * np.sqrt(np.linalg.det(total_m2)))
        covariance = self._covariance - gain @ crossed.T
        return (
            float(density),
            self._mean + gain @ innovation_m,
            (covariance + covariance.T) / 2,
        )

    def _fade(self, way_m: float) -> None:
        self._mix(_DRIFT, np.exp(-way_m / DRIFT_LENGTH_M), 1.0)
        self._mix(_TILT, np.exp(-way_m / TILT_LENGTH_M), 1.0)
        self._mix(_MAP, np.exp(-way_m / MAP_LENGTH_M), self._map_sigma_m)

    def _mix(self, part: slice, kept: float, sigma: float) -> None:
        """Replace a share of an error by a new draw of it; its variance stays."""
        self._mean[part] = kept * self._mean[part]
        self._covariance[part] *= kept
        self._covariance[:, part] *= kept
        self._covariance[part, part] += np.eye(2) * (1 - kept**2) * sigma**2

    def _widen(self, sigma_m: float) -> None:
        self._covariance[_POSITION, _POSITION] += np.eye(2) * sigma_m**2


def _positive(covariance_m2: np.ndarray, least_m2: np.ndarray) -> np.ndarray:
    """Return a covariance that is nowhere below the least one, along the axes of that."""
    root = np.linalg.cholesky(least_m2)
    inverse = np.linalg.inv(root)
    values, vectors = np.linalg.eigh(inverse @ covariance_m2 @ inverse.T)
    return (root @ (vectors * np.maximum(values, 1.0)) @ vectors.T) @ root.T
