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
from visual_navsat.maps.reader import file_stamp

_VECTOR_BEGINNINGS = (b'\x1f\x8b', b'\x1a')  # gzip, and a protocol buffer that is not packed


# (H, W, 3) uint8 RGB, and (H, W) bool, True where it shows ground; None: everywhere.
TilePixels = tuple[np.ndarray, np.ndarray | None]


class TileStore(ABC):
    """Slippy tiles in a file or a folder, rows counted from the north."""

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        self.path = Path(path).resolve()
        self.name = name or (self.path.name if self.path.is_dir() else self.path.stem)
        self.origin = str(self.path)

    @abstractmethod
    def zooms(self) -> Sequence[int]:
        """Return the zooms that have tiles, in order."""

    @abstractmethod
    def places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) int64 column and row of every tile of a zoom."""

    @abstractmethod
    def read(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile that exists; raise ImageError if the store is damaged."""

    def stamp(self, zoom: int, column: int, row: int) -> str:
        """Return a text that changes whenever the tile, or the file that holds it, does."""
        return file_stamp(self.path)


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
    except OSError as error:
        if content.startswith(_VECTOR_BEGINNINGS):
            raise ImageError(
                f'{name} is a vector tile, not an image: give a map of PNG, JPEG or WebP tiles'
            ) from error
        raise ImageError(f'{name} is not an image: fetch it again, or delete it') from error
    return pixels, valid
