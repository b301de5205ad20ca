"""Write the parts of README.md that are made from other files: parameters and results."""

from __future__ import annotations

import json
import re
from pathlib import Path

from visual_navsat.config import Config

ROOT = Path(__file__).resolve().parents[1]


def parameter_table() -> str:
    """Return the Markdown table of every setting in config.py."""
    lines = ['| parameter | default | unit, range | meaning |', '|---|---|---|---|']
    for path, entry, default in Config().items():
        meta = entry.metadata
        allowed = [meta['unit']] if meta['unit'] else []
        if meta['low'] is not None:
            allowed.append(f'{meta["low"]:g} to {meta["high"]:g}')
        allowed += [', '.join(f'`{choice}`' for choice in meta['choices'])]
        lines.append(
            f'| `{path}` | `{json.dumps(default)}` | {" ".join(filter(None, allowed))} '
            f'| {meta["description"]} |'
        )
    return '\n'.join(lines)


def result_table() -> str:
    """Return the Markdown table of the measurements in bench/results/real_photos.json."""
    measured = json.loads((ROOT / 'bench/results/real_photos.json').read_text())
    lines = [
        '| 60 photos, one image at a time | recall@1 / 5 / 10 | chance@1 '
        '| median / p90 error of the fixes | within 50 / 100 m | refused |',
        '|---|---|---|---|---|---|',
    ]
    for run in measured['runs']:
        result = run['result']
        recall = ' / '.join(f'{result["recall_at"][k]:.0%}' for k in ('1', '5', '10'))
        error = result['error_m']
        within = ' / '.join(f'{result["share_within_m"][m]:.0%}' for m in ('50', '100'))
        lines.append(
            f'| {run["what"]} | {recall} | {result["chance_at_1"]:.0%} '
            f'| {error["median"]:.0f} / {error["p90"]:.0f} m | {within} | {result["refused"]} |'
        )
    ros = measured['published_as_ros_images']
    lines += [
        '',
        f'The same {ros["n"]} photos published as ROS images to the running node, heading and GSD '
        f'known: {ros["fixes"]} fixes, {ros["refused"]} refused, {ros["without_answer"]} without '
        f'an answer; median error {ros["error_m"]["median"]:.0f} m, p90 '
        f'{ros["error_m"]["p90"]:.0f} m.',
        '',
    ]
    lines.append(
        f'Measured at commit `{measured["commit"]}` by `{measured["command"]}`. Chance: a tile '
        f'drawn at random is {measured["runs"][0]["result"]["chance_error_m"]:.0f} m away in the '
        'median.'
    )
    return '\n'.join(lines)


SECTIONS = {'parameters': parameter_table, 'results': result_table}


def updated(readme: str) -> str:
    """Return the README's text with every generated section made anew."""
    for name, make in SECTIONS.items():
        block = re.compile(f'(<!-- {name}: .*?-->\n).*?(<!-- end {name} -->)', re.DOTALL)
        text = make()
        readme = block.sub(lambda m, text=text: f'{m[1]}\n{text}\n\n{m[2]}', readme)
    return readme


if __name__ == '__main__':
    path = ROOT / 'README.md'
    path.write_text(updated(path.read_text()))
