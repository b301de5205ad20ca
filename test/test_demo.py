"""The demo's parts that need no ROS: site, track, outcomes and reports."""

import csv
import itertools
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.metadata_csv import read_tiles
from visual_navsat.ros.localizer_process import LocalizerProcess
from visual_navsat_sim.demo.ortho_map import MAP_GSD_M_PER_PX, write_map
from visual_navsat_sim.demo.outcome import FIX, LOST, NO_FIX, Outcome, chance_within, summary_lines
from visual_navsat_sim.demo.picture import draw_flight, error_colour
from visual_navsat_sim.demo.report import write_csv, write_geojson
from visual_navsat_sim.demo.site import HOME_LAT, HOME_LONG, Site, choose_site
from visual_navsat_sim.demo.track import make_track, track_line
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.world import World

# On the equator a degree of longitude is 111319.49 m; these are 30 m east of each other.
OUTCOMES = [
    Outcome(1, 0.0, 0.0, 0.0, 90.0, FIX, '', 0.0, 30 / 111319.49, 12.0, 50.0),
    Outcome(2, 0.5, 0.0, 0.001, 90.0, NO_FIX, 'no_match: nothing like it'),
    Outcome(3, 1.0, 0.0, 0.002, 90.0, LOST, 'no answer within 10 s'),
]


@pytest.fixture(scope='module')
def site():
    return Site.around(World(7), (-300.0, -600.0), 400.0)


def test_the_site_is_varied_and_always_the_same():
    site = choose_site(World(3), 1000.0)
    assert site.region == choose_site(World(3), 1000.0).region
    assert site.region.size_m == (1000.0, 1000.0)
    assert site.geodetic(*site.center_m) == pytest.approx((HOME_LAT, HOME_LONG))


def test_coordinates_go_there_and_back(site):
    lat, long = site.geodetic(-200.0, -450.0)
    # A degree of latitude at 47.4 degrees north is 111.18 km.
    assert lat - HOME_LAT == pytest.approx(150 / 111180, rel=1e-3)
    np.testing.assert_allclose(site.world_from_geodetic(lat, long), (-200, -450), atol=1e-6)


def test_the_map_is_georeferenced(site, tmp_path):
    tiles, mosaic = write_map(site, Epoch(1), tmp_path)
    assert read_tiles(tmp_path / 'map.csv') == tiles
    assert mosaic.shape == (800, 800, 3)
    grid = PixelGrid.covering(site.region, MAP_GSD_M_PER_PX)
    east, north = grid.west_m + 130.0, grid.north_m - 170.0
    tile = next(tile for tile in tiles if tile.contains(*site.geodetic(east, north)))
    pixels = cv2.imread(str(tmp_path / 'tiles' / tile.filename), cv2.IMREAD_COLOR_RGB)
    corner = site.world_from_geodetic(tile.top_left_lat, tile.top_left_long)
    row, column = (round(place + 0.5) for place in grid.row_col(*corner))
    side = len(pixels)
    assert tile.size_m == pytest.approx((side * MAP_GSD_M_PER_PX,) * 2, rel=1e-3)
    difference = np.abs(mosaic[row : row + side, column : column + side].astype(int) - pixels)
    assert difference.mean() < 6  # JPEG


def test_the_map_cannot_be_written_into_a_file(site, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(VisualNavsatError, match='cannot write the map'):
        write_map(site, Epoch(1), tmp_path / 'file')


def test_the_track_stays_on_the_map_and_looks_ahead(site):
    poses = make_track(site, 40, 100.0, seed=5)
    offsets = np.array([[p.east_m, p.north_m] for p in poses]) - (-300.0, -600.0)
    assert np.abs(offsets).max() < 200
    line = track_line(site, 5)
    np.testing.assert_allclose(line[0], line[-1])
    for pose, following in itertools.pairwise(poses):
        way = np.degrees(
            np.arctan2(following.east_m - pose.east_m, following.north_m - pose.north_m)
        )
        assert np.cos(np.radians(way - pose.heading_deg)) > 0.3


def test_outcomes_are_scored_against_the_truth():
    assert OUTCOMES[0].error_m == pytest.approx(30.0, abs=0.01)
    assert np.isnan(OUTCOMES[1].error_m)
    assert '30.0 m off' in OUTCOMES[0].line()
    assert 'no fix' in OUTCOMES[1].line()
    tiles = [TileMetadata(str(k), 0.0005, k - 0.0005, -0.0005, k + 0.0005) for k in (0, 1)]
    assert chance_within(OUTCOMES[:1], tiles, 50) == 0.5
    lines = summary_lines(OUTCOMES, tiles)
    assert lines[0] == '3 images: 1 fixes, 1 refused, 1 without an answer'
    assert '0% within 25 m  33% within 50 m' in lines[1]


def test_reports_hold_every_outcome(tmp_path):
    write_csv(tmp_path / 'fixes.csv', OUTCOMES)
    rows = list(csv.DictReader((tmp_path / 'fixes.csv').open()))
    assert [row['status'] for row in rows] == ['fix', 'no_fix', 'lost']
    assert float(rows[0]['error_m']) == pytest.approx(30, abs=0.01)
    assert rows[1]['latitude'] == ''
    write_geojson(tmp_path / 'fixes.geojson', OUTCOMES)
    features = json.loads((tmp_path / 'fixes.geojson').read_text())['features']
    assert [f['properties']['what'] for f in features] == [
        'true track', 'fix', 'error', 'no_fix', 'lost',
    ]  # fmt: skip
    assert not list(tmp_path.glob('*.partial'))


def test_the_picture_shows_fixes_in_the_colour_of_their_error(site, tmp_path):
    truth = site.geodetic(-300.0, -600.0)
    fix = site.geodetic(-220.0, -600.0)
    outcome = Outcome(1, 0.0, *truth, 0.0, FIX, '', *fix, 10.0, 50.0)
    mosaic = np.full((800, 800, 3), 60, np.uint8)
    draw_flight(tmp_path / 'map.png', mosaic, site, track_line(site, 1), [outcome], ['summary'])
    picture = Image.open(tmp_path / 'map.png')
    # 400 m are 1280 px, so the fix is 80 m * 3.2 px right of the middle; it is 80 m off.
    assert picture.getpixel((640 + 256, 640)) == (255, 59, 92)
    assert [error_colour(m) for m in (4.0, 9.0, 24.0)] == ['#3ddc84', '#ffd23f', '#ff8c42']


def test_a_node_that_ends_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr('sys.executable', '/bin/false')
    node = LocalizerProcess({'node.map': 'nowhere'}, tmp_path / 'log.txt')
    with pytest.raises(VisualNavsatError, match='exit code 1'):
        while True:
            node.check_alive()
    assert node.stop() == 1
