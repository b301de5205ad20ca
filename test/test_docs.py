"""The README is true: its generated parts are current, its commands exist and run."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from visual_navsat.cli.main import verb_modules

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text()

pytestmark = pytest.mark.skipif(
    not (ROOT / 'docs').is_dir(), reason='an installed copy has no README beside it'
)


def load_updater():
    spec = importlib.util.spec_from_file_location('update_readme', ROOT / 'docs/update_readme.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shell_blocks() -> list[str]:
    return re.findall(r'```bash\n(.*?)```', README, re.DOTALL)


def test_generated_parts_are_current():
    assert load_updater().updated(README) == README, 'run python docs/update_readme.py'


def test_the_first_commands_are_make_targets():
    first = [line.split('#')[0].split() for line in shell_blocks()[0].strip().splitlines()]
    assert first == [['make', 'demo'], ['make', 'test']]
    make = shutil.which('make')
    for command in first:
        done = subprocess.run([make, '-n', *command[1:]], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_every_command_line_names_verbs_and_flags_that_exist():
    lines = [line for block in shell_blocks() for line in block.splitlines()]
    commands = [line.split() for line in lines if 'visual-navsat ' in line]
    assert {words[1] for words in commands} >= {'build-map', 'info', 'locate', 'evaluate'}
    for words in commands:
        assert words[1] in verb_modules()
        helped = subprocess.run(
            [sys.executable, '-m', 'visual_navsat.cli.main', words[1], '--help'],
            capture_output=True,
            text=True,
        ).stdout
        for flag in (word for word in words if word.startswith('--')):
            assert re.search(rf'{flag}\b', helped), f'{words[1]} has no {flag}'


def test_links_and_figures_exist():
    for target in re.findall(r'\]\(([^)#]+)\)', README):
        assert (ROOT / target).exists(), target
