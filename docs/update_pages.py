# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Write the parts of README.md and the pages here that are made from other files."""

from __future__ import annotations

from collections import Counter
import dataclasses
import importlib
import json
import math
from pathlib import Path
import re
from typing import Any

from field_bytes import field_bytes
from robustness import robustness
from visual_navsat.autopilot.settings import BridgeSettings
from visual_navsat.config import Config

ROOT = Path(__file__).resolve().parents[1]


def parameter_tables() -> str:
    """Return a Markdown table of the settings of every section in config.py."""
    config = Config()
    lines: list[str] = []
    for section in dataclasses.fields(config):
        lines += [
            f'## {section.name}',
            '',
            type(getattr(config, section.name)).__doc__,
            '',
            '| parameter | default | range | meaning |',
            '|---|---|---|---|',
            *(
                _parameter_row(path, entry, default)
                for path, entry, default in config.items()
                if path.startswith(f'{section.name}.')
            ),
            '',
        ]
    return '\n'.join(lines[:-1])


def bridge_table() -> str:
    """Return a Markdown table of the settings of the bridge's node."""
    lines = ['| parameter | default | range | meaning |', '|---|---|---|---|']
    lines += [_parameter_row(name, e, e.default) for name, e in BridgeSettings.fields()]
    return '\n'.join(lines)


def _parameter_row(path: str, entry: dataclasses.Field, default: Any) -> str:
    meta = entry.metadata
    allowed = []
    if meta['low'] is not None:
        allowed = [f'{meta["low"]:.10g} to {meta["high"]:.10g}']
    allowed += [meta['unit'], ', '.join(f'`{choice}`' for choice in meta['choices'])]
    return (
        f'| `{path}` | `{json.dumps(default)}` | {" ".join(filter(None, allowed))} '
        f'| {meta["description"]} |'
    )


def result_table() -> str:
    """Return the Markdown table of the measurements in bench/results/real_photos.json."""
    measured = json.loads((ROOT / 'bench/results/real_photos.json').read_text())
    lines = [
        '| one image at a time | recall@1 / 5 / 10 | fixes of 60 | within 5 / 10 / 25 m '
        '| over 50 m off | median error |',
        '|---|---|---|---|---|---|',
    ]
    lines += [_result_row(run['what'], run['result']) for run in measured['runs']]
    first = measured['runs'][0]['result']
    ros = measured['published_as_ros_images']
    lines += [
        '',
        f'Chance: recall@1 {first["chance_at_1"]:.0%}, and a tile drawn at random is '
        f'{first["chance_error_m"]:.0f} m away in the median. Photos without a fix were refused; '
        'the shares of fixes count them as misses.',
        '',
        f'The same photos published as ROS images to the running node, heading and GSD known: '
        f'{ros["fixes"]} fixes, {ros["refused"]} refused, {ros["without_answer"]} without an '
        f'answer; median error {_metres(ros["error_m"]["median"])}, here of the vehicle without '
        'its attitude scored at the image centre.',
        '',
        f'Measured at commit `{measured["commit"]}` by `{measured["command"]}`.',
    ]
    return '\n'.join(lines)


def _result_row(what: str, result: dict) -> str:
    recall = ' / '.join(f'{result["recall_at"][k]:.0%}' for k in ('1', '5', '10'))
    within = [round(result['share_within_m'][m] * result['n']) for m in ('5', '10', '25')]
    errors = [query['error_m'] for query in result['queries'] if query['error_m'] is not None]
    far_off = sum(error > 50 for error in errors)
    return (
        f'| {what} | {recall} | {len(errors)} | {" / ".join(map(str, within))} | {far_off} '
        f'| {_metres(result["error_m"]["median"])} |'
    )


def _metres(value: float | None) -> str:
    return '-' if value is None else f'{value:.1f} m'


