# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What pip is told: setup.py, the lock in requirements/, and the constraints for ROS."""

from pathlib import Path
import re
import runpy
import subprocess
import sys

import pytest

requirements = pytest.importorskip('packaging.requirements')
utils = pytest.importorskip('packaging.utils')

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ('3.10', '3.11', '3.12', '3.13', '3.14')
# What Ubuntu ships where Humble and Jazzy run; Kilted runs on the same Ubuntu as Jazzy.
UBUNTU = {
    '3.10': {
        'numpy': '1.21.5',
        'opencv-python-headless': '4.5.4',
        'pandas': '1.3.5',
        'pillow': '9.0.1',
        'pyproj': '3.3.0',
        'scipy': '1.8.0',
    },
    '3.12': {
        'numpy': '1.26.4',
        'opencv-python-headless': '4.6.0',
        'pandas': '2.1.4',
        'pillow': '10.2.0',
        'pyproj': '3.6.1',
        'scipy': '1.11.4',
    },
}

pytestmark = pytest.mark.skipif(
    not (ROOT / 'requirements').is_dir(), reason='an installed copy has no lock beside it'
)


@pytest.fixture(scope='module')
def setup() -> dict:
    """Return what setup.py hands to setuptools."""
    setuptools = pytest.importorskip('setuptools')
    given = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(setuptools, 'setup', lambda **values: given.update(values))
        runpy.run_path('setup.py')
    return given


def entries(name: str) -> list[tuple[str, str]]:
    """Return each requirement of a file and the rest of its entry, which holds the hashes."""
    text = (ROOT / name).read_text(encoding='utf-8').replace('\\\n', ' ')
    lines = [re.sub(r'(^|\s)#.*', '', line).strip() for line in text.splitlines()]
    return [line.partition(' --')[::2] for line in lines if line]


def versions(name: str, python: str) -> dict[str, str]:
    """Return the version of each package that a lock gives to a Python on Linux."""
    place = {
        'python_version': python,
        'python_full_version': f'{python}.9',
        'sys_platform': 'linux',
        'platform_machine': 'x86_64',
        'platform_python_implementation': 'CPython',
        'implementation_name': 'cpython',
    }
    found = {}
    for line, _ in entries(name):
        entry = requirements.Requirement(line)
        if entry.marker is None or entry.marker.evaluate(place):
            key = utils.canonicalize_name(entry.name)
            assert key not in found, f'{name} has {key} twice for Python {python}'
            (specifier,) = entry.specifier
            found[key] = specifier.version
    return found


def locks() -> list[str]:
    folder = ROOT / 'requirements'
    return [f'requirements/{path.name}' for path in sorted(folder.glob('*.txt'))]


def test_a_lock_names_versions_and_hashes_and_no_server():
    assert len(locks()) == 7
    for name in locks():
        if name.endswith('no_torch.txt'):
            continue
        assert '://' not in (ROOT / name).read_text(encoding='utf-8')
        for line, rest in entries(name):
            assert re.match(r'[\w.\[\]-]+==[\w.!+-]+( ;|$)', line.strip()), (name, line)
            assert re.search(r'hash=sha256:[0-9a-f]{64}', rest), (name, line)


@pytest.mark.parametrize('python', PYTHONS)
def test_the_lock_holds_what_setup_py_asks_for(setup, python):
    base = versions('requirements/base.txt', python)
    extras = setup['extras_require']
    installed = [entry for name in extras_of_make() for entry in extras[name]]
    assert not missing([*setup['install_requires'], *installed], base)
    for name in ('cpu', 'gpu', 'ros', 'ros-jazzy'):
        if name == 'ros-jazzy' and python not in ('3.11', '3.12'):
            continue
        added = versions(f'requirements/{name}.txt', python)
        assert not missing(extras[name], added)
        different = {key for key in base.keys() & added.keys() if base[key] != added[key]}
        assert not different, name


def extras_of_make() -> list[str]:
    """Return the extras that the Makefile locks."""
    text = (ROOT / 'Makefile').read_text(encoding='utf-8')
    return re.search(r'^EXTRAS := (.+)$', text, re.MULTILINE)[1].split()


def missing(asked: list[str], locked: dict[str, str]) -> list[str]:
    """Return what a lock does not hold in the version that is asked for; PyTorch is not locked."""
    wanted = [requirements.Requirement(line) for line in asked]
    return [
        str(entry)
        for entry in wanted
        if entry.name != 'torch'
        and not entry.specifier.contains(locked.get(utils.canonicalize_name(entry.name), '0'))
    ]


@pytest.mark.parametrize('python', UBUNTU)
def test_what_ubuntu_ships_is_new_enough_and_allowed_by_the_constraints(setup, python):
    shipped = UBUNTU[python]
    asked = [requirements.Requirement(line) for line in setup['install_requires']]
    for entry in asked:
        if entry.name in shipped:
            assert entry.specifier.contains(shipped[entry.name]), entry
    constraints = constraints_for(python)
    assert constraints['numpy'].contains(shipped['numpy'])
    assert not constraints['numpy'].contains('2.0.0')


def constraints_for(python: str) -> dict:
    """Return the constraints beside a ROS distribution of a Python."""
    parsed = [requirements.Requirement(line) for line, _ in entries('constraints-ros.txt')]
    place = {'python_version': python}
    return {e.name: e.specifier for e in parsed if e.marker is None or e.marker.evaluate(place)}


def test_only_a_setuptools_that_colcon_can_use_is_allowed(setup):
    asked = setup['extras_require']['dev']
    for python in PYTHONS:
        specifier = constraints_for(python)['setuptools']
        assert f'setuptools{specifier}' in asked
        assert not specifier.contains('80.0')
    assert 'numpy' not in constraints_for('3.14')  # no NumPy 1 was built for it


def test_make_admits_the_pythons_that_setup_py_names(setup):
    named = [line.rpartition(' ')[2] for line in setup['classifiers']]
    assert named == list(PYTHONS)
    text = (ROOT / 'Makefile').read_text(encoding='utf-8')
    assert '(3, 10) <= sys.version_info[:2] <= (3, 14)' in text


@pytest.mark.slow
def test_pip_keeps_to_the_constraints(tmp_path):
    """Pip itself reads the file; nothing is fetched, for what is asked is here or refused."""
    pip = [sys.executable, '-m', 'pip', 'install', '--dry-run', '--no-index', '--no-deps']
    done = subprocess.run(
        [*pip, '-c', ROOT / 'constraints-ros.txt', 'setuptools>=80'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert 'setuptools<80' in done.stdout + done.stderr
