"""Where a photo fits the map best, whether or not that is sure enough to be published."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.map_match import MapMatches


@dataclass(frozen=True)
class Placement:
    """Ground point, heading and GSD of a photo that looks straight down."""

    latitude: float  # degrees, of the ground point under the photo's centre
    longitude: float
    heading_deg: float  # of the photo's up direction, clockwise from north
    gsd_m_per_px: float

    def ground_from_pixel(
        self, points_px: np.ndarray, size: tuple[int, int], frame: LocalFrame
    ) -> np.ndarray:
        """
        Return where pixels of the photo lie on the ground, (N, 2) metres east and north.

        :param points_px: (N, 2) column and row; 0, 0 is the centre of the first pixel.
        :param size: width and height of the photo, px.
        :param frame: that the metres are in.
        """
        heading = np.radians(self.heading_deg)
        right = np.array([np.cos(heading), -np.sin(heading)])
        down = -np.array([np.sin(heading), np.cos(heading)])
        offset_m = (np.asarray(points_px, float) - (np.array(size) - 1) / 2) * self.gsd_m_per_px
        center_m = frame.enu_from_geodetic(self.latitude, self.longitude)
        return center_m + offset_m[:, :1] * right + offset_m[:, 1:] * down


def best_placement(matches: MapMatches) -> Placement | None:
    """Return the best of the places that agree with a photo; None if there is none."""
    if not matches.places:
        return None
    best = matches.places[0]
    gsd_m_per_px = matches.gsd_m_per_px * best.match.scale
    return Placement(*best.geodetic, best.match.heading_deg, gsd_m_per_px)
