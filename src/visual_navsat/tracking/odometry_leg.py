# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How far the vehicle went between two images, by its odometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.rotation import about_up, matrix_from_quaternion, slerp, yaw_rad
from visual_navsat.tracking.time_buffer import interpolate_linear, TimeBuffer


@dataclass(frozen=True)
class OdometryPose:
    """A pose in the odometry's own frame, whose third axis is up."""

    position_m: np.ndarray  # (2,) along the first two axes
    quaternion: np.ndarray  # (4,) x, y, z, w: odometry frame from the vehicle's


def _interpolate(earlier: OdometryPose, later: OdometryPose, share: float) -> OdometryPose:
    return OdometryPose(
        interpolate_linear(earlier.position_m, later.position_m, share),
        slerp(earlier.quaternion, later.quaternion, share),
    )


class OdometryLeg:
    """
    Measure the leg from each image to the next.

    The frame of odometry drifts, so only differences of its positions are used.
    """

    def __init__(self, max_age_s: float, are_axes_enu: bool) -> None:
        """
        Start without odometry.

        :param are_axes_enu: whether the odometry's axes are east and north. If not, each leg is
            turned by the vehicle's yaw in ENU less its yaw in odometry.
        """
        self.poses: TimeBuffer[OdometryPose] = TimeBuffer(max_age_s, _interpolate)
        self._are_axes_enu = are_axes_enu
        self._start: tuple[int, OdometryPose] | None = None

    def clear(self) -> None:
        """Forget all odometry and where the leg started."""
        self.poses.clear()
        self.start_anew()

    def start_anew(self) -> None:
        """Forget where the leg started."""
        self._start = None

    def measure(self, stamp_ns: int, enu_from_body: np.ndarray | None) -> np.ndarray | None:
        """
        Return the (2,) metres east and north since the last call; the next leg starts here.

        Return None if either end has no odometry, if time went back, or if the odometry's axes are
        not ENU and the vehicle's attitude is unknown.

        :param enu_from_body: (3, 3) rotation of the vehicle at this time, None if unknown.
        """
        matched = self.poses.at(stamp_ns)
        started = self._start
        self._start = None if matched is None else (stamp_ns, matched.value)
        if started is None or matched is None:
            return None
        (start_ns, start), end = started, matched.value
        if stamp_ns < start_ns:
            return None
        leg_m = end.position_m - start.position_m
        if self._are_axes_enu:
            return leg_m
        if enu_from_body is None:
            return None
        turn = yaw_rad(enu_from_body) - yaw_rad(matrix_from_quaternion(end.quaternion))
        return about_up(turn)[:2, :2] @ leg_m
