# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Places as people read them, and where a map lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import wrap_long
from visual_navsat.geometry.tile import TileMetadata


@dataclass(frozen=True)
class MapPlace:
    """Where the tiles of a map lie, and how fine they are."""

    extent: GeoBox  # that just covers them, also across the antimeridian
    gsd_m_per_px: float | None = None  # of their images; None if unknown

    @classmethod
    def of(cls, tiles: Sequence[TileMetadata], gsd_m_per_px: float | None = None) -> MapPlace:
        """
        Return where some tiles lie, at least one.

        :param gsd_m_per_px: where the tiles do not say it; NaN is unknown.
        """
        boxes = [GeoBox.of_tile(tile).near(tiles[0].center_long) for tile in tiles]
        extent = GeoBox(
            min(box.west for box in boxes),
            min(box.south for box in boxes),
            max(box.east for box in boxes),
            max(box.north for box in boxes),
        )
        known = [t.spatial_resolution for t in tiles if t.spatial_resolution is not None]
        gsd = float(np.median(known)) if known else gsd_m_per_px
        return cls(extent, gsd if gsd == gsd else None)

    @property
    def line(self) -> str:
        """Where it lies, for people."""
        width_m, height_m = self.extent.size_m
        gsd = 'unknown' if self.gsd_m_per_px is None else f'{self.gsd_m_per_px:.3g} m'
        return (
            f'the map lies around {place_text(*self.extent.center)}: {width_m / 1e3:.3f} km '
            f'east-west, {height_m / 1e3:.3f} km north-south, {gsd} per pixel'
        )


def place_text(lat: float, long: float) -> str:
    """Return a place as ``47.85514 N, 9.00936 E``."""
    long = float(wrap_long(long))
    return (
        f'{abs(lat):.5f} {"N" if lat >= 0 else "S"}, {abs(long):.5f} {"E" if long >= 0 else "W"}'
    )
