"""Which tiles of an index are to go."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.manifest import Manifest, Segment
from visual_navsat.index.segment import StoredSegment

# All removed rows of those segments of which tiles go, by the segment's key.
Removals = dict[str, np.ndarray]


@dataclass(frozen=True)
class Removal:
    """Tiles of which both are true: the name fits, and the middle lies in the area."""

    # As a shell takes them, such as '2023/*'; the name of a source stands for all of its tiles.
    names: tuple[str, ...] = ('*',)
    area: GeoBox | None = None

    def takes_segment(self, segment: Segment) -> bool:
        """Return whether all tiles of a segment go, whatever they are."""
        return self.area is None and ('*' in self.names or segment.title in self.names)

    def takes(self, tile: TileMetadata, segment: Segment) -> bool:
        """Return whether a tile goes."""
        fits = any(
            segment.title == name or fnmatchcase(tile.filename, name) for name in self.names
        )
        if not fits or self.area is None:
            return fits
        return self.area.contains(tile.center_lat, tile.center_long)

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
        if removal.takes_segment(entry):
            found[entry.key] = np.arange(entry.rows)
            continue
        segment = StoredSegment.open(folder, entry)
        rows = np.arange(entry.rows) if segment.live is None else segment.live
        pairs = zip(rows, segment.live_tiles, strict=True)
        leaving = [row for row, tile in pairs if removal.takes(tile, entry)]
        if leaving:
            already = np.setdiff1d(np.arange(entry.rows), rows)
            found[entry.key] = np.union1d(already, leaving)
    if not found:
        first = StoredSegment.open(folder, manifest.segments[0]).live_tiles[0].filename
        raise MapError(f'no tile of the index is one of {removal}: its first is called {first}')
    return found
