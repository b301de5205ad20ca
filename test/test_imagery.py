# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tiles are read again from whatever a map was built from."""

import cv2
import numpy as np
import pytest
from report_world import tile_image, TILES
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.web_mercator import geodetic_from_world
from visual_navsat.maps.open_map import open_origins


def reader_of(origins):
    """Return a function from a tile to its pixels, None where they are gone."""
    imagery = open_origins([], origins)

    def look(tile):
        image = imagery.look(tile)
        return None if image is None else image.pixels

    return look


def test_a_folder_of_tiles(tmp_path):
    cv2.imwrite(str(tmp_path / TILES[5].filename), tile_image(TILES[5])[..., ::-1])
    read = reader_of([('', str(tmp_path))])
    np.testing.assert_array_equal(read(TILES[5]), tile_image(TILES[5]))
    assert read(TILES[6]) is None


@pytest.fixture
def two_folders(tmp_path):
    """Make two folders with an image of one name in each; return their origins, and a tile."""
    origins = []
    for name, tile in (('old', TILES[0]), ('new', TILES[5])):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / 'a.png'), tile_image(tile)[..., ::-1])
        origins.append(str(tmp_path / name))
    return origins, TileMetadata('new/a.png', 0.1, 0.0, 0.0, 0.1)


def test_the_right_one_of_several_sources_is_read(two_folders):
    (old, new), tile = two_folders
    joined = reader_of([('', old), ('', new)])
    np.testing.assert_array_equal(joined(tile), tile_image(TILES[5]))
    renamed = TileMetadata('june/a.png', 0.1, 0.0, 0.0, 0.1)
    by_name = reader_of([('', old), ('june', new)])
    np.testing.assert_array_equal(by_name(renamed), tile_image(TILES[5]))
    # Which of the two it is cannot be told.
    assert joined(renamed) is None


def test_what_is_gone_or_damaged_is_no_picture(tmp_path, caplog):
    assert reader_of([('', str(tmp_path / 'gone'))])(TILES[0]) is None
    (tmp_path / 'map.mbtiles').write_bytes(b'no database at all')
    assert reader_of([('', str(tmp_path / 'map.mbtiles'))])(TILES[0]) is None
    assert 'no imagery of' in caplog.text
    (tmp_path / TILES[0].filename).write_bytes(b'no image')
    assert reader_of([('', str(tmp_path))])(TILES[0]) is None


def test_a_raster_is_cut_at_the_tiles(tmp_path):
    rasterio = pytest.importorskip('rasterio')
    # A quarter of a tile's width per colour, in degrees; the tile lies over the second half.
    tile = TileMetadata('x', 47.0, 8.002, 46.996, 8.004)
    pixels = np.zeros((3, 400, 400), np.uint8)
    pixels[:, :, 200:300], pixels[:, :, 300:] = 80, 200
    profile = {'driver': 'GTiff', 'width': 400, 'height': 400, 'count': 3, 'dtype': 'uint8'}
    transform = rasterio.transform.from_bounds(8.0, 46.996, 8.004, 47.0, 400, 400)
    path = tmp_path / 'map.tif'
    with rasterio.open(path, 'w', crs='EPSG:4326', transform=transform, **profile) as raster:
        raster.write(pixels)
    image = reader_of([('', str(path))])(tile)
    left, right = np.array_split(image, 2, axis=1)
    assert left[:, :-4].mean() == pytest.approx(80, abs=3)
    assert right[:, 4:].mean() == pytest.approx(200, abs=3)
    elsewhere = TileMetadata('y', 46.0, 8.0, 45.99, 8.01)
    assert not open_origins([], [('', str(path))]).read(elsewhere).valid.any()
    # Of two rasters the one that shows the place.
    profile |= {'width': 100, 'height': 100}
    beside = rasterio.transform.from_bounds(9.0, 46.996, 9.004, 47.0, 100, 100)
    with rasterio.open(tmp_path / 'b.tif', 'w', crs='EPSG:4326', transform=beside, **profile) as f:
        f.write(np.full((3, 100, 100), 33, np.uint8))
    both = reader_of([('', str(tmp_path / 'b.tif')), ('', str(path))])
    np.testing.assert_array_equal(both(tile), image)
    assert both(elsewhere) is None


def test_slippy_tiles_are_pieced_together(tmp_path):
    zoom, column, row = 18, 136_900, 92_000
    for k, colour in enumerate((60, 180)):
        folder = tmp_path / str(zoom) / str(column + k)
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / f'{row}.png'), np.full((256, 256, 3), colour, np.uint8))
    # Half of one tile and half of the next.
    lats, longs = zip(
        *(geodetic_from_world(np.array(c) / 2**zoom, np.array(r) / 2**zoom)
          for c, r in ((column + 0.5, row), (column + 1.5, row + 1))),
        strict=True,
    )  # fmt: skip
    tile = TileMetadata('x', float(lats[0]), float(longs[0]), float(lats[1]), float(longs[1]))
    image = reader_of([('', str(tmp_path))])(tile)
    left, right = np.array_split(image, 2, axis=1)
    assert left[:, :-4].mean() == pytest.approx(60, abs=3)
    assert right[:, 4:].mean() == pytest.approx(180, abs=3)
