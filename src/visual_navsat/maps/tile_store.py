"""What every store of slippy tiles is to the rest, and how the bytes of a tile become pixels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from visual_navsat.errors import ImageError
from visual_navsat.image_file import FORMATS, as_rgb

_VECTOR_BEGINNINGS = (b'\x1f\x8b', b'\x1a')  # gzip, and a protocol buffer that is not packed


# (H, W, 3) uint8 RGB, and (H, W) bool, True where it shows ground; None: everywhere.
TilePixels = tuple[np.ndarray, np.ndarray | None]


class TileStore(Protocol):
    """A place where slippy tiles are kept, rows counted from the north."""

    name: str
    origin: str

    def zooms(self) -> Sequence[int]:
        """Return the zooms that there are tiles of, in order."""

    def places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) int64 column and row of every tile of a zoom."""

    def read(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile that there is."""

    def stamp(self, zoom: int, column: int, row: int) -> str:
        """Return a text that changes whenever the tile does."""


def decode_tile(content: bytes, name: str) -> TilePixels:
    """
    Return a slippy tile's pixels; where it is transparent it shows no ground.

    :raises ImageError: if it is empty, damaged or no image.
    """
    if not content:
        raise ImageError(f'{name} is empty (0 bytes): fetch it again, or delete it')
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.UnidentifiedImageError, OSError) as error:
        if content.startswith(_VECTOR_BEGINNINGS):
            raise ImageError(
                f'{name} is no image but a vector tile: give a map of PNG, JPEG or WebP tiles'
            ) from error
        raise ImageError(
            f'{name} is not an image that can be read: fetch it again, or delete it'
        ) from error
    try:
        has_alpha = 'A' in image.getbands() or 'transparency' in image.info
        valid = np.asarray(image.convert('RGBA'))[:, :, 3] >= 128 if has_alpha else None
        pixels = as_rgb(image)
    except ImageError as error:
        raise ImageError(f'{name}: {error}') from error
    except Exception as error:  # what Pillow's decoders raise on damaged bytes is of many kinds
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise ImageError(f'{name} is damaged ({reason}): fetch it again, or delete it') from error
    return pixels, valid
