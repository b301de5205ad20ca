# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Paint the tiles of a map on a grid of pixels: north up, or as a nadir photo sees the ground."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import math

import cv2
import numpy as np
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.web_mercator import mercator_from_geodetic
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.reader import MapImage

PAPER = 226  # grey where the map has nothing
_MIN_SHARE = 0.02  # of a crop that must show the map
_AVERAGED_BELOW = 0.375  # pixels of the picture per pixel of the tile
# A pixel on the corner of four tiles is covered by a quarter each, 64 of 255: no seam is left.
_MIN_COVERED = 60

# From latitudes and longitudes in degrees to (..., 2) metres in the plane of a grid.
Projection = Callable[[np.ndarray, np.ndarray], np.ndarray]


def mercator_near(long: float) -> Projection:
    """Return the projection to EPSG:3857 of what lies around a longitude, in one piece."""

    def project(lats: np.ndarray, longs: np.ndarray) -> np.ndarray:
        # Whole turns of the Earth for all points of a tile alike.
        turn = 360.0 * np.round((long - longs.mean()) / 360.0)
        return mercator_from_geodetic(lats, longs + turn)

    return project


class MapPainter:
    """
    A picture of a map under construction; later images do not cover earlier ones.

    :param grid: the pixels.
    :param project: to the plane that the grid lies in, where lines of equal latitude and longitude
        must be nearly straight over a tile.
    """

    def __init__(self, grid: PixelGrid, project: Projection) -> None:
        self._grid, self._project = grid, project
        self.pixels = np.full((*grid.shape, 3), PAPER, np.uint8)
        self.is_painted = np.zeros(grid.shape, bool)

    def paint_tiles(self, imagery: MapImagery, tiles: Iterable[TileMetadata]) -> None:
        """Paint tiles whose images can be read; those that would add nothing are not read."""
        for tile in tiles:
            pixel_box = self._pixels_of(GeoBox.of_tile(tile))
            if pixel_box.is_empty or self.is_painted[pixel_box.slices].all():
                continue
            image = imagery.look(tile)
            if image is not None:
                self.paint(image)

    def paint(self, image: MapImage) -> None:
        """Paint the ground that an image shows where nothing is painted yet."""
        here = self._pixels_of(image.box)
        if here.is_empty:
            return
        pixels, valid = image.pixels, image.valid
        ground = (
            np.full(pixels.shape[:2], 255, np.uint8) if valid is None else valid * np.uint8(255)
        )
        scale = math.sqrt(abs(np.linalg.det(self._matrix(image.box, pixels.shape, here)[:, :2])))
        if scale < _AVERAGED_BELOW:  # far finer than the picture: sampled, it would be all noise
            height, width = (max(1, round(min(1.0, 2 * scale) * s)) for s in ground.shape)
            pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
            ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_AREA)
        matrix = self._matrix(image.box, pixels.shape, here)
        rows, columns = here.shape
        painted = cv2.warpAffine(pixels, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
        new = cv2.warpAffine(ground, matrix, (columns, rows)) > _MIN_COVERED
        new &= ~self.is_painted[here.slices]
        self.pixels[here.slices][new] = painted[new]
        self.is_painted[here.slices] |= new

    def _corners(self, box: GeoBox) -> np.ndarray:
        """Return (4, 2) north-west, north-east, south-west and south-east corner of a box."""
        lat, long = box.center
        west, east, north, south = self._project(
            np.array([lat, lat, box.north, box.south]), np.array([box.west, box.east, long, long])
        )
        # The edges through the middle stand for the box.
        half = (east - west) / 2
        return np.array([north - half, north + half, south - half, south + half])

    def _pixels_of(self, box: GeoBox) -> PixelBox:
        """Return the pixels of the grid that a box touches."""
        corners = self._corners(box)
        if not np.isfinite(corners).all():  # beyond the end of a local plane
            return PixelBox(0, 0, 0, 0)
        return self._grid.touched_by(Region.around(corners))

    def _matrix(self, box: GeoBox, shape: tuple[int, ...], here: PixelBox) -> np.ndarray:
        """Return (2, 3) from an image's pixels, counted from their middles, to some pixels'."""
        north_west, north_east, south_west, _ = self._corners(box)
        right = (north_east - north_west) / shape[1]
        down = (south_west - north_west) / shape[0]
        first = north_west + (right + down) / 2
        row, column = self._grid.row_col(*first)
        gsd = self._grid.gsd_m_per_px
        offset = [column - here.left, row - here.top]
        return np.column_stack([right * [1, -1] / gsd, down * [1, -1] / gsd, offset])


def crop_map(
    imagery: MapImagery,
    center: tuple[float, float],
    heading_deg: float,
    gsd_m_per_px: float,
    size: tuple[int, int],
) -> np.ndarray | None:
    """
    Return the map around a place as a nadir photo would show it.

    :param center: latitude and longitude of the middle, degrees.
    :param heading_deg: where the crop's up direction points, clockwise from north.
    :param gsd_m_per_px: of the crop.
    :param size: width and height of the crop, px.
    :return: (height, width, 3) uint8 RGB, grey off the map; None if no tile image shows the place.
    """
    width, height = size
    frame = LocalFrame(*center)
    heading = math.radians(heading_deg)
    # To metres to the right and up, as rows are multiplied from the left.
    turn = np.array(
        [[math.cos(heading), math.sin(heading)], [-math.sin(heading), math.cos(heading)]]
    )
    west_m, north_m = -width / 2 * gsd_m_per_px, height / 2 * gsd_m_per_px
    painter = MapPainter(
        PixelGrid(west_m, north_m, height, width, gsd_m_per_px),
        lambda lat, long: frame.enu_from_geodetic(lat, long) @ turn,
    )
    reach_m = math.hypot(width, height) / 2 * gsd_m_per_px
    painter.paint_tiles(imagery, _tiles_within(imagery, frame, reach_m))
    return painter.pixels if painter.is_painted.mean() >= _MIN_SHARE else None


def _tiles_within(imagery: MapImagery, frame: LocalFrame, reach_m: float) -> list[TileMetadata]:
    """Return the tiles near the frame's origin, the nearest centre first."""
    corners = np.array([[-reach_m, -reach_m], [reach_m, reach_m]])
    (south, north), (west, east) = frame.geodetic_from_enu(corners)
    # East of the antimeridian it goes on beyond 180.
    near = imagery.tiles_in(GeoBox(west, south, east + 360.0 * (east < west), north))
    centers = frame.enu_from_geodetic(
        [tile.center_lat for tile in near], [tile.center_long for tile in near]
    )
    return [near[index] for index in np.argsort(np.hypot(*centers.T), kind='stable')]
