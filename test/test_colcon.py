# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The colcon way: a real build, and the installed copy runs from its own share folder."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

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


@pytest.fixture(scope='module')
def workspace(tmp_path_factory) -> Path:
    """Return a colcon workspace in which this checkout was built."""
    workspace = tmp_path_factory.mktemp('ws')
    unwanted = shutil.ignore_patterns('.*', 'out', 'build', 'install', 'log', '*.egg-info')
    shutil.copytree(ROOT, workspace / 'src/visual_navsat', ignore=unwanted)
    path = os.pathsep.join([str(COLCON.parent), os.environ['PATH']])
    done = subprocess.run(
        [COLCON, 'build'],
        cwd=workspace,
        env={**os.environ, 'PATH': path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


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
