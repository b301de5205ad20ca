# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an index folder says of itself: what made it, its segments and its areas."""

from __future__ import annotations

from dataclasses import dataclass, field
import json
from pathlib import Path
import re
from typing import Any

import numpy as np
from visual_navsat.errors import IndexFolderError, reason_of, VisualNavsatError
from visual_navsat.files import read_input
from visual_navsat.index.json_values import checked_number, entry, items, mapping, text, whole
from visual_navsat.index.stored_areas import AreaField, FieldPatch, StoredTerrain

FORMAT_VERSION = 6
RAW_FIELDS_FORMAT = 4  # whose fields are not in blocks
_READABLE_FORMATS = (RAW_FIELDS_FORMAT, 5, FORMAT_VERSION)
REMEDY = 'build it again with visual-navsat build-map'

MANIFEST = 'manifest.json'
VOCABULARY = 'vocabulary.npy'
TERRAIN = 'terrain.npy'  # where the map has ground heights
PROJECTION = 'projection.npy'  # of compact codes
CHECKSUMS = 'checksums.sha256'  # in the format of sha256sum, which checks it too

# A segment's files, after its key and a dot.
DESCRIPTORS = 'descriptors.npy'
CODES = 'codes.npy'
TILES = 'tiles.csv'
GSDS = 'gsds.npy'
FIELDS = 'fields.npy'
BLOCKS = 'blocks.npy'
REMOVED = 'removed.npy'

# What is kept of descriptors, by the name of the code, in files of a segment.
EXACT, INT8, COMPACT, COMPACT_EXACT = 'exact', 'int8', 'compact', 'compact+exact'
CODE_FILES = {
    EXACT: (DESCRIPTORS,),
    INT8: (CODES,),
    COMPACT: (CODES,),
    COMPACT_EXACT: (CODES, DESCRIPTORS),
}

_KEY = re.compile(r'\d{1,9}')
# The files of indexes of this format and of earlier ones.
_FILE_NAME = re.compile(
    r'manifest\.json|(vocabulary|terrain|projection)\.npy|checksums\.sha256'
    r'|(\d+\.)?(descriptors|codes|gsds|fields|blocks|removed)\.npy|(\d+\.)?tiles\.csv'
)


