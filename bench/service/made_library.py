# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A large library of seeded descriptors: clusters of images that look alike, in any order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from sqlalchemy import insert, update
from visual_navsat.service.library import Library
from visual_navsat.service.settings import Settings
from visual_navsat.service.store.tables import ChunkRow, ImageRow, LibraryRow

_ROWS = 1000  # of a chunk
_CLUSTER = 20  # images that show one place
_LIKENESS = (0.4, 0.95)  # cosine of an image to the middle of its cluster
_QUERY_LIKENESS = 0.8


@dataclass(frozen=True)
class MadeLibrary:
    """A library on disk, queries, and the ten images most like each by a slow loop."""

    settings: Settings
    queries: np.ndarray  # (Q, d)
    top10: np.ndarray  # (Q, 10) numbers of images, best first


def identity(dimension: int) -> dict[str, str | int]:
    """Return what the descriptors say that they were made by."""
    return {'model': 'random unit vectors', 'dimension': dimension}


def make_library(folder: Path, count: int, dimension: int, num_queries: int) -> MadeLibrary:
    """Write a library of ``count`` images, a multiple of 1,000, each with an empty picture."""
    rng = np.random.default_rng(count + dimension)
    centres = _units(rng, count // _CLUSTER, dimension)
    queries = _near(rng, centres[np.arange(num_queries) % len(centres)], _QUERY_LIKENESS)
    cluster_of = rng.permutation(np.arange(count) % len(centres))
    settings = Settings.load(_env_file=None, data_dir=folder, max_images_per_chunk=_ROWS)
    similarities, numbers = [], []
    with Library.open(settings, identity(dimension), dimension) as library:
        for number in range(count // _ROWS):
            first = number * _ROWS
            likeness = rng.uniform(*_LIKENESS, (_ROWS, 1)).astype(np.float32)
            rows = _near(rng, centres[cluster_of[first:][:_ROWS]], likeness)
            _write_chunk(library, number, rows)
            found = queries @ rows.T
            best = np.argpartition(-found, 10, axis=1)[:, :10]
            similarities.append(np.take_along_axis(found, best, axis=1))
            numbers.append(best + first + 1)
    joined, images = np.concatenate(similarities, axis=1), np.concatenate(numbers, axis=1)
    order = np.argsort(-joined, axis=1)[:, :10]
    return MadeLibrary(settings, queries, np.take_along_axis(images, order, axis=1))


def _write_chunk(library: Library, number: int, rows: np.ndarray) -> None:
    library.chunks.create(number, _ROWS)
    library.chunks.write_rows(number, 0, rows)
    first, now = number * _ROWS + 1, datetime.now(timezone.utc)
    values = [
        {
            'id': image,
            'file_id': f'{image:032x}',
            'sha256': f'{image:064x}',
            'filename': f'{image}.jpg',
            'search_name': f'{image}.jpg',
            'extension': 'jpg',
            'file_size': 0,
            'width': 640,
            'height': 480,
            'upload_time': now,
            'tags': '[]',
            'metadata_json': '{}',
            'chunk': number,
            'row': image - first,
            'revision': image,
        }
        for image in range(first, first + _ROWS)
    ]
    with library.database.writing() as session:
        session.execute(
            insert(ChunkRow),
            [{'number': number, 'capacity': _ROWS, 'used': _ROWS, 'is_retired': False}],
        )
        session.execute(insert(ImageRow), values)
        session.execute(update(LibraryRow).values(revision=first + _ROWS - 1))
    for value in values:
        (library.settings.data_dir / 'uploads' / f'{value["file_id"]}.jpg').touch()


def _units(rng: np.random.Generator, count: int, dimension: int) -> np.ndarray:
    vectors = rng.standard_normal((count, dimension), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _near(
    rng: np.random.Generator, centres: np.ndarray, likeness: np.ndarray | float
) -> np.ndarray:
    """Return unit vectors with about that cosine to each centre."""
    noise = _units(rng, *centres.shape)
    rows = likeness * centres + np.sqrt(1 - np.square(likeness)) * noise
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
