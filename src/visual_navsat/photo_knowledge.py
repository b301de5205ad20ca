# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is known of how a photo was taken, from flags, a CSV or the photo itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
import math
from typing import Any

import numpy as np
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.rotation import about_up, body_from_mounted_camera
from visual_navsat.geometry.view import View
from visual_navsat.photo_metadata import ALTITUDE, PhotoMetadata

# Of a scale from a focal length rounded to millimetres, or from a height above take-off.
_PHOTO_SCALE_SIGMA = 0.1

# What evaluate can leave out, with the fields of each.
IGNORABLE = {
    'heading': ('heading_deg',),
    'height': ('height_agl_m', 'altitude_amsl_m'),
    'gsd': ('gsd_m_per_px',),
    'attitude': ('pitch_deg', 'roll_deg'),
}


@dataclass(frozen=True)
class Knowledge:
    """What is known of one photo; None where it is unknown."""

    heading_deg: float | None = None  # of the image's up direction, clockwise from north
    height_agl_m: float | None = None
    gsd_m_per_px: float | None = None  # of a nadir image
    hfov_deg: float | None = None  # across the upright image's width
    pitch_deg: float | None = None  # of the optical axis above the horizon; -90 is straight down
    roll_deg: float | None = None  # about the optical axis, leaning right
    # Standard deviations; where None, the usual ones.
    heading_sigma_deg: float | None = None
    gsd_sigma: float | None = None  # as a fraction of the GSD
    height_sigma: float | None = None  # as a fraction of the height
    altitude_amsl_m: float | None = None  # above the sea; over terrain it gives the height
    altitude_sigma_m: float | None = None
    is_height_over_level: bool = False  # whether the height is one above take-off

    def or_else(self, other: Knowledge) -> Knowledge:
        """Return this with what is None taken from another."""
        missing = [one.name for one in fields(self) if getattr(self, one.name) is None]
        return replace(self, **{name: getattr(other, name) for name in missing})

    def completed_by(self, photo: PhotoMetadata) -> Knowledge:
        """
        Return this with missing values taken from the photo.

        Its height is above take-off: above ground where that is level; its altitude is preferred
        to that where the map has an elevation model. Both are left out where a height or a GSD is
        known, since they would be preferred to it. Its GNSS position is never used.
        """
        found: dict[str, Any] = {}
        if self.pitch_deg is None and photo.camera_pitch_deg is not None:
            found.update(pitch_deg=photo.camera_pitch_deg, roll_deg=photo.camera_roll_deg)
        if self.heading_deg is None:
            found['heading_deg'] = _heading_deg(photo)
        if self.hfov_deg is None:
            found['hfov_deg'] = photo.hfov_deg
        if self.height_agl_m is None and self.gsd_m_per_px is None:
            above = photo.height_above_takeoff_m
            found['height_agl_m'] = above if above is not None and above > 0 else None
            found['is_height_over_level'] = found['height_agl_m'] is not None
            if self.altitude_amsl_m is None:
                found['altitude_amsl_m'] = photo.altitude_amsl_m
        completed = replace(self, **found)
        scale = (completed.height_agl_m, completed.hfov_deg)
        is_from_photo = scale != (self.height_agl_m, self.hfov_deg)
        if completed.height_agl_m is not None and is_from_photo and self.height_sigma is None:
            return replace(completed, height_sigma=_PHOTO_SCALE_SIGMA)
        return completed

    def without(self, names: Iterable[str]) -> Knowledge:
        """Return this without some of ``IGNORABLE``."""
        taken: dict[str, Any] = {field: None for name in names for field in IGNORABLE[name]}
        return replace(self, **taken)

    @property
    def is_scale_from_gsd(self) -> bool:
        """Whether the scale comes from the GSD; height and field of view are preferred to it."""
        is_height_used = self.height_agl_m is not None and self.hfov_deg is not None
        return self.gsd_m_per_px is not None and not is_height_used

    @property
    def scale_sigma(self) -> float:
        """Return the standard deviation of what gives the scale, as a fraction."""
        stated = self.gsd_sigma if self.is_scale_from_gsd else self.height_sigma
        return View.scale_sigma if stated is None else stated

    @property
    def known_heading_sigma_deg(self) -> float:
        """Return the standard deviation of the heading."""
        stated = self.heading_sigma_deg
        return View.heading_sigma_deg if stated is None else stated

    @property
    def names(self) -> list[str]:
        """Return what is known: heading, attitude, height, gsd, camera."""
        known = {
            'heading': self.heading_deg,
            # Without a heading, a tilt has no direction.
            'attitude': None if self.heading_deg is None else self.pitch_deg,
            'height': self.height_agl_m,
            'gsd': self.gsd_m_per_px,
            'camera': self.hfov_deg,
        }
        return [name for name, value in known.items() if value is not None]

    def view(self, photo: PhotoMetadata) -> View:
        """
        Return this as the engine takes it.

        :param photo: gives the size in pixels that the camera's field of view is of.
        """
        camera = None
        if self.hfov_deg is not None and photo.width is not None and photo.height is not None:
            hfov_rad = math.radians(self.hfov_deg)
            camera = CameraModel.from_hfov(photo.width, photo.height, hfov_rad)
        return View(
            camera=camera,
            enu_from_camera=self._enu_from_camera(),
            heading_deg=self.heading_deg,
            height_agl_m=self.height_agl_m,
            gsd_m_per_px=self.gsd_m_per_px,
            heading_sigma_deg=self.known_heading_sigma_deg,
            scale_sigma=self.scale_sigma,
            altitude_amsl_m=self.altitude_amsl_m,
            altitude_sigma_m=View.altitude_sigma_m
            if self.altitude_sigma_m is None
            else self.altitude_sigma_m,
            is_height_over_level=self.is_height_over_level,
        )

    def _enu_from_camera(self) -> np.ndarray | None:
        """Return the attitude whose image points up at the heading; None if part is unknown."""
        if self.pitch_deg is None or self.heading_deg is None:
            return None
        rotation = _enu_from_angles(0.0, self.pitch_deg, self.roll_deg or 0.0)
        up_deg = View(enu_from_camera=rotation).known_heading_deg
        if up_deg is None:  # it looks at the horizon
            return None
        return about_up(math.radians(up_deg - self.heading_deg)) @ rotation


