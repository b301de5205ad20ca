# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What every store of slippy tiles has in common, and how a tile's bytes become pixels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image
from visual_navsat.errors import ImageError
from visual_navsat.image_file import as_rgb, FORMATS
from visual_navsat.maps.declared import Declared
from visual_navsat.maps.reader import file_stamp
from visual_navsat.maps.row_order import settle_rows

MAX_ZOOM = 30
_VECTOR_BEGINNINGS = (b'\x1f\x8b', b'\x1a')  # gzip, and a protocol buffer that is not packed


# (H, W, 3) uint8 RGB, and (H, W) bool, True where it shows ground; None: everywhere.
TilePixels = tuple[np.ndarray, np.ndarray | None]


class TileStore(ABC):
    """Slippy tiles in a file or a folder; who asks counts rows from the north."""

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        self.path = Path(path).resolve()
        self.name = name or (self.path.name if self.path.is_dir() else self.path.stem)
        self.origin = str(self.path)
        self.notes: list[str] = []  # what people should know of it
        self.from_south = False  # how rows are stored

    @abstractmethod
    def zooms(self) -> Sequence[int]:
        """Return the zooms that have tiles, in order."""

    @abstractmethod
    def stored_places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) int64 column and row, as stored, of every tile of a zoom."""

    @abstractmethod
    def stored_tile(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile by its row as stored; raise ImageError if it is damaged."""

    def places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) int64 column and row of every tile of a zoom."""
        places = self.stored_places(zoom)
        if not self.from_south:
            return places
        return np.column_stack([places[:, 0], 2**zoom - 1 - places[:, 1]])

    def read(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile that exists; raise ImageError if the store is damaged."""
        return self.stored_tile(zoom, column, self.stored_row(zoom, row))

    def stored_row(self, zoom: int, row: int) -> int:
        """Return how a row, counted from the north, is stored."""
        return 2**zoom - 1 - row if self.from_south else row

    def stamp(self, zoom: int, column: int, row: int) -> str:
        """Return a text that changes whenever the tile, or the file that holds it, does."""
        return file_stamp(self.path)

    def settle(self, declared: Declared, usually_from_south: bool) -> None:
        """Find from where rows are counted, and note what people should know of that."""
        zooms = self.zooms()
        if zooms:
            zoom = zooms[-1]
            self.from_south, notes = settle_rows(
                self.stored_places(zoom), zoom, declared, usually_from_south
            )
            self.notes += [f'{self.name}: {note}' for note in notes]

    def note_empty(self, count: int, first: str) -> None:
        """Note that tiles without content are left out."""
        if count:
            tiles = 'tiles are' if count > 1 else 'tile is'
            self.notes.append(
                f'{self.name}: {count} {tiles} empty (0 bytes) and left out, the first is {first}'
            )


def valid_places(places: np.ndarray, zoom: int) -> np.ndarray:
    """Return those of (N, 2) columns and rows that a zoom has."""
    return places[((places >= 0) & (places < 2**zoom)).all(axis=1)]


def decode_tile(content: bytes, name: str) -> TilePixels:
    """
    Return a slippy tile's pixels; where it is transparent it shows no ground.

    :raises ImageError: if it is empty, damaged or not an image.
    """
    if not content:
        raise ImageError(f'{name} is empty (0 bytes): fetch it again, or delete it')
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            pixels = as_rgb(image)
            has_alpha = 'A' in image.getbands() or 'transparency' in image.info
            valid = np.asarray(image.convert('RGBA'))[:, :, 3] >= 128 if has_alpha else None
    except ImageError as error:
        raise ImageError(f'{name}: {error}') from error
    except Exception as error:  # damaged images make Pillow raise nearly anything
        if content.startswith(_VECTOR_BEGINNINGS):
            raise ImageError(
                f'{name} is a vector tile, not an image: give a map of PNG, JPEG or WebP tiles'
            ) from error
        raise ImageError(f'{name} is not an image: fetch it again, or delete it') from error
    return pixels, valid
