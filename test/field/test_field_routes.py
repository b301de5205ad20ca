# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Routes of every ground station: all that is flown is looked at, or refused by name."""

import json
from pathlib import Path
import zipfile

import pytest
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.preflight.route_file import read_route
from visual_navsat.preflight.way import RouteError

DATA = Path(__file__).parent / 'data'
HOME, A, B, C = (47.85, 9.0), (47.854, 9.008), (47.855, 9.009), (47.856, 9.011)


def item(command, point=(0, 0), number=-1, frame=3, params=(0, 0, 0, None)):
    params = [*params, *point, 100]
    return {
        'type': 'SimpleItem',
        'command': command,
        'frame': frame,
        'doJumpId': number,
        'params': params,
    }


def write_plan(tmp_path, *items, home=HOME, rally=(), fence=None, vehicle=2):
    plan = {
        'fileType': 'Plan',
        'geoFence': fence or {},
        'mission': {'items': items, 'plannedHomePosition': home, 'vehicleType': vehicle},
        'rallyPoints': {'points': [[*point, 50] for point in rally]},
    }
    path = tmp_path / 'mission.plan'
    path.write_text(json.dumps(plan))
    return path


def ways(route):
    return [[place.point for place in way.places] for way in route.ways]


def refusal(path, home=None):
    with pytest.raises(RouteError) as raised:
        read_route(path, home)
    message = str(raised.value)
    assert '\n' not in message and len(message) < 1000
    return message


def test_the_way_home_is_flown(field_index, command):
    path = DATA / 'rt-plan-rtl' / 'mission.plan'
    done = command('preflight', field_index, '--route', path, '--height-m', 60)
    assert done.code == 3
    assert 'NO-GO: off the map at 47.85406, 8.98663' in done.out
    assert 'leg 5, item 4 to home: 1836 m' in done.out


def test_a_structure_scan_that_does_not_say_its_distance(field_index, command):
    path = DATA / 'rt-plan-structurescan' / 'mission.plan'
    done = command('preflight', field_index, '--route', path, '--height-m', 60)
    assert done.code == 1 and 'StructureScan' in done.err and 'GO' not in done.out


def test_a_csv_that_ends_with_a_comment(field_index, command):
    path = DATA / 'rt-csv-short' / 'mission.csv'
    done = command('preflight', field_index, '--route', path)
    assert done.code == 1 and 'line 5' in done.err and '# end of route' in done.err


def test_a_route_on_the_map_is_still_a_go(field_index, command, tmp_path):
    takeoff = (47.8545, 9.0085)
    path = write_plan(tmp_path, item(22, takeoff), item(16, B), item(20, frame=2), home=takeoff)
    done = command('preflight', field_index, '--route', path, '--height-m', 60)
    assert done.code == 0, done.out
    assert 'leg 3, item to home' in done.out


def test_a_short_way_off_the_map_within_a_long_route_is_seen(field_index, command, tmp_path):
    # From the map's middle over its edge and back, and often around: samples are farther apart
    # than the way outside is long.
    inside, outside = (47.8550, 9.0090), (47.8550, 9.0125)
    places = [(47.8545, 9.0080), (47.8558, 9.0105)] * 20
    path = tmp_path / 'route.csv'
    rows = [f'{lat},{long}' for lat, long in [*places, inside, outside, inside, *places]]
    path.write_text('\n'.join(['Latitude,Longitude', *rows]))
    words = ('--height-m', 60, '--max-cells', 10)
    done = command('preflight', field_index, '--route', path, *words)
    assert done.code == 3 and 'NO-GO: off the map at 47.8550' in done.out
    assert 'home is not in the file' in done.out


def test_home_launch_return_and_rally(tmp_path):
    plan = write_plan(tmp_path, item(22, A), item(16, B), item(20, frame=2), rally=[C])
    assert ways(read_route(plan)) == [[HOME, A, B, HOME], [B, C]]
    # The mission of one that does not return may be broken off, too.
    plan = write_plan(tmp_path, item(22, A), item(16, B), rally=[C])
    assert ways(read_route(plan)) == [[HOME, A, B], [B, C]]


def test_a_home_that_the_plan_does_not_say(tmp_path):
    for home in (None, [0, 0, 0], []):
        plan = write_plan(tmp_path, item(16, A), item(20, frame=2), home=home)
        assert '--home LAT,LON' in refusal(plan)
        assert ways(read_route(plan, HOME)) == [[HOME, A, HOME]]
    route = read_route(write_plan(tmp_path, item(16, A), home=None))
    assert len(route.notes) == 1 and route.notes[0].startswith('home is not in the file: ')


