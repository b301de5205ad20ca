"""One picture of the map around a flight, pieced together from tile images."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from visual_navsat.geometry.geodesy import wrap_long
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.report.mercator import geodetic_from_mercator, mercator_from_geodetic
from visual_navsat.report.pictures import jpeg
from visual_navsat.report.sources import ReportSources

_MAX_SIDE_PX = 3000
_MAX_BYTES = 2_400_000  # of the JPEG; a third more in the page
_MAX_TILES = 1500  # read at most: some 20 s
_MARGIN = 0.2  # of the flight's extent, on each side
_MIN_MARGIN_M = 150.0
_PAPER = 226  # grey where the map has nothing


@dataclass(frozen=True)
class Window:
    """A box in EPSG:3857, metres."""

    west: float
    south: float
    east: float
    north: float

    @property
    def corners(self) -> list[list[float]]:
        """South-west and north-east corner, latitude and longitude in degrees."""
        lats, longs = geodetic_from_mercator([(self.west, self.south), (self.east, self.north)])
        return [[float(lat), float(long)] for lat, long in zip(lats, longs, strict=True)]


@dataclass(frozen=True)
class MapPicture:
    """A picture of the map, in EPSG:3857."""

    window: Window
    content: bytes  # JPEG


def tile_window(tile: TileMetadata, near_long: float) -> Window:
    """Return the box of a tile, its longitude brought next to ``near_long``, degrees."""
    west = near_long + float(wrap_long(tile.center_long - near_long)) - tile.span_long / 2
    (x0, y0), (x1, y1) = mercator_from_geodetic(
        [tile.bottom_right_lat, tile.top_left_lat], [west, west + tile.span_long]
    )
    return Window(float(x0), float(y0), float(x1), float(y1))


def flight_window(points: np.ndarray, sources: ReportSources) -> Window:
    """
    Return the box of a flight with a margin, as far as the map reaches.

    :param points: (N, 2) latitude and longitude, degrees; longitudes next to each other.
    """
    xy = mercator_from_geodetic(points[:, 0], points[:, 1])
    low, high = xy.min(axis=0), xy.max(axis=0)
    stretch = 1 / np.cos(np.radians(points[:, 0].mean()))  # projected metres are too long
    margin = max(_MARGIN * float((high - low).max()), _MIN_MARGIN_M * float(stretch))
    window = Window(*(low - margin), *(high + margin))
    near = [box for _, box in tiles_in(sources, window)]
    if not near:
        return window
    return Window(
        max(window.west, min(tile.west for tile in near)),
        max(window.south, min(tile.south for tile in near)),
        min(window.east, max(tile.east for tile in near)),
        min(window.north, max(tile.north for tile in near)),
    )


def tiles_in(sources: ReportSources, window: Window) -> list[tuple[TileMetadata, Window]]:
    """Return the tiles that a box of the map touches, each with its own box."""
    (south, west), (north, east) = window.corners
    tiles = sources.tiles_between(south, west, north, east)
    return [(tile, tile_window(tile, (west + east) / 2)) for tile in tiles]


def draw_map(sources: ReportSources, window: Window) -> MapPicture | None:
    """
    Return the picture of a box of the map, or None if no tile image is at hand.

    Tiles that lie on ground which others have shown are not read.
    """
    canvas = None
    for tile, box in tiles_in(sources, window)[:_MAX_TILES]:
        if canvas is None:
            image = sources.read_tile(tile)
            if image is None:
                continue
            canvas = _Canvas(window, (box.east - box.west) / image.shape[1])
        elif canvas.is_painted(box):
            continue
        else:
            image = sources.read_tile(tile)
        if image is not None:
            canvas.paint(image, box)
    if canvas is None:
        return None
    return MapPicture(window, jpeg(canvas.image, _MAX_BYTES))


class _Canvas:
    """A picture under construction; what is painted first stays."""

    def __init__(self, window: Window, m_per_px: float) -> None:
        width_m, height_m = window.east - window.west, window.north - window.south
        self._window = window
        self._m_per_px = max(m_per_px, max(width_m, height_m) / _MAX_SIDE_PX)
        shape = (_pixels(height_m, self._m_per_px), _pixels(width_m, self._m_per_px))
        self.image = np.full((*shape, 3), _PAPER, np.uint8)
        self._painted = np.zeros(shape, bool)

    def is_painted(self, box: Window) -> bool:
        """Return whether nothing is left to paint in a box."""
        left, top, right, bottom = self._pixel_box(box)
        here = self._painted[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        return bool(here.all())

    def paint(self, image: np.ndarray, box: Window) -> None:
        """Paint a tile's image, (H, W, 3) uint8, where nothing is yet."""
        left, top, right, bottom = self._pixel_box(box)
        size = max(right - left, 1), max(bottom - top, 1)
        shrunk = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        rows, columns = self._painted.shape
        shown = shrunk[max(-top, 0) : rows - top, max(-left, 0) : columns - left]
        here = (
            slice(max(top, 0), max(top, 0) + shown.shape[0]),
            slice(max(left, 0), max(left, 0) + shown.shape[1]),
        )
        new = ~self._painted[here]
        self.image[here][new] = shown[new]
        self._painted[here] = True

    def _pixel_box(self, box: Window) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom; neighbours share rounded edges, without a gap."""
        return (
            round((box.west - self._window.west) / self._m_per_px),
            round((self._window.north - box.north) / self._m_per_px),
            round((box.east - self._window.west) / self._m_per_px),
            round((self._window.north - box.south) / self._m_per_px),
        )


def _pixels(length_m: float, m_per_px: float) -> int:
    return max(1, round(length_m / m_per_px))
