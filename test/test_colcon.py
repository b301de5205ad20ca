# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The colcon way: a real build, its tests, and the installed copy with its own share folder."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
COLCON = Path(sys.executable).parent / 'colcon'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not COLCON.exists() or not (ROOT / 'setup.py').exists(),
        reason='colcon is not installed beside this Python, or this is an installed copy',
    ),
]

# What colcon test is let run here, so that it takes seconds.
OF_COLCON = """
from pathlib import Path

import pytest
import visual_navsat


def test_installed():
    assert 'install' in Path(visual_navsat.__file__).parts


def test_fails():
    raise AssertionError


@pytest.mark.slow
def test_slow():
    pass
"""


def unwanted(folder: str, names: list[str]) -> list[str]:
    """Return what builds and tools leave at the top; further down, build is a package."""
    if Path(folder) != ROOT:
        return [n for n in names if n == '__pycache__']  # other tests write there meanwhile
    return [n for n in names if n in ('out', 'build', 'install', 'log') or n.startswith('.')]


@pytest.fixture(scope='module')
def workspace(tmp_path_factory) -> Path:
    """Return a colcon workspace in which this checkout was built."""
    workspace = tmp_path_factory.mktemp('ws')
    shutil.copytree(ROOT, workspace / 'src/visual_navsat', ignore=unwanted)
    done = run_colcon(workspace, 'build')
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


def run_colcon(workspace: Path, *arguments: str) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(COLCON.parent), os.environ['PATH']])
    # If this test itself runs under colcon test, its options are not for the tests in here.
    environment = {name: value for name, value in os.environ.items() if name != 'PYTEST_ADDOPTS'}
    return subprocess.run(
        [COLCON, *arguments],
        cwd=workspace,
        env={**environment, 'PATH': path},
        capture_output=True,
        text=True,
    )


def run_installed(workspace: Path, command: str) -> str:
    done = subprocess.run(
        ['bash', '-c', f'source install/setup.bash && {command}'],
        cwd=workspace,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_executables_are_where_ros2_run_looks(workspace):
    folder = workspace / 'install/visual_navsat/lib/visual_navsat'
    assert {'localizer', 'visual-navsat'} <= {path.name for path in folder.iterdir()}


def test_everything_that_is_shared_is_installed(workspace):
    share = workspace / 'install/visual_navsat/share'
    assert (share / 'ament_index/resource_index/packages/visual_navsat').is_file()
    for folder in ('launch', 'config', 'models', 'maps'):
        for path in (ROOT / folder).rglob('*'):
            if path.is_file() and '__pycache__' not in path.parts:
                assert (share / 'visual_navsat' / path.relative_to(ROOT)).is_file(), path
    assert (share / 'visual_navsat/package.xml').is_file()


def test_the_simulator_is_not_installed(workspace):
    assert list((workspace / 'install/visual_navsat').rglob('visual_navsat/engine.py'))
    assert not list((workspace / 'install').rglob('visual_navsat_sim*'))


def test_the_installed_copy_runs_and_finds_its_own_model(workspace):
    program = (
        'import json, visual_navsat as v; from visual_navsat.files import find_shared_file; '
        "print(json.dumps([v.__file__, str(find_shared_file('models/c_centers.pt'))]))"
    )
    files = json.loads(run_installed(workspace, f'{sys.executable} -c "{program}"'))
    assert all(file.startswith(str(workspace / 'install')) for file in files)
    installed = 'install/visual_navsat/lib/visual_navsat/visual-navsat'
    assert 'build-map' in run_installed(workspace, f'{installed} --help')


def names_of_run_tests(workspace: Path) -> set[str]:
    """Return the names in the file of results that ``colcon test-result`` reads."""
    cases = ElementTree.parse(workspace / 'build/visual_navsat/pytest.xml').iter('testcase')
    return {case.get('name') for case in cases if case.find('skipped') is None}


def test_colcon_test_runs_tests_of_the_installed_copy_and_counts_them(workspace):
    folder = workspace / 'src/visual_navsat/test'
    (folder / 'test_of_colcon.py').write_text(OF_COLCON)
    try:
        done = run_colcon(workspace, 'test', '--pytest-args', 'test/test_of_colcon.py')
        assert done.returncode == 0, done.stdout + done.stderr
        assert names_of_run_tests(workspace) == {'test_installed', 'test_fails'}
        result = run_colcon(workspace, 'test-result')
        assert result.returncode == 1
        assert 'Summary: 2 tests, 0 errors, 1 failure, 0 skipped' in result.stdout
        run_colcon(workspace, 'test', '--pytest-args', 'test/test_of_colcon.py', ' -m', 'slow')
        assert names_of_run_tests(workspace) == {'test_slow'}
        assert run_colcon(workspace, 'test-result').returncode == 0
    finally:
        (folder / 'test_of_colcon.py').unlink()


def test_colcon_test_takes_the_whole_suite_but_what_is_slow(workspace):
    done = run_colcon(workspace, 'test', '--pytest-args', ' --collect-only')
    assert done.returncode == 0, done.stdout + done.stderr
    (log,) = (workspace / 'log/latest_test').rglob('stdout.log')
    tests = log.read_text().splitlines()
    assert any(line.startswith('test/test_camera.py::') for line in tests)
    assert not any(line.startswith('test/test_colcon.py::') for line in tests)
