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
from visual_navsat.geometry.places import MapPlace
from visual_navsat.index.imagery import open_imagery
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.mercator_tile import paint_tile, zoom_of

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
        finest = zoom_of(lat, self.place.gsd_m_per_px or _FINEST_GSD)
        widest = max(self.place.extent.east - self.place.extent.west, 1e-9)
        coarsest = int(np.clip(np.floor(np.log2(360.0 / widest)), 0, finest))
        return coarsest, finest

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return one web mercator tile as PNG, clear where there is no map; None if all of it."""
        shown = paint_tile(self.imagery, zoom, column, row)
        if shown is None:
            return None
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
