# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""From the ground under a photo's centre to the vehicle that took it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.prior import Prior, SIGMAS_999


@dataclass(frozen=True)
class Lever:
    """How far the vehicle is from the ground point under its image's centre."""

    offset_m: np.ndarray  # (2,) east and north, from that point to the vehicle; 0 if unknown
    sigma_m: float  # standard deviation per axis

    @classmethod
    def of(
        cls, photo: NadirImage, view: View, usual_footprint_m: float, unknown_tilt_deg: float
    ) -> Lever:
        """
        Return the lever of a photo.

        An attitude without camera or height does not give the lever: it then counts as unknown.

        :param view: of the photo as taken.
        :param usual_footprint_m: longer side of the ground that the photo shows if its GSD is
            unknown.
        :param unknown_tilt_deg: standard deviation of the tilt if the lever is unknown.
        """
        offset_m, tilt_deg = photo.vehicle_from_center_m, view.tilt_sigma_deg
        if offset_m is None:
            offset_m, tilt_deg = np.zeros(2), unknown_tilt_deg
        height_m = view.height_agl_m
        if height_m is None:
            # The footprint's side stands for it: that of a lens of 53 degrees.
            gsd = photo.view.gsd_m_per_px
            height_m = usual_footprint_m if gsd is None else gsd * max(photo.image.shape[:2])
        return cls(offset_m, height_m * float(np.tan(np.radians(tilt_deg))))

    @property
    def covariance_m2(self) -> np.ndarray:
        """(2, 2) of east and north."""
        return np.eye(2) * self.sigma_m**2

    def center_prior(self, vehicle: Prior | None) -> Prior | None:
        """Return where the photo's centre may be, from where the vehicle may be."""
        return vehicle and vehicle.moved(-self.offset_m, SIGMAS_999 * self.sigma_m)

    def vehicle(self, center: PositionEstimate | Refusal) -> PositionEstimate | Refusal:
        """Return the vehicle's position from that of the ground under the photo's centre."""
        if isinstance(center, Refusal):
            return center
        covariance = center.covariance_enu_m2.copy()
        covariance[:2, :2] += self.covariance_m2
        lat, long = self.vehicle_place(center.latitude, center.longitude)
        return PositionEstimate(lat, long, covariance, center.altitude_m)

    def vehicle_place(self, lat: float, long: float) -> tuple[float, float]:
        """Return latitude and longitude of the vehicle over a centre, all in degrees."""
        vehicle_lat, vehicle_long = LocalFrame(lat, long).geodetic_from_enu(self.offset_m)
        return float(vehicle_lat), float(vehicle_long)
