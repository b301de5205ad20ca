# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What docs/results.md says of the bytes of gradient fields, from the record of its bench."""

from __future__ import annotations

import json
from pathlib import Path

_RECORD = Path(__file__).resolve().parents[1] / 'bench/results/index_bytes.json'


def field_bytes() -> str:
    """Return what coarser rounding saves and costs, in Markdown."""
    record = json.loads(_RECORD.read_text())
    lines = [
        '| fields | MB per km² | best place within 20 m | published of those on the map '
        '| false fixes | right places moved, median / p95 | ANEES |',
        '|---|---|---|---|---|---|---|',
    ]
    for row in record['fields']:
        moved = row['right_places_moved_m']
        lines.append(
            f'| {row["encoding"]} | {row["megabytes_per_km2"]:.2f} '
            f'| {row["best_place_within_20_m"]} of {row["on_map"]} | {row["availability"]:.0%} '
            f'| {row["false_fixes"]} | {moved["median"]:.2f} / {moved["p95"]:.2f} m '
            f'| {row["anees"]:.2f} |'
        )
    photos = record['fields'][0]['photos']
    lines += [
        '',
        f'{photos} photos of procedural worlds, the same on every row. Commit '
        f'`{record["commit"]}`, `{record["command"]}`.',
    ]
    return '\n'.join(lines)
