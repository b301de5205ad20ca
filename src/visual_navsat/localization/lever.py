# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""From the ground under a photo's centre to the vehicle that took it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.rotation import about_up
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View
from visual_navsat.localization.altitude import Altitude, OverGround
from visual_navsat.localization.map_match import MapMatch
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.prior import Prior, SIGMAS_999
from visual_navsat.localization.tilt_error import (
    tilt_covariance,
    tilt_covariance_aligned,
    tilt_reach_aligned,
)

# Of the heading and the scale at which correlation finds a photo, per axis of the lever.
FOUND_HEADING_SIGMA_RAD = np.radians(0.5)
FOUND_SCALE_SIGMA = 0.01


@dataclass(frozen=True)
class Lever:
    """
    How far the vehicle is from the ground point under its image's centre.

    It is that of the known attitude and height, until :meth:`at` turns and scales it as
    correlation found the photo on the map.
    """

    offset_m: np.ndarray  # (2,) east and north, from that point to the vehicle; 0 if unknown
    covariance_m2: np.ndarray  # (2, 2) of east and north
    # The rest is for :meth:`at`; of an unknown lever nothing turns.
    covariance_aligned_m2: np.ndarray  # (2, 2) by the tilt alone, once heading and scale are found
    heading_deg: float | None = None  # of the photo's up direction, as known
    gsd_m_per_px: float | None = None  # of the photo, as known
    photo: NadirImage | None = None
    unknown_tilt_m: float = 0.0  # standard deviation by a tilt that is not known, per axis
    # (4, 2) by how much the photo is found off, per radian that the camera looks further to its
    # right and up than it is known to: metres along its right and up, log of the scale, radians
    # clockwise.
    tilt_reach: np.ndarray | None = None
    over_ground: OverGround | None = None  # where the map has terrain and the height is known
    altitude: Altitude | None = None  # once the photo is found

    @classmethod
    def of(
        cls,
        photo: NadirImage,
        view: View,
        usual_footprint_m: float,
        unknown_tilt_deg: float,
        terrain: Terrain | None = None,
    ) -> Lever:
        """
        Return the lever of a photo.

        An attitude without camera or height does not give the lever: it then counts as unknown.

        :param view: of the photo as taken.
        :param usual_footprint_m: longer side of the ground that the photo shows if its GSD is
            unknown.
        :param unknown_tilt_deg: standard deviation of the tilt if the lever is unknown.
        :param terrain: under the map; None: flat ground is assumed.
        """
        over_ground = OverGround.of(photo, view, terrain)
        gsd, offset_m = photo.view.gsd_m_per_px, photo.vehicle_from_center_m
        heading_deg, height_m = photo.view.heading_deg, view.known_height_agl_m
        if offset_m is None or heading_deg is None or height_m is None or gsd is None:
            if height_m is None:
                # The footprint's side stands for it: that of a lens of 53 degrees.
                longer_px = max(photo.image.shape[:2])
                height_m = usual_footprint_m if gsd is None else gsd * longer_px
            tilt_m = height_m * float(np.tan(np.radians(unknown_tilt_deg)))
            level = np.eye(2) * tilt_m**2
            reach = height_m * np.eye(4, 2)
            return cls(np.zeros(2), level, level, None, gsd, photo, tilt_m, reach, over_ground)
        tilt_sigma_deg = view.tilt_sigma_deg if view.is_tilt_measured else unknown_tilt_deg
        sigma_rad = np.radians(tilt_sigma_deg)
        unknown_m = 0.0 if view.is_tilt_measured else height_m * float(np.tan(sigma_rad))
        # The vehicle stands at 0, 0.
        ground_m = photo.ground_from_pixel(photo.sample_px, heading_deg, gsd) - offset_m
        known_m2 = tilt_covariance(-offset_m, height_m, sigma_rad) + _stretch_and_turn_m2(
            offset_m, view.scale_sigma, np.radians(view.heading_sigma_deg)
        )
        aligned_m2 = tilt_covariance_aligned(ground_m, height_m, sigma_rad)
        right, down = np.asarray(view.enu_from_camera).T[:2]
        # About its down axis a camera turns to the right, about its right axis up.
        reach = tilt_reach_aligned(ground_m, height_m, np.column_stack([down, right]))
        reach[:2] = _enu_from_image(heading_deg).T @ reach[:2]
        return cls(
            *(offset_m, known_m2, aligned_m2, heading_deg, gsd, photo),
            *(unknown_m, reach, over_ground),
        )

    def at(self, match: MapMatch) -> Lever:
        """Return the lever of the photo as it lies on the map, at the scale and heading found."""
        scale = 1.0 if self.gsd_m_per_px is None else match.gsd_m_per_px / self.gsd_m_per_px
        turn = np.eye(2)
        if self.heading_deg is not None:
            turn = _enu_from_image(match.heading_deg - self.heading_deg)
        altitude = None
        if self.over_ground is not None:
            altitude = self.over_ground.altitude(match, scale)
        # The ray through the centre ends on the ground there, not on the plane that fits best.
        reach = scale if altitude is None else scale * altitude.center_share
        offset_m = reach * turn @ self.offset_m
        aligned_m2 = scale**2 * turn @ self.covariance_aligned_m2 @ turn.T
        found_m2 = _stretch_and_turn_m2(offset_m, FOUND_SCALE_SIGMA, FOUND_HEADING_SIGMA_RAD)
        return replace(
            self, offset_m=offset_m, covariance_m2=aligned_m2 + found_m2, altitude=altitude
        )

    def outline_m(self, match: MapMatch) -> np.ndarray | None:
        """Return (N, 2) the ground that is shown, from the vehicle; for what :meth:`at` gives."""
        if self.photo is None:
            return None
        outline_px = self.photo.outline_px
        ground_m = self.photo.ground_from_pixel(outline_px, match.heading_deg, match.gsd_m_per_px)
        return ground_m - self.offset_m

    def tilt_enu_m(self, match: MapMatch) -> np.ndarray | None:
        """Return (2, 2) what an unknown tilt does along right and up; None where it is known."""
        if not self.unknown_tilt_m:
            return None
        return self.unknown_tilt_m * _enu_from_image(match.heading_deg)

    def tilt_reach_enu(self, match: MapMatch) -> np.ndarray | None:
        """Return (4, 2) ``tilt_reach`` along east and north, at the scale found."""
        if self.tilt_reach is None:
            return None
        scale = 1.0 if self.gsd_m_per_px is None else match.gsd_m_per_px / self.gsd_m_per_px
        reach_m = scale * _enu_from_image(match.heading_deg) @ self.tilt_reach[:2]
        return np.vstack([reach_m, self.tilt_reach[2:]])

    def center_prior(self, vehicle: Prior | None) -> Prior | None:
        """Return where the photo's centre may be, from where the vehicle may be."""
        widest_m = float(np.sqrt(np.linalg.eigvalsh(self.covariance_m2)[-1]))
        return vehicle and vehicle.moved(-self.offset_m, SIGMAS_999 * widest_m)

    def vehicle(self, center: PositionEstimate | Refusal) -> PositionEstimate | Refusal:
        """Return the vehicle's position from that of the ground under the photo's centre."""
        if isinstance(center, Refusal):
            return center
        covariance = center.covariance_enu_m2.copy()
        covariance[:2, :2] += self.covariance_m2
        lat, long = self.vehicle_place(center.latitude, center.longitude)
        if self.altitude is None:
            return PositionEstimate(lat, long, covariance, center.altitude_m)
        altitude_m = self.altitude.above_ellipsoid_m
        if np.isfinite(altitude_m):  # else what the fix says of its altitude stays as it was
            covariance[2, 2] = self.altitude.variance_m2(center.horizontal_covariance_m2)
        return PositionEstimate(lat, long, covariance, altitude_m, self.altitude.amsl_m)

    def vehicle_place(self, lat: float, long: float) -> tuple[float, float]:
        """Return latitude and longitude of the vehicle over a centre, all in degrees."""
        vehicle_lat, vehicle_long = LocalFrame(lat, long).geodetic_from_enu(self.offset_m)
        return float(vehicle_lat), float(vehicle_long)


def _enu_from_image(heading_deg: float) -> np.ndarray:
    """Return (2, 2) the turn from a photo's right and up to east and north."""
    return about_up(-np.radians(heading_deg))[:2, :2]


def _stretch_and_turn_m2(
    offset_m: np.ndarray, scale_sigma: float, heading_sigma_rad: float
) -> np.ndarray:
    """Return (2, 2) of a lever whose length and direction are uncertain."""
    across_m = np.array([-offset_m[1], offset_m[0]])
    return scale_sigma**2 * np.outer(offset_m, offset_m) + heading_sigma_rad**2 * np.outer(
        across_m, across_m
    )
