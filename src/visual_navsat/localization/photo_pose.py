# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How a photo that looks straight down lies on the map."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.localization.candidate import Candidate


@dataclass(frozen=True)
class PhotoPose:
    """Ground point, heading and scale of a photo that looks straight down."""

    latitude: float  # degrees, of the ground under the photo's centre
    longitude: float
    heading_deg: float  # of the photo's up direction, clockwise from north
    gsd_m_per_px: float

    @classmethod
    def of(cls, place: Candidate) -> PhotoPose:
        """Return the pose of a photo at a verified place; NaN where the place does not say it."""
        numbers = (
            place.center_latitude,
            place.center_longitude,
            place.heading_deg,
            place.gsd_m_per_px,
        )
        return cls(*(math.nan if number is None else number for number in numbers))

    @property
    def center(self) -> tuple[float, float]:
        """Latitude and longitude of the ground under the photo's centre, degrees."""
        return self.latitude, self.longitude

    @property
    def right_up_from_enu(self) -> np.ndarray:
        """(2, 2) turn of vectors from east and north to the photo's right and up."""
        heading = math.radians(self.heading_deg)
        cos, sin = math.cos(heading), math.sin(heading)
        return np.array([[cos, -sin], [sin, cos]])