@dataclass(frozen=True)
class Segment:
    """Tiles that were added to an index together."""

    key: str  # what the names of its files begin with
    # Of its sources; what is added later, and each of several, names its tiles NAME/...
    names: tuple[str, ...]
    origins: tuple[str, ...]  # path of each source
    rows: int  # tiles as stored, removed ones included
    removed: int
    fingerprint: str  # SHA-256 of all that the descriptors were made from
    patches: tuple[FieldPatch, ...] = ()  # in the order in which their fields are stored

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Segment:
        """Return the segment of :meth:`to_json`."""
        if not _KEY.fullmatch(text(values, 'key')):
            raise ValueError(f'key must be digits, got {values["key"]!r:.60}')
        names, origins = items(values, 'names', str), items(values, 'origins', str)
        if values.get('prefix'):
            raise ValueError('tiles are stored without the name of their source, as in format 3')
        if len(names) != len(origins):
            raise ValueError(f'{len(names)} names are those of {len(origins)} origins')
        return cls(
            key=values['key'],
            names=tuple(names),
            origins=tuple(origins),
            rows=whole(values, 'rows', 1),
            removed=whole(values, 'removed'),
            fingerprint=text(values, 'fingerprint'),
            patches=tuple(map(FieldPatch.from_json, items(values, 'patches', dict))),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return vars(self) | {'patches': [patch.to_json() for patch in self.patches]}

    def files(self, manifest: Manifest) -> tuple[str, ...]:
        """Return the names of the files that hold it in the index of a manifest."""
        blocks = () if manifest.format_version == RAW_FIELDS_FORMAT else (BLOCKS,)
        removed = (REMOVED,) if self.removed else ()
        parts = (*CODE_FILES[manifest.code], TILES, GSDS, FIELDS, *blocks, *removed)
        return tuple(f'{self.key}.{part}' for part in parts)


@dataclass(frozen=True)
class Manifest:
    """What is in an index folder, and what made it."""

    identity: dict[str, Any]  # the describer's: model, checkpoint, layer, facet, vocabulary ...
    dimension: int
    count: int  # tiles, without removed ones
    described_gsd_m_per_px: float  # median over the tiles as the backbone saw them; NaN if unknown
    background: list[float]  # localization.background: how far wrong places of this map stand out
    created: str  # ISO 8601, UTC
    package_version: str
    segments: tuple[Segment, ...]  # where their fields overlap, later ones lie on top
    areas: tuple[AreaField, ...] = ()
    terrain: StoredTerrain | None = None  # None: flat ground is assumed
    code: str = EXACT  # of the descriptors, see CODE_FILES
    background_age: int = 0  # tiles added and removed since the background was measured
    datum: str = 'WGS 84'
    format_version: int = FORMAT_VERSION
    # SHA-256 of the files that it was written for, by name; none in earlier indexes.
    sha256: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the imagery of its segments was."""
        return tuple(dict.fromkeys(path for segment in self.segments for path in segment.origins))

    @property
    def files(self) -> tuple[str, ...]:
        """Names of all files of the index."""
        of_segments = (name for segment in self.segments for name in segment.files(self))
        return (MANIFEST, *self.shared_files, *of_segments, CHECKSUMS)

    @property
    def shared_files(self) -> tuple[str, ...]:
        """Names of the files that hold what all segments share."""
        terrain = () if self.terrain is None else (TERRAIN,)
        projection = (PROJECTION,) if self.code in (COMPACT, COMPACT_EXACT) else ()
        return (VOCABULARY, *terrain, *projection)

    def to_json(self) -> str:
        """Return the manifest as JSON; an unknown number is null, as JSON has no NaN."""
        parts = {
            'areas': [area.to_json() for area in self.areas],
            'segments': [segment.to_json() for segment in self.segments],
            'terrain': None if self.terrain is None else self.terrain.to_json(),
        }
        values = vars(self) | parts
        if np.isnan(self.described_gsd_m_per_px):
            values['described_gsd_m_per_px'] = None
        return json.dumps(values, indent=2, allow_nan=False) + '\n'

    @classmethod
    def from_json(cls, content: str | bytes) -> Manifest:
        """Return a manifest; raise ValueError that says what of it is damaged."""
        values = json.loads(content)
        version = entry(values, 'format_version')
        if version not in _READABLE_FORMATS or isinstance(version, bool | float):
            is_newer = isinstance(version, int) and version > FORMAT_VERSION
            raise IndexFolderError(
                f'index format is {version!r:.60}, this version of visual_navsat reads '
                f'{RAW_FIELDS_FORMAT} to {FORMAT_VERSION}: '
                f'{"update visual_navsat, or " if is_newer else ""}{REMEDY}'
            )
        gsd = entry(values, 'described_gsd_m_per_px')
        background = items(values, 'background')
        manifest = cls(
            identity=_identity(values),
            dimension=whole(values, 'dimension', 1),
            count=whole(values, 'count', 1),
            described_gsd_m_per_px=float('nan')
            if gsd is None
            else checked_number(gsd, 'described_gsd_m_per_px', 1e-6, 1e6),
            background=[checked_number(one, 'background') for one in background],
            created=text(values, 'created'),
            package_version=text(values, 'package_version'),
            segments=tuple(map(Segment.from_json, items(values, 'segments', dict))),
            areas=tuple(map(AreaField.from_json, items(values, 'areas', dict))),
            terrain=_terrain(values),
            code=_code(values),
            background_age=whole({'background_age': 0, **values}, 'background_age'),
            datum=text({'datum': 'WGS 84', **values}, 'datum'),
            format_version=values['format_version'],
            sha256=_digests(values),
        )
        _check_segments(manifest)
        return manifest


def _identity(values: Any) -> dict[str, Any]:
    identity = mapping(values, 'identity')
    strange = [key for key, value in identity.items() if isinstance(value, list | dict)]
    if strange:
        raise ValueError(f'{strange[0]} of identity must be one value, got {identity[strange[0]]}')
    return identity


def _code(values: Any) -> str:
    code = text({'code': EXACT, **values}, 'code')  # of formats before 6
    if code not in CODE_FILES:
        raise ValueError(f'code must be one of {", ".join(CODE_FILES)}, got {code!r:.60}')
    return code


def _terrain(values: Any) -> StoredTerrain | None:
    if values.get('terrain') is None:  # also in indexes of earlier versions
        return None
    return StoredTerrain.from_json(mapping(values, 'terrain'))


def _digests(values: Any) -> dict[str, str]:
    digests = mapping({'sha256': {}, **values}, 'sha256')
    if not all(isinstance(digest, str) for digest in digests.values()):
        raise ValueError('sha256 must hold texts')
    return digests


def _check_segments(manifest: Manifest) -> None:
    """Raise ValueError if the segments of a manifest contradict each other, or its areas."""
    segments, areas = manifest.segments, manifest.areas
    keys = [segment.key for segment in segments]
    if not keys or len(set(keys)) < len(keys):
        raise ValueError(f'segments must have keys of their own, got {", ".join(keys) or "none"}')
    if any(segment.removed >= segment.rows for segment in segments):
        raise ValueError('a segment has no tile left')
    for patch in (patch for segment in segments for patch in segment.patches):
        if patch.area >= len(areas):
            raise ValueError(f'a patch is of area {patch.area}, there are {len(areas)}')
        rows, columns = areas[patch.area].grid.shape
        if patch.box.bottom > rows or patch.box.right > columns:
            raise ValueError(f'a patch reaches beyond its area of {rows} x {columns} px')


def is_index_file(name: str) -> bool:
    """Return whether this is the name of a file of an index, of this format or an earlier one."""
    return _FILE_NAME.fullmatch(name) is not None


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest in a folder; raise IndexFolderError if there is none."""
    try:
        return Manifest.from_json(read_input(folder / MANIFEST))
    except IndexFolderError as error:
        raise IndexFolderError(f'{folder}: {error}') from error
    except FileNotFoundError as error:
        raise IndexFolderError(
            f'{folder} is no complete index folder, it has no {MANIFEST}: {REMEDY}'
        ) from error
    except OSError as error:
        raise IndexFolderError(
            f'cannot read {MANIFEST} of index {folder} ({error.strerror}): check it, or {REMEDY}'
        ) from error
    except (ValueError, VisualNavsatError, RecursionError) as error:
        raise IndexFolderError(
            f'{MANIFEST} of index {folder} is damaged ({reason_of(error)}): {REMEDY}'
        ) from error


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the recorded SHA-256 of each file in a folder."""
    lines = read_input(folder / CHECKSUMS).decode('utf-8', 'replace').splitlines()
    return {name: checksum for checksum, _, name in (line.partition('  ') for line in lines)}