def test_jumps_are_ways(tmp_path):
    jump = item(177, number=3, frame=2, params=(1, 5, 0, 0))
    plan = write_plan(tmp_path, item(16, A, 1), item(16, B, 2), jump, item(16, C, 4))
    assert ways(read_route(plan)) == [[HOME, A, B, C], [B, A]]
    never = item(177, number=3, frame=2, params=(1, 0, 0, 0))
    assert ways(read_route(write_plan(tmp_path, item(16, A, 1), never))) == [[HOME, A]]
    nowhere = item(177, number=3, frame=2, params=(77, 5, 0, 0))
    assert 'jumps to 77' in refusal(write_plan(tmp_path, item(16, A, 1), nowhere))
    tag, back = item(600, frame=2, params=(9, 0, 0, 0)), item(601, frame=2, params=(9, 2, 0, 0))
    plan = write_plan(tmp_path, item(16, A, 1), tag | {'doJumpId': 2}, item(16, B, 3), back)
    assert ways(read_route(plan)) == [[HOME, A, B], [B, B]]


def test_a_new_home_on_the_way(tmp_path):
    plan = write_plan(tmp_path, item(16, A), item(179, C), item(16, B), item(20, frame=2))
    assert ways(read_route(plan)) == [[HOME, A, B, C]]


def test_who_cannot_hover_circles(tmp_path):
    loiter = item(17, B, params=(0, 0, -200, None))
    (hovering,) = ways(read_route(write_plan(tmp_path, loiter, vehicle=2)))
    assert hovering == [HOME, B]
    (circling,) = ways(read_route(write_plan(tmp_path, loiter, vehicle=1)))
    assert len(circling) == 14
    assert all(abs(distance_m(*B, *point) - 200) < 0.1 for point in circling[1:])


def complex_item(kind, **content):
    return {'type': 'ComplexItem', 'complexItemType': kind, **content}


def transects(**content):
    return {'TransectStyleComplexItem': content}


SHOWN = [list(A), list(B)]
ITEMS = [item(206, frame=2), item(16, B), item(16, C)]
AROUND = [[47.8550, 9.0080], [47.8550, 9.0090], [47.8560, 9.0090], [47.8560, 9.0080]]


@pytest.mark.parametrize(
    ('complex_one', 'flown'),
    [
        (complex_item('survey', **transects(VisualTransectPoints=SHOWN)), [A, B]),
        (complex_item('survey', **transects(VisualTransectPoints=SHOWN, Items=ITEMS)), [B, C]),
        (complex_item('CorridorScan', **transects(Items=ITEMS)), [B, C]),
        (
            complex_item(
                'fwLandingPattern',
                landingApproachCoordinate=[*B, 40],
                landCoordinate=[*C, 0],
                useLoiterToAlt=False,
            ),
            [B, C],
        ),
        (
            complex_item(
                'vtolLandingPattern',
                loiterCoordinate=[*B, 40],
                landCoordinate=[*C, 0],
                loiterRadius=0,
            ),
            [B, C],
        ),
    ],
)
def test_complex_items_are_followed(tmp_path, complex_one, flown):
    assert ways(read_route(write_plan(tmp_path, complex_one))) == [[HOME, *flown]]


def test_a_landing_circles_down(tmp_path):
    landing = complex_item(
        'fwLandingPattern',
        landingApproachCoordinate=[*B, 40],
        landCoordinate=[*C, 0],
        loiterRadius=300,
    )
    ((home, *circle, land),) = ways(read_route(write_plan(tmp_path, landing)))
    assert home == HOME and land == C
    assert all(abs(distance_m(*B, *point) - 300) < 0.1 for point in circle)


@pytest.mark.parametrize('corners', [AROUND, AROUND[::-1], [*AROUND, AROUND[0]]])
def test_a_structure_is_flown_around_at_its_distance(tmp_path, corners):
    scan = complex_item('StructureScan', polygon=corners, CameraCalc={'DistanceToSurface': 25})
    ((_, *around),) = ways(read_route(write_plan(tmp_path, scan)))
    lats, longs = zip(*around, strict=True)
    metres = 111_200.0  # of a degree of latitude here, within 0.1 %
    assert min(lats) == pytest.approx(47.8550 - 25 / metres, abs=1e-6)
    assert max(lats) == pytest.approx(47.8560 + 25 / metres, abs=1e-6)
    assert (9.0080 - min(longs)) * metres * 0.672 == pytest.approx(25, abs=0.2)
    assert around[0] == around[-1]


