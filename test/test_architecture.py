"""The arrows of the layout: what each part of the package may import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / 'src' / 'visual_navsat'
BASE = {'config', 'errors', 'openmp', 'resources', '__version__'}
LEAVES = BASE | {'geometry', 'imagery'}
ENGINE = LEAVES | {'features', 'maps', 'retrieval', 'localization'}
MAY_IMPORT = {
    'errors': set(),
    'config': {'errors'},
    'resources': {'errors'},
    'openmp': set(),
    'imagery': {'errors'},
    'photo_metadata': {'imagery'},
    'geometry': {'errors'},
    'features': LEAVES,
    'maps': LEAVES,
    'retrieval': LEAVES | {'maps'},
    'localization': LEAVES | {'retrieval'},
    'worlds': {'errors', 'geometry'},
    'engine': ENGINE,
    'map_builder': ENGINE,
    'evaluation': {'errors', 'geometry', 'localization', 'retrieval'},
    'report': LEAVES | {'maps', 'retrieval', 'localization', 'evaluation'},
    'preflight': LEAVES | {'retrieval', 'localization', 'maps', 'report'},
    'fusion': LEAVES | {'localization'},
    'messages': LEAVES | {'localization', 'fusion'},
    'replay': ENGINE | {'engine', 'fusion', 'messages', 'evaluation', 'photo_metadata'},
    'ros': ENGINE | {'engine', 'fusion', 'messages', 'replay'},
    'demo': ENGINE | {'engine', 'map_builder', 'worlds'},
    'cli': ENGINE
    | {
        'engine',
        'map_builder',
        'evaluation',
        'demo',
        'worlds',
        'photo_metadata',
        'replay',
        'preflight',
        'report',
        'ros',
    },
}
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
    'cv_bridge',
    'tf2_ros',
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


@pytest.mark.parametrize('path', python_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_adapters_know_ros(path):
    if path.relative_to(PACKAGE).parts[0] in ('ros', 'demo', 'cli'):
        return
    assert not ROS_PACKAGES & {name.split('.')[0] for name in imported_names(path)}


def test_everything_outside_ros_imports_without_rclpy():
    modules = [
        '.'.join(['visual_navsat', *path.relative_to(PACKAGE).with_suffix('').parts])
        for path in python_files()
        if path.relative_to(PACKAGE).parts[0] != 'ros' and path.name != '__init__.py'
    ]
    program = (
        'import sys, importlib\n'
        "for name in ('rclpy', 'sensor_msgs', 'std_msgs'): sys.modules[name] = None\n"
        f'for name in {modules!r}: importlib.import_module(name)\n'
    )
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
