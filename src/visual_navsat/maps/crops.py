"""Cut from the map what a camera would see from a place: the same ground, the same way up."""

from __future__ import annotations

import math

import cv2
import numpy as np

from visual_navsat.geometry.areas import tile_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.map_imagery import MapImagery

_PAPER = 226  # grey where the map has nothing
_MIN_SHARE = 0.02  # of the crop; what shows less of the map shows nothing


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
    reach_m = math.hypot(width, height) / 2 * gsd_m_per_px
    crop = np.full((height, width, 3), _PAPER, np.uint8)
    seen = np.zeros((height, width), np.uint8)
    for tile in _tiles_within(imagery, frame, reach_m):
        image = imagery.read_tile(tile)
        if image is None:
            continue
        matrix = _crop_from_tile(tile, image, frame, heading_deg, gsd_m_per_px, size)
        scale = 2 * np.hypot(*matrix[:, 0])
        if scale < 0.75:  # far finer than the crop: averaged first, or the crop would be all noise
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            matrix = _crop_from_tile(tile, image, frame, heading_deg, gsd_m_per_px, size)
        warped = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        covered = cv2.warpAffine(np.full(image.shape[:2], 255, np.uint8), matrix, size)
        # A pixel on the corner of four tiles is a quarter each one's: no seam is left open.
        new = (covered > 60) & (seen == 0)
        crop[new] = warped[new]
        seen[new] = 1
        if seen.all():
            break
    return crop if seen.mean() >= _MIN_SHARE else None


def _tiles_within(imagery: MapImagery, frame: LocalFrame, reach_m: float) -> list[TileMetadata]:
    """Return the tiles near the frame's origin, the nearest centre first."""
    corners = np.array([[-reach_m, -reach_m], [reach_m, reach_m]])
    (south, north), (west, east) = frame.geodetic_from_enu(corners)
    if east < west:  # across the antimeridian
        east += 360.0
    near = imagery.tiles_between(south, west, north, east)
    centers = frame.enu_from_geodetic(
        [tile.center_lat for tile in near], [tile.center_long for tile in near]
    )
    return [near[index] for index in np.argsort(np.hypot(*centers.T), kind='stable')]


def _crop_from_tile(
    tile: TileMetadata,
    image: np.ndarray,
    frame: LocalFrame,
    heading_deg: float,
    gsd_m_per_px: float,
    size: tuple[int, int],
) -> np.ndarray:
    """Return the (2, 3) matrix from a tile image's pixel centres to the crop's."""
    west, south, east, north = tile_bounds_m(tile, frame)
    rows, columns = image.shape[:2]
    enu_from_tile = np.array(
        [
            [(east - west) / columns, 0, west + (east - west) / columns / 2],
            [0, (south - north) / rows, north + (south - north) / rows / 2],
            [0, 0, 1],
        ]
    )
    heading = math.radians(heading_deg)
    right = np.array([math.cos(heading), -math.sin(heading)]) / gsd_m_per_px
    down = -np.array([math.sin(heading), math.cos(heading)]) / gsd_m_per_px
    crop_from_enu = np.array([[*right, (size[0] - 1) / 2], [*down, (size[1] - 1) / 2]])
    return crop_from_enu @ enu_from_tile
