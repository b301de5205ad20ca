# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Imagery in slippy tiles, of which any box can be read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
import math
from typing import Any

import cv2
import numpy as np
from visual_navsat.errors import ImageError, MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.web_mercator import (
    geodetic_from_world,
    gsd_m_per_px,
    world_from_geodetic,
)
from visual_navsat.maps.empty_colour import Colour, is_colour
from visual_navsat.maps.ortho import Ortho
from visual_navsat.maps.reader import MapImage, short_hash
from visual_navsat.maps.tile_store import decode_tile, TilePixels, TileStore
from visual_navsat.maps.zoom_choice import choose_zoom, describe_cover

_CACHED_TILES = 512  # 100 MB at 256 px
_PROBES_PER_SIDE = 16
_SAMPLED_TILES = 9  # of which the size in pixels is taken
# From here on pixels are averaged before they are resampled, so that fine texture does not alias.
_AVERAGED_FROM = 1.5


class PyramidOrtho(Ortho):
    """
    One zoom of a store of slippy tiles.

    :param wanted_gsd_m_per_px: the coarsest zoom that is at least as fine is read, or else the
        finest.
    :param zoom: read this one instead.
    :param empty_colour: pixels of it show no ground.
    :raises MapError: if the store has no tile, or none of that zoom.
    """

    def __init__(
        self,
        store: TileStore,
        wanted_gsd_m_per_px: float = 0.0,
        zoom: int | None = None,
        empty_colour: Colour | None = None,
    ) -> None:
        self._store, self._empty_colour = store, empty_colour
        self.name, self.origin = store.name, store.origin
        zooms = list(store.zooms())
        if not zooms:
            raise MapError(f'{store.origin} holds no tile: give a folder or file with tiles')
        if zoom is not None and zoom not in zooms:
            known = ', '.join(map(str, zooms))
            raise MapError(f'{store.origin} has no tile of zoom {zoom}: it has {known}')
        self.zoom, self._places = zooms[-1], store.places(zooms[-1])
        column, row = (np.median(self._places, axis=0) + 0.5) / 2**self.zoom
        lat = float(geodetic_from_world(column, row)[0])
        self._tile_px = self._common_side()
        fine_enough = [
            level
            for level in zooms
            if gsd_m_per_px(lat, level, self._tile_px) <= max(wanted_gsd_m_per_px, 1e-9)
        ]
        if zoom is None:
            chosen, notes = choose_zoom(zooms, fine_enough, store.places)
        else:
            chosen, notes = zoom, describe_cover(zooms, zoom, store.places)
        if chosen != self.zoom:
            self.zoom, self._places = chosen, store.places(chosen)
        self._west_column = self._first_column()
        columns = (self._places[:, 0] - self._west_column) % 2**self.zoom
        rows = self._places[:, 1]
        self._keys = np.sort(self._key(columns, rows))
        self._bounds = (rows.min(), rows.max() + 1, columns.max() + 1)
        self.extent = self._extent()
        lat, _ = self.extent.center
        self.gsd_m_per_px = gsd_m_per_px(lat, self.zoom, self._tile_px)
        self.notes = [self._note(), *store.notes, *(f'{self.name}: {note}' for note in notes)]
        self._tile = lru_cache(_CACHED_TILES)(self._read_tile)

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to read the same tiles: all but those it has read."""
        return {**self.__dict__, '_tile': None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _tile=lru_cache(_CACHED_TILES)(self._read_tile))

    def valid_share(self, box: GeoBox) -> float:
        """Return which share of a box has tiles."""
        column, row = self._tile_coordinates(*box.grid(_PROBES_PER_SIDE, _PROBES_PER_SIDE))
        return float(self._exists(np.floor(column), np.floor(row)).mean())

    def read_box(self, box: GeoBox, width: int, height: int) -> MapImage:
        """Return a box as an image; raise ImageError if a tile in it is damaged."""
        lats = box.north - (np.arange(height) + 0.5) / height * (box.north - box.south)
        longs = box.west + (np.arange(width) + 0.5) / width * (box.east - box.west)
        columns, _ = self._tile_coordinates(np.full(width, box.center[0]), longs)
        _, rows = self._tile_coordinates(lats, np.full(height, box.center[1]))
        # A pixel more on each side, for what resampling reaches.
        margin = 1 / self._tile_px
        left, right = math.floor(columns[0] - margin), math.floor(columns[-1] + margin) + 1
        top, bottom = math.floor(rows[0] - margin), math.floor(rows[-1] + margin) + 1
        mosaic, known = self._mosaic(left, top, right, bottom)
        x, y = (columns - left) * self._tile_px, (rows - top) * self._tile_px
        mosaic, known, shrink = _averaged(mosaic, known, (x[-1] - x[0]) / max(1, width - 1))
        # cv2 counts from the middle of the first pixel.
        grid_x, grid_y = np.meshgrid(
            (x * shrink - 0.5).astype(np.float32), (y * shrink - 0.5).astype(np.float32)
        )
        edge = cv2.BORDER_REPLICATE
        pixels = cv2.remap(mosaic, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=edge)
        if known.all():
            return MapImage(pixels, box)
        valid = cv2.remap(known, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=edge) == 255
        if valid.all():
            return MapImage(pixels, box)
        pixels[~valid] = 0
        return MapImage(pixels, box, valid)

    def stamp_box(self, box: GeoBox) -> str:
        """Return a text that changes with any tile that a box touches."""
        corners = np.array([box.north, box.south]), np.array([box.west, box.east])
        columns, rows = (
            np.floor(values).astype(int) for values in self._tile_coordinates(*corners)
        )
        touched = self._existing(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        stamps = (self._store.stamp(self.zoom, self._world_column(c), r) for c, r in touched)
        return short_hash(self.zoom, *stamps)

    def _mosaic(
        self, left: int, top: int, right: int, bottom: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels of a block of tiles, and (H, W) uint8, 255 where there is ground."""
        side = self._tile_px
        shape = ((bottom - top) * side, (right - left) * side)
        mosaic, known = np.zeros((*shape, 3), np.uint8), np.zeros(shape, np.uint8)
        for column, row in self._existing(left, top, right, bottom):
            pixels, valid = self._tile(column, row)
            y, x = (row - top) * side, (column - left) * side
            place = slice(y, y + side), slice(x, x + side)
            mosaic[place] = pixels
            known[place] = 255 if valid is None else valid * np.uint8(255)
        return mosaic, known

    def _common_side(self) -> int:
        """Return the width that most of some tiles have, spread over the map, in pixels."""
        sides: list[int] = []
        error: ImageError | None = None
        for index in np.linspace(0, len(self._places) - 1, _SAMPLED_TILES).astype(int):
            column, row = (int(number) for number in self._places[index])
            try:
                content = self._store.read(self.zoom, column, row)
                sides.append(decode_tile(content, self._tile_name(column, row))[0].shape[1])
            except ImageError as problem:
                error = error or problem
        if not sides:
            assert error is not None
            raise error
        return max(set(sides), key=sides.count)

    def _read_tile(self, column: int, row: int) -> TilePixels:
        """Return a decoded tile, of the size that all have."""
        place = self._world_column(column), row
        pixels, valid = decode_tile(self._store.read(self.zoom, *place), self._tile_name(*place))
        if pixels.shape[:2] != (self._tile_px, self._tile_px):
            size = (self._tile_px, self._tile_px)
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
            if valid is not None:
                resized = cv2.resize(valid.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
                valid = resized.astype(bool)
        if self._empty_colour is not None:
            ground = ~is_colour(pixels, self._empty_colour)
            valid = ground if valid is None else valid & ground
        return pixels, valid

    def _tile_coordinates(self, lat, long) -> tuple[np.ndarray, np.ndarray]:
        """Return columns, counted from the westernmost one, and rows of places, in tiles."""
        x, y = world_from_geodetic(lat, long)
        count, middle = 2**self.zoom, self._bounds[2] / 2
        # Off by whole turns of the Earth, whichever way round a longitude was written.
        column = (x * count - self._west_column - middle + count / 2) % count
        return column - count / 2 + middle, y * count

    def _world_column(self, column: int) -> int:
        return (column + self._west_column) % 2**self.zoom

    def _existing(self, left: int, top: int, right: int, bottom: int) -> Iterator[tuple[int, int]]:
        """Return column and row of the tiles in a block, row by row."""
        columns, rows = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
        exists = self._exists(columns, rows)
        return zip(columns[exists].tolist(), rows[exists].tolist(), strict=True)

    def _exists(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return whether there are tiles at columns, counted from the west, and rows."""
        columns, rows = columns.astype(np.int64), rows.astype(np.int64)
        keys = self._key(columns, rows)
        found = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        inside = (columns >= 0) & (columns < self._bounds[2])
        return inside & (self._keys[found] == keys)

    def _key(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return rows * 2**self.zoom + columns

    def _first_column(self) -> int:
        """Return the column after the widest gap: the map may cross the antimeridian."""
        columns = np.unique(self._places[:, 0])
        gaps = np.diff(columns, append=columns[0] + 2**self.zoom)
        return int(columns[(int(gaps.argmax()) + 1) % len(columns)])

    def _extent(self) -> GeoBox:
        top, bottom, width = self._bounds
        scale = 2**self.zoom
        north, west = geodetic_from_world(self._west_column / scale, top / scale)
        south, east = geodetic_from_world((self._west_column + width) / scale, bottom / scale)
        return GeoBox(float(west), float(south), float(east), float(north))

    def _tile_name(self, column: int, row: int) -> str:
        return f'tile {self.zoom}/{column}/{row} of {self.origin}'

    def _note(self) -> str:
        top, bottom, width = self._bounds
        missing = int((bottom - top) * width) - len(self._keys)
        text = f'{self.name}: zoom {self.zoom}, {self.gsd_m_per_px:.3g} m per pixel, '
        text += f'{len(self._keys)} slippy tiles'
        return text + (f'; {missing} more within their box are missing' if missing else '')


def _averaged(
    mosaic: np.ndarray, known: np.ndarray, step_px: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a mosaic shrunk to about its next reader's pixels, and by how much: 0 to 1."""
    if step_px < _AVERAGED_FROM:
        return mosaic, known, 1.0
    # Whole pixels, so that scale and place stay exact.
    factor = round(float(step_px))
    height, width = (-(-side // factor) * factor for side in mosaic.shape[:2])
    pad = ((0, height - mosaic.shape[0]), (0, width - mosaic.shape[1]))
    mosaic, known = np.pad(mosaic, (*pad, (0, 0)), mode='edge'), np.pad(known, pad)
    size = (width // factor, height // factor)
    shrunk = cv2.resize(mosaic, size, interpolation=cv2.INTER_AREA)
    return shrunk, cv2.resize(known, size, interpolation=cv2.INTER_AREA), 1 / factor
