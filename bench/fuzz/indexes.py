# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an index folder says of itself: its manifest, edited by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.fuzz.edits import damaged_bytes, edited_json
from bench.fuzz.target import Target, write
from hypothesis import strategies as st
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
            'prefix': '',
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
    'format_version': 4,
}


def _read(folder: Path, content: str | bytes) -> object:
    write(folder, MANIFEST, content)
    return read_manifest(folder)


_manifests = st.one_of(
    edited_json(GOOD), damaged_bytes(json.dumps(GOOD).encode()), st.binary(max_size=80)
)
TARGETS = (Target('manifest', _manifests, _read),)
