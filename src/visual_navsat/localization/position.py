# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What localization answers: a position with its covariance, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

import numpy as np
from visual_navsat.geometry.geodesy import distance_m, LocalFrame

# Radius in sigmas of the ellipse that holds 95 % of a Gaussian in two dimensions: 2.45.
SIGMAS_95 = math.sqrt(-2.0 * math.log(0.05))
_ELLIPSE_POINTS = 48


@dataclass(frozen=True)
class PositionEstimate:
    """A position on WGS 84 with its covariance."""

    latitude: float  # degrees
    longitude: float  # degrees
    covariance_enu_m2: np.ndarray  # (3, 3), east-north-up
    altitude_m: float = float('nan')  # above the ellipsoid; NaN if unknown
    altitude_amsl_m: float = float('nan')  # above the sea; NaN if unknown

    def widened(self, horizontal_covariance_m2: np.ndarray) -> PositionEstimate:
        """Return the position with (2, 2) of east and north added to its covariance."""
        covariance = np.array(self.covariance_enu_m2, float)
        covariance[:2, :2] += horizontal_covariance_m2
        return replace(self, covariance_enu_m2=covariance)

    @property
    def horizontal_covariance_m2(self) -> np.ndarray:
        """(2, 2) of east and north."""
        return np.asarray(self.covariance_enu_m2, float)[:2, :2]

    @classmethod
    def from_horizontal(
        cls, lat: float, long: float, horizontal_covariance_m2: np.ndarray, vertical_sigma_m: float
    ) -> PositionEstimate:
        """Return a position of unknown altitude; its covariance is (2, 2) of east and north."""
        covariance = np.zeros((3, 3))
        covariance[:2, :2] = horizontal_covariance_m2
        covariance[2, 2] = vertical_sigma_m**2
        return cls(lat, long, covariance)

    @classmethod
    def from_en(
        cls, lat: float, long: float, covariance_en_m2: Sequence[float]
    ) -> PositionEstimate:
        """
        Return a position whose vertical covariance is unknown (NaN).

        :param covariance_en_m2: (3,) east-east, east-north, north-north.
        """
        east, both, north = (float(value) for value in covariance_en_m2)
        covariance = np.full((3, 3), np.nan)
        covariance[:2, :2] = [[east, both], [both, north]]
        return cls(lat, long, covariance)

    @property
    def covariance_en_m2(self) -> list[float]:
        """East-east, east-north and north-north of the covariance."""
        horizontal = self.horizontal_covariance_m2
        return [float(horizontal[0, 0]), float(horizontal[0, 1]), float(horizontal[1, 1])]

    @property
    def sigmas_m(self) -> tuple[float, float]:
        """Return the standard deviations east and north."""
        east, _, north = self.covariance_en_m2
        return math.sqrt(east), math.sqrt(north)

    @property
    def axes_95_m(self) -> tuple[float, float, float]:
        """Half axes of the ellipse that holds 95 %, the longer first, and its heading, degrees."""
        values, vectors = np.linalg.eigh(self.horizontal_covariance_m2)
        minor_m, major_m = (SIGMAS_95 * math.sqrt(max(float(value), 0.0)) for value in values)
        east, north = vectors[:, 1]
        return major_m, minor_m, math.degrees(math.atan2(east, north)) % 180.0

    def ellipse_95(self, frame: LocalFrame) -> np.ndarray:
        """Return (48, 2) points, metres east and north in a frame, of the ellipse with 95 %."""
        angle = np.linspace(0, 2 * np.pi, _ELLIPSE_POINTS, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle)])
        root = np.linalg.cholesky(self.horizontal_covariance_m2)
        center_m = frame.enu_from_geodetic(self.latitude, self.longitude)
        return center_m + (SIGMAS_95 * root @ circle).T

    def distance_m(self, lat: float, long: float) -> float:
        """Return the distance to a point in degrees."""
        return float(distance_m(lat, long, self.latitude, self.longitude))

    def sigmas_to(self, lat: float, long: float, sigma_m: float = 0.0) -> float:
        """
        Return the horizontal Mahalanobis distance to a point in degrees.

        :param sigma_m: of the point, per axis.
        """
        frame = LocalFrame(self.latitude, self.longitude)
        error_m = frame.enu_from_geodetic(lat, long)
        both_m2 = self.horizontal_covariance_m2 + sigma_m**2 * np.eye(2)
        weighted = np.linalg.solve(both_m2, error_m)
        return float(np.sqrt(error_m @ weighted))


@dataclass(frozen=True)
class Refusal:
    """Why there is no position: an answer, not an error."""

    reason: str  # one of REASONS
    detail: str = ''  # for people, with the numbers behind it

    @classmethod
    def of(cls, reason: str) -> Refusal:
        """Return the refusal with the text that ``REASONS`` has for it."""
        return cls(reason, REASONS[reason])


UNREADABLE = 'unreadable'
FAILED = 'failed'
REASONS = {
    'dark': 'the image is too dark',
    'textureless': 'the image shows nothing that can be recognised',
    'blurred': 'the image is too blurred',
    'horizon': 'the image looks at or above the horizon',
    'too_high': 'the image would show more ground than the map has',
    'off_map': 'no part of the map is where the image may be',
    'ambiguous': 'another place on the map agrees nearly as well',
    'no_match': 'no tile stands out from the background of the map',
    'no_patches': 'no part of the image shows ground that can be described',
    'no_index': 'no index is loaded',
    'not_active': 'the node is not active',
    UNREADABLE: 'the image cannot be read',
    FAILED: 'a fault in the software, which the log explains',
    'stale': 'the image is too old',
    'lost': 'the track has not converged on one place yet',
}
