# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Photos for clients to upload: each is another, and small."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

_SIDE, _CELLS = 112, 14


def photo_bytes(number: int) -> bytes:
    """Return a JPEG that no other number has."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 256, (_CELLS, _CELLS, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(coarse).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).save(out, 'JPEG')
    return out.getvalue()
