# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What docs/results.md says of hostile input, from the records of the benches that make it."""

from __future__ import annotations

from collections import Counter
import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / 'bench/results'


def robustness() -> str:
    """Return what the records of the node under fire and of hostile input say, in Markdown."""
    return f'{_fire()}\n\n{_hostile()}\n\n{_index_edits()}\n\n{_fuzz()}'


def _fire() -> str:
    record = _record('fire')
    images, memory, latency = record['images']['fire'], record['memory'], record['latency']
    early, late = memory['early'], memory['late']
    fire_ms, calm_ms = latency['fire']['p95_ms'], latency['calm']['p95_ms']
    return (
        f'**The node under fire**: {images["sent"]:,} images, a third of them malformed, with '
        f'sensor messages and calls that make no sense, in {record["num_kinds"]} ways: '
        f'{images["unaccounted"]} neither answered nor counted, {images["false_fixes"]} false '
        f'fixes, exit code {record["exit_code"]}. Memory was {late["rss_mb"]:.0f} MB at the end '
        f'and {early["rss_mb"]:.0f} MB after the first third ({memory["rss_mb_most"]:.0f} MB at '
        f'most), threads {late["threads"]} and {early["threads"]}, descriptors '
        f'{late["descriptors"]} and {early["descriptors"]}. Good images took '
        f'{fire_ms:.0f} ms at the 95th percentile, {calm_ms:.0f} ms without fire. '
        f'{_kept(record)} {_source(record)}'
    )


def _kept(record: dict[str, Any]) -> str:
    broken = record['broken']
    return f'What was not kept: {", ".join(broken)}.' if broken else 'All promises were kept.'


def _hostile() -> str:
    record = _record('hostile')
    rows = [
        f'| {name.replace("_", " ")} | {kind["images"]:,} | {kind["answers"].get("fix", 0):,} '
        f'| {kind["false_fixes"]} | {_most_often(kind["answers"])} |'
        for name, kind in record['kinds'].items()
    ]
    return '\n'.join(
        [
            f'**{record["images"]:,} hostile images** over 0.36 km² of a world. A fix is false if '
            'it lies over 50 m from every place that the image shows: '
            f'{record["false_fixes"]} of {record["fixes"]:,} were, '
            f'{record["fixes_of_images_off_the_map"]} of images that show nothing of the map; '
            f'{record["faults"]} exceptions were not ours. {_source(record)}',
            '',
            '| kind | images | fixes | false | refused mostly as |',
            '|---|---|---|---|---|',
            *rows,
        ]
    )


def _most_often(answers: dict[str, int]) -> str:
    refused = Counter({said: count for said, count in answers.items() if said != 'fix'})
    return ', '.join(f'`{said}`' for said, _ in refused.most_common(2)) or '-'


def _index_edits() -> str:
    record = _record('index_edits')
    ends = ', '.join(f'{count} {what}' for what, count in record['ends'].items())
    return (
        f'**{record["edits"]} edits of an index by hand**, its checksums made anew: {ends}; '
        f'{len(record["harmful"])} did harm. {_source(record)}'
    )


def _fuzz() -> str:
    record = _record('fuzz')
    return (
        f'**{record["inputs"]:,} generated inputs** of {len(record["parsers"])} parsers: '
        f'{len(record["faults"])} raised what is not ours. {_source(record)}'
    )


def _source(record: dict[str, Any]) -> str:
    return f'Commit `{record["commit"]}`, `{record["command"]}`.'


def _record(name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((RESULTS / f'{name}.json').read_text(encoding='utf-8'))
    return values
