# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Folders of slippy tiles as people have them: every profile, origin, order and suffix."""

import json

from field_maps import (
    DATA,
    EAST,
    is_in_place,
    NORTH,
    opened,
    place,
    SOUTH,
    WEST,
    write_folder,
)
import pytest
from visual_navsat.errors import MapError
from visual_navsat.geometry.web_mercator import mercator_from_geodetic

WORLD_M = 20037508.342789


def resource(profile='mercator', srs='EPSG:3857', origin=(-WORLD_M, -WORLD_M), box=None):
    """Return a tilemapresource.xml; box is minx, miny, maxx, maxy."""
    bounds = ''
    if box:
        names = ('minx', 'miny', 'maxx', 'maxy')
        said = ' '.join(f'{name}="{value}"' for name, value in zip(names, box, strict=True))
        bounds = f'<BoundingBox {said}/>'
    start = f'<Origin x="{origin[0]}" y="{origin[1]}"/>' if origin else ''
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<TileMap version="1.0.0">'
        f'<SRS>{srs}</SRS>{bounds}{start}<TileSets profile="{profile}"/></TileMap>'
    )


def box_m():
    return [*mercator_from_geodetic(SOUTH, WEST), *mercator_from_geodetic(NORTH, EAST)]


@pytest.mark.parametrize('name', ['{z}/{x}/{y}.jpg', '{z}_{x}_{y}.JPEG', '{z}/{x}/{y}.png.tile'])
def test_names_of_tiles(tmp_path, name):
    assert is_in_place(opened(write_folder(tmp_path / 'map', name)))


def test_where_nothing_tells_both_places_are_said(tmp_path):
    imagery = opened(write_folder(tmp_path / 'map', from_south=True))
    assert place(imagery)[0] < 0
    assert 'if that is wrong, it is 47.85' in ' '.join(imagery.notes)


@pytest.mark.parametrize(
    ('from_south', 'options'),
    [
        (True, {}),
        (True, {'profile': 'global-mercator', 'srs': 'OSGEO:41001'}),
        (True, {'srs': 'EPSG:900913', 'box': (WEST, SOUTH, EAST, NORTH)}),
        (True, {'box': (SOUTH, WEST, NORTH, EAST)}),  # as gdal2tiles wrote it for years
        (True, {'box': box_m()}),
        (True, {'origin': None}),
        (False, {'origin': (-WORLD_M, WORLD_M)}),
        (False, {'box': (SOUTH, WEST, NORTH, EAST)}),  # its bounds fit the other order only
        (False, {'box': box_m()}),
    ],
)
def test_tile_maps_in_web_mercator(tmp_path, from_south, options):
    folder = write_folder(tmp_path / 'map', from_south=from_south)
    (folder / 'tilemapresource.xml').write_text(resource(**options))
    assert is_in_place(opened(folder))


def test_the_geodetic_profile_is_refused():
    with pytest.raises(MapError, match=r"profile 'geodetic'.*--profile=mercator"):
        opened(DATA / 'slip-gdal2tiles-geodetic' / 'map')


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (resource('global-geodetic', 'EPSG:4326', (-180, -90)), 'global-geodetic'),
        (resource('raster', '', (500500, 5300000)), "profile 'raster'"),
        (resource('local', 'EPSG:32632', (500500, 5300000)), "profile 'local'"),
        (resource(origin=(500500, 5300000)), 'not from the corner of the world'),
        (resource('', 'EPSG:32632'), 'tiles in EPSG:32632'),
        (resource('', ''), 'does not say in which grid'),
        ('<TileMap>', 'is damaged'),
        ('junk', 'is damaged'),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'is damaged'),
    ],
)
def test_other_tile_maps_are_refused(tmp_path, text, message):
    folder = write_folder(tmp_path / 'map', from_south=True)
    (folder / 'tilemapresource.xml').write_text(text)
    with pytest.raises(MapError, match=message) as caught:
        opened(folder)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('from_south', 'values'),
    [
        (True, {'scheme': 'tms'}),
        (False, {'scheme': 'xyz', 'bounds': [WEST, SOUTH, EAST, NORTH]}),
        (True, {'bounds': f'{WEST},{SOUTH},{EAST},{NORTH}'}),
        (False, [1, 2]),
    ],
)
def test_metadata_in_json(tmp_path, from_south, values):
    folder = write_folder(tmp_path / 'map', from_south=from_south)
    (folder / 'metadata.json').write_text(json.dumps(values))
    assert is_in_place(opened(folder))


@pytest.mark.parametrize('text', ['', '{', '[' * 5000, '"a"'])
def test_metadata_that_is_none(tmp_path, text):
    folder = write_folder(tmp_path / 'map')
    (folder / 'metadata.json').write_text(text)
    assert is_in_place(opened(folder))
