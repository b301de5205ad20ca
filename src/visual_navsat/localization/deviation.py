# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The deviation: how one image lies on the map against what was known of it before."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.view import View
from visual_navsat.localization.lever import (
    FOUND_HEADING_SIGMA_RAD,
    FOUND_SCALE_SIGMA,
    Lever,
)
from visual_navsat.localization.map_match import MapMatch
from visual_navsat.localization.position import PositionEstimate


@dataclass(frozen=True)
class Deviation:
    """What a published match says of compass, height and camera; what it does not say is None."""

    heading_deg: float | None  # found less known, clockwise
    heading_sigma_deg: float  # of one image: as known and as found together
    log_scale: float | None  # of the GSD found over the one known
    log_scale_sigma: float
    position_m: np.ndarray  # (2,) of the vehicle, east and north in the map's frame
    covariance_m2: np.ndarray  # (2, 2)
    # (4, 2) by how much the photo is found off, per radian that the camera looks further to its
    # right and up than it is known to: metres east and north, log scale, radians clockwise.
    tilt_reach: np.ndarray
    is_tilt_measured: bool  # else that of the vehicle is in it

    @classmethod
    def of(
        cls,
        view: View,
        lever: Lever,
        match: MapMatch,
        vehicle: PositionEstimate,
        frame: LocalFrame,
        is_heading_known: bool,
        is_scale_known: bool,
    ) -> Deviation | None:
        """
        Return what a match says.

        :param view: of the photo as taken, as it was searched for.
        :param lever: of the photo, as known before.
        :param frame: of the map.
        :param is_heading_known: whether the heading of the view was known, and not guessed.
        :param is_scale_known: the same of its GSD, apart from the ground at the place.
        """
        photo, reach = lever.photo, lever.tilt_reach_enu(match)
        if photo is None or reach is None:
            return None
        known_deg, known_gsd = photo.view.heading_deg, photo.view.gsd_m_per_px
        if not is_heading_known:
            known_deg = None
        if not is_scale_known:
            known_gsd = None
        return cls(
            None if known_deg is None else math.remainder(match.heading_deg - known_deg, 360.0),
            math.hypot(view.heading_sigma_deg, math.degrees(FOUND_HEADING_SIGMA_RAD)),
            None if known_gsd is None else math.log(match.gsd_m_per_px / known_gsd),
            math.hypot(view.scale_sigma, FOUND_SCALE_SIGMA),
            frame.enu_from_geodetic(vehicle.latitude, vehicle.longitude),
            vehicle.horizontal_covariance_m2,
            reach,
            view.enu_from_camera is not None and view.is_tilt_measured,
        )
