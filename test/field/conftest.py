# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The map that the field recordings, photos and routes are of."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from visual_navsat.cli.main import main

DATA = Path(__file__).parent / 'data'
CORNERS = 'scene.jpg,47.8569407,9.0066844,47.8533413,9.0120310'


@pytest.fixture(scope='session')
def field_index(tmp_path_factory):
    """Return an index of the scene as one tile."""
    folder = tmp_path_factory.mktemp('field_map')
    header = 'Filename,Top_left_lat,Top_left_long,Bottom_right_lat,Bottom_right_long'
    (folder / 'map.csv').write_text(f'{header}\n{CORNERS}\n')
    (folder / 'scene.jpg').write_bytes((DATA / 'scene.jpg').read_bytes())
    assert main(['build-map', str(folder / 'map.csv'), '--out', str(folder / 'index')]) == 0
    return folder / 'index'


@pytest.fixture
def command(capsys):
    """Return a function that runs a verb, and returns its exit code and all that it printed."""

    def run(*words):
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        assert 'Traceback' not in captured.err
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return run
