"""What every map source is to the rest: tiles, their images, and when one of them changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from visual_navsat.geometry.tile import TileMetadata


class MapImage(NamedTuple):
    """A north-up piece of a map."""

    pixels: np.ndarray  # (H, W, 3) uint8 RGB
    valid: np.ndarray | None = None  # (H, W) bool, True where it shows ground; None: everywhere


class MapSource(Protocol):
    """A map as tiles."""

    name: str  # what its tiles' names begin with where a map has several sources
    origin: str  # path of the imagery
    tiles: Sequence[TileMetadata]
    notes: Sequence[str]  # what people should know of it, a line each

    def read(self, tile: TileMetadata) -> MapImage:
        """Return a tile's image, edge to edge what its corners say; may be called by threads."""

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes whenever the tile's image would."""


def short_hash(*parts: object) -> str:
    """Return 16 hexadecimal digits that change with any of the parts."""
    return hashlib.sha256(' '.join(map(str, parts)).encode()).hexdigest()[:16]
