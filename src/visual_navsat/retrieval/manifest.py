"""What an index folder says of itself: what made it, of which segments it is, where it lies."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from visual_navsat.errors import IndexFolderError

FORMAT_VERSION = 3
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
class FieldPatch:
    """Which part of an area's field a segment holds, in pixels of the field."""

    area: int  # index of the area
    top: int
    left: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Segment:
    """Tiles that were added to an index together."""

    key: str  # what the names of its files begin with
    name: str  # what the names of its tiles begin with; '' for nothing
    origin: str  # where the imagery was
    rows: int  # tiles as stored, removed ones included
    removed: int
    fingerprint: str  # SHA-256 of all that the descriptors were made from
    patches: tuple[FieldPatch, ...] = ()  # in the order in which their fields are stored

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
    image_dir: str  # where the imagery was
    created: str  # ISO 8601, UTC
    package_version: str
    segments: tuple[Segment, ...]  # where their fields overlap, later ones lie on top
    areas: tuple[AreaField, ...] = ()
    background_age: int = 0  # tiles added and removed since the background was measured
    datum: str = 'WGS 84'
    format_version: int = FORMAT_VERSION

    @property
    def files(self) -> tuple[str, ...]:
        """Names of all files of the index."""
        of_segments = (name for segment in self.segments for name in segment.files)
        return (MANIFEST, VOCABULARY, *of_segments, CHECKSUMS)

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
                f'{FORMAT_VERSION}: update visual_navsat, or {REMEDY}'
            )
        if values['described_gsd_m_per_px'] is None:
            values['described_gsd_m_per_px'] = float('nan')
        values['areas'] = tuple(AreaField(**area) for area in values['areas'])
        values['segments'] = tuple(_segment(segment) for segment in values['segments'])
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def _segment(values: dict[str, Any]) -> Segment:
    patches = tuple(FieldPatch(**patch) for patch in values['patches'])
    return Segment(**values | {'patches': patches})
