# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""From a staged picture to one in the library: decode, describe, store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
import threading
from typing import Any

import numpy as np
from visual_navsat.features.preprocess import PreparedImage
from visual_navsat.image_file import read_image
from visual_navsat.service.library import Library
from visual_navsat.service.model_queue import ModelQueue
from visual_navsat.service.store.pictures import StagedPicture
from visual_navsat.service.store.records import Added

_DECODERS = threading.BoundedSemaphore(2)


def prepare(queue: ModelQueue, path: Path, name: str) -> PreparedImage:
    """
    Return a picture as the backbone takes it.

    :param name: what messages call it.
    :raises ImageError: if it cannot be decoded.
    """
    return queue.describer.preprocessor.prepare_query(decode(path, name))


def decode(path: Path, name: str) -> np.ndarray:
    """
    Return the pixels (H, W, 3) uint8 of a picture, few pictures at a time.

    :raises ImageError: if it cannot be decoded.
    """
    # Decoded, the largest picture takes 600 MB for a moment: memory must not grow with clients.
    with _DECODERS:
        return read_image(path, name)


def take_in(
    library: Library,
    queue: ModelQueue,
    staged: StagedPicture,
    filename: str,
    tags: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
) -> Added:
    """
    Describe a staged picture and add it, unless its bytes are there already; its file is taken.

    :raises ImageError: if it cannot be decoded.
    """
    try:
        known = library.by_sha256(staged.sha256)
        if known is not None:
            return Added(known, is_new=False)
        descriptor = queue.describe(prepare(queue, staged.path, filename)).result()
        return library.add(
            staged, descriptor, filename=filename, tags=tags, metadata=metadata or {}
        )
    finally:
        staged.discard()
