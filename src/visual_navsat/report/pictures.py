# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Encode pictures for a page that holds everything itself."""

from __future__ import annotations

import base64
import io

import cv2
import numpy as np
from PIL import Image

_QUALITIES = (84, 76, 66, 52, 38)


def jpeg(image: np.ndarray, max_bytes: int) -> bytes:
    """
    Return an image as JPEG, of the best quality that keeps it under a size.

    :param image: (H, W, 3) uint8 RGB.
    """
    for quality in _QUALITIES:
        file = io.BytesIO()
        Image.fromarray(image).save(file, 'JPEG', quality=quality, optimize=True)
        if file.tell() <= max_bytes:
            break
    return file.getvalue()


def data_uri(content: bytes, kind: str) -> str:
    """Return content as an address that needs no network; ``kind`` is a MIME type."""
    return f'data:{kind};base64,{base64.b64encode(content).decode()}'


def svg_uri(svg: str) -> str:
    """Return a drawing as an address that needs no network."""
    return data_uri(svg.encode(), 'image/svg+xml')


def shrink(image: np.ndarray, side_px: int) -> np.ndarray:
    """Return an image whose longer side is at most ``side_px``."""
    scale = side_px / max(image.shape[:2])
    if scale >= 1:
        return image
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
