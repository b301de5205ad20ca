"""Fixtures for tests of the running node."""

import importlib.util
from contextlib import ExitStack

import pytest

if importlib.util.find_spec('rclpy') is None:
    collect_ignore_glob = ['test_*.py']  # a plain Python environment


@pytest.fixture(scope='session')
def world(tmp_path_factory):
    """Return a small map with its index."""
    from small_world import World

    return World(tmp_path_factory.mktemp('world'))


@pytest.fixture
def localizer(tmp_path):
    """Return a function that starts a localizer and returns it with a peer to talk to it."""
    from localizer_peer import start_localizer

    with ExitStack() as started:
        yield lambda *parameters: started.enter_context(start_localizer(tmp_path, *parameters))
