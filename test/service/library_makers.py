# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Small libraries and pictures for the tests of the service."""

from __future__ import annotations

from collections.abc import Sequence
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from visual_navsat.service.library import Library
from visual_navsat.service.settings import Settings
from visual_navsat.service.store.records import Added

DIMENSION = 96
IDENTITY = {'model': 'test', 'layer': 3, 'dimension': DIMENSION}


def make_settings(folder: Path, **values: Any) -> Settings:
    """Return the settings of a library in a folder, of chunks of 8 rows."""
    return Settings.load(
        _env_file=None, **{'data_dir': folder, 'max_images_per_chunk': 8, **values}
    )


def open_library(folder: Path, **values: Any) -> Library:
    """Return the library in a folder, made if there is none."""
    return Library.open(make_settings(folder, **values), IDENTITY, DIMENSION)


def picture_bytes(
    seed: int, kind: str = 'PNG', size: tuple[int, int] = (32, 24), **options: Any
) -> bytes:
    """Return a picture of noise that no other seed has."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def unit(vector: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return a vector at unit length, float32."""
    vector = np.asarray(vector, np.float32)
    return vector / np.linalg.norm(vector)


def descriptor_of(seed: int, dimension: int = DIMENSION) -> np.ndarray:
    """Return a unit vector (d,) float32 that no other seed has."""
    return unit(np.random.default_rng(1000 + seed).standard_normal(dimension))


def add_picture(
    library: Library, seed: int, descriptor: np.ndarray | None = None, **values: Any
) -> Added:
    """Add the picture of a seed, by default with the descriptor of that seed."""
    content = values.pop('content', None) or picture_bytes(seed)
    staging = library.stage()
    staging.write(content)
    staged = staging.finish()
    described = descriptor_of(seed) if descriptor is None else descriptor
    return library.add(staged, described, filename=f'photo {seed}.png', **values)
