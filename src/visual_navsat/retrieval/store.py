"""The index folder on disk: descriptors, tiles, vocabulary, and a manifest of what made them."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from visual_navsat.errors import IndexFolderError, MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.tile_csv import read_tiles, write_tiles
from visual_navsat.resources import file_sha256

FORMAT_VERSION = 2

MANIFEST = 'manifest.json'
DESCRIPTORS = 'descriptors.npy'
TILES = 'tiles.csv'
VOCABULARY = 'vocabulary.npy'
FIELDS = 'fields.npy'
CHECKSUMS = 'checksums.sha256'  # in the format of sha256sum, which checks it too
FILES = (MANIFEST, DESCRIPTORS, TILES, VOCABULARY, FIELDS, CHECKSUMS)

_REMEDY = 'build it again with visual-navsat build-map'


@dataclass(frozen=True)
class AreaField:
    """Where one area of the map lies whose gradient field is stored, and how large that is."""

    origin_lat: float  # of the area's local frame, degrees
    origin_long: float
    west_m: float  # left edge of the field in that frame
    north_m: float  # top edge
    rows: int
    columns: int
    gsd_m_per_px: float


@dataclass(frozen=True)
class Manifest:
    """What is in an index folder, and what made it."""

    identity: dict[str, Any]  # the describer's: model, checkpoint, layer, facet, vocabulary ...
    dimension: int
    count: int
    described_gsd_m_per_px: float  # median over the tiles as the backbone saw them; NaN if unknown
    background: list[float]  # localization.background: how far wrong places of this map stand out
    image_dir: str  # where the tile images were
    created: str  # ISO 8601, UTC
    package_version: str
    build_fingerprint: str  # SHA-256 of all that the descriptors were made from
    areas: tuple[AreaField, ...] = ()  # in the order in which their fields are stored
    datum: str = 'WGS 84'
    format_version: int = FORMAT_VERSION

    def to_json(self) -> str:
        """Return the manifest as JSON; an unknown number is null, as JSON has no NaN."""
        values = dataclasses.asdict(self)
        if np.isnan(self.described_gsd_m_per_px):
            values['described_gsd_m_per_px'] = None
        return json.dumps(values, indent=2, allow_nan=False) + '\n'

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return a manifest; raise ValueError, TypeError or KeyError if it is no such thing."""
        values = json.loads(text)
        if values['format_version'] != FORMAT_VERSION:
            raise IndexFolderError(
                f'index format is {values["format_version"]}, this version of visual_navsat reads '
                f'{FORMAT_VERSION}: update visual_navsat, or {_REMEDY}'
            )
        if values['described_gsd_m_per_px'] is None:
            values['described_gsd_m_per_px'] = float('nan')
        values['areas'] = tuple(AreaField(**area) for area in values['areas'])
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True)
class IndexFolder:
    """An index that was opened; row i of the descriptors is tile i."""

    path: Path
    manifest: Manifest
    descriptors: np.ndarray  # (N, d) float32 unit rows, memory-mapped, read-only
    vocabulary: np.ndarray  # (K, D) float32
    tiles: Sequence[TileMetadata]  # N
    fields: tuple[np.ndarray, ...]  # (3, rows, columns) int8 per area: vectors, and 1 where valid

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
        manifest = _read_manifest(path)
        missing = [name for name in FILES if not (path / name).is_file()]
        if missing:
            raise IndexFolderError(f'index {path} has no {", ".join(missing)}: {_REMEDY}')
        if check:
            _check_checksums(path)
        try:
            descriptors = np.load(path / DESCRIPTORS, mmap_mode='r', allow_pickle=False)
            vocabulary = np.load(path / VOCABULARY, allow_pickle=False)
            stored = np.load(path / FIELDS, mmap_mode='r', allow_pickle=False)
            tiles = read_tiles(path / TILES)
        except (OSError, ValueError, MapError) as error:
            raise IndexFolderError(f'index {path} is damaged ({error}): {_REMEDY}') from error
        expected = (manifest.count, manifest.dimension)
        if descriptors.shape != expected or len(tiles) != manifest.count:
            raise IndexFolderError(
                f'index {path} has {len(tiles)} tiles and descriptors of shape '
                f'{descriptors.shape}, its manifest says {expected}: {_REMEDY}'
            )
        fields = _split_fields(stored, manifest.areas)
        if fields is None:
            raise IndexFolderError(f'{FIELDS} of index {path} is not of its areas: {_REMEDY}')
        return cls(path, manifest, descriptors, vocabulary, tiles, fields)


def write_index_files(
    folder: Path,
    manifest: Manifest,
    tiles: Sequence[TileMetadata],
    vocabulary: np.ndarray,
    fields: Sequence[np.ndarray] = (),
) -> None:
    """
    Complete a folder that holds the descriptors: write all other files of an index.

    :param fields: (3, rows, columns) int8, one per area of the manifest.
    """
    write_tiles(folder / TILES, tiles)
    parts = [np.zeros(0, np.int8), *(field.ravel() for field in fields)]
    np.save(folder / FIELDS, np.concatenate(parts))
    np.save(folder / VOCABULARY, vocabulary.astype(np.float32))
    (folder / MANIFEST).write_text(manifest.to_json(), encoding='utf-8')
    lines = [f'{file_sha256(folder / name)}  {name}\n' for name in FILES if name != CHECKSUMS]
    (folder / CHECKSUMS).write_text(''.join(lines), encoding='utf-8')


def _split_fields(stored: np.ndarray, areas: Sequence[AreaField]) -> tuple[np.ndarray, ...] | None:
    """Return each area's part of the stored fields, or None if they are not of these areas."""
    sizes = [3 * area.rows * area.columns for area in areas]
    if stored.shape != (sum(sizes),) or stored.dtype != np.int8:
        return None
    ends = np.cumsum(sizes)
    return tuple(
        stored[end - size : end].reshape(3, area.rows, area.columns)
        for area, size, end in zip(areas, sizes, ends, strict=True)
    )


def _inode(path: Path) -> int:
    """Return what tells one build of an index from the next one of the same name."""
    try:
        return path.stat().st_ino
    except OSError as error:
        raise IndexFolderError(
            f'no index at {path} ({error.strerror}): build one with visual-navsat build-map'
        ) from error


def _read_manifest(path: Path) -> Manifest:
    try:
        return Manifest.from_json((path / MANIFEST).read_text(encoding='utf-8'))
    except IndexFolderError as error:
        raise IndexFolderError(f'{path}: {error}') from error
    except OSError as error:
        raise IndexFolderError(
            f'{path} is no index folder, or half of one (no {MANIFEST}): {_REMEDY}'
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise IndexFolderError(f'{MANIFEST} of index {path} is damaged: {_REMEDY}') from error


def _check_checksums(path: Path) -> None:
    """Raise IndexFolderError unless every file is as it was written."""
    lines = (path / CHECKSUMS).read_text(encoding='utf-8', errors='replace').splitlines()
    checksums = {name: checksum for checksum, _, name in (line.partition('  ') for line in lines)}
    for name in FILES:
        if name != CHECKSUMS and file_sha256(path / name) != checksums.get(name):
            raise IndexFolderError(
                f'{name} of index {path} is damaged (its checksum differs): copy it again, or '
                f'{_REMEDY}'
            )
