# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Images of every kind become 8-bit RGB, and what cannot be used is refused with a reason."""

import struct
import zlib

import numpy as np
from PIL import Image
import pytest
from visual_navsat import image_file as imagery
from visual_navsat.errors import ImageError


@pytest.fixture
def photo():
    """Return (40, 60, 3) uint8 with smooth, different colours in each corner."""
    rows, columns = np.mgrid[0:40, 0:60]
    return np.stack([rows * 6, columns * 4, 255 - rows * 3 - columns * 2], axis=-1).astype(
        np.uint8
    )


def png(width, height, bit_depth, rows):
    """Return the bytes of an RGB PNG: any size can be claimed, and 16 bits, unlike in Pillow."""
    header = struct.pack('>IIBBBBB', width, height, bit_depth, 2, 0, 0, 0)
    blocks = [(b'IHDR', header), (b'IDAT', zlib.compress(rows)), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + tag + data + struct.pack('>I', zlib.crc32(tag + data))
        for tag, data in blocks
    )


def test_png_is_read_exactly(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / 'a.png')
    pixels = imagery.read_image(tmp_path / 'a.png')
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, photo)
    np.testing.assert_array_equal(imagery.as_rgb(str(tmp_path / 'a.png')), photo)


# Orientation 3 is stored upside down, 6 needs a quarter turn clockwise, 8 one counter-clockwise.
@pytest.mark.parametrize(
    ('orientation', 'stored_from_upright'),
    [
        (1, lambda upright: upright),
        (3, lambda upright: upright[::-1, ::-1]),
        (6, lambda upright: np.rot90(upright)),
        (8, lambda upright: np.rot90(upright, -1)),
    ],
)
def test_exif_orientation_is_applied(tmp_path, photo, orientation, stored_from_upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(stored_from_upright(photo)))
    stored.save(tmp_path / 'a.jpg', quality=95, exif=exif)
    pixels = imagery.read_image(tmp_path / 'a.jpg')
    assert pixels.shape == photo.shape
    assert np.abs(pixels.astype(int) - photo).mean() < 3


def test_damaged_exif_does_not_lose_the_image(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / 'a.jpg', exif=b'Exif\0\0nonsense', quality=95)
    assert imagery.read_image(tmp_path / 'a.jpg').shape == photo.shape


def test_sixteen_bit_grey_is_scaled(tmp_path):
    grey = np.tile(np.linspace(0, 65535, 20).astype(np.uint16), (20, 1))
    Image.fromarray(grey).save(tmp_path / 'a.png')
    Image.fromarray(grey).save(tmp_path / 'a.tif')
    expected = np.round(grey / 65535 * 255)
    for name in ('a.png', 'a.tif'):
        pixels = imagery.read_image(tmp_path / name)
        for channel in range(3):
            np.testing.assert_array_equal(pixels[:, :, channel], expected)


def test_sixteen_bit_rgb_is_scaled(tmp_path, photo):
    rows = b''.join(b'\0' + row.tobytes() for row in photo.astype('>u2') * 257)
    (tmp_path / 'a.png').write_bytes(png(60, 40, 16, rows))
    np.testing.assert_array_equal(imagery.read_image(tmp_path / 'a.png'), photo)


def test_grey_fills_three_channels(tmp_path, photo):
    Image.fromarray(photo[:, :, 0]).save(tmp_path / 'a.png')
    pixels = imagery.read_image(tmp_path / 'a.png')
    np.testing.assert_array_equal(pixels, np.stack([photo[:, :, 0]] * 3, axis=-1))


def test_transparent_parts_become_black(tmp_path, photo):
    alpha = np.full((40, 60, 1), 255, np.uint8)
    alpha[:, 30:] = 0
    rgba = np.concatenate([photo, alpha], axis=-1)
    Image.fromarray(rgba).save(tmp_path / 'a.png')
    expected = photo.copy()
    expected[:, 30:] = 0
    np.testing.assert_array_equal(imagery.read_image(tmp_path / 'a.png'), expected)
    np.testing.assert_array_equal(imagery.as_rgb(rgba), expected)


def test_cmyk_and_palette_are_converted(tmp_path):
    red = Image.new('RGB', (20, 30), (255, 0, 0))
    red.convert('CMYK').save(tmp_path / 'cmyk.jpg', quality=100)
    red.convert('P').save(tmp_path / 'palette.png')
    for name in ('cmyk.jpg', 'palette.png'):
        pixels = imagery.read_image(tmp_path / name)
        assert pixels.shape == (30, 20, 3)
        assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 4


