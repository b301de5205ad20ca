"""The index folder on disk, opened: descriptors, tiles, fields, vocabulary, and a manifest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from visual_navsat.errors import IndexFolderError, MapError
from visual_navsat.files import file_sha256
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.layered_field import (
    Layer,
    LayeredField,
    cleared_pixels,
    join_layers,
)
from visual_navsat.index.manifest import (
    CHECKSUMS,
    MANIFEST,
    REMEDY,
    VOCABULARY,
    AreaField,
    FieldPatch,
    Manifest,
    Segment,
)
from visual_navsat.index.segment import StoredSegment
from visual_navsat.index.segmented_rows import SegmentedRows

__all__ = ['AreaField', 'FieldPatch', 'IndexFolder', 'Manifest', 'Segment']


@dataclass(frozen=True)
class IndexFolder:
    """An index that was opened; row i of the descriptors is tile i."""

    path: Path
    manifest: Manifest
    descriptors: np.ndarray | SegmentedRows  # (N, d) float32 unit rows, read-only
    vocabulary: np.ndarray  # (K, D) float32
    tiles: Sequence[TileMetadata]  # N
    # (3, rows, columns) int8 per area: vectors, and 1 where valid
    fields: tuple[np.ndarray | LayeredField, ...]

    @classmethod
    def open(cls, path: str | os.PathLike, check: bool = True) -> IndexFolder:
        """
        Return the index in a folder, all of it from one build even if it is replaced meanwhile.

        :param check: read every file and compare its checksum; False trusts the disk.
        :raises IndexFolderError: if the folder is missing, incomplete, damaged or of a newer
            format; the message says what to do.
        """
        path = Path(path)
        while True:
            inode = _inode(path)
            try:
                folder = cls._read(path, check)
            except IndexFolderError:
                if _inode(path) == inode:
                    raise
            else:
                if _inode(path) == inode:
                    return folder

    @classmethod
    def _read(cls, path: Path, check: bool) -> IndexFolder:
        """Return the index in a folder that stays as it is while it is read."""
        manifest = read_manifest(path)
        missing = [name for name in manifest.files if not (path / name).is_file()]
        if missing:
            raise IndexFolderError(f'index {path} has no {", ".join(missing)}: {REMEDY}')
        if check:
            _check_checksums(path, manifest)
        try:
            vocabulary = np.load(path / VOCABULARY, allow_pickle=False)
            segments = [StoredSegment.open(path, segment) for segment in manifest.segments]
        except (OSError, ValueError, MapError) as error:
            raise IndexFolderError(f'index {path} is damaged ({error}): {REMEDY}') from error
        for segment in segments:
            segment.check(path, manifest)
        tiles = [tile for segment in segments for tile in segment.live_tiles]
        descriptors = join_rows(segments)
        expected = (manifest.count, manifest.dimension)
        if descriptors.shape != expected or len(tiles) != manifest.count:
            raise IndexFolderError(
                f'index {path} has {len(tiles)} tiles and descriptors of shape '
                f'{descriptors.shape}, its manifest says {expected}: {REMEDY}'
            )
        fields = tuple(_field(index, area, segments) for index, area in enumerate(manifest.areas))
        return cls(path, manifest, descriptors, vocabulary, tiles, fields)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of an index folder; raise IndexFolderError if there is none."""
    try:
        return Manifest.from_json((path / MANIFEST).read_text(encoding='utf-8'))
    except IndexFolderError as error:
        raise IndexFolderError(f'{path}: {error}') from error
    except OSError as error:
        raise IndexFolderError(
            f'{path} is no index folder, or half of one (no {MANIFEST}): {REMEDY}'
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise IndexFolderError(f'{MANIFEST} of index {path} is damaged: {REMEDY}') from error


def read_checksums(path: Path) -> dict[str, str]:
    """Return the SHA-256 that an index folder has noted of each of its files."""
    lines = (path / CHECKSUMS).read_text(encoding='utf-8', errors='replace').splitlines()
    return {name: checksum for checksum, _, name in (line.partition('  ') for line in lines)}


def join_rows(segments: Sequence[StoredSegment]) -> np.ndarray | SegmentedRows:
    """Return the descriptors that are left: of a single whole segment its memory map itself."""
    if len(segments) == 1 and segments[0].live is None:
        return segments[0].descriptors
    return SegmentedRows(
        [segment.descriptors for segment in segments], [segment.live for segment in segments]
    )


def _field(
    index: int, area: AreaField, segments: Sequence[StoredSegment]
) -> np.ndarray | LayeredField:
    """Return the field of an area, of all segments that hold a part of it."""
    layers = []
    for segment in segments:
        for patch, stored in segment.patches():
            if patch.area != index:
                continue
            cleared = None
            if segment.live is not None:
                cleared = _cleared(area, patch, segment)
            layers.append(Layer(patch, stored, cleared))
    return join_layers(area, layers)


def _cleared(area: AreaField, patch: FieldPatch, segment: StoredSegment) -> np.ndarray | None:
    """Return which pixels of a patch only removed tiles showed."""
    bounds = tiles_bounds_m(segment.tiles, area.frame)
    is_live = np.zeros(len(bounds), bool)
    is_live[segment.live] = True
    return cleared_pixels(area, patch, bounds[~is_live], bounds[is_live])


def _inode(path: Path) -> int:
    """Return what tells one build of an index from the next one of the same name."""
    try:
        return path.stat().st_ino
    except OSError as error:
        raise IndexFolderError(
            f'no index at {path} ({error.strerror}): build one with visual-navsat build-map'
        ) from error


def _check_checksums(path: Path, manifest: Manifest) -> None:
    """Raise IndexFolderError unless every file is as it was written."""
    checksums = read_checksums(path)
    for name in manifest.files:
        if name != CHECKSUMS and file_sha256(path / name) != checksums.get(name):
            raise IndexFolderError(
                f'{name} of index {path} is damaged (its checksum differs): copy it again, or '
                f'{REMEDY}'
            )
