# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Compressed images as drivers and image_transport write them."""

import io
import re
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import PIL.Image
import pytest
from sensor_msgs.msg import CompressedImage
from visual_navsat.errors import ImageError
from visual_navsat.ros.conversions import rgb_from_message

H, W = 48, 80
JPEG_TOLERANCE = 4.0  # mean grey levels of a smooth image, quality 95


def smooth_rgb():
    """Return (H, W, 3) uint8 with a different colour in each corner."""
    y, x = np.mgrid[0:H, 0:W]
    return np.stack([3 * x, 5 * y, 250 - 2 * x - y], axis=-1).astype(np.uint8)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(data, stated):
    return rgb_from_message(CompressedImage(format=stated, data=data)).astype(int)


def mean_error(rgb, expected):
    assert rgb.shape == expected.shape
    return np.abs(rgb - expected.astype(int)).mean()


PHOTO = PIL.Image.fromarray(smooth_rgb())


@pytest.mark.parametrize(
    ('stated', 'kind', 'options'),
    [
        ('jpeg', 'JPEG', {'quality': 95}),
        ('jpg', 'JPEG', {'quality': 95, 'progressive': True}),
        ('JPEG', 'JPEG', {'quality': 95, 'subsampling': 0}),
        ('rgb8; jpeg compressed bgr8', 'JPEG', {'quality': 95}),
        ('bgr8; jpeg compressed bgr8', 'JPEG', {'quality': 95}),
        ('bayer_rggb8; jpeg compressed bgr8', 'JPEG', {'quality': 95}),
        ('mjpeg', 'JPEG', {'quality': 95}),
        ('', 'JPEG', {'quality': 95}),
        ('png', 'PNG', {}),
        ('rgb8; png compressed bgr8', 'PNG', {}),
        ('jpeg', 'PNG', {}),  # the content decides
        ('webp', 'WEBP', {'lossless': True}),
        ('webp', 'WEBP', {'quality': 95}),
        ('bgr8; tiff compressed bgr8', 'TIFF', {}),
        ('bmp', 'BMP', {}),
    ],
)
def test_formats_of_drivers(stated, kind, options):
    tolerance = JPEG_TOLERANCE if options else 0.0
    assert mean_error(decoded(encoded(PHOTO, kind, **options), stated), smooth_rgb()) <= tolerance


def test_grey_and_cmyk():
    grey = PHOTO.convert('L')
    expected = np.repeat(np.asarray(grey)[:, :, np.newaxis], 3, axis=2)
    assert mean_error(decoded(encoded(grey, 'PNG'), 'mono8; png compressed '), expected) == 0.0
    jpeg = encoded(grey, 'JPEG', quality=95)
    assert mean_error(decoded(jpeg, 'mono8; jpeg compressed '), expected) <= JPEG_TOLERANCE
    cmyk = encoded(PHOTO.convert('CMYK'), 'JPEG', quality=95)
    assert mean_error(decoded(cmyk, 'jpeg'), smooth_rgb()) <= JPEG_TOLERANCE


