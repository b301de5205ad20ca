# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One picture of the map around a flight, pieced together from tile images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.web_mercator import (
    geodetic_from_mercator,
    mercator_from_geodetic,
    stretch,
)
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import MapPainter, mercator_near
from visual_navsat.report.pictures import jpeg

_MAX_SIDE_PX = 3000
_MAX_BYTES = 2_400_000  # of the JPEG; a third more in the page
_MAX_TILES = 1500  # read at most: some 20 s
_MARGIN = 0.2  # of the flight's extent, on each side
_MIN_MARGIN_M = 150.0


@dataclass(frozen=True)
class MapPicture:
    """A picture of the map, in EPSG:3857."""

    region: Region
    content: bytes  # JPEG


def corners_of(region: Region) -> list[list[float]]:
    """Return south-west and north-east corner of a box in EPSG:3857, latitude and longitude."""
    west, south, east, north = region.bounds
    lats, longs = geodetic_from_mercator([(west, south), (east, north)])
    return [[float(lat), float(long)] for lat, long in zip(lats, longs, strict=True)]


def flight_region(points: np.ndarray, imagery: MapImagery) -> Region:
    """
    Return the box of a flight in EPSG:3857 with a margin, as far as the map reaches.

    :param points: (N, 2) latitude and longitude, degrees; longitudes next to each other.
    """
    flight = Region.around(mercator_from_geodetic(points[:, 0], points[:, 1]))
    min_margin = _MIN_MARGIN_M * stretch(float(points[:, 0].mean()))
    region = flight.padded(max(_MARGIN * max(flight.size_m), min_margin))
    near = [_region_of(box) for box in boxes_in(imagery, region)]
    return region.intersection(Region.union(near)) if near else region


def boxes_in(imagery: MapImagery, region: Region) -> list[GeoBox]:
    """Return the boxes of the tiles that a box in EPSG:3857 touches, next to each other."""
    (south, west), (north, east) = corners_of(region)
    tiles = imagery.tiles_in(GeoBox(west, south, east, north))
    return [GeoBox.of_tile(tile).near((west + east) / 2) for tile in tiles]


def draw_map(imagery: MapImagery, region: Region) -> MapPicture | None:
    """
    Return the picture of a box of the map, or None if no tile image is at hand.

    Its resolution is that of the first tile, up to 3000 px a side.

    :param region: in EPSG:3857.
    """
    (south, west), (north, east) = corners_of(region)
    tiles = imagery.tiles_in(GeoBox(west, south, east, north))[:_MAX_TILES]
    first = next(filter(None, map(imagery.look, tiles)), None)
    if first is None:
        return None
    m_per_px = _region_of(first.box).size_m[0] / first.pixels.shape[1]
    grid = PixelGrid.covering(region, max(m_per_px, max(region.size_m) / _MAX_SIDE_PX))
    painter = MapPainter(grid, mercator_near((west + east) / 2))
    painter.paint_tiles(imagery, tiles)
    return MapPicture(grid.region, jpeg(painter.pixels, _MAX_BYTES))


def _region_of(box: GeoBox) -> Region:
    corners = [box.south, box.north], [box.west, box.east]
    return Region.around(mercator_from_geodetic(*corners))
