"""The picture of the map: every tile in its place, in the projection of web maps."""

import io

import numpy as np
import pyproj
import pytest
from PIL import Image

from report_world import FRAME, SOURCES, TILES, tile_colour
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.report import ReportSources
from visual_navsat.report.map_picture import draw_map, flight_window, tile_window, tiles_in
from visual_navsat.report.mercator import geodetic_from_mercator, mercator_from_geodetic
from visual_navsat.report.pictures import jpeg


def window_of(*enu):
    return flight_window(np.array(FRAME.geodetic_from_enu(np.array(enu, float))).T, SOURCES)


def test_mercator_is_that_of_proj():
    lats, longs = np.array([47.0, -33.9, 0.0, 71.0]), np.array([8.0, 151.2, -0.1, 179.9])
    proj = pyproj.Transformer.from_crs('EPSG:4326', 'EPSG:3857', always_xy=True)
    expected = np.stack(proj.transform(longs, lats), axis=-1)
    xy = mercator_from_geodetic(lats, longs)
    np.testing.assert_allclose(xy, expected, atol=1e-3)
    np.testing.assert_allclose(geodetic_from_mercator(xy), [lats, longs], atol=1e-9)


def test_every_tile_is_where_it_belongs():
    window = window_of((20, -20), (380, -380))
    picture = draw_map(SOURCES, window)
    image = np.asarray(Image.open(io.BytesIO(picture.content)))
    proj = pyproj.Transformer.from_crs('EPSG:4326', 'EPSG:3857', always_xy=True)
    m_per_px = (window.east - window.west) / image.shape[1]
    for tile in TILES:
        # A quarter to the south-west of the centre: the north-eastern quarter is black.
        lat = tile.center_lat - (tile.top_left_lat - tile.bottom_right_lat) / 4
        x, y = proj.transform(tile.center_long - tile.span_long / 4, lat)
        row, column = (window.north - y) / m_per_px, (x - window.west) / m_per_px
        np.testing.assert_allclose(image[int(row), int(column)], tile_colour(tile), atol=12)


def test_the_picture_ends_where_the_map_does():
    # The whole map is 400 m; the margin about one point is 150 m.
    near = tiles_in(SOURCES, window_of((200, -200)))
    assert len(near) == 16
    assert len(tiles_in(SOURCES, window_of((40, -360)))) == 4
    (south, west), (north, east) = window_of((20, -20), (380, -380)).corners
    assert (south, west) == pytest.approx((TILES[-1].bottom_right_lat, TILES[0].top_left_long))
    assert (north, east) == pytest.approx((TILES[0].top_left_lat, TILES[-1].bottom_right_long))


def test_what_is_shown_already_is_not_read_again():
    read = []

    def count(tile):
        read.append(tile)
        return SOURCES.read_tile(tile)

    draw_map(ReportSources([*TILES, *TILES], count), window_of((200, -200)))
    assert len(read) == len(TILES)


def test_there_is_no_picture_without_tile_images():
    window = window_of((200, -200))
    assert draw_map(ReportSources(TILES), window) is None
    assert draw_map(ReportSources(), window) is None


def test_a_map_across_the_antimeridian_is_in_one_piece():
    tiles = [
        TileMetadata('w', 1.0, 179.0, 0.0, 180.0),
        TileMetadata('e', 1.0, -180.0, 0.0, -179.0),
    ]
    sources = ReportSources(tiles)
    boxes = [tile_window(tile, 180.0) for tile in tiles]
    assert boxes[0].east == pytest.approx(boxes[1].west)
    found = sources.tiles_between(0.4, 179.5, 0.6, 180.5)
    assert [tile.filename for tile in found] == ['w', 'e']
    assert [tile.filename for tile in sources.tiles_between(0.4, 178.0, 0.6, 178.9)] == []
    assert [tile.filename for tile in sources.tiles_between(0.4, -179.9, 0.6, -179.5)] == ['e']


def test_pictures_stay_under_their_size():
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8)
    assert len(jpeg(noise, 10**6)) > 60_000
    assert len(jpeg(noise, 60_000)) < 60_000