def test_pil_images_and_arrays_are_taken(photo):
    np.testing.assert_array_equal(imagery.as_rgb(Image.fromarray(photo)), photo)
    assert imagery.as_rgb(photo) is photo
    np.testing.assert_array_equal(imagery.as_rgb(photo.astype(np.uint16) * 257), photo)
    grey = photo[:, :, :1]
    np.testing.assert_array_equal(imagery.as_rgb(grey), np.concatenate([grey] * 3, axis=-1))
    np.testing.assert_array_equal(imagery.as_rgb(grey[:, :, 0]), imagery.as_rgb(grey))


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        (np.zeros((20, 20, 3), np.float32), 'float32'),
        (np.zeros((20, 20, 2), np.uint8), r'\(20, 20, 2\)'),
        (np.zeros(20, np.uint8), r'\(20,\)'),
        (np.zeros((0, 0, 3), np.uint8), '0 x 0 px'),
        (np.zeros((1, 300, 3), np.uint8), '300 x 1 px'),
        (Image.new('RGB', (300, 1)), '300 x 1 px'),
        (Image.new('F', (20, 20)), 'mode F'),
        (Image.fromarray(np.full((20, 20), 70000, np.int32)), '70000'),
        (3, 'int'),
        (None, 'NoneType'),
    ],
)
def test_unusable_images_are_refused(image, message):
    with pytest.raises(ImageError, match=message):
        imagery.as_rgb(image)


@pytest.mark.parametrize('kind', ['jpg', 'png', 'tif', 'webp'])
def test_truncated_file_is_refused(tmp_path, photo, kind):
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    path = tmp_path / f'a.{kind}'
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    for share in (0.05, 0.5, 0.95):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ImageError, match=f'a.{kind}'):
            imagery.read_image(path)


@pytest.mark.parametrize(
    ('width', 'height', 'message'),
    [
        (20_000, 10_000, '200000000 pixels'),
        (12_000, 10_000, '120 megapixels'),
        (60_000, 1, '60000 x 1 px'),
    ],
)
@pytest.mark.filterwarnings('ignore::PIL.Image.DecompressionBombWarning')
def test_size_is_refused_from_the_header(tmp_path, width, height, message):
    (tmp_path / 'a.png').write_bytes(png(width, height, 8, b''))
    with pytest.raises(ImageError, match=message):
        imagery.read_image(tmp_path / 'a.png')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', '0 bytes'),
        (b'not an image at all', 'not an image'),
        (b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n', 'not an image'),
        (None, 'No such file'),
    ],
)
def test_files_that_are_no_image_are_refused(tmp_path, content, message):
    path = tmp_path / 'a.jpg'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match=message):
        imagery.read_image(path)
    with pytest.raises(ImageError, match='Is a directory'):
        imagery.read_image(tmp_path)


def test_first_image_of_a_stereo_jpeg_is_taken(tmp_path, photo):
    # DJI cameras write MPO: a JPEG followed by more JPEGs.
    first, second = Image.fromarray(photo), Image.new('RGB', (60, 40))
    path = tmp_path / 'a.jpg'
    first.save(path, format='MPO', save_all=True, append_images=[second], quality=95)
    assert np.abs(imagery.read_image(path).astype(int) - photo).mean() < 3


@pytest.mark.filterwarnings('ignore::UserWarning')
def test_damaged_bytes_give_an_image_or_an_image_error(tmp_path, photo):
    rng = np.random.default_rng(1)
    for kind in ('jpg', 'png', 'tif', 'webp', 'bmp', 'gif', 'ppm'):
        Image.fromarray(photo).save(tmp_path / f'whole.{kind}')
        whole = np.frombuffer((tmp_path / f'whole.{kind}').read_bytes(), np.uint8)
        for _ in range(40):
            damaged = whole.copy()
            places = rng.integers(0, min(len(damaged), 200), 5)
            damaged[places] = rng.integers(0, 256, 5)
            (tmp_path / 'a').write_bytes(damaged.tobytes())
            try:
                assert imagery.read_image(tmp_path / 'a').dtype == np.uint8
            except ImageError as error:
                assert '\n' not in str(error)
