# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The map as a camera would see it from a place."""

import numpy as np
import pytest
from report_world import FRAME, IMAGERY, painted, tile_colour, tile_image, TILES
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import crop_map


def crop(east, north, heading_deg=0.0, gsd=0.5, size=(80, 60), imagery=IMAGERY):
    lat, long = map(float, FRAME.geodetic_from_enu([east, north]))
    return crop_map(imagery, (lat, long), heading_deg, gsd, size)


def test_north_up_over_the_middle_of_a_tile():
    # Tile 1_1 spans 100 to 200 m east and south; the crop 40 x 30 m of it.
    image = crop(150, -150)
    assert image.shape == (60, 80, 3)
    colour = tile_colour(TILES[5])
    np.testing.assert_allclose(image[20, 60], 0, atol=3)  # north-east
    for row, column in ((20, 20), (40, 20), (40, 60)):
        np.testing.assert_allclose(image[row, column], colour, atol=3)


@pytest.mark.parametrize(
    ('heading_deg', 'dark'), [(0, (20, 60)), (90, (20, 20)), (180, (40, 20)), (270, (40, 60))]
)
def test_the_crop_turns_with_the_camera(heading_deg, dark):
    # Looking east, what lies in the north-east is up and to the left.
    image = crop(150, -150, heading_deg)
    pixels = [(row, column) for row in (20, 40) for column in (20, 60)]
    is_dark = {pixel for pixel in pixels if image[pixel].max() < 9}
    assert is_dark == {dark}


def test_tiles_meet_without_a_seam():
    # The corner of four tiles, turned so that borders run across the pixels.
    image = crop(200.0, -200.0, 30.0, gsd=0.7)
    assert not (image == 226).all(axis=-1).any()


def test_what_lies_off_the_map_is_grey():
    image = crop(0, -50)
    assert (image[:, :38] == 226).all()
    assert not (image[:, 42:] == 226).all(axis=-1).any()
    assert crop(-500, -50) is None


def test_fine_tiles_are_averaged():
    def chequered(tile):
        rows, columns = np.mgrid[:1000, :1000]
        return np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)

    image = crop(150, -150, gsd=1.0, imagery=painted(TILES, chequered))
    assert abs(image.astype(float) - 127).max() < 20


def test_without_images_there_is_no_crop():
    assert crop(150, -150, imagery=MapImagery(TILES)) is None
    assert crop(150, -150, imagery=MapImagery()) is None
    only_one = painted(TILES, lambda tile: tile_image(tile) if tile == TILES[0] else None)
    assert crop(350, -350, imagery=only_one) is None
