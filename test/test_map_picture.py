# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The picture of the map: every tile in its place, in the projection of web maps."""

import io

import numpy as np
from PIL import Image
import pyproj
import pytest
from report_world import FRAME, IMAGERY, painted, tile_colour, tile_image, TILES
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.web_mercator import mercator_from_geodetic
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.report.map_picture import boxes_in, corners_of, draw_map, flight_region
from visual_navsat.report.pictures import jpeg


def region_of(*enu):
    return flight_region(np.array(FRAME.geodetic_from_enu(np.array(enu, float))).T, IMAGERY)


def test_every_tile_is_where_it_belongs():
    region = region_of((20, -20), (380, -380))
    picture = draw_map(IMAGERY, region)
    image = np.asarray(Image.open(io.BytesIO(picture.content)))
    proj = pyproj.Transformer.from_crs('EPSG:4326', 'EPSG:3857', always_xy=True)
    drawn = picture.region
    m_per_px = drawn.size_m[0] / image.shape[1]
    for tile in TILES:
        # A quarter to the south-west of the centre: the north-eastern quarter is black.
        lat = tile.center_lat - (tile.top_left_lat - tile.bottom_right_lat) / 4
        x, y = proj.transform(tile.center_long - tile.span_long / 4, lat)
        row, column = (drawn.north_m - y) / m_per_px, (x - drawn.west_m) / m_per_px
        np.testing.assert_allclose(image[int(row), int(column)], tile_colour(tile), atol=12)


def test_the_picture_ends_where_the_map_does():
    # The whole map is 400 m; the margin about one point is 150 m.
    near = boxes_in(IMAGERY, region_of((200, -200)))
    assert len(near) == 16
    assert len(boxes_in(IMAGERY, region_of((40, -360)))) == 4
    (south, west), (north, east) = corners_of(region_of((20, -20), (380, -380)))
    assert (south, west) == pytest.approx((TILES[-1].bottom_right_lat, TILES[0].top_left_long))
    assert (north, east) == pytest.approx((TILES[0].top_left_lat, TILES[-1].bottom_right_long))


def test_what_is_shown_already_is_not_read_again():
    read = []

    def count(tile):
        read.append(tile)
        return tile_image(tile)

    draw_map(painted([*TILES, *TILES], count), region_of((200, -200)))
    assert len(read) == len(TILES)


def test_there_is_no_picture_without_tile_images():
    region = region_of((200, -200))
    assert draw_map(MapImagery(TILES), region) is None
    assert draw_map(MapImagery(), region) is None


def test_a_map_across_the_antimeridian_is_in_one_piece():
    tiles = [
        TileMetadata('w', 1.0, 179.0, 0.0, 180.0),
        TileMetadata('e', 1.0, -180.0, 0.0, -179.0),
    ]
    imagery = MapImagery(tiles)
    boxes = boxes_in(imagery, Region.around(mercator_from_geodetic([0.4, 0.6], [179.5, 180.5])))
    assert [(box.west, box.east) for box in boxes] == [(179.0, 180.0), (180.0, 181.0)]

    def names_in(west, east):
        return [tile.filename for tile in imagery.tiles_in(GeoBox(west, 0.4, east, 0.6))]

    assert names_in(179.5, 180.5) == ['w', 'e']
    assert names_in(178.0, 178.9) == []
    assert names_in(-179.9, -179.5) == ['e']


def test_pictures_stay_under_their_size():
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8)
    assert len(jpeg(noise, 10**6)) > 60_000
    assert len(jpeg(noise, 60_000)) < 60_000
