# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Routes are read in every format, judged by what lies below, and refused with one line."""

import json

from makers import make_cells, make_grey_ground
import pytest
from visual_navsat.cli.main import main
from visual_navsat.preflight.grade import GradedCell
from visual_navsat.preflight.rivals import Distinction
from visual_navsat.preflight.route import judge_route, longest_gap_m
from visual_navsat.preflight.route_file import read_route
from visual_navsat.preflight.way import Route, RouteError

POINTS = [(24.0, 121.0), (24.001, 121.002)]


def item(command, lat, long):
    return {'type': 'SimpleItem', 'command': command, 'params': [0, 0, 0, None, lat, long, 50]}


def plan(*items):
    return json.dumps({'fileType': 'Plan', 'mission': {'items': list(items)}})


def line(kind, coordinates):
    feature = {'type': 'Feature', 'geometry': {'type': kind, 'coordinates': coordinates}}
    return json.dumps({'type': 'FeatureCollection', 'features': [feature]})


SURVEY = {
    'type': 'ComplexItem',
    'complexItemType': 'survey',
    'TransectStyleComplexItem': {'VisualTransectPoints': [list(point) for point in POINTS]},
}
LAND = item(21, *POINTS[1])
SWAPPED = [[long, lat] for lat, long in POINTS]


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        (
            'a.plan',
            plan(item(22, 0, 0), item(16, *POINTS[0]), item(178, 3, 4), item(21, *POINTS[1])),
        ),
        ('b.plan', plan(SURVEY)),
        ('c.geojson', line('LineString', SWAPPED)),
        ('d.geojson', line('MultiLineString', [SWAPPED[:1], SWAPPED[1:]])),
        ('e.csv', 'Filename, Latitude, Longitude\na.jpg, 24.0, 121.0\n\nb.jpg,24.001,121.002\n'),
        ('f.csv', 'lat,lon\n24.0,121.0\n24.001,121.002\n'),
    ],
)
def test_the_same_route_in_every_format(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_route(tmp_path / name).points == POINTS


@pytest.mark.parametrize(
    ('name', 'text', 'words'),
    [
        ('a.doc', '', 'got .doc'),
        ('a.kml', '<kml/>', 'no waypoints'),
        ('a.plan', '{"mission": ', 'not JSON'),
        ('a.plan', '{"mission": 5}', 'damaged, or no .plan'),
        ('a.plan', plan(item(178, 3, 4)), 'no waypoints'),
        ('a.geojson', line('Polygon', [SWAPPED]), 'no waypoints'),
        ('a.csv', 'x,y\n1,2\n', 'its columns are x, y'),
        ('a.csv', 'lat,lon\n1,abc\n', "Longitude must be .* got 'abc'"),
        ('a.csv', 'lat,lon\n121.0,24.0\n', "Latitude must be -90 to 90 degrees, got '121.0'"),
    ],
)
def test_a_bad_route_is_one_line(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(RouteError, match=words) as caught:
        read_route(tmp_path / name)
    assert '\n' not in str(caught.value)


def test_longest_gap_by_hand():
    along = [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert longest_gap_m(along, [True] * 6) == 0.0
    assert longest_gap_m(along, [True, True, False, False, True, True]) == 30.0  # 10 to 40
    assert longest_gap_m(along, [False, False, True, True, True, True]) == 20.0
    assert longest_gap_m(along, [False] * 6) == 50.0


def graded(grade):
    return GradedCell(None, Distinction(0.1, 0.1, 0.1, 50.0), 0.5, grade, '')


def judge(points, grade_at, max_gap_m=100.0):
    return judge_route(
        Route.along(points), make_cells(make_grey_ground()), grade_at, max_gap_m, 1000
    )


# 0.002 degrees of longitude at 24 degrees north are 203.5 m.
ROUTE = [(24.0, 121.0), (24.0, 121.002)]


def test_go_over_good_ground():
    verdict = judge(ROUTE, lambda lat, long: graded('good'))
    assert verdict.is_go and verdict.good == verdict.on_map == 1.0
    assert verdict.length_m == pytest.approx(203.5, abs=0.3)
    assert verdict.samples[-1].along_m == pytest.approx(203.5, abs=0.3)


def test_no_go_where_half_the_way_is_poor():
    verdict = judge(ROUTE, lambda lat, long: graded('good' if long < 121.0009 else 'poor'))
    assert not verdict.is_go and 'without a good cell, over 100 m' in verdict.reason
    assert verdict.longest_gap_m == pytest.approx(203.5 * 4 / 6, abs=0.3)  # samples 34 m apart
    assert judge(ROUTE, lambda lat, long: graded('good' if long < 121.0009 else 'poor'), 150).is_go


def test_no_go_off_the_map():
    verdict = judge(ROUTE, lambda lat, long: graded('good') if long < 121.001 else None)
    assert not verdict.is_go and verdict.reason.startswith('off the map at 24.00000, 121.00')


def test_a_route_on_another_continent_says_how_far():
    with pytest.raises(RouteError, match=r'the route is [\d,]+ km from the map'):
        judge([(60.0, 20.0)], lambda lat, long: None)


def test_the_verb_names_what_it_cannot_use(tmp_path, capsys):
    assert main(['preflight', str(tmp_path), '--out', 'map.gif']) == 1
    assert '--out must end in .png or .html, got map.gif' in capsys.readouterr().err
    assert main(['preflight', str(tmp_path), '--height-m', '0']) == 1
    assert '--height-m must be 1 to 20000 metres, got 0' in capsys.readouterr().err
    assert main(['preflight', str(tmp_path / 'none')]) == 1
    assert 'no index at' in capsys.readouterr().err
