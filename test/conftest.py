# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What every test shares."""

import os
from pathlib import Path

import pytest
from visual_navsat.openmp import let_threads_sleep

ROS = Path(__file__).parent / 'ros'

let_threads_sleep()  # OpenMP reads it when torch is imported
if 'PYTEST_XDIST_WORKER' in os.environ:
    os.environ.setdefault('OMP_NUM_THREADS', '1')  # the workers share the cores

from chromium_page import EXECUTABLE, headless_chromium  # noqa: E402, I100
from makers import load_engine, make_ground, make_map, TILE_PX  # noqa: E402, I100


def pytest_configure(config):
    """Leave out the slow tests under ``colcon test``, unless its --pytest-args name a mark."""
    # colcon names the package there, in every version; nothing else here does.
    if config.option.junitprefix == 'visual_navsat' and not config.option.markexpr:
        config.option.markexpr = 'not slow'


@pytest.hookimpl(optionalhook=True)  # under colcon test pytest-xdist may be absent
def pytest_xdist_make_scheduler(config, log):
    """Give all of test/ros to one worker, where nodes never run side by side; others by file."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 (it may be absent)

    class ByFile(LoadScopeScheduling):
        """All tests of a group, one after another, on one worker."""

        def _split_scope(self, nodeid):
            file = nodeid.partition('::')[0]
            return 'ros' if '/ros/' in file else file

    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(config, items):
    """Begin with what takes longest where workers share the tests: none is left alone with it."""
    if hasattr(config, 'workerinput'):
        slow = {item.path for item in items if item.get_closest_marker('slow')}
        items.sort(key=lambda item: (ROS not in item.path.parents, item.path not in slow))


@pytest.fixture(scope='session')
def small_map(tmp_path_factory):
    """Return a map of 4 x 4 tiles with its index; nobody changes it."""
    return make_map(tmp_path_factory.mktemp('small_map'), make_ground(4 * TILE_PX, seed=5))


@pytest.fixture(scope='session')
def wide_map(tmp_path_factory):
    """Return a map of 6 x 6 tiles with its index; nobody changes it."""
    return make_map(tmp_path_factory.mktemp('wide_map'), make_ground(6 * TILE_PX))


@pytest.fixture(scope='session')
def wide_engine(wide_map):
    """Return an engine with the default settings and the wide map; nobody changes it."""
    return load_engine(wide_map.index)


# Not for the session: while it runs, nothing else of this thread can use asyncio.
@pytest.fixture(scope='module')
def chromium():
    """Return a headless Chromium."""
    if EXECUTABLE is None:
        pytest.skip('no Chromium on this machine: apt install chromium')
    playwright = pytest.importorskip('playwright.sync_api')
    with headless_chromium(playwright.sync_playwright) as browser:
        yield browser
