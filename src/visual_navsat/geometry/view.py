# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is known about how an image was taken, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
import math
from numbers import Real

import numpy as np
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.camera import CameraModel, center_gsd_m_per_px

# Beyond these, a number is that of another thing, and arithmetic loses its meaning.
_HIGHEST = {'heading_deg': 1e6, 'height_agl_m': 1e7, 'gsd_m_per_px': 1e6, 'altitude_amsl_m': 1e7}


@dataclass(frozen=True)
class View:
    """
    What is known about how an image was taken; what is unknown is None.

    The sigmas are standard deviations of the known values.

    :raises ConfigError: if a number is none, not finite or absurdly large.
    """

    camera: CameraModel | None = None
    enu_from_camera: np.ndarray | None = None  # (3, 3) rotation of the optical frame
    heading_deg: float | None = None  # of the image's up direction, clockwise from north
    height_agl_m: float | None = None
    gsd_m_per_px: float | None = None  # at the image's centre, if camera and height do not give it
    heading_sigma_deg: float = 2.0
    tilt_sigma_deg: float = 1.0
    scale_sigma: float = 0.05  # of height or GSD, relative
    altitude_amsl_m: float | None = None  # above the sea; over terrain it gives the height
    altitude_sigma_m: float = 10.0
    # Whether the height is one above take-off or another level, true only where the ground is
    # level: an altitude over known terrain is preferred to it.
    is_height_over_level: bool = False
    # Whether the tilt of enu_from_camera was measured, and tilt_sigma_deg says how well; if not,
    # it is the camera's usual one, and that of the vehicle is unknown.
    is_tilt_measured: bool = True

    def __post_init__(self) -> None:
        for name, high in _HIGHEST.items():
            value = getattr(self, name)
            is_number = isinstance(value, Real) and not isinstance(value, bool)
            if value is not None and not (is_number and abs(value) <= high):
                raise ConfigError(f'{name} must be a number up to {high:g}, got {value!r:.100}')

    @property
    def known_height_agl_m(self) -> float | None:
        """Height above ground as given, or that at which the camera has the given GSD."""
        if self.height_agl_m is not None or self.camera is None or self.gsd_m_per_px is None:
            return self.height_agl_m
        height_m = self.gsd_m_per_px / self._center_gsd_m_per_px(1.0)
        return height_m if math.isfinite(height_m) else None

    @property
    def known_gsd_m_per_px(self) -> float | None:
        """Metres per pixel at the image's centre, from camera and height or as given."""
        if self.height_agl_m is None:
            return self.gsd_m_per_px
        gsd = self._center_gsd_m_per_px(self.height_agl_m)
        return gsd if math.isfinite(gsd) else self.gsd_m_per_px

    @property
    def known_heading_deg(self) -> float | None:
        """Where the image's up direction points, from the attitude or as given."""
        if self.enu_from_camera is None:
            return self.heading_deg
        east, north, _ = -np.asarray(self.enu_from_camera)[:, 1]  # up is against down
        if np.hypot(east, north) < 0.1:  # the image's up direction points at the sky or the ground
            return self.heading_deg
        return float(np.degrees(np.arctan2(east, north)) % 360.0)

    @property
    def known_tilt_deg(self) -> float | None:
        """How far the camera looks from straight down; None if that is unknown."""
        if self.enu_from_camera is None:
            return None
        down = -float(np.asarray(self.enu_from_camera)[2, 2])
        return float(np.degrees(np.arccos(np.clip(down, -1.0, 1.0))))

    def _center_gsd_m_per_px(self, height_agl_m: float) -> float:
        """Return NaN without a camera, and where its centre looks at or above the horizon."""
        if self.camera is None:
            return math.nan
        rotation = self.enu_from_camera
        if rotation is None:
            # Straight down, any heading: the GSD does not depend on it.
            rotation = np.diag([1.0, -1.0, -1.0])
        return center_gsd_m_per_px(self.camera, rotation, height_agl_m)
