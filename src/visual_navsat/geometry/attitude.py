# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which way the vehicle points, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.rotation import matrix_from_quaternion, slerp
from visual_navsat.geometry.view import View


@dataclass(frozen=True)
class Attitude:
    """Rotation of the vehicle's forward, left, up into east, north, up (REP 103 and 105)."""

    quaternion: np.ndarray  # (4,) x, y, z, w, unit norm
    heading_sigma_deg: float = View.heading_sigma_deg
    tilt_sigma_deg: float = View.tilt_sigma_deg  # infinite where only the heading is known

    @property
    def enu_from_body(self) -> np.ndarray:
        """Return the rotation as a (3, 3) matrix."""
        return matrix_from_quaternion(self.quaternion)


def interpolate_attitude(earlier: Attitude, later: Attitude, share: float) -> Attitude:
    """Return what lies between two attitudes, as uncertain as the less certain of them."""
    return Attitude(
        slerp(earlier.quaternion, later.quaternion, share),
        max(earlier.heading_sigma_deg, later.heading_sigma_deg),
        max(earlier.tilt_sigma_deg, later.tilt_sigma_deg),
    )
