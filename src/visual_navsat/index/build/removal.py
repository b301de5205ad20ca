# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which tiles of an index are removed."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.manifest import Manifest, Segment
from visual_navsat.index.segment import live_rows, stored_tiles

# All removed rows of those segments of which tiles go, by the segment's key.
Removals = dict[str, np.ndarray]


@dataclass(frozen=True)
class Removal:
    """The tiles whose name fits and whose centre lies in the area."""

    names: tuple[str, ...] = ('*',)  # of sources, all of whose tiles go, or patterns: '2023/*'
    area: GeoBox | None = None

    def takes(self, tile: TileMetadata, segment: Segment) -> bool:
        """Return whether a tile of a segment goes."""
        fits = any(
            segment.names == (name,)
            or tile.filename.startswith(f'{name}/')
            or fnmatchcase(tile.filename, name)
            for name in self.names
        )
        in_area = self.area is None or self.area.contains(tile.center_lat, tile.center_long)
        return fits and in_area

    def __str__(self) -> str:
        names = ', '.join(self.names)
        return names if self.area is None else f'{names} in that area'


def removed_rows(folder: Path, manifest: Manifest, removal: Removal | None) -> Removals:
    """
    Return the rows of an index that will be removed, those that are already included.

    :param folder: of the version that counts, where the files are.
    :raises MapError: if there is no such tile.
    """
    if removal is None:
        return {}
    found: Removals = {}
    for entry in manifest.segments:
        tiles, all_rows = stored_tiles(folder, entry), np.arange(entry.rows)
        live = live_rows(folder, entry) if entry.removed else all_rows
        stays = [not removal.takes(tiles[row], entry) for row in live.tolist()]
        if not all(stays):
            found[entry.key] = np.setdiff1d(all_rows, live[stays])
    if not found:
        first = stored_tiles(folder, manifest.segments[0])[0].filename
        raise MapError(f'no tile of the index fits {removal}: its first tile is called {first}')
    return found
