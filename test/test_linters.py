# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
What ROS's own linters ask for: ament_copyright, ament_flake8, ament_pep257.

They themselves run where they are installed, which takes a ROS distribution. The programs that
they call are on PyPI, and run with their settings.
"""

import importlib
from importlib.util import find_spec
import os
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[1]
# The rules that ament_copyright has for MIT, in the form that is found in all files.
HEADER = ''.join(Path(__file__).read_text().splitlines(keepends=True)[:3])
FOLDERS = ('src', 'test', 'bench', 'docs', 'launch')
# Docstrings may be left out, begin on their second line, and begin with "This".
PEP257_IGNORED = 'D100,D101,D102,D103,D104,D105,D106,D107,D203,D212,D404'
FLAKE8_SETTINGS = (
    *('--isolated', '--max-line-length=99', '--import-order-style=google'),
    # As ament_pep257 calls pydocstyle, which would read all files once more.
    *('--docstring-convention=all', '--property-decorators=none'),
    f'--extend-ignore=B902,C816,I202,{PEP257_IGNORED}',
)
# Without one of these flake8 runs, and checks less than ament_flake8 does.
FLAKE8_PLUGINS = (
    *('flake8_blind_except', 'flake8_builtins', 'flake8_class_newline', 'flake8_comprehensions'),
    *('flake8_deprecated', 'flake8_docstrings', 'flake8_import_order', 'flake8_quotes'),
)


def run_module(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, '-m', *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_python_file_begins_with_the_licence_header():
    assert HEADER.startswith('# Copyright 2026 the visual_navsat authors\n')
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob('*.py')]
    assert len(files) > 400
    without = [str(file) for file in files if not file.read_text().startswith(HEADER)]
    assert not without, f'put these lines on top of each:\n{HEADER}'


def test_contributing_says_the_licence_as_ament_copyright_looks_for_it():
    text = ' '.join((ROOT / 'CONTRIBUTING.md').read_text().split())
    assert (
        'Any contribution that you make to this repository will be under the MIT license, as '
        'dictated by that [license](https://opensource.org/licenses/MIT).'
    ) in text


@pytest.mark.slow
def test_flake8_with_the_settings_of_ament_flake8_and_ament_pep257():
    missing = [name for name in ('flake8', *FLAKE8_PLUGINS) if find_spec(name) is None]
    if missing:
        pytest.skip(f'not installed: {", ".join(missing)}')
    # The formatter puts a space into x[a + 1 :], which is E203: write x[slice(a + 1, None)], or
    # give the number a name.
    run_module('flake8', *FLAKE8_SETTINGS, 'setup.py', *FOLDERS)


@pytest.mark.slow
@pytest.mark.parametrize('name', ('ament_copyright', 'ament_flake8', 'ament_pep257'))
def test_the_linter_of_ros_itself(name, monkeypatch, tmp_path):
    pytest.importorskip(f'{name}.main', reason=f'{name} comes with a ROS distribution')
    monkeypatch.chdir(ROOT)
    paths = [*FOLDERS, 'setup.py']
    if name == 'ament_copyright':
        paths += ['LICENSE', 'CONTRIBUTING.md']
    main = importlib.import_module(f'{name}.main').main
    assert main(argv=[*paths, '--xunit-file', os.fspath(tmp_path / 'lint.xunit.xml')]) == 0
