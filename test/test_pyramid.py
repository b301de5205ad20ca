# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Slippy tiles, in folders, MBTiles and PMTiles, give tiles that lie where they say."""

import sqlite3

import numpy as np
from pattern_map import (
    as_png,
    cut,
    displacement_m,
    pattern,
    slippy_tiles,
    write_mbtiles,
    write_pmtiles,
    write_slippy,
)
from PIL import Image
import pytest
from visual_navsat.errors import ImageError, MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.web_mercator import geodetic_from_world
from visual_navsat.maps.mbtiles import MbTiles
from visual_navsat.maps.pmtiles import PmTiles
from visual_navsat.maps.pyramid import PyramidOrtho
from visual_navsat.maps.slippy_folder import is_slippy_folder, SlippyFolder
from visual_navsat.maps.tile_plan import plan_tiles

ZOOM = 18  # 0.31 m per pixel at 58 degrees: a tile is 80 m
PLAN = plan_tiles(tile_m=(100.0,))


@pytest.fixture(scope='module')
def tiles():
    return slippy_tiles(ZOOM, 300.0)


def write_tms(folder, tiles):
    """Write as gdal2tiles does: rows counted from the south."""
    flipped = {(column, 2**ZOOM - 1 - row): pixels for (column, row), pixels in tiles.items()}
    write_slippy(folder, ZOOM, flipped)
    (folder / 'tilemapresource.xml').touch()
    return folder


WRITERS = {
    'z/x/y': lambda path, tiles: SlippyFolder(write_slippy(path, ZOOM, tiles)),
    'z_x_y': lambda path, tiles: SlippyFolder(write_slippy(path, ZOOM, tiles, '{z}_{x}_{y}.png')),
    'tms': lambda path, tiles: SlippyFolder(write_tms(path, tiles)),
    'mbtiles': lambda path, tiles: MbTiles(write_mbtiles(path, ZOOM, tiles)),
    'pmtiles': lambda path, tiles: PmTiles(write_pmtiles(path, ZOOM, tiles)),
}


def folder_of(path, tiles, zoom=ZOOM):
    return SlippyFolder(write_slippy(path, zoom, tiles))


@pytest.mark.parametrize('kind', WRITERS)
def test_tiles_show_the_ground_that_they_say(tmp_path, tiles, kind):
    if kind == 'pmtiles':
        pytest.importorskip('pmtiles')
    source = cut(PyramidOrtho(WRITERS[kind](tmp_path / 'map', tiles)), PLAN)
    assert len(source.tiles) > 20
    for tile in source.tiles[::7]:
        image = source.read(tile)
        assert image.valid is None
        assert np.abs(displacement_m(image.pixels, tile)).max() < 0.05
        lat, long = GeoBox.of_tile(tile).grid(*image.pixels.shape[:2])
        assert np.abs(image.pixels.astype(int) - pattern(lat, long)).mean() < 2


@pytest.mark.slow
def test_missing_tiles_are_left_out_and_counted(tmp_path, tiles):
    columns, rows = (sorted({place[axis] for place in tiles}) for axis in (0, 1))
    some = {place: pixels for place, pixels in tiles.items() if place != (columns[1], rows[1])}
    ortho = PyramidOrtho(folder_of(tmp_path / 'map', some))
    assert ortho.notes[0].endswith('1 more within their box are missing')
    source = cut(ortho, PLAN)
    images = [source.read(tile) for tile in source.tiles]
    assert any(image.valid is not None for image in images)
    for tile, image in zip(source.tiles, images, strict=True):
        assert np.abs(displacement_m(image.pixels, tile, image.valid)).max() < 0.05
        if image.valid is not None:
            assert 0.4 < image.valid.mean() < 1


def test_the_zoom_is_as_fine_as_wanted_and_no_finer(tmp_path, tiles):
    coarse = slippy_tiles(ZOOM - 2, 300.0)
    store = folder_of(tmp_path / 'map', tiles)
    write_slippy(tmp_path / 'map', ZOOM - 2, coarse)
    store = SlippyFolder(tmp_path / 'map')
    assert PyramidOrtho(store, 2.0).zoom == ZOOM - 2
    assert PyramidOrtho(store, 1.0).zoom == ZOOM
    assert PyramidOrtho(store, 0.01).zoom == ZOOM
    assert PyramidOrtho(store, 0.01, zoom=ZOOM - 2).zoom == ZOOM - 2
    with pytest.raises(MapError, match='no tile of zoom 3: it has 16, 18'):
        PyramidOrtho(store, zoom=3)


def test_coarse_reading_averages_and_stays_in_place(tmp_path, tiles):
    ortho = PyramidOrtho(folder_of(tmp_path / 'map', tiles))
    side = 60
    image = ortho.read_box(ortho.extent, side, side)
    tile = ortho.extent.as_tile('all')
    assert np.abs(displacement_m(image.pixels, tile)).max() < 0.1
    rng = np.random.default_rng(0)
    noise = {place: rng.integers(0, 256, (256, 256, 3), dtype=np.uint8) for place in tiles}
    noisy = PyramidOrtho(folder_of(tmp_path / 'noise', noise)).read_box(ortho.extent, side, side)
    assert noisy.pixels.std() < 8  # of 74: over a thousand pixels become 3600


def test_transparent_pixels_are_no_ground(tmp_path, tiles):
    folder = write_slippy(tmp_path / 'map', ZOOM, tiles)
    for path in folder.rglob('*.png'):
        image = Image.open(path).convert('RGBA')
        image.putalpha(Image.fromarray(np.tile(np.uint8([[255, 0]]).repeat(128, 1), (256, 1))))
        image.save(path)
    ortho = PyramidOrtho(SlippyFolder(folder))
    assert ortho.read_box(ortho.extent, 400, 400).valid.mean() == pytest.approx(0.5, abs=0.03)


