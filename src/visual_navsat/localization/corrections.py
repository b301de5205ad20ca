# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What compass, height and camera mount are off, and what is known of an image once it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from visual_navsat.config import CalibrationConfig
from visual_navsat.geometry.camera import nadir_enu_from_camera
from visual_navsat.geometry.rotation import about_up
from visual_navsat.geometry.view import View


@dataclass(frozen=True)
class Corrections:
    """
    Corrections that are the same for every image of a vehicle.

    The tilts are about the camera's own axes, so that they hold on any mount and for a photo that
    says nothing of its vehicle: under a camera that looks straight down with the image's up
    direction forward, up is ahead.
    """

    heading_offset_deg: float = 0.0  # to be added to a heading, clockwise
    scale_factor: float = 1.0  # by which a height or GSD is to be multiplied
    tilt_right_deg: float = 0.0  # the camera looks so much further to the image's right side
    tilt_up_deg: float = 0.0  # and to its up side

    @classmethod
    def of(cls, config: CalibrationConfig) -> Corrections:
        """Return the configured corrections."""
        return cls(
            config.heading_offset_deg,
            config.scale_factor,
            config.tilt_right_deg,
            config.tilt_up_deg,
        )

    @classmethod
    def from_vector(cls, vector: np.ndarray) -> Corrections:
        """Return the corrections of :attr:`vector`."""
        heading_deg, log_scale, right_deg, up_deg = (float(value) for value in vector)
        return cls(heading_deg, math.exp(log_scale), right_deg, up_deg)

    @property
    def vector(self) -> np.ndarray:
        """(4,) in which corrections add up: heading, log of the scale, both tilts; degrees."""
        scale = math.log(self.scale_factor)
        return np.array([self.heading_offset_deg, scale, self.tilt_right_deg, self.tilt_up_deg])

    def plus(self, other: Corrections) -> Corrections:
        """Return both corrections as one; of the tilts the sum, as they are small."""
        return Corrections.from_vector(self.vector + other.vector)

    @property
    def tilt(self) -> np.ndarray:
        """(3, 3) the camera's believed optical frame from the frame that it truly has."""
        turn, _ = cv2.Rodrigues(np.radians([self.tilt_up_deg, self.tilt_right_deg, 0.0]))
        return turn

    @property
    def turn(self) -> np.ndarray:
        """(3, 3) about the vertical, by which a believed attitude is to be turned."""
        return about_up(-np.radians(self.heading_offset_deg))  # headings count clockwise

    def corrected(self, view: View) -> View:
        """
        Return what is known of an image after these corrections.

        The sigmas stay as they are: a wrong correction must leave the truth within them. Where no
        attitude is known, heading and camera make one that looks straight down but for the tilt.
        """
        if self == Corrections():
            return view
        rotation, heading_deg = view.enu_from_camera, view.heading_deg
        is_tilt_measured = view.is_tilt_measured
        if heading_deg is not None:
            heading_deg += self.heading_offset_deg
        if rotation is not None:
            rotation = self.turn @ rotation @ self.tilt
        elif heading_deg is not None and view.camera is not None and self._has_tilt:
            rotation = nadir_enu_from_camera(np.radians(heading_deg)) @ self.tilt
            is_tilt_measured = False
        height_m, gsd = view.height_agl_m, view.gsd_m_per_px
        return replace(
            view,
            enu_from_camera=rotation,
            heading_deg=heading_deg,
            height_agl_m=None if height_m is None else height_m * self.scale_factor,
            gsd_m_per_px=None if gsd is None else gsd * self.scale_factor,
            is_tilt_measured=is_tilt_measured,
        )

    @property
    def _has_tilt(self) -> bool:
        return bool(self.tilt_right_deg or self.tilt_up_deg)