class UnusedMetadata:
    """What photos say and nobody uses, so that each is said once."""

    def __init__(self, has_terrain: bool = False) -> None:
        """:param has_terrain: whether the map has, so that altitudes are used."""
        self._said: set[str] = set()
        self._has_terrain = has_terrain

    def of(self, photo: PhotoMetadata) -> list[str]:
        """Return a line for each thing that a photo is the first to say in vain."""
        new = [text for text in photo.unused if text not in self._said]
        if self._has_terrain:
            new = [text for text in new if not text.startswith(ALTITUDE)]
        self._said.update(new)
        return [f'not used of the metadata of photos: {text}' for text in new]


def _heading_deg(photo: PhotoMetadata) -> float | None:
    """Return where a photo's up direction points; its gimbal follows the aircraft's nose."""
    if photo.camera_yaw_deg is None:
        return photo.flight_yaw_deg
    if photo.camera_pitch_deg is None:
        return photo.camera_yaw_deg
    # From all three: straight down, some gimbals report a roll of 180 for a yaw of 180.
    rotation = _enu_from_angles(
        photo.camera_yaw_deg, photo.camera_pitch_deg, photo.camera_roll_deg or 0.0
    )
    return View(enu_from_camera=rotation).known_heading_deg


def _enu_from_angles(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    # A vehicle that stands level and points north.
    return about_up(math.pi / 2) @ body_from_mounted_camera(roll_deg, pitch_deg, yaw_deg)
