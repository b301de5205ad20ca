# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The demo's parts that need no ROS: site, track, outcomes and reports."""

import itertools

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
import cv2
from makers import score
import numpy as np
from PIL import Image
import pytest
from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.maps.metadata_csv import read_tiles
from visual_navsat.ros.node_process import LocalizerProcess
from visual_navsat_sim.demo.flight_site import choose_site, HOME_LAT, HOME_LONG, Site
from visual_navsat_sim.demo.ortho_map import MAP_GSD_M_PER_PX, write_map
from visual_navsat_sim.demo.outcome import answer_line, NO_ANSWER, summary_lines
from visual_navsat_sim.demo.picture import draw_flight, error_colour
from visual_navsat_sim.demo.track import make_track, track_line
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.world import World

# On the equator a degree of longitude is 111319.49 m; these are 30 m east of each other.
FIX = PositionEstimate(0.0, 30 / 111319.49, np.diag([144.0, 144.0, 1e4]))
ANSWERS = [
    score(FIX, (0.0, 0.0), name='1', seconds=0.05, heading_deg=90.0),
    score(Refusal('no_match', 'nothing like it'), (0.0, 0.001), name='2', heading_deg=90.0),
    score(Refusal(NO_ANSWER, 'no answer within 10 s'), (0.0, 0.002), name='3', heading_deg=90.0),
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
    difference = np.abs(mosaic[row:, column:][:side, :side].astype(int) - pixels)
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


def test_answers_are_told_in_a_line_each():
    lines = [answer_line(scored, 1.0) for scored in ANSWERS]
    assert '30.0 m off  (1 sigma  12.0 m)    50 ms' in lines[0]
    assert lines[1].endswith('no fix  nothing like it')
    assert lines[2].endswith('lost    no answer within 10 s')


def test_the_summary_counts_every_image():
    tiles = [TileMetadata(str(k), 0.0005, k - 0.0005, -0.0005, k + 0.0005) for k in (0, 1)]
    lines = summary_lines(ANSWERS, tiles)
    assert lines[0] == '3 images: 1 fixes, 1 refused, 1 without an answer'
    assert '0% within 25 m  33% within 50 m' in lines[1]
    # 0, 111 and 223 m from the nearer of the two tiles: one in six is within 50 m.
    assert lines[2].endswith('within 50 m for 16.7%')


def test_the_picture_shows_fixes_in_the_colour_of_their_error(site, tmp_path):
    truth = site.geodetic(-300.0, -600.0)
    fix = PositionEstimate(*site.geodetic(-220.0, -600.0), np.eye(3) * 100.0)
    answer = score(fix, truth, heading_deg=0.0)
    mosaic = np.full((800, 800, 3), 60, np.uint8)
    draw_flight(tmp_path / 'map.png', mosaic, site, track_line(site, 1), [answer], ['summary'])
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