def test_across_the_antimeridian(tmp_path):
    at = (-16.8, 180.0)
    frame_tiles = {}
    for long in (179.9995, -179.9995):
        frame_tiles |= slippy_tiles(ZOOM, 50.0, (at[0], long))
    # The pattern around the antimeridian itself, whichever side a tile lies on.
    offsets = (np.arange(256) + 0.5) / 256
    tiles = {}
    for column, row in frame_tiles:
        grid_x, grid_y = np.meshgrid(column + offsets, row + offsets)
        lat, long = geodetic_from_world(grid_x / 2**ZOOM, grid_y / 2**ZOOM)
        tiles[column, row] = pattern(lat, long, at)
    assert {column for column, _ in tiles} == {0, 2**ZOOM - 1}
    source = cut(PyramidOrtho(folder_of(tmp_path / 'map', tiles)), PLAN)
    for tile in source.tiles:
        image = source.read(tile)
        assert np.abs(displacement_m(image.pixels, tile, image.valid, at)).max() < 0.1


def test_stamps_change_with_the_tiles_below(tmp_path, tiles):
    folder = write_slippy(tmp_path / 'map', ZOOM, tiles)
    source = cut(PyramidOrtho(SlippyFolder(folder)), PLAN)
    before = [source.stamp(tile) for tile in source.tiles]
    column, row = min(tiles)
    (folder / f'{ZOOM}/{column}/{row}.png').write_bytes(
        as_png(np.zeros((256, 256, 3), 'u1')) + b' '
    )
    source = cut(PyramidOrtho(SlippyFolder(folder)), PLAN)
    changed = [old != source.stamp(t) for old, t in zip(before, source.tiles, strict=True)]
    assert changed[0]
    assert not changed[-1]


def test_damaged_tiles_are_named(tmp_path, tiles):
    folder = write_slippy(tmp_path / 'map', ZOOM, tiles)
    column, row = max(tiles)
    path = folder / f'{ZOOM}/{column}/{row}.png'
    whole = path.read_bytes()
    source = cut(PyramidOrtho(SlippyFolder(folder)), PLAN)
    for content, message in (
        (b'', 'is empty'),
        (b'<html>404</html>', 'is not an image'),
        (whole[: len(whole) // 2], 'is damaged'),
        (b'\x1f\x8b\x08 gzip', 'is a vector tile, not an image'),
    ):
        path.write_bytes(content)
        with pytest.raises(ImageError, match=rf'{ZOOM}/{column}/{row} of .*{message}'):
            cut(PyramidOrtho(SlippyFolder(folder)), PLAN).read(source.tiles[-1])


def test_mbtiles_that_are_none(tmp_path, tiles):
    path = tmp_path / 'map.mbtiles'
    path.write_bytes(b'this is no database, however long it may be' * 100)
    with pytest.raises(MapError, match=r'map\.mbtiles is no MBTiles \(file is not a database\)'):
        MbTiles(path)
    with pytest.raises(MapError, match=r'none\.mbtiles does not exist'):
        MbTiles(tmp_path / 'none.mbtiles')
    path.unlink()
    sqlite3.connect(path).execute('CREATE TABLE other (a)')
    with pytest.raises(MapError, match=r'is no MBTiles .no such table: metadata'):
        MbTiles(path)
    vector = write_mbtiles(tmp_path / 'vector.mbtiles', ZOOM, {(1, 2): b'\x1f\x8b'}, 'pbf')
    with pytest.raises(MapError, match=r'holds vector tiles .pbf., no images'):
        MbTiles(vector)
    empty = write_mbtiles(tmp_path / 'empty.mbtiles', ZOOM, {})
    with pytest.raises(MapError, match=r'empty\.mbtiles holds no tile'):
        PyramidOrtho(MbTiles(empty))


def test_truncated_mbtiles(tmp_path, tiles):
    path = write_mbtiles(tmp_path / 'map.mbtiles', ZOOM, tiles)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises((MapError, ImageError), match=r'map\.mbtiles is (no MBTiles|damaged)'):
        source = cut(PyramidOrtho(MbTiles(path)), PLAN)
        for tile in source.tiles:
            source.read(tile)


def test_pmtiles_that_are_none(tmp_path, tiles):
    pytest.importorskip('pmtiles')
    whole = write_pmtiles(tmp_path / 'map.pmtiles', ZOOM, tiles).read_bytes()
    for content, message in (
        (b'', 'is empty'),
        (b'not at all', 'is no PMTiles'),
        (whole[:60], 'is no PMTiles'),
        (whole[: len(whole) // 2], r'is truncated: it has \d+ bytes of \d+'),
        (whole[:140] + b'?' * 20 + whole[160:], 'has a damaged directory'),
    ):
        (tmp_path / 'bad.pmtiles').write_bytes(content)
        with pytest.raises(MapError, match=rf'bad\.pmtiles {message}'):
            PmTiles(tmp_path / 'bad.pmtiles')
    vector = write_pmtiles(tmp_path / 'vector.pmtiles', ZOOM, {(1, 2): b'\x1f\x8b'}, 'MVT')
    with pytest.raises(MapError, match=r'holds vector tiles .MVT., no images'):
        PmTiles(vector)


def test_what_is_a_slippy_folder(tmp_path, tiles):
    assert not is_slippy_folder(tmp_path)
    (tmp_path / 'photo_1.png').touch()
    (tmp_path / '2024').mkdir()
    assert not is_slippy_folder(tmp_path)
    (tmp_path / '18_1_2.jpg').touch()
    assert is_slippy_folder(tmp_path)
