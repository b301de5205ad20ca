# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The index folder on disk, opened: descriptors, tiles, fields, vocabulary, and a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
import os
from pathlib import Path

import numpy as np
from visual_navsat.errors import IndexFolderError
from visual_navsat.files import check_input, file_sha256
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.area_layers import AreaLayers
from visual_navsat.index.arrays import load_array
from visual_navsat.index.manifest import (
    CHECKSUMS,
    Manifest,
    read_checksums,
    read_manifest,
    REMEDY,
    TERRAIN,
    VOCABULARY,
)
from visual_navsat.index.segment import StoredSegment
from visual_navsat.index.stored_code import StoredCode
from visual_navsat.index.stored_fields import coarser
from visual_navsat.index.versions import current_folder

_ROWS_PER_BLOCK = 4096  # of 49152 numbers: 0.8 GB


@dataclass(frozen=True)
class IndexFolder:
    """
    An index that was opened; its files stay readable when it is replaced or deleted.

    Rows of descriptors are numbered as the tiles are, and are read from the disk when needed.
    """

    path: Path  # as it was given
    manifest: Manifest
    vocabulary: np.ndarray  # (K, D) float32
    tiles: Sequence[TileMetadata]  # N
    segments: tuple[StoredSegment, ...]
    code: StoredCode  # of the descriptors
    sizes: Mapping[str, int]  # bytes of each file, by name
    terrain: Terrain | None = None  # None: flat ground is assumed
    checksums: Mapping[str, str] = field(default_factory=dict)  # by file, if they were compared

    @classmethod
    def open(cls, path: str | os.PathLike[str], check: bool = True) -> IndexFolder:  # noqa: A003
        """
        Return the index in a folder, all of one build even if it is replaced meanwhile.

        :param check: read every file and compare its checksum.
        :raises IndexFolderError: if the folder is missing, incomplete, damaged or of a newer
            format; the message says what to do.
        """
        path = Path(path)
        while True:
            folder = current_folder(path)
            try:
                manifest = read_manifest(folder)
                checksums = _check_files(folder, manifest, check)
                return replace(cls.of_version(path, folder, manifest), checksums=checksums)
            except IndexFolderError:
                # The files are gone if another version took its place meanwhile.
                if current_folder(path) == folder:
                    raise

    @classmethod
    def of_version(cls, path: Path, folder: Path, manifest: Manifest) -> IndexFolder:
        """
        Return the index of one version folder, which need not be complete yet.

        :param manifest: of the version; the files are compared with it.
        """
        vocabulary = load_array(folder / VOCABULARY, 'float32', 2)
        code = StoredCode.open(folder, manifest)
        segments = tuple(
            StoredSegment.open(folder, entry, manifest, code) for entry in manifest.segments
        )
        try:
            sizes = {file.name: file.stat().st_size for file in folder.iterdir() if file.is_file()}
        except OSError as error:
            raise IndexFolderError(f'index {folder} is damaged ({error}): {REMEDY}') from error
        for segment in segments:
            segment.check(folder)
        tiles = [tile for segment in segments for tile in segment.live_tiles]
        if len(tiles) != manifest.count:
            raise IndexFolderError(
                f'index {folder} has {len(tiles)} tiles, its manifest says {manifest.count}: '
                f'{REMEDY}'
            )
        terrain = _load_terrain(folder, manifest)
        return cls(path, manifest, vocabulary, tiles, segments, code, sizes, terrain)

    @property
    def size_bytes(self) -> int:
        """Return the bytes of all files."""
        return self.size_of()

    def size_of(self, *parts: str) -> int:
        """Return the bytes of all files whose names end with one of some parts; none: of all."""
        return sum(size for name, size in self.sizes.items() if name.endswith(parts or ''))

    def rows(self, numbers: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """
        Return descriptors as they come back of their codes.

        :param numbers: (n,) of rows, 0 to N - 1 in any order; None: all.
        :return: (n, k) float32 rows, unit but for what the code loses.
        """
        return self._taken(numbers, self.code.tile.decoded, StoredSegment.rows)

    def exact_rows(self, numbers: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return (n, d) float32 unit rows of an index that keeps them beside its codes."""
        return self._taken(numbers, self.manifest.dimension, StoredSegment.exact_rows)

    def _taken(
        self,
        numbers: Sequence[int] | np.ndarray | None,
        width: int,
        take: Callable[[StoredSegment, np.ndarray], np.ndarray],
    ) -> np.ndarray:
        wanted = np.arange(self.manifest.count) if numbers is None else np.asarray(numbers)
        taken = np.empty((len(wanted), width), np.float32)
        ends = np.cumsum([segment.count for segment in self.segments])
        of_segment = np.searchsorted(ends, wanted, side='right')
        for index in np.unique(of_segment):
            segment, here = self.segments[index], of_segment == index
            taken[here] = take(segment, wanted[here] - (ends[index] - segment.count))
        return taken

    def gsds(self) -> np.ndarray:
        """Return (N,) float32 metres per pixel of the tiles as the backbone saw them; or NaN."""
        return np.concatenate([segment.live_gsds for segment in self.segments])

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all codes in order, in (n, width) copies of bounded size."""
        for segment, numbers in self._numbers():
            yield segment.stored(numbers)

    def exact_blocks(self) -> Iterator[np.ndarray]:
        """Yield all exact descriptors in order, in (n, d) copies; none if there are none."""
        for segment, numbers in self._numbers():
            if segment.exact is not None:
                yield segment.exact_rows(numbers)

    def _numbers(self) -> Iterator[tuple[StoredSegment, np.ndarray]]:
        """Yield all rows by segments and numbers, few at a time."""
        for segment in self.segments:
            for first in range(0, segment.count, _ROWS_PER_BLOCK):
                yield segment, np.arange(first, min(first + _ROWS_PER_BLOCK, segment.count))

    def similarities(self, rows: np.ndarray) -> np.ndarray:
        """Return the inner products (n, N) float32 of all decoded descriptors with (n, k) rows."""
        parts = [rows @ segment.rows(numbers).T for segment, numbers in self._numbers()]
        return np.concatenate(parts, axis=1)

    def field(self, area: int, level: int = 0, box: PixelBox | None = None) -> np.ndarray:
        """
        Return the gradient field of an area of the manifest, put together from its segments.

        :param level: how often it is halved.
        :param box: the part of it to return, in pixels of the area at that level; None: all.
        :return: (3, rows, columns) int8: vectors, and 1 where valid.
        :raises IndexFolderError: if a block of it is damaged.
        """
        try:
            layers = self._layers[area]
            return layers.read(level, box or coarser(layers.area.grid.box, level))
        except (ValueError, OSError) as error:
            raise IndexFolderError(f'index {self.path} is damaged ({error}): {REMEDY}') from error

    @cached_property
    def _layers(self) -> list[AreaLayers]:
        areas = enumerate(self.manifest.areas)
        return [AreaLayers.of(area, number, self.segments) for number, area in areas]


def _load_terrain(folder: Path, manifest: Manifest) -> Terrain | None:
    """Return the ground heights of an index; None if it has none."""
    if manifest.terrain is None:
        return None
    stored = load_array(folder / TERRAIN, 'float32', 3)
    try:
        return manifest.terrain.terrain(stored)
    except ValueError as error:
        raise IndexFolderError(f'index {folder} is damaged ({error}): {REMEDY}') from error


def _check_files(folder: Path, manifest: Manifest, check: bool) -> dict[str, str]:
    """
    Return the checksums of all files if they are compared, and else none.

    :raises IndexFolderError: if a file is missing or, where checked, damaged.
    """
    try:
        for name in manifest.files:
            check_input(folder / name)
    except FileNotFoundError as error:
        raise IndexFolderError(f'index {folder} has no {name}: {REMEDY}') from error
    except OSError as error:
        raise IndexFolderError(
            f'cannot read {name} of index {folder} ({error.strerror}): {REMEDY}'
        ) from error
    if not check:
        return {}
    name = CHECKSUMS
    try:
        checksums = read_checksums(folder)
        for name in manifest.files:
            if name != CHECKSUMS and file_sha256(folder / name) != checksums.get(name):
                raise IndexFolderError(
                    f'{name} of index {folder} is damaged (its checksum differs): copy it again, '
                    f'or {REMEDY}'
                )
    except OSError as error:
        raise IndexFolderError(
            f'cannot read {name} of index {folder} ({error.strerror}): check its permissions and '
            f'the disk, or {REMEDY}'
        ) from error
    return checksums
