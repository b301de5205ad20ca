# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What every test shares."""

import pytest
from visual_navsat.openmp import let_threads_sleep

let_threads_sleep()  # OpenMP reads it when torch is imported

from makers import load_engine, make_ground, make_map, TILE_PX  # noqa: E402, I100


def pytest_configure(config):
    """Leave out the slow tests under ``colcon test``, unless its --pytest-args name a mark."""
    # colcon names the package there, in every version; nothing else here does.
    if config.option.junitprefix == 'visual_navsat' and not config.option.markexpr:
        config.option.markexpr = 'not slow'


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
