# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The maps that are loaded, by name: to locate photos on, and to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
import io
from pathlib import Path

import numpy as np
from PIL import Image
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError, VisualNavsatError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.places import MapPlace
from visual_navsat.geometry.web_mercator import (
    EQUATOR_M,
    geodetic_from_mercator,
    gsd_m_per_px,
)
from visual_navsat.index.imagery import open_imagery
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import MapPainter, mercator_near

TILE_PX = 256
MAX_ZOOM = 24
_MAX_TILES = 64  # of the map that one tile of the page is painted from
_FINEST_GSD = 0.05


class UnknownMapError(VisualNavsatError, KeyError):
    """No map of this name is loaded."""

    __str__ = Exception.__str__


@dataclass(frozen=True)
class ServedMap:
    """A map under its name; it is searched in the model's thread only."""

    name: str
    loaded_map: LoadedMap
    imagery: MapImagery

    @cached_property
    def place(self) -> MapPlace:
        """Where it lies."""
        return MapPlace.of(self.loaded_map.tiles, self.loaded_map.described_gsd_m_per_px)

    @cached_property
    def zooms(self) -> tuple[int, int]:
        """Return the zooms at which its imagery is painted: first and last."""
        lat = self.place.extent.center[0]
        gsd = self.place.gsd_m_per_px or _FINEST_GSD
        finest = next(
            (z for z in range(MAX_ZOOM) if gsd_m_per_px(lat, z, TILE_PX) <= gsd), MAX_ZOOM
        )
        widest = max(self.place.extent.east - self.place.extent.west, 1e-9)
        coarsest = int(np.clip(np.floor(np.log2(360.0 / widest)), 0, finest))
        return coarsest, finest

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return one web mercator tile as PNG, clear where there is no map; None if all of it."""
        side_m = EQUATOR_M / 2**zoom
        west, north = column * side_m - EQUATOR_M / 2, EQUATOR_M / 2 - row * side_m
        lats, longs = geodetic_from_mercator([(west, north - side_m), (west + side_m, north)])
        box = GeoBox(float(longs[0]), float(lats[0]), float(longs[1]), float(lats[1]))
        tiles = self.imagery.tiles_in(box)
        if not tiles or len(tiles) > _MAX_TILES:
            return None
        grid = PixelGrid(west, north, TILE_PX, TILE_PX, side_m / TILE_PX)
        painter = MapPainter(grid, mercator_near((box.west + box.east) / 2))
        painter.paint_tiles(self.imagery, tiles)
        if not painter.is_painted.any():
            return None
        shown = np.dstack([painter.pixels, painter.is_painted * np.uint8(255)])
        content = io.BytesIO()
        Image.fromarray(shown).save(content, 'PNG')
        return content.getvalue()


class MapShelf:
    """The maps of a service."""

    def __init__(self, maps: Sequence[ServedMap] = ()) -> None:
        self._maps = {one.name: one for one in maps}

    @classmethod
    def open(cls, words: Sequence[str], config: Config) -> MapShelf:  # noqa: A003
        """
        Load maps.

        :param words: of MAPS: ``DIR`` or ``NAME=DIR``.
        :raises ConfigError: if two have one name.
        :raises VisualNavsatError: if a map cannot be loaded.
        """
        maps: list[ServedMap] = []
        for word in words:
            given, _, path = word.rpartition('=')
            name = given.strip() or Path(path).resolve().name
            if name in {one.name for one in maps}:
                raise ConfigError(f'MAPS has two maps {name!r}: name them apart, NAME=DIR')
            loaded_map = LoadedMap.open(path.strip(), config)
            imagery = open_imagery(loaded_map.tiles, loaded_map.manifest)
            maps.append(ServedMap(name, loaded_map, imagery))
        return cls(maps)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._maps.values())

    def __len__(self) -> int:
        return len(self._maps)

    def get(self, name: str | None) -> ServedMap:
        """
        Return a map by its name, or the only one; raise UnknownMapError otherwise.

        :param name: None for the first.
        """
        if not self._maps:
            raise UnknownMapError('no map is loaded: start the service with MAPS=DIR')
        if name is None:
            return next(iter(self._maps.values()))
        if name not in self._maps:
            known = ', '.join(self._maps)
            raise UnknownMapError(f'no map is called {name!r:.80}: choose from {known}')
        return self._maps[name]