def test_a_mosaic_that_was_compressed_as_it_came():
    mosaic = np.tile(np.array([[200, 120], [120, 30]], np.uint8), (H // 2, W // 2))
    for factor, depth in ((1, 8), (257, 16)):
        data = encoded(PIL.Image.fromarray(mosaic.astype(f'u{depth // 8}') * factor), 'PNG')
        rgb = decoded(data, f'bayer_rggb{depth}; png compressed ')
        np.testing.assert_allclose(rgb, np.full((H, W, 3), (200, 120, 30)), atol=1)


@pytest.mark.parametrize('bits', [10, 12, 16])
def test_sixteen_bits_are_those_of_the_camera(bits):
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 2**bits, (H, W, 3), np.uint16)
    samples[0, 0] = 2**bits - 1
    expected = np.rint(samples / (2**bits - 1) * 255)
    grey = cv2.imencode('.png', samples[:, :, 0])[1].tobytes()
    rgb = decoded(grey, '16UC1; png compressed ')
    np.testing.assert_array_equal(rgb, np.repeat(expected[:, :, :1], 3, axis=2))
    colour = cv2.imencode('.png', samples[:, :, ::-1])[1].tobytes()
    np.testing.assert_array_equal(decoded(colour, 'rgb16; png compressed bgr16'), expected)


def test_floats_in_a_tiff():
    samples = np.linspace(0.0, 1.0, H * W, dtype=np.float32).reshape(H, W)
    rgb = decoded(encoded(PIL.Image.fromarray(samples), 'TIFF'), '32FC1; tiff compressed ')
    np.testing.assert_allclose(rgb[:, :, 0], samples * 255, atol=0.51)  # rounding


@pytest.mark.parametrize('depth', [8, 16])
def test_transparent_parts_are_black(depth):
    alpha = np.full((H, W, 1), 255, np.uint8)
    alpha[:, slice(W // 2, None)] = 0
    expected = smooth_rgb() * (alpha > 0)
    bgra = np.concatenate([smooth_rgb()[:, :, ::-1], alpha], axis=-1)
    if depth == 16:
        bgra = bgra.astype(np.uint16) * 257
    data = cv2.imencode('.png', bgra)[1].tobytes()
    np.testing.assert_allclose(decoded(data, 'bgra8; png compressed bgra8'), expected, atol=1)


@pytest.mark.parametrize('orientation', range(2, 9))
def test_pixels_are_as_stored_whatever_exif_says(orientation):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = encoded(PHOTO, 'JPEG', quality=95, exif=exif)
    assert mean_error(decoded(data, 'jpeg'), smooth_rgb()) <= JPEG_TOLERANCE


def png_of(width, height, num_bytes=100):
    """Return a PNG that claims a size, with so many bytes of pixels."""
    blocks = [
        (b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)),
        (b'IDAT', zlib.compress(bytes(num_bytes))),
        (b'IEND', b''),
    ]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + tag + data + struct.pack('>I', zlib.crc32(tag + data))
        for tag, data in blocks
    )


JPEG = encoded(PHOTO, 'JPEG')


@pytest.mark.parametrize(
    ('stated', 'data', 'words'),
    [
        ('jpeg', b'', 'empty'),
        ('jpeg', b'not a picture', "13 bytes, format 'jpeg', cannot be read"),
        ('jpeg', bytes(5000), 'cannot be read'),
        ('jpeg', JPEG[:-20], 'damaged'),
        ('jpeg', JPEG[:200], 'cannot be read'),
        ('jpeg', JPEG[4:], 'cannot be read'),
        ('16UC1; compressedDepth png', bytes(12) + encoded(PHOTO, 'PNG'), 'holds distances'),
        ('16UC1; compressedDepth', bytes(12) + encoded(PHOTO, 'PNG'), 'holds distances'),
        ('16UC1; compressedDepth rvl', bytes(40), 'holds distances'),
        *((name, bytes(40), 'is video') for name in ('h264', 'H.265', 'hevc', 'av1', 'vp9')),
        ('', b'\0\0\0\1\x67' + bytes(40), 'is video'),
        ('png', png_of(12_000, 10_000, 10**8), '120 megapixels'),
        ('png', png_of(9_000, 10_000), 'claims 9000 x 10000 px'),
        ('png', png_of(30_000, 10_000), 'too large'),
        ('png', png_of(2**31 - 1, 2**31 - 1), None),
        ('png', png_of(60_000, 1), '60000 x 1 px'),
        ('png', png_of(300, 200), 'damaged'),
        ('a\nb' * 1000, b'nothing', 'cannot be read'),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(stated, data, words):
    with pytest.raises(ImageError, match=words) as caught:
        decoded(data, stated)
    assert '\n' not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize('size', [(9_000, 10_000), (12_000, 10_000), (30_000, 10_000)])
def test_a_giant_header_costs_no_memory(size):
    data = png_of(*size)
    tracemalloc.start()
    with pytest.raises(ImageError):
        decoded(data, 'png')
    assert tracemalloc.get_traced_memory()[1] < 1e7  # bytes
    tracemalloc.stop()


def test_a_black_frame_is_no_giant():
    black = PIL.Image.new('L', (3000, 2000))
    assert decoded(encoded(black, 'PNG'), 'png').max() == 0


@pytest.mark.filterwarnings('ignore::UserWarning')
def test_damaged_bytes_give_an_image_or_one_line():
    rng = np.random.default_rng(1)
    deep = cv2.imencode('.png', rng.integers(0, 4096, (H, W, 3), np.uint16))[1].tobytes()
    for whole in (JPEG, deep, *(encoded(PHOTO, kind) for kind in ('PNG', 'WEBP', 'TIFF'))):
        for _ in range(40):
            damaged = np.frombuffer(whole, np.uint8).copy()
            places = rng.integers(0, min(len(damaged), 300), 5)
            damaged[places] = rng.integers(0, 256, 5)
            try:
                assert decoded(damaged.tobytes(), 'jpeg').shape[2] == 3
            except ImageError as error:
                assert re.fullmatch('.*', str(error))
