# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The next version of an index, from its first file until it is the current one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import contextlib
from dataclasses import replace
import os
from pathlib import Path
import shutil

import numpy as np
from visual_navsat.files import file_sha256, sync, write_text
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.field_files import FieldFiles
from visual_navsat.index.build.leftovers import remove_leftovers
from visual_navsat.index.build.tile_coding import write_codes
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import (
    BLOCKS,
    CHECKSUMS,
    DESCRIPTORS,
    FIELDS,
    GSDS,
    MANIFEST,
    Manifest,
    PROJECTION,
    read_checksums,
    REMOVED,
    Segment,
    TERRAIN,
    TILES,
    VOCABULARY,
)
from visual_navsat.index.stored_code import StoredCode
from visual_navsat.index.versions import CURRENT, version_folders
from visual_navsat.maps.metadata_csv import write_tiles
from visual_navsat.retrieval.background import map_background
from visual_navsat.retrieval.tile_code import CompactCode


class NewVersion:
    """A version folder that nobody reads before :meth:`publish`."""

    def __init__(self, target: Path) -> None:
        """
        Make the folder.

        :param target: the index, an existing folder.
        """
        last = max((int(folder.name[1:]) for folder in version_folders(target)), default=0)
        self.folder = target / f'v{last + 1:04d}'
        self.folder.mkdir()
        self._target = target
        self._checksums: dict[str, str] = {}  # of files that need not be read again

    def keep(
        self,
        base: Path,
        manifest: Manifest,
        segments: Sequence[Segment],
        removals: Mapping[str, np.ndarray],
    ) -> None:
        """
        Take segments from another version and what all share, by links if possible.

        :param base: its folder.
        :param manifest: of it, without what is not taken.
        :param removals: all removed rows, by their segment's key, where more are removed now.
        """
        checksums = read_checksums(base)
        replaced = {f'{key}.{REMOVED}' for key in removals}
        of_segments = (name for segment in segments for name in segment.files(manifest))
        for name in (*manifest.shared_files, *of_segments):
            if name not in replaced:
                link_or_copy(base / name, self.folder / name)
                if name in checksums:
                    self._checksums[name] = checksums[name]
        for segment in segments:
            if segment.key in removals:
                path = self.folder / f'{segment.key}.{REMOVED}'
                np.save(path, np.asarray(removals[segment.key], np.int64))

    def add_vocabulary(self, vocabulary: np.ndarray) -> None:
        """Write the (K, D) centres."""
        np.save(self.folder / VOCABULARY, vocabulary.astype(np.float32))

    def add_code(self, code: StoredCode) -> None:
        """Write what the code was learned to be, if it is learned."""
        if isinstance(code.tile, CompactCode):
            np.save(self.folder / PROJECTION, code.tile.projection.matrix)

    def add_terrain(self, terrain: Terrain) -> None:
        """Write the ground heights, and the geoid where it is known."""
        layers = [terrain.heights_m]
        if terrain.undulation_m is not None:
            layers.append(terrain.undulation_m)
        np.save(self.folder / TERRAIN, np.stack(layers).astype(np.float32))

    def add_segment(
        self,
        key: str,
        tiles: Sequence[TileMetadata],
        descriptors: Path,
        code: StoredCode,
        gsds_m_per_px: np.ndarray,
        fields: FieldFiles,
    ) -> None:
        """
        Add N tiles.

        :param descriptors: .npy file of (N, d) float32, which becomes a part of the index if it
            keeps exact ones.
        :param gsds_m_per_px: (N,) of the tiles as the backbone saw them; NaN if unknown.
        :param fields: of its patches, in order.
        """
        start = self.folder / key
        if code.file == DESCRIPTORS or code.keeps_exact:
            link_or_copy(descriptors, Path(f'{start}.{DESCRIPTORS}'))
        if code.file != DESCRIPTORS:
            rows = np.load(descriptors, mmap_mode='r')
            write_codes(Path(f'{start}.{code.file}'), code.tile, rows)
        write_tiles(f'{start}.{TILES}', tiles)
        np.save(f'{start}.{GSDS}', np.asarray(gsds_m_per_px, np.float32))
        fields.write(Path(f'{start}.{FIELDS}'), Path(f'{start}.{BLOCKS}'))

    def background(self, manifest: Manifest) -> list[float]:
        """Return how distinct wrong places are on the map, by what its codes keep of it."""
        index = IndexFolder.of_version(self._target, self.folder, manifest)
        return map_background(lambda numbers: index.similarities(index.rows(numbers)), index.tiles)

    def publish(self, manifest: Manifest) -> None:
        """
        Complete the version, make it the current one durably, and remove the one before.

        :raises OSError: if the disk fails; the version before stays the current one.
        """
        digests = {
            name: self._checksums.get(name) or file_sha256(self.folder / name)
            for name in manifest.files
            if name not in (MANIFEST, CHECKSUMS)
        }
        text = replace(manifest, sha256=digests).to_json()
        (self.folder / MANIFEST).write_text(text, encoding='utf-8')
        digests = {MANIFEST: file_sha256(self.folder / MANIFEST), **digests}
        lines = [f'{digest}  {name}\n' for name, digest in digests.items()]
        (self.folder / CHECKSUMS).write_text(''.join(lines), encoding='utf-8')
        for path in (*self.folder.iterdir(), self.folder, self._target):
            sync(path)
        write_text(self._target / CURRENT, f'{self.folder.name}\n', durable=True)
        # The next build removes what cannot be removed now.
        with contextlib.suppress(OSError):
            remove_leftovers(self._target)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system cannot, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
