# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A path says of which kind a map source is, and several sources are one map."""

import pickle

import numpy as np
from pattern_map import (
    displacement_m,
    LAT,
    LONG,
    raster_profile,
    slippy_tiles,
    write_mbtiles,
    write_pmtiles,
    write_raster,
    write_slippy,
)
from PIL import Image
import pytest
from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.metadata_csv import write_tiles
from visual_navsat.maps.open_map import MapOptions, open_map
from visual_navsat.maps.tile_plan import plan_tiles

pytest.importorskip('rasterio')
pytest.importorskip('pmtiles')

OPTIONS = MapOptions(plan_tiles(tile_m=(100.0,)))
ZOOM = 18


@pytest.fixture(scope='module')
def maps(tmp_path_factory):
    """Return a folder with the same ground in every format."""
    folder = tmp_path_factory.mktemp('maps')
    tiles = slippy_tiles(ZOOM, 200.0)
    write_slippy(folder / 'slippy', ZOOM, tiles)
    write_mbtiles(folder / 'a.mbtiles', ZOOM, tiles)
    write_pmtiles(folder / 'a.pmtiles', ZOOM, tiles)
    profile = raster_profile('EPSG:32635', 0.5, 500)
    write_raster(folder / 'a.tif', profile)
    (folder / 'sheets').mkdir()
    for name in ('east', 'west'):
        write_raster(folder / 'sheets' / f'{name}.tif', profile)
    (folder / 'csv').mkdir()
    for name in ('p', 'q'):
        Image.new('RGB', (20, 20), 'red').save(folder / 'csv' / f'{name}.png')
    tiles = [
        TileMetadata('p.png', LAT + 0.001, LONG - 0.002, LAT, LONG - 0.001),
        TileMetadata('q.png', LAT + 0.001, LONG + 0.001, LAT, LONG + 0.002),
    ]
    write_tiles(folder / 'csv' / 'map.csv', tiles)
    return folder


@pytest.mark.parametrize('name', ['slippy', 'a.mbtiles', 'a.pmtiles', 'a.tif'])
def test_imagery_of_every_kind_is_cut_alike(maps, name):
    source = open_map([str(maps / name)], OPTIONS)
    assert source.origins == (str(maps / name),)
    for tile in source.tiles[::6]:
        assert tile.size_m == pytest.approx((100, 100), rel=1e-3)
        image = source.read(tile)
        assert np.abs(displacement_m(image.pixels, tile, image.valid)).max() < 0.1


@pytest.mark.parametrize('name', ['csv', 'csv/map.csv'])
def test_metadata_csv(maps, name):
    source = open_map([str(maps / name)], OPTIONS)
    assert [tile.filename for tile in source.tiles] == ['p.png', 'q.png']
    assert (source.read(source.tiles[0]).pixels == (255, 0, 0)).all()
    west = MapOptions(area=GeoBox(LONG - 1, LAT - 1, LONG, LAT + 1))
    assert [t.filename for t in open_map([str(maps / name)], west).tiles] == ['p.png']


def test_several_sources_are_one_map(maps):
    source = open_map([f'old={maps}/a.tif', str(maps / 'csv'), str(maps / 'sheets')], OPTIONS)
    names = [tile.filename for tile in source.tiles]
    assert len(set(names)) == len(names)
    assert {name.split('/')[0] for name in names} == {'old', 'csv', 'east', 'west'}
    by_name = {tile.filename: tile for tile in source.tiles}
    assert (source.read(by_name['csv/q.png']).pixels == (255, 0, 0)).all()
    tile = by_name['old/100m/00001_00001']
    assert np.abs(displacement_m(source.read(tile).pixels, tile)).max() < 0.1
    assert len({source.stamp(tile) for tile in source.tiles}) == len(names)


def test_a_folder_of_rasters_takes_a_name(maps):
    source = open_map([f'2024={maps}/sheets'], OPTIONS)
    assert {tile.filename.split('/')[0] for tile in source.tiles} == {'2024-east', '2024-west'}


def test_imagery_of_every_kind_can_be_read_in_another_process(maps):
    kinds = ('slippy', 'a.mbtiles', 'a.pmtiles', 'a.tif', 'csv')
    for texts in ([name] for name in kinds), [kinds[:-1]]:
        for one in texts:
            named = [f'source{number}={maps}/{name}' for number, name in enumerate(one)]
            source = open_map(named, OPTIONS)
            first = source.tiles[0]
            expected = source.read(first).pixels  # files are open and tiles at hand now
            sent = pickle.dumps(source.without_tiles())
            assert len(sent) < 50_000
            np.testing.assert_array_equal(pickle.loads(sent).read(first).pixels, expected)


def test_what_cannot_be_is_named(maps, tmp_path):
    with pytest.raises(MapError, match=r'map source .*none\.tif does not exist'):
        open_map([str(tmp_path / 'none.tif')], OPTIONS)
    (tmp_path / 'notes.txt').write_text('no map')
    with pytest.raises(MapError, match=r'holds no map: .*there are 0'):
        open_map([str(tmp_path)], OPTIONS)
    with pytest.raises(MapError, match=r'cannot open map .*notes\.txt'):
        open_map([str(tmp_path / 'notes.txt')], OPTIONS)
    with pytest.raises(MapError, match='2 sources are called a: give NAME=PATH'):
        open_map([str(maps / 'a.tif'), str(maps / 'a.mbtiles')], OPTIONS)
    elsewhere = MapOptions(OPTIONS.plan, GeoBox(1.0, 2.0, 3.0, 4.0))
    for name in ('a.tif', 'csv'):
        with pytest.raises(MapError, match=r'--area .*holds no tile of'):
            open_map([str(maps / name)], elsewhere)