@pytest.mark.parametrize(
    ('item_of_plan', 'words'),
    [
        (complex_item('SpiralScan'), "a complex item 'SpiralScan', which is not known here"),
        (complex_item('survey'), 'a survey that does not say where it flies'),
        (complex_item('StructureScan', polygon=AROUND), 'without its DistanceToSurface'),
        (complex_item('fwLandingPattern'), 'lacks the coordinates'),
        (item(92, A), 'NAV_GUIDED_ENABLE (92), which flies where the file does not say'),
        (item(77, A), 'command 77, which is not known here'),
        (item(16, A, frame=1), 'is in frame 1, which is none of the globe'),
        (item(16, (147.0, 9.0)), 'goes to latitude 147.0'),
        (item(16, (10**400, 9.0)), 'is damaged, or no .plan'),
        (item('16', A), 'is damaged, or no .plan'),
        (item(17, A, params=(0, 0, 1e300, None)), 'has a radius of 1e+300 m'),
    ],
)
def test_what_is_not_known_is_refused_by_name(tmp_path, item_of_plan, words):
    # A plane, which loiters in circles.
    assert words in refusal(write_plan(tmp_path, item_of_plan, vehicle=1))


def test_a_geofence_is_no_way_and_said(tmp_path):
    fence = {'polygons': [{}], 'circles': [{}, {}]}
    route = read_route(write_plan(tmp_path, item(16, A), fence=fence))
    assert route.notes == ('the geofence (1 polygons and 2 circles) is no way: not looked at',)


WAYPOINTS = """\
QGC WPL 110
0	1	0	16	0	0	0	0	47.85	9.0	400	1
1	0	3	22	15	0	0	0	0	0	50	1
2	0	3	16	0	0	0	0	47.854	9.008	100	1
3	0	10	82	0	0	0	0	47.855	9.009	100	1
4	0	3	177	2	1	0	0	0	0	0	1
5	0	3	20	0	0	0	0	0	0	0	1
"""


@pytest.mark.parametrize('name', ['a.waypoints', 'a.txt'])
@pytest.mark.parametrize('end', ['\n', '\r\n'])
def test_ardupilot(tmp_path, name, end):
    path = tmp_path / name
    path.write_bytes(('\ufeff' + WAYPOINTS.replace('\n', end)).encode())
    assert ways(read_route(path)) == [[HOME, A, B, HOME], [B, A]]


@pytest.mark.parametrize(
    ('old', 'new', 'words'),
    [
        ('QGC WPL 110', 'WPL', 'does not begin with QGC WPL'),
        ('47.854', '147.854', 'goes to latitude 147.854'),
        ('\t82\t', '\tspline\t', 'line 5 must hold 12 numbers'),
        ('0\t1\t0\t16', '0 1', 'line 2 must hold 12 numbers'),
        ('47.85\t9.0\t400', '0\t0\t0', '--home LAT,LON'),
    ],
)
def test_ardupilot_that_cannot_be_used(tmp_path, old, new, words):
    path = tmp_path / 'a.waypoints'
    path.write_text(WAYPOINTS.replace(old, new))
    assert words in refusal(path)


LINE = (
    '<LineString><coordinates>9.008,47.854,100 9.009 , 47.855\n9.011,47.856,0</coordinates>'
    '</LineString>'
)
POINT = '<Placemark><Point><coordinates>9.008,47.854</coordinates></Point></Placemark>'
TRACK = (
    '<gx:Track><gx:coord>9.008 47.854 0</gx:coord><gx:coord>9.009 47.855 0</gx:coord></gx:Track>'
)
AREA = f'<Polygon><LinearRing>{LINE[12:-13]}</LinearRing></Polygon>'
KML = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2">'
    '<Document>{}</Document></kml>'
)


@pytest.mark.parametrize(
    ('inside', 'flown'),
    [
        (f'<Placemark>{LINE}</Placemark>', [[A, B, C]]),
        (POINT + POINT.replace('9.008,47.854', '9.009,47.855'), [[A, B]]),
        (f'<Placemark>{LINE}</Placemark>{POINT}', [[A, B, C], [A]]),
        (f'<Placemark>{TRACK}</Placemark>', [[A, B]]),
        (f'<Placemark><MultiGeometry>{LINE}{AREA}</MultiGeometry></Placemark>', [[A, B, C]]),
    ],
)
def test_kml(tmp_path, inside, flown):
    (tmp_path / 'a.kml').write_text(KML.format(inside))
    assert ways(read_route(tmp_path / 'a.kml')) == flown
    files = {'files/other.kml': KML.format(''), 'doc.kml': KML.format(inside)}
    assert ways(read_route(write_kmz(tmp_path / 'a.kmz', files))) == flown


