# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tiles come in order, prepared, and never more of them than asked for."""

import threading

import numpy as np
from PIL import Image
import pytest
from visual_navsat.errors import ImageError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.open_map import open_image_folder
from visual_navsat.maps.read_ahead import read_ahead, tile_gsd_m_per_px


@pytest.fixture
def tiles(tmp_path):
    """Return 30 tiles whose images are filled with their number."""
    for row in range(30):
        Image.new('RGB', (20, 40), (row, row, row)).save(tmp_path / f'{row}.png')
    return [TileMetadata(f'{row}.png', 0.001, 0.0, 0.0, 0.001) for row in range(30)]


def first_value(image, gsd_m_per_px):
    return int(image.pixels[0, 0, 0])


def test_tiles_come_in_order(tiles, tmp_path):
    values = read_ahead(
        open_image_folder(tiles, tmp_path),
        tiles,
        first_value,
        ahead=4,
    )
    assert list(values) == list(range(30))


def test_no_more_are_prepared_than_asked_for(tiles, tmp_path):
    prepared = []
    lock = threading.Lock()

    def prepare(image, gsd_m_per_px):
        with lock:
            prepared.append(image)

    images = read_ahead(open_image_folder(tiles, tmp_path), tiles, prepare, ahead=4)
    for taken in range(1, 10):
        next(images)
        assert len(prepared) <= taken + 4
    images.close()
    assert len(prepared) <= 9 + 4


def test_damaged_image_is_raised_in_its_turn(tiles, tmp_path):
    (tmp_path / '3.png').write_bytes(b'damaged')
    images = read_ahead(
        open_image_folder(tiles, tmp_path),
        tiles,
        first_value,
        ahead=10,
    )
    assert [next(images) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ImageError, match=r'3\.png'):
        next(images)


def test_gsd_is_of_the_stored_image():
    # One degree on the equator is 111.320 km east-west and 110.574 km north-south.
    tile = TileMetadata('a.png', 0.001, 0.0, 0.0, 0.001)
    gsd = tile_gsd_m_per_px(tile, np.zeros((40, 20, 3), np.uint8))
    assert gsd == pytest.approx((111.320 / 20 * 110.574 / 40) ** 0.5, rel=1e-4)
