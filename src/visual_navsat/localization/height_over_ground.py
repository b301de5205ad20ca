# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An altitude above the sea as a height over the ground of a map."""

from __future__ import annotations

from dataclasses import replace
import math

import numpy as np
from visual_navsat.correlation.heading_scale_grid import SEARCHED_SIGMAS
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View

LOWEST_M = 30.0  # over ground: who flies lower is not looked for
_WIDEST = 0.9


def view_over_ground(view: View, terrain: Terrain | None, where: Region) -> View | None:
    """
    Return the view with the middle height over some ground; its scale_sigma covers all heights.

    None without an altitude, without terrain, where a height over ground was measured, and where
    the altitude is not above the ground.

    :param where: the photo's centre may be, in the terrain's frame.
    """
    is_measured = view.height_agl_m is not None and not view.is_height_over_level
    ground = None if terrain is None else terrain.range_in(where)
    if view.altitude_amsl_m is None or is_measured or terrain is None or ground is None:
        return None
    highest_m = view.altitude_amsl_m - ground.low_m
    lowest_m = max(view.altitude_amsl_m - ground.high_m, LOWEST_M)
    if highest_m <= LOWEST_M:
        return None
    sigma_m = math.hypot(view.altitude_sigma_m, terrain.sigma_m)
    middle_m = (lowest_m + highest_m) / 2
    tolerance = (highest_m - lowest_m) / 2 / middle_m + SEARCHED_SIGMAS * sigma_m / middle_m
    sigma = min(tolerance, _WIDEST) / SEARCHED_SIGMAS
    return replace(view, height_agl_m=middle_m, scale_sigma=sigma)


def seen_from(view: View, terrain: Terrain, vehicle: Region) -> Region:
    """
    Return where the centre of a photo may be, from where its vehicle may be.

    :param vehicle: in the terrain's frame, as what is returned.
    """
    if view.enu_from_camera is None or view.altitude_amsl_m is None:
        return vehicle
    east_m, north_m = (
        (vehicle.west_m + vehicle.east_m) / 2,
        (vehicle.south_m + vehicle.north_m) / 2,
    )
    met = terrain.meet(
        [east_m, north_m, view.altitude_amsl_m], np.asarray(view.enu_from_camera)[:, 2]
    )
    return vehicle if met is None else vehicle.moved(met[:2] - (east_m, north_m))
