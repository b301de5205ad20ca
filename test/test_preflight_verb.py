# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The verb, from an index on disk to the exit code."""

import json

import cv2
from makers import cut_tiles, FRAME, make_ground
import pytest
from visual_navsat.cli.main import main
from visual_navsat.config import Config
from visual_navsat.index.build import build_map

SIDE, TILE_M, TILE_PX = 5, 120.0, 240


@pytest.fixture(scope='module')
def index(tmp_path_factory):
    """Return an index whose west shows ground like no other, and whose three last columns none."""
    folder = tmp_path_factory.mktemp('map')
    ground = make_ground(SIDE * TILE_PX, box_px=(12, 90), seed=8)
    west_px = 2 * TILE_PX
    ground[:, west_px:] = 100
    tiles = cut_tiles(ground, folder, FRAME, TILE_PX, TILE_M)
    build_map(tiles, folder, folder / 'index', Config(), progress=False)
    return folder / 'index'


def write_route(path, *places_m):
    places = [FRAME.geodetic_from_enu(place) for place in places_m]
    line = {'type': 'LineString', 'coordinates': [[float(x), float(y)] for y, x in places]}
    path.write_text(json.dumps(line))
    return str(path)


@pytest.mark.slow
def test_a_route_over_ground_that_can_be_told_apart_is_a_go(index, tmp_path, capsys):
    route = write_route(tmp_path / 'west.geojson', (60, -60), (60, -540))
    out = tmp_path / 'preflight.json'
    assert main(['preflight', str(index), '--route', route, '--json', str(out)]) == 0
    assert 'GO' in capsys.readouterr().out
    assert json.loads(out.read_text())


@pytest.mark.slow
def test_a_route_over_ground_that_shows_nothing_is_a_no_go(index, tmp_path, capsys):
    route = write_route(tmp_path / 'east.geojson', (420, -60), (420, -540))
    picture = tmp_path / 'map.png'
    words = ['preflight', str(index), '--route', route, '--out', str(picture)]
    assert main([*words, '--max-gap-m', '150']) == 3
    assert 'NO-GO' in capsys.readouterr().out
    assert cv2.imread(str(picture)).shape[2] == 3


def test_the_map_alone_says_how_much_of_it_is_good(index, capsys):
    assert main(['preflight', str(index)]) == 0
    words = capsys.readouterr().out
    assert 'good' in words
    assert 'poor' in words
