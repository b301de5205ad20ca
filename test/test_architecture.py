# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The arrows of the layout: what each part of the packages may import."""

import ast
from pathlib import Path
import subprocess
import sys

import pytest

SOURCE = Path(__file__).resolve().parents[1] / 'src'
PACKAGE = SOURCE / 'visual_navsat'
SIMULATOR = SOURCE / 'visual_navsat_sim'
BASE = {
    *(
        'board',
        'config',
        'config_file',
        'delimited_text',
        'durations',
        'errors',
        'files',
        'lives_within',
        'memory',
        'openmp',
    ),
    *('optional', 'stage_clock', 'table'),
    *('text_encoding', 'xml_document'),
    *('__version__', 'unexpected'),
}
LEAVES = BASE | {'geometry', 'image_file'}
FOUND = LEAVES | {'features', 'maps', 'retrieval', 'index', 'correlation', 'localization'}
ANSWERS = FOUND | {
    *(
        'loaded_map',
        'engine',
        'tracking',
        'photo_exif',
        'photo_metadata',
        'photo_knowledge',
        'photo_time',
    ),
}
MAY_IMPORT = {
    'board': set(),
    'lives_within': set(),
    'errors': set(),
    'config': {'errors'},
    'config_file': {'config', 'errors', 'files'},
    'durations': set(),
    'files': {'errors'},
    'memory': set(),
    'openmp': set(),
    'optional': {'errors'},
    'stage_clock': set(),
    'text_encoding': set(),
    'xml_document': {'errors'},
    'delimited_text': {'errors', 'files', 'text_encoding'},
    'table': {'errors', 'delimited_text'},
    'unexpected': {'errors', 'files', '__version__'},
    'image_file': {'errors', 'files'},
    'photo_xmp': set(),
    'photo_lens': {'image_file'},
    'photo_time': {'files', 'image_file'},
    'photo_metadata': {'files', 'image_file', 'photo_lens', 'photo_xmp'},
    'photo_exif': {'image_file'},
    'photo_knowledge': {'geometry', 'photo_metadata'},
    'machine': LEAVES | {'features', 'retrieval', 'ros'},
    'geometry': {'errors'},
    'features': LEAVES,
    'maps': LEAVES,
    'retrieval': LEAVES,
    'correlation': LEAVES,
    'index': LEAVES | {'features', 'maps', 'retrieval', 'correlation'},
    'localization': LEAVES | {'retrieval', 'correlation'},
    'loaded_map': FOUND,
    'question': FOUND | {'loaded_map'},
    'engine': FOUND | {'loaded_map', 'question'},
    'ancestor': FOUND | {'loaded_map', 'engine'},
    'tracking': FOUND | {'loaded_map', 'engine'},
    'evaluation': ANSWERS,
    'report': ANSWERS | {'evaluation'},
    'preflight': ANSWERS | {'report'},
    'planning': ANSWERS | {'preflight'},
    'messages': ANSWERS,
    'autopilot': ANSWERS | {'messages'},
    'session': ANSWERS | {'__version__'},
    'replay': ANSWERS | {'messages', 'evaluation', 'report', 'session'},
    'ros': ANSWERS | {'messages', 'autopilot', 'evaluation', 'replay', 'session'},
    'service': ANSWERS | {'machine', 'evaluation', 'report', 'replay', 'session'},
    'cli': ANSWERS
    | {'machine', 'autopilot', 'evaluation', 'planning', 'preflight', 'replay', 'report', 'ros'}
    | {'service', 'session'},
}
WORLDS_MAY_IMPORT = {'errors', 'geometry'}
# Of the simulator and the benchmarks.
KNOW_ROS = ('drone.py', 'closed_loop.py', 'photos_over_ros.py', 'real_photos.py')
ROS_PACKAGES = {
    'rclpy',
    'sensor_msgs',
    'std_msgs',
    'geometry_msgs',
    'nav_msgs',
    'diagnostic_msgs',
    'visualization_msgs',
    'std_srvs',
    'rosgraph_msgs',
    'launch',
    'launch_ros',
    'cv_bridge',
    'tf2_ros',
    'px4_msgs',
    'mavros_msgs',
}


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob('*.py'))


def imported_names(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or '')
            if node.module == 'visual_navsat':
                names += [f'visual_navsat.{alias.name}' for alias in node.names]
    return names


@pytest.mark.parametrize('path', python_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix('.py')
    if part == '__init__':
        return
    for name in imported_names(path):
        package, _, rest = name.partition('.')
        if package == 'visual_navsat' and rest:
            other = rest.split('.')[0]
            assert other == part or other in MAY_IMPORT[part], f'{part} imports {other}'
        assert package != SIMULATOR.name, f'{part} imports the simulator, which no drone carries'


@pytest.mark.parametrize(
    'path', sorted((SIMULATOR / 'worlds').rglob('*.py')), ids=lambda p: p.name
)
def test_worlds_know_only_geometry(path):
    for name in imported_names(path):
        package, _, rest = name.partition('.')
        if package in (PACKAGE.name, SIMULATOR.name) and rest:
            part = rest.split('.')[0]
            here = package == SIMULATOR.name and part == 'worlds'
            assert here or part in WORLDS_MAY_IMPORT, f'worlds imports {name}'


@pytest.mark.parametrize('path', python_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_adapters_know_ros(path):
    if path.relative_to(PACKAGE).parts[0] in ('ros', 'cli'):
        return
    assert not ROS_PACKAGES & {name.split('.')[0] for name in imported_names(path)}


@pytest.mark.slow
def test_everything_outside_ros_imports_without_rclpy():
    ours = [
        *((path, SOURCE) for path in [*python_files(), *SIMULATOR.rglob('*.py')]),
        *((path, SOURCE.parent) for path in (SOURCE.parent / 'bench').glob('*.py')),
    ]
    modules = [
        '.'.join(path.relative_to(root).with_suffix('').parts)
        for path, root in ours
        if path.parent.name != 'ros' and not path.name.startswith('__')
        and path.name not in KNOW_ROS
    ]  # fmt: skip
    program = (
        'import sys, importlib\n'
        "for name in ('rclpy', 'sensor_msgs', 'std_msgs'): sys.modules[name] = None\n"
        f'for name in {modules!r}: importlib.import_module(name)\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True, cwd=SOURCE.parent
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('path', sorted(Path(__file__).parent.rglob('*.py')), ids=lambda p: p.name)
def test_no_test_imports_a_test(path):
    modules = {name.rpartition('.')[2] for name in imported_names(path)}
    assert not {name for name in modules if name.startswith('test_')}, 'share it in makers.py'
