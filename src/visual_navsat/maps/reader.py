# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What every kind of map offers: an image of any tile, and a stamp of it."""

from __future__ import annotations

from dataclasses import dataclass
import hashlib
from pathlib import Path
from typing import Protocol

import numpy as np
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata


@dataclass(frozen=True)
class MapImage:
    """A north-up piece of a map, linear in latitude and longitude."""

    pixels: np.ndarray  # (H, W, 3) uint8 RGB
    box: GeoBox  # where it lies, edge to edge
    valid: np.ndarray | None = None  # (H, W) bool, True where it shows ground; None: everywhere


class MapReader(Protocol):
    """One source of imagery, however it is stored; threads may read at the same time."""

    name: str  # what its tiles' names begin with where a map has several sources
    origin: str  # its path
    notes: list[str]  # what people should know of it, a line each

    def holds(self, tile: TileMetadata) -> bool:
        """Return whether it has an image of a tile."""

    def read(self, tile: TileMetadata) -> MapImage:
        """Return a tile's image; raise ImageError if that is missing or damaged."""

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes whenever the tile's image would."""


def file_stamp(path: Path) -> str:
    """Return a text that changes whenever a file does; raise OSError if there is none."""
    status = path.stat()
    return short_hash(status.st_size, status.st_mtime_ns)


def short_hash(*parts: object) -> str:
    """Return 16 hexadecimal digits that change with any of the parts."""
    return hashlib.sha256(' '.join(map(str, parts)).encode()).hexdigest()[:16]
