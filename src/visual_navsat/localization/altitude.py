# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How high a vehicle is, from the scale of its photo and the ground under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View
from visual_navsat.localization.map_match import MapMatch

# Of a height over ground by the scale that correlation finds and the lens: roofs and trees are
# nearer to the camera than the ground.
HEIGHT_SIGMA = 0.02
_LEAST_DOWN = 0.1  # of the optical axis; nearer to the horizon no photo is found
_SHARES = np.linspace(-0.3, 0.3, 5)  # of a footprint, where the ground that it shows is asked


@dataclass(frozen=True)
class Altitude:
    """The vehicle's altitude, of a photo that was found."""

    amsl_m: float  # above the sea
    above_ellipsoid_m: float  # NaN if the geoid is unknown
    sigma_m: float  # at the place that was found
    slope: np.ndarray  # (2,) by which the ground there rises towards east and north
    center_share: float  # height over the ground at the photo's centre, of that over all it shows

    def variance_m2(self, horizontal_m2: np.ndarray) -> float:
        """Return the variance; a place on a slope is wrong in height where it is wrong aside."""
        return float(self.sigma_m**2 + self.slope @ horizontal_m2 @ self.slope)


@dataclass(frozen=True)
class OverGround:
    """A photo of known height above the ground of a terrain."""

    terrain: Terrain
    height_m: float  # over the ground that it shows, at the GSD that it is believed to have
    longer_px: int
    height_sigma: float  # of a height by the scale that is found, as a share of it

    @classmethod
    def of(cls, photo: NadirImage, view: View, terrain: Terrain | None) -> OverGround | None:
        """Return what gives the altitude; None without terrain, lens or height."""
        if terrain is None or view.camera is None or view.height_agl_m is None:
            return None
        down = (
            1.0 if view.enu_from_camera is None else -float(np.asarray(view.enu_from_camera)[2, 2])
        )
        tan = np.sqrt(max(1.0 - down**2, 0.0)) / max(down, _LEAST_DOWN)
        # The metres per pixel at the centre grow with the tilt as its cosine to the power of -3/2.
        by_tilt = 1.5 * tan * np.radians(view.tilt_sigma_deg)
        sigma = float(np.hypot(HEIGHT_SIGMA, by_tilt))
        return cls(terrain, view.height_agl_m, max(photo.image.shape[:2]), sigma)

    def altitude(self, match: MapMatch, scale: float) -> Altitude | None:
        """
        Return the altitude of the photo as it lies on the map; None where no ground is known.

        :param scale: as found, over the one that it was believed to have.
        """
        terrain = self.terrain
        east_m, north_m = terrain.frame.enu_from_geodetic(*match.place)
        reach_m = match.gsd_m_per_px * self.longer_px * _SHARES
        shown = terrain.height_at(east_m + reach_m[:, None], north_m + reach_m[None, :])
        at_center_m = float(terrain.height_at(east_m, north_m))
        if not np.isfinite(shown).any() or not np.isfinite(at_center_m):
            return None
        height_m = self.height_m * scale
        amsl_m = height_m + (at_center_m if match.is_over_relief else float(np.nanmean(shown)))
        share = (amsl_m - at_center_m) / height_m
        return Altitude(
            amsl_m,
            amsl_m + terrain.undulation_of(*match.place),
            float(np.hypot(terrain.sigma_m, self.height_sigma * height_m)),
            np.nan_to_num(terrain.slope_at(float(east_m), float(north_m))),
            float(np.clip(share, 0.5, 2.0)),
        )