def world_table() -> str:
    """Return what bench/results/procedural.json and flights.json say, in Markdown."""
    photos = json.loads((ROOT / 'bench/results/procedural.json').read_text())
    record = json.loads((ROOT / 'bench/results/flights.json').read_text())
    flights, settings = record['summary'], record['settings']
    false = flights['false_convergences']
    searches = photos['searches']
    everywhere = searches['all whole maps']
    lines = [
        f'{everywhere["photos"]:,} photos of {photos["worlds"]} worlds of '
        f'{photos["map_km2_each"]:g} km² (heading within 5° unless any is tried, height within '
        f'10 %, {1 - everywhere["on_map"] / everywhere["photos"]:.0%} of them taken off the map). '
        'Each was looked for on all of the map or on a square of it, and in one of two other '
        'ways:',
        '',
        '| searched | photos | published of those on the map | false fixes | ANEES | wrong best '
        'places | foretold |',
        '|---|---|---|---|---|---|---|',
        *(_search_row(what, searches[name]) for name, what in _SEARCHED.items()
          if name in searches),
        '',
        'On whole maps, of whatever size:',
        '',
        '| height above ground | published of those on the map | false fixes | ANEES |',
        '|---|---|---|---|',
        *(_world_row('{:.0f} to {:.0f} m'.format(*b['height_m']), b)
          for b in everywhere['height_bands']),
        '',
        f'Median error {everywhere["error_m"]["median"]:.1f} m, '
        f'{everywhere["share_inside_95_percent_ellipse"]:.0%} inside the 95 % ellipse. A false '
        'fix is over 50 m or 5 sigmas off; ANEES is that of the others. Foretold is the sum of '
        'what the probabilities leave to other places, with the 95 % interval of chance. '
        f'Commit `{photos["commit"]}`, `{photos["command"]}`.',
        '',
        f'{flights["flights"]} flights over {len(record["maps"])} maps of '
        f'{settings["side_km"] ** 2:g} km², lost at first, odometry drifting by 3 %, 40 % of the '
        f'images useless: {flights["converged"]} found their place, after '
        f'{flights["median_images_to_converge"]:.0f} images in the median (nine in ten within '
        f'{flights["p90_images_to_converge"]:.0f}), then {flights["median_error_after_m"]:.1f} m '
        f'off in the median, {flights["p90_error_after_m"]:.1f} m at the 90th percentile; ANEES '
        f'{flights["anees_after"]:.1f}; {len(false)} were false at some time'
        + (': ' + '; '.join(_causes(false)) if false else '')
        + f'. Commit `{record["commit"]}`, `{record["command"]}`.',
    ]  # fmt: skip
    return '\n'.join(lines)


_SEARCHED = {
    'all whole maps': 'whole maps together',
    'whole': 'all of the map',
    'km2_2': '2 km²',
    'km2_04': '0.4 km²',
    'km2_04_any_heading': '0.4 km², any heading, up to 120 m high',
    'coarse': 'all of the map, from a coarser level',
    'part': 'ten tiles, the right one among them for half of the photos',
}


def _search_row(what: str, scores: dict) -> str:
    rows = scores['reliability']
    wrong, foretold = (sum(row[key] for row in rows) for key in ('wrong', 'foretold'))
    spread = math.hypot(*(row['give_or_take'] for row in rows))
    return (
        f'| {what} | {scores["photos"]} | {scores["availability"]:.0%} | {scores["false_fixes"]} '
        f'of {scores["published"]} | {_ratio(scores["anees"])} | {wrong} | {foretold:.1f} '
        f'± {spread:.1f} |'
    )


def _ratio(value: float | None) -> str:
    return '-' if value is None else f'{value:.2f}'


def _world_row(what: str, band: dict) -> str:
    return (
        f'| {what} | {band["availability"]:.0%} | {band["false_fixes"]} of {band["published"]} '
        f'| {_ratio(band["anees"])} |'
    )


def _causes(false: list[dict]) -> list[str]:
    """Return how often each cause made a track false, most often first."""
    counts = Counter(re.sub(r'\d+ m', 'some metres', one['cause']) for one in false)
    return [f'{count} times, {cause}' for cause, count in counts.most_common()]


def search_table() -> str:
    """Return what bench/results/search_speed.json says, in Markdown."""
    measured = json.loads((ROOT / 'bench/results/search_speed.json').read_text())
    threads = max(case['threads'] for case in measured['cases'])
    lines = ['| one search | begins at | time |', '|---|---|---|']
    lines += [
        f'| {case["name"].replace("km2", "km²")} | {case["start_gsd_m_per_px"]:g} m/px '
        f'| {case["median_ms"]:.0f} ms |'
        for case in measured['cases']
        if case['threads'] == threads
    ]
    where = f'{threads} CPU cores' if measured['device'] == 'cpu' else measured['device']
    lines += [
        '',
        f'On {where}, of a footprint of 200 x 150 m; heading within 5° and scale within 10 % '
        f'known unless it says otherwise. Commit `{measured["commit"]}`, '
        '`python -m bench.search_speed`.',
    ]
    return '\n'.join(lines)


