# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an index folder says of itself: what made it, its segments and its areas."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

import numpy as np
from visual_navsat.errors import IndexFolderError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid

FORMAT_VERSION = 4
READABLE_FORMATS = (3, 4)
REMEDY = 'build it again with visual-navsat build-map'

MANIFEST = 'manifest.json'
VOCABULARY = 'vocabulary.npy'
CHECKSUMS = 'checksums.sha256'  # in the format of sha256sum, which checks it too

# A segment's files, after its key and a dot.
DESCRIPTORS = 'descriptors.npy'
TILES = 'tiles.csv'
GSDS = 'gsds.npy'
FIELDS = 'fields.npy'
REMOVED = 'removed.npy'

# The files of indexes of this format and of earlier ones.
_FILE_NAME = re.compile(
    r'manifest\.json|vocabulary\.npy|checksums\.sha256'
    r'|(\d+\.)?(descriptors|gsds|fields|removed)\.npy|(\d+\.)?tiles\.csv'
)


@dataclass(frozen=True)
class AreaField:
    """One area of the map whose gradient field is stored: its place and its pixels."""

    frame: LocalFrame
    grid: PixelGrid  # in that frame

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> AreaField:
        """Return the area of :meth:`to_json`."""
        grid = {name: values[name] for name in PixelGrid.__annotations__}
        return cls(LocalFrame(values['origin_lat'], values['origin_long']), PixelGrid(**grid))

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        origin = {'origin_lat': self.frame.origin_lat, 'origin_long': self.frame.origin_long}
        return {**origin, **dataclasses.asdict(self.grid)}


@dataclass(frozen=True)
class FieldPatch:
    """The part of an area's field that a segment holds."""

    area: int  # index of the area
    box: PixelBox  # of the area's grid

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FieldPatch:
        """Return the patch of :meth:`to_json`."""
        top, left = values['top'], values['left']
        return cls(
            values['area'], PixelBox(top, left, top + values['rows'], left + values['columns'])
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        top, left, _, _ = self.box
        rows, columns = self.box.shape
        return {'area': self.area, 'top': top, 'left': left, 'rows': rows, 'columns': columns}


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
    prefix: str = ''  # missing from the stored names of tiles that earlier versions added

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Segment:
        """Return the segment of :meth:`to_json`, or of an earlier version."""
        values = {**values, 'patches': tuple(map(FieldPatch.from_json, values['patches']))}
        if 'origin' in values:  # format 3 joined several paths to one text
            values['origins'] = values.pop('origin').split(', ')
        if 'name' in values:  # one for all sources; '' for those that a build began with
            name, origins = values.pop('name'), values['origins']
            only = Path(origins[0]).stem if len(origins) == 1 else ''
            values |= {'names': [name or only] * len(origins), 'prefix': name and f'{name}/'}
        return cls(**values | {key: tuple(values[key]) for key in ('names', 'origins')})

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return vars(self) | {'patches': [patch.to_json() for patch in self.patches]}

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that hold it."""
        parts = (DESCRIPTORS, TILES, GSDS, FIELDS, *((REMOVED,) if self.removed else ()))
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
    background_age: int = 0  # tiles added and removed since the background was measured
    datum: str = 'WGS 84'
    format_version: int = FORMAT_VERSION

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the imagery of its segments was."""
        return tuple(dict.fromkeys(path for segment in self.segments for path in segment.origins))

    @property
    def files(self) -> tuple[str, ...]:
        """Names of all files of the index."""
        of_segments = (name for segment in self.segments for name in segment.files)
        return (MANIFEST, VOCABULARY, *of_segments, CHECKSUMS)

    def to_json(self) -> str:
        """Return the manifest as JSON; an unknown number is null, as JSON has no NaN."""
        parts = {
            'areas': [area.to_json() for area in self.areas],
            'segments': [segment.to_json() for segment in self.segments],
        }
        values = vars(self) | parts
        if np.isnan(self.described_gsd_m_per_px):
            values['described_gsd_m_per_px'] = None
        return json.dumps(values, indent=2, allow_nan=False) + '\n'

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return a manifest; raise ValueError, TypeError or KeyError if it is damaged."""
        values = json.loads(text)
        if values['format_version'] not in READABLE_FORMATS:
            readable = ' and '.join(map(str, READABLE_FORMATS))
            raise IndexFolderError(
                f'index format is {values["format_version"]}, this version of visual_navsat reads '
                f'{readable}: update visual_navsat, or {REMEDY}'
            )
        if values['described_gsd_m_per_px'] is None:
            values['described_gsd_m_per_px'] = float('nan')
        values['areas'] = tuple(map(AreaField.from_json, values['areas']))
        values['segments'] = tuple(map(Segment.from_json, values['segments']))
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def is_index_file(name: str) -> bool:
    """Return whether this is the name of a file of an index, of this format or an earlier one."""
    return _FILE_NAME.fullmatch(name) is not None


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest in a folder; raise IndexFolderError if there is none."""
    try:
        return Manifest.from_json((folder / MANIFEST).read_text(encoding='utf-8'))
    except IndexFolderError as error:
        raise IndexFolderError(f'{folder}: {error}') from error
    except OSError as error:
        raise IndexFolderError(
            f'{folder} is no complete index folder, it has no {MANIFEST}: {REMEDY}'
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise IndexFolderError(f'{MANIFEST} of index {folder} is damaged: {REMEDY}') from error


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the recorded SHA-256 of each file in a folder."""
    lines = (folder / CHECKSUMS).read_text(encoding='utf-8', errors='replace').splitlines()
    return {name: checksum for checksum, _, name in (line.partition('  ') for line in lines)}
