"""Imagery that knows where it lies, and of which any box can be read: rasters and pyramids."""

from __future__ import annotations

from typing import Protocol

from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.maps.source import MapImage


class Ortho(Protocol):
    """Georeferenced imagery, however it is stored."""

    name: str
    origin: str
    extent: GeoBox  # north-up box around all of it
    gsd_m_per_px: float  # of its finest pixels, in the middle
    notes: list[str]

    def valid_share(self, box: GeoBox) -> float:
        """Return which share of a box shows ground, 0 to 1; a quick look, not every pixel."""

    def read(self, box: GeoBox, width: int, height: int) -> MapImage:
        """
        Return a box as a north-up image, linear in latitude and longitude.

        :raises ImageError: if the imagery is damaged there.
        """

    def stamp(self, box: GeoBox) -> str:
        """Return a text that changes whenever the imagery in a box does."""