def summary() -> str:
    """Return the six lines of README.md that say what was measured."""
    photos = json.loads((ROOT / 'bench/results/real_photos.json').read_text())
    drawn = json.loads((ROOT / 'bench/results/procedural.json').read_text())
    worlds = drawn['searches']['all whole maps']
    flights = json.loads((ROOT / 'bench/results/flights.json').read_text())
    speed = json.loads((ROOT / 'bench/results/search_speed.json').read_text())
    usual, _, elsewhere = (
        next(run['result'] for run in photos['runs'] if run['what'].startswith(what))
        for what in ('heading within', 'all maps', 'its own map')
    )
    fixes, within = _fixes_within(usual, 10)
    flown = flights['summary']
    ms = {
        case['name']: case['median_ms']
        for case in speed['cases']
        if case['threads'] == max(case['threads'] for case in speed['cases'])
    }
    return '\n'.join(
        [
            f'- **{usual["n"]} real photos** over a town, heading within 5°, height within 10 %: '
            f'{fixes} published, {within} of them within 10 m, median error '
            f'{_metres(usual["error_m"]["median"])}.',
            f'- The same photos with their own map taken out: {_fixes_within(elsewhere, 10)[0]} '
            'published.',
            f'- **{worlds["photos"]:,} photos of {drawn["worlds"]} procedural worlds**: '
            f'{worlds["availability"]:.0%} of those on the map published, '
            f'{worlds["false_fixes"]} of {worlds["published"]} false, ANEES '
            f'{_ratio(worlds["anees"])} (1 is ideal).',
            f'- **{flown["flights"]} flights** that begin lost on 100 km²: '
            f'{flown["converged"]} found their place, after '
            f'{flown["median_images_to_converge"]:.0f} images in the median; '
            f'{len(flown["false_convergences"])} were false at some time.',
            f'- One search of 1 km² takes {ms["1 km2"]:.0f} ms on two CPU cores, '
            f'{ms["1 km2, no heading"] / 1e3:.1f} s without a heading. No GPU was measured.',
            '- The embedded model is a stopgap of 2.8 M parameters; official DINOv2 weights have '
            'not been measured.',
        ]
    )


def _fixes_within(result: dict, metres: int) -> tuple[int, int]:
    """Return how many fixes a run published, and how many of them were within some metres."""
    fixes = sum(query['error_m'] is not None for query in result['queries'])
    return fixes, round(result['share_within_m'][str(metres)] * result['n'])


def settings_table() -> str:
    """Return a Markdown table of the environment variables of the service."""
    # Its packages are an extra.
    settings = importlib.import_module('visual_navsat.service.settings').Settings
    lines = ['| variable | default | meaning |', '|---|---|---|']
    for name, field in settings.model_fields.items():
        default = field.default
        if isinstance(default, bool):
            default = str(default).lower()
        elif isinstance(default, tuple) or default is None:
            default = ''
        lines.append(f'| `{name.upper()}` | {f"`{default}`" if str(default) else ""} '
                     f'| {field.description} |')  # fmt: skip
    return '\n'.join(lines)


def published_json() -> str:
    """Return what ``visual-navsat plan`` knows of bench/results/procedural.json."""
    record = json.loads((ROOT / 'bench/results/procedural.json').read_text())
    names = {'whole': 'all whole maps', 'coarse': 'coarse', 'part': 'part'}
    bands = {scope: record['searches'][name]['height_bands'] for scope, name in names.items()}
    known = {
        'record': 'bench/results/procedural.json',
        'commit': record['commit'],
        'height_m': [band['height_m'] for band in bands['whole']],
        'published': {
            scope: [round(band['availability'], 3) for band in of_scope]
            for scope, of_scope in bands.items()
        },
    }
    return json.dumps(known, indent=1) + '\n'


# Files that are made anew as a whole.
FILES = {'src/visual_navsat/planning/published.json': published_json}

SECTIONS = {
    'README.md': {'summary': summary},
    'docs/parameters.md': {'parameters': parameter_tables, 'bridge': bridge_table},
    'docs/service.md': {'settings': settings_table},
    'docs/results.md': {
        'photos': result_table,
        'worlds': world_table,
        'robustness': robustness,
        'bytes': field_bytes,
        'search': search_table,
    },
}


def updated(page: str, text: str) -> str:
    """
    Return a page's text with every generated section made anew.

    :param page: path of it below the repository, such as ``README.md``.
    """
    for name, make in SECTIONS[page].items():
        block = re.compile(f'(<!-- {name}: .*?-->\n).*?(<!-- end {name} -->)', re.DOTALL)
        if not block.search(text):
            raise ValueError(f'{page} has no section {name}')
        made = make()
        text = block.sub(lambda m, made=made: f'{m[1]}\n{made}\n\n{m[2]}', text)
    return text


if __name__ == '__main__':
    for file, make in FILES.items():
        (ROOT / file).write_text(make(), encoding='utf-8')
    for page in SECTIONS:
        path = ROOT / page
        path.write_text(updated(page, path.read_text(encoding='utf-8')), encoding='utf-8')
