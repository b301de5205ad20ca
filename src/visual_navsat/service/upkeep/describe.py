# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Describe the pictures of a library anew, with the model that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import shutil
import tempfile

import numpy as np
from visual_navsat.errors import ImageError, LibraryError
from visual_navsat.features.preprocess import PreparedImage
from visual_navsat.image_file import read_image
from visual_navsat.service.library import Library
from visual_navsat.service.model import load_describer
from visual_navsat.service.settings import Settings
from visual_navsat.service.store.records import ImageRecord
from visual_navsat.service.upkeep.reindex import check_unused, reindex_library


def reindex_with_settings(
    library: Library, settings: Settings, on_progress: Callable[[int, int], None]
) -> int:
    """Run :func:`reindex_library` with the model of the settings."""
    check_unused(library)
    describer = load_describer(settings)
    identity = describer.identity

    def prepare(record: ImageRecord) -> PreparedImage:
        try:
            return describer.preprocessor.prepare_query(_read(library, record))
        except ImageError as error:
            raise LibraryError(f'{error}; or delete its record, {record.file_id}') from error

    def describe(records: Sequence[ImageRecord]) -> np.ndarray:
        return describer.describe([prepare(record) for record in records])

    dimension = int(identity['dimension'])
    return reindex_library(library, identity, dimension, describe, on_progress)


def _read(library: Library, record: ImageRecord) -> np.ndarray:
    """Return the pixels of a picture, wherever it is."""
    path = library.picture_path(record)
    if path is not None:
        return read_image(path)
    with (
        library.open_picture(record) as picture,
        tempfile.NamedTemporaryFile(suffix=f'.{record.extension}') as copy,
    ):
        shutil.copyfileobj(picture, copy)
        copy.flush()
        return read_image(copy.name)