def write_kmz(path, documents):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents.items():
            archive.writestr(name, content)
    return path


def test_an_area_of_a_kml_is_no_way(tmp_path):
    (tmp_path / 'a.kml').write_text(KML.format(f'<Placemark>{AREA}</Placemark>'))
    assert 'holds no way (1 Polygon not looked at: no way)' in refusal(tmp_path / 'a.kml')


def test_waypoint_missions_of_dji(tmp_path):
    config = '<c:missionConfig><c:finishAction>goHome</c:finishAction>{}</c:missionConfig>'
    start = '<wpml:takeOffRefPoint>47.85,9.0,0</wpml:takeOffRefPoint>'
    flown = KML.format(config.format('') + POINT + POINT.replace('9.008,47.854', '9.009,47.855'))
    files = {'wpmz/template.kml': KML.format(config.format(start)), 'wpmz/waylines.wpml': flown}
    path = write_kmz(tmp_path / 'a.kmz', files)
    assert ways(read_route(path)) == [[HOME, A, B, HOME]]
    files['wpmz/template.kml'] = KML.format('')
    assert '--home LAT,LON' in refusal(write_kmz(tmp_path / 'b.kmz', files))


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">]><kml>&b;&f;</kml>'
)


@pytest.mark.parametrize('name', ['a.kml', 'a.gpx', 'a.kmz'])
def test_a_document_type_is_refused(tmp_path, name):
    path = tmp_path / name
    if name == 'a.kmz':
        write_kmz(path, {'doc.kml': BOMB})
    else:
        path.write_text(BOMB)
    assert 'has a DOCTYPE' in refusal(path)


def test_zips_that_are_none_or_too_large(tmp_path):
    (tmp_path / 'a.kmz').write_bytes(b'PK\x03\x04 nothing')
    assert 'is no zip' in refusal(tmp_path / 'a.kmz')
    assert 'holds no .kml' in refusal(write_kmz(tmp_path / 'b.kmz', {'a.txt': 'x'}))
    large = write_kmz(tmp_path / 'c.kmz', {'doc.kml': b' ' * 60_000_000})
    assert large.stat().st_size < 100_000
    assert 'has over 50000000 bytes' in refusal(large)


AT_A, AT_B, AT_C = (f'lat="{lat}" lon="{long}"' for lat, long in (A, B, C))
GPX = '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'


@pytest.mark.parametrize(
    ('inside', 'flown'),
    [
        (
            '<rte><rtept lat="47.854" lon="9.008"/><rtept lat="47.855" lon="9.009"/></rte>',
            [[A, B]],
        ),
        (
            f'<wpt {AT_C}/><trk><trkseg><trkpt {AT_A}/></trkseg>'
            f'<trkseg><trkpt {AT_B}/></trkseg></trk>',
            [[A, B], [C]],
        ),
        ('<wpt lat="47.854" lon="9.008"/><wpt lat="47.855" lon="9.009"/>', [[A, B]]),
    ],
)
def test_gpx(tmp_path, inside, flown):
    (tmp_path / 'a.gpx').write_text(GPX.format(inside))
    assert ways(read_route(tmp_path / 'a.gpx')) == flown
    (way, *_) = ways(read_route(tmp_path / 'a.gpx', HOME))
    assert way == [HOME, *flown[0], HOME]


def test_a_place_that_is_none(tmp_path):
    (tmp_path / 'a.gpx').write_text(GPX.format('<wpt lat="x"/>'))
    assert "goes to latitude 'x', longitude None" in refusal(tmp_path / 'a.gpx')
    (tmp_path / 'a.gpx').write_text('<gpx><wpt>')
    assert 'is damaged' in refusal(tmp_path / 'a.gpx')


@pytest.mark.parametrize('text', ['[' * 100_000, '{"type": ' + '9' * 5000 + '}'])
def test_json_that_no_parser_likes(tmp_path, text):
    for name in ('a.plan', 'a.geojson'):
        (tmp_path / name).write_text(text)
        assert name in refusal(tmp_path / name)
