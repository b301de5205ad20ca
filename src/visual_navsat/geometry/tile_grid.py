# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The grid that cuts a map into tiles: equal squares on the ground, at every latitude."""

from __future__ import annotations

from collections.abc import Iterator
import math

from visual_navsat.geometry.geo_box import GeoBox


def grid_boxes(extent: GeoBox, tile_m: float, overlap: float) -> Iterator[tuple[int, int, GeoBox]]:
    """
    Yield row, column and box of tiles that cover an extent, from the north-west.

    The outer tiles end flush with the extent; those between overlap by ``overlap`` or a little
    more. The width in degrees depends on the latitude of the row. An extent smaller than a tile
    makes one tile of its size.

    :param tile_m: side of a tile in metres.
    :param overlap: share of a tile that its neighbour covers too, 0 to under 1.
    """
    _, height_m = extent.size_m
    height = (extent.north - extent.south) * min(1.0, tile_m / height_m)
    for row, north in enumerate(_starts(extent.north - extent.south, height, overlap)):
        top = extent.north - north
        strip = GeoBox(extent.west, top - height, extent.east, top)
        strip_m, _ = strip.size_m
        width = (extent.east - extent.west) * min(1.0, tile_m / strip_m)
        for column, west in enumerate(_starts(extent.east - extent.west, width, overlap)):
            left = extent.west + west
            yield row, column, GeoBox(left, top - height, left + width, top)


def _starts(length: float, size: float, overlap: float) -> list[float]:
    """Return the starts of pieces of a size that cover a length, the last flush with its end."""
    # A remainder of a hundredth of a step needs no piece of its own.
    steps = math.ceil((length - size) / (size * (1 - overlap)) - 0.01)
    if steps < 1:
        return [0.0]
    return [(length - size) * step / steps for step in range(steps + 1)]
