# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an index folder says of itself, edited by hand: its manifest, and blocks of its fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
import zlib

from bench.fuzz.edits import damaged_bytes, edited_json
from bench.fuzz.target import Target, write
from hypothesis import strategies as st
import numpy as np
from visual_navsat.errors import IndexFolderError
from visual_navsat.index.field_codec import BLOCK_PX, decode_blocks, encode_block
from visual_navsat.index.manifest import MANIFEST, read_manifest

GOOD: dict[str, Any] = {
    'identity': {'model': 'dinov2_vits14', 'layer': 9, 'facet': 'value', 'dimension': 768},
    'dimension': 768,
    'count': 9,
    'described_gsd_m_per_px': 0.5,
    'background': [0.1, 0.2, 0.3],
    'created': '2026-01-01T00:00:00+00:00',
    'package_version': '1.0.0',
    'segments': [
        {
            'key': '0001',
            'names': ['map'],
            'origins': ['/data/map.tif'],
            'rows': 9,
            'removed': 0,
            'fingerprint': 'ab' * 32,
            'patches': [{'area': 0, 'top': 0, 'left': 0, 'rows': 672, 'columns': 672}],
        }
    ],
    'areas': [
        {
            'origin_lat': 46.5,
            'origin_long': 7.9,
            'west_m': -168.0,
            'north_m': 168.0,
            'rows': 672,
            'columns': 672,
            'gsd_m_per_px': 0.5,
        }
    ],
    'background_age': 0,
    'datum': 'WGS 84',
    'code': 'int8',
    'format_version': 6,
}


def _read(folder: Path, content: str | bytes) -> object:
    write(folder, MANIFEST, content)
    return read_manifest(folder)


def _decode(_: Path, parts: list[bytes]) -> object:
    try:
        return decode_blocks([parts], 0)
    except ValueError as error:  # as IndexFolder.field does it
        raise IndexFolderError(str(error)) from error


def _good_parts() -> list[bytes]:
    rng = np.random.default_rng(0)
    field = rng.integers(-60, 60, (3, BLOCK_PX, BLOCK_PX)).astype(np.int8)
    field[2] = 1
    field[:, :, 100:] = 0
    return encode_block(field)


# What is deflated is edited too: damage that checksums do not find.
_parts = st.tuples(
    *(
        st.one_of(
            damaged_bytes(part), damaged_bytes(zlib.decompress(part)[:2000]).map(zlib.compress)
        )
        for part in _good_parts()
    )
).map(list)
_manifests = st.one_of(
    edited_json(GOOD), damaged_bytes(json.dumps(GOOD).encode()), st.binary(max_size=80)
)
TARGETS = (Target('manifest', _manifests, _read), Target('field block', _parts, _decode))
