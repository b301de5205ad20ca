# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Write the answers of the service into service.md: each command of the page is run in turn.

    python -m docs.service_answers
"""

from __future__ import annotations

import json
import os
from pathlib import Path
import re
import subprocess
import tempfile
from typing import Any

from bench.record import run_verb
from bench.service.service_process import running_service

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / 'docs/service.md'
ADDRESS = 'http://127.0.0.1:8000'
_COMMAND = re.compile(r'```bash\n(curl .*?)\n```\n(?:\n```json\n.*?\n```\n)?', re.DOTALL)
_LONGEST_LIST = 1
_WRITTEN_TO = re.compile(r'-o \S+')


def commands(text: str) -> list[str]:
    """Return the commands of the page."""
    return _COMMAND.findall(text)


def run_all(text: str, address: str, folder: Path) -> list[Any]:
    """
    Run the commands of the page in turn; return their answers, None where that is no JSON.

    :param address: of a service with an empty library and a map called small.
    :param folder: for the files that they write.
    """
    environment = {**os.environ, 'ID': '', 'IMPORT': ''}
    answers: list[Any] = []
    for line in commands(text):
        line = _WRITTEN_TO.sub(lambda m: f'-o {folder}/{m[0][3:]}', line).replace(ADDRESS, address)
        done = subprocess.run(
            ['bash', '-c', line.replace('curl ', 'curl -sS ', 1)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout) if done.stdout.startswith('{') else None
        answers.append(answer)
        if answer is not None and 'uploads' in answer and not environment['ID']:
            environment['ID'] = answer['file_id']
        if answer is not None and 'created' in answer and not environment['IMPORT']:
            environment['IMPORT'] = answer['id']
    return answers


def shape_of(value: Any) -> Any:
    """Return the names and kinds in an answer; of a list, of its first entry."""
    if isinstance(value, dict):
        return {key: shape_of(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape_of(one) for one in value[:1]]
    return type(value).__name__ if isinstance(value, str | bool) else 'number or null'


def updated(text: str, answers: list[Any]) -> str:
    """Return the page with these answers."""
    rest = iter(answers)

    def block(match: re.Match[str]) -> str:
        answer = next(rest)
        command = f'```bash\n{match[1]}\n```\n'
        if answer is None:
            return command
        shown = json.dumps(_shortened(answer), indent=1, ensure_ascii=False)
        return f'{command}\n```json\n{shown}\n```\n'

    return _COMMAND.sub(block, text)


def documented(text: str) -> list[Any]:
    """Return the answers that the page shows, None where it shows none."""
    found = re.findall(r'```bash\ncurl .*?\n```\n(?:\n```json\n(.*?)\n```\n)?', text, re.DOTALL)
    return [json.loads(one) if one else None for one in found]


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(one) for key, one in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return [_shortened(one) for one in value[:_LONGEST_LIST]]
    if isinstance(value, float):
        return round(value, 7)
    return value


def main() -> None:
    """Run the service and write the page."""
    with tempfile.TemporaryDirectory() as scratch:
        index = f'{scratch}/small'
        lens = ['--height-m', '140', '--hfov-deg', '70']
        run_verb('build-map', ROOT / 'maps/small/map.tif', *lens, '--out', index)
        settings = {'MAPS': f'small={index}', 'IMPORT_DIR': str(ROOT / 'maps/small/photos')}
        with running_service(Path(scratch) / 'library', settings) as service:
            text = PAGE.read_text(encoding='utf-8')
            answers = run_all(text, service.address, Path(scratch))
    PAGE.write_text(updated(text, answers), encoding='utf-8')


if __name__ == '__main__':
    main()
