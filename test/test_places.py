# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where a map lies, as every verb says it, and warnings where its parts lie apart."""

import re

import numpy as np
import pytest
from visual_navsat.cli.main import main
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.places import MapPlace, place_text
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.apart import apart_notes

LINE = re.compile(
    r'the map lies around 46\.49798 N, 7\.90292 E: '
    r'0\.448 km east-west, 0\.448 km north-south, 0\.5 m per pixel'
)


def tile(name, lat, long, side=0.001):
    return TileMetadata(name, lat + side, long, lat, long + side, spatial_resolution=0.25)


@pytest.mark.parametrize(
    ('place', 'text'),
    [
        ((47.855141, 9.009358), '47.85514 N, 9.00936 E'),
        ((-33.85, -70.5), '33.85000 S, 70.50000 W'),
        ((0.0, 180.5), '0.00000 N, 179.50000 W'),
    ],
)
def test_places_as_people_read_them(place, text):
    assert place_text(*place) == text


def test_the_place_of_a_map_across_the_antimeridian():
    place = MapPlace.of([tile('a', 10.0, 179.9995), tile('b', 10.0, -179.9995)])
    lat, long = place.extent.center
    assert (lat, long % 360.0) == pytest.approx((10.0005, 180.0005), abs=1e-9)
    # 0.002 degrees along a parallel of 6271 km: 219 m.
    assert place.line.endswith('0.219 km east-west, 0.111 km north-south, 0.25 m per pixel')
    assert '179.99950 W' in place.line


def test_every_verb_says_where_the_map_lies(small_map, tmp_path, capsys):
    # 4 x 4 tiles of 112 m south-east of the frame's origin.
    lat, long = LocalFrame(46.5, 7.9).geodetic_from_enu(np.array([224.0, -224.0]))
    assert (lat, long) == pytest.approx((46.49798, 7.90292), abs=1e-5)
    source = small_map.folder / 'map.csv'
    assert main(['build-map', str(source), '--out', str(tmp_path / 'index')]) == 0
    assert LINE.search(capsys.readouterr().out.splitlines()[-1])
    queries = tmp_path / 'queries.csv'
    queries.write_text('Filename,Latitude,Longitude,Yaw,GSD\n0_0.png,46.4995,7.9007,0,0.5\n')
    images = ['--images', str(small_map.folder), '--queries', str(queries)]
    for words in (
        ['info', str(small_map.index)],
        ['preflight', str(small_map.index)],
        ['evaluate', '--map', str(small_map.index), *images],
    ):
        assert main(words) == 0
        assert LINE.match(capsys.readouterr().out.splitlines()[0]), words


def test_tiles_that_lie_apart_are_said():
    near = [tile(f'{i}', 47.0, 9.0 + i / 1000) for i in range(5)]
    assert apart_notes(near) == []
    assert apart_notes([*near, tile('beside', 47.01, 9.0)]) == []  # 1.1 km
    notes = apart_notes([*near, tile('other/x', 9.0, 47.0)])
    assert len(notes) == 1
    assert '1 tile lies 5,534 km' in notes[0] and 'the first is other/x' in notes[0]
    many = [tile(f'far{i}', 10.0 * i - 40, -60.0) for i in range(8)]
    assert len(apart_notes([*near, *many])) == 4


def test_build_map_warns_of_sources_that_lie_apart(small_map, tmp_path, capsys):
    header = 'Filename,Top_left_lat,Top_left_long,Bottom_right_lat,Bottom_right_long'
    line = f'{small_map.folder}/0_0.png,47.501,7.9,47.5,7.902'
    (tmp_path / 'wrong.csv').write_text(f'{header}\n{line}\n')
    sources = [f'right={small_map.folder}/map.csv', f'wrong={tmp_path}/wrong.csv']
    assert main(['build-map', *sources, '--out', str(tmp_path / 'index')]) == 0
    # A degree of latitude.
    assert '1 tile lies 111 km from the other 16' in capsys.readouterr().err
