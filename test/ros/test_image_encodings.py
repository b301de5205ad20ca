# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Raw images of every encoding against references written from each format's definition."""

import itertools
from pathlib import Path
import re

import numpy as np
import pytest
from sensor_msgs.msg import Image
from visual_navsat.errors import ImageError
from visual_navsat.messages.images import ENCODINGS, rgb_from_image

H, W = 18, 24
RNG = np.random.default_rng(5)


def make_image(encoding, rows, width, height=None, **fields):
    """Return an Image of (height, step) uint8 rows."""
    rows = np.ascontiguousarray(rows)
    return Image(
        encoding=encoding,
        width=width,
        height=len(rows) if height is None else height,
        step=rows.shape[1],
        data=rows.tobytes(),
        **fields,
    )


def rows_of(samples, is_bigendian=False, padding=0):
    """Return (H, W[, C]) samples as (H, step) bytes with padding that shows if it is read."""
    swapped = samples.astype(samples.dtype.newbyteorder('>' if is_bigendian else '<'))
    rows = swapped.reshape(len(samples), -1).view(np.uint8)
    return np.pad(rows, ((0, 0), (0, padding)), constant_values=173)


def smooth_rgb(height=H, width=W):
    """Return uint8 that interpolation reproduces but for rounding."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([40 + 5 * x, 200 - 6 * y, 30 + 2 * x + 3 * y], axis=-1).astype(np.uint8)


ORDERS = {'rgb': [0, 1, 2], 'bgr': [2, 1, 0], 'rgba': [0, 1, 2, 3], 'bgra': [2, 1, 0, 3]}
DEPTHS = {'8': (np.uint8, 1), '16': (np.uint16, 257)}


@pytest.mark.parametrize('padding', [0, 1, 7])
@pytest.mark.parametrize('is_bigendian', [False, True])
@pytest.mark.parametrize(('order', 'depth'), list(itertools.product(ORDERS, DEPTHS)))
def test_colour_of_either_depth_order_and_padding(order, depth, is_bigendian, padding):
    kind, factor = DEPTHS[depth]
    rgb = RNG.integers(0, 256, (H, W, 3), np.uint8)
    rgb[0, 0] = 255  # full scale
    rgba = np.dstack([rgb, RNG.integers(0, 256, (H, W), np.uint8)])
    samples = rgba[:, :, ORDERS[order]].astype(kind) * kind(factor)
    rows = rows_of(samples, is_bigendian, padding)
    read = rgb_from_image(make_image(order + depth, rows, W, is_bigendian=is_bigendian))
    assert read.flags.c_contiguous and read.flags.writeable
    np.testing.assert_array_equal(read, rgb)


@pytest.mark.parametrize(
    ('untyped', 'typed'),
    [
        *(('8UC1', 'mono8'), ('8UC3', 'bgr8'), ('8UC4', 'bgra8')),
        *(('16UC1', 'mono16'), ('16UC3', 'bgr16'), ('16UC4', 'bgra16')),
    ],
)
def test_matrices_that_say_no_colour_are_grey_or_bgr(untyped, typed):
    rows = RNG.integers(0, 256, (H, 8 * W), np.uint8)
    expected = rgb_from_image(make_image(typed, rows, W))
    np.testing.assert_array_equal(rgb_from_image(make_image(untyped, rows, W)), expected)


@pytest.mark.parametrize('encoding', ['mono16', '16UC1'])
@pytest.mark.parametrize('bits', [10, 12, 14, 16])
def test_white_of_sixteen_bits_is_that_of_the_camera(encoding, bits):
    samples = RNG.integers(0, 2**bits, (H, W), np.uint16)
    samples[0, :2] = 2**bits - 1, 0
    read = rgb_from_image(make_image(encoding, rows_of(samples), W))
    np.testing.assert_array_equal(read[:, :, 0], np.rint(samples / (2**bits - 1) * 255))
    assert (read == read[:, :, :1]).all()


def test_alpha_does_not_say_how_deep_a_camera_is():
    samples = RNG.integers(0, 4096, (H, W, 4), np.uint16)
    samples[0, 0, 0], samples[:, :, 3] = 4095, 65535
    read = rgb_from_image(make_image('rgba16', rows_of(samples), W))
    np.testing.assert_array_equal(read, np.rint(samples[:, :, :3] / 4095 * 255))


def test_a_dark_frame_stays_dark():
    samples = RNG.integers(0, 30, (H, W), np.uint16)  # of a camera with 10 bits or more
    assert rgb_from_image(make_image('mono16', rows_of(samples), W)).max() < 10


def demosaic(mosaic, pattern):
    """Return bilinear interpolation: the mean of the samples of a colour in 3 x 3 pixels."""
    sums, counts = np.zeros((2, *mosaic.shape, 3))
    y, x = np.indices(mosaic.shape)
    colour = np.array(['rgb'.index(letter) for letter in pattern])[2 * (y % 2) + x % 2]
    for dy, dx in itertools.product((-1, 0, 1), repeat=2):
        inside = np.zeros(mosaic.shape, bool)
        inside[1:-1, 1:-1] = True
        ys, xs = y[inside] + dy, x[inside] + dx
        channel = colour[ys, xs]
        # Of its own colour a pixel has a sample; of green beside it only the four nearest count.
        own = colour[y[inside], x[inside]]
        counts_here = np.where(channel == own, (dy, dx) == (0, 0), True)
        np.add.at(
            sums, (y[inside], x[inside], channel), np.where(counts_here, mosaic[ys, xs], 0.0)
        )
        np.add.at(counts, (y[inside], x[inside], channel), counts_here)
    return (sums / np.maximum(counts, 1))[1:-1, 1:-1]


@pytest.mark.parametrize('is_bigendian', [False, True])
@pytest.mark.parametrize('depth', ['8', '16'])
@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_of_either_depth_is_interpolated(pattern, depth, is_bigendian):
    kind, factor = DEPTHS[depth]
    mosaic = RNG.integers(0, 256, (H, W), np.uint8)
    mosaic[0, 0] = 255
    rows = rows_of(mosaic.astype(kind) * kind(factor), is_bigendian, padding=3)
    encoding = f'bayer_{pattern}{depth}'
    read = rgb_from_image(make_image(encoding, rows, W, is_bigendian=is_bigendian))
    np.testing.assert_allclose(read[1:-1, 1:-1], demosaic(mosaic, pattern), atol=1)  # rounding


def yuv_from_rgb(rgb):
    """Return BT.601 of limited range, unrounded: its definition, the other way round from ours."""
    r, g, b = np.moveaxis(rgb.astype(float) / 255, -1, 0)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    return np.stack(
        [16 + 219 * luma, 128 + 112 * (b - luma) / 0.886, 128 + 112 * (r - luma) / 0.701], axis=-1
    )


def shared(plane, group_rows, group_columns):
    """Return the mean of each group of pixels; groups at the edge may be smaller."""
    height, width = plane.shape
    rows, columns = -(-height // group_rows), -(-width // group_columns)
    padding = (0, rows * group_rows - height), (0, columns * group_columns - width)
    padded = np.pad(plane, padding, 'edge')
    return padded.reshape(rows, group_rows, columns, group_columns).mean(axis=(1, 3))


def pairs_rows(rgb, order):
    """Return rows of YUV 4:2:2 in one plane."""
    luma, u, v = np.moveaxis(yuv_from_rgb(rgb), -1, 0)
    u, v = shared(u, 1, 2), shared(v, 1, 2)
    luma = np.pad(luma, ((0, 0), (0, luma.shape[1] % 2)), 'edge')
    parts = {'u': u, 'v': v}
    lumas = iter((luma[:, ::2], luma[:, 1::2]))
    samples = [parts[letter] if letter in parts else next(lumas) for letter in order]
    return np.rint(np.stack(samples, axis=-1)).astype(np.uint8).reshape(len(rgb), -1)


def planes_rows(rgb, group, order, step):
    """Return a plane of luma and one of chroma as bytes, each row padded to its step."""
    yuv = yuv_from_rgb(rgb)
    chroma = np.stack([shared(yuv[:, :, 'yuv'.index(c)], group, group) for c in order], axis=-1)
    chroma = np.rint(chroma).astype(np.uint8).reshape(len(chroma), -1)
    luma = np.rint(yuv[:, :, 0]).astype(np.uint8)
    steps = step, max(2 * step // group, chroma.shape[1])
    return b''.join(
        np.pad(plane, ((0, 0), (0, wide - plane.shape[1])), constant_values=173).tobytes()
        for plane, wide in zip((luma, chroma), steps, strict=True)
    )


# Two roundings, each to a whole step of 1 / 219, and chroma that two or four pixels share.
YUV_TOLERANCE = 8


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('width', [W, W - 1])
@pytest.mark.parametrize(
    ('encoding', 'order'),
    [('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv')],
)
def test_yuv_in_pairs_of_any_width(encoding, order, width, padding):
    rgb = smooth_rgb(H, width)
    rows = np.pad(pairs_rows(rgb, order), ((0, 0), (0, padding)), constant_values=173)
    read = rgb_from_image(make_image(encoding, rows, width))
    assert read.shape == rgb.shape and read.flags.c_contiguous
    np.testing.assert_allclose(read.astype(int), rgb.astype(int), atol=YUV_TOLERANCE)


@pytest.mark.parametrize('padding', [0, 8])
@pytest.mark.parametrize(('height', 'width'), [(H, W), (H - 1, W), (H, W - 1), (H - 1, W - 1)])
@pytest.mark.parametrize(
    ('encoding', 'group', 'order'), [('nv12', 2, 'uv'), ('nv21', 2, 'vu'), ('nv24', 1, 'uv')]
)
def test_yuv_in_two_planes_of_any_size(encoding, group, order, height, width, padding):
    rgb, step = smooth_rgb(height, width), width + padding
    data = planes_rows(rgb, group, order, step)
    message = Image(encoding=encoding, width=width, height=height, step=step, data=data)
    read = rgb_from_image(message)
    assert read.shape == rgb.shape and read.flags.c_contiguous
    np.testing.assert_allclose(read.astype(int), rgb.astype(int), atol=YUV_TOLERANCE)
    with pytest.raises(ImageError, match=f'data is {len(data) - 1} bytes, but {height} rows'):
        message.data = data[:-1]
        rgb_from_image(message)


@pytest.mark.parametrize(('step', 'encoding'), [(W * 3 // 2, 'nv12'), (2 * W, 'nv21')])
def test_a_step_over_both_planes_is_understood(step, encoding):
    order = {'nv12': 'uv', 'nv21': 'vu'}[encoding]
    data = planes_rows(smooth_rgb(), 2, order, W)
    message = Image(encoding=encoding, width=W, height=H, step=step, data=data)
    np.testing.assert_allclose(rgb_from_image(message), smooth_rgb(), atol=YUV_TOLERANCE)


@pytest.mark.parametrize('is_bigendian', [False, True])
@pytest.mark.parametrize(
    ('low', 'high', 'expected'),
    [
        (0.0, 1.0, lambda v: v * 255),
        (0.0, 255.0, lambda v: v),
        (283.0, 311.0, lambda v: (v - 283.0) / 28.0 * 255),  # a thermal camera in kelvin
        (-5.0, 5.0, lambda v: (v + 5.0) / 10.0 * 255),
    ],
)
def test_floats_of_any_range(low, high, expected, is_bigendian):
    samples = RNG.uniform(low, high, (H, W, 3)).astype(np.float32)
    samples[0, :2, 0] = low, high
    for encoding, part in (('32FC3', samples), ('32FC1', samples[:, :, :1])):
        rows = rows_of(part, is_bigendian, padding=2)
        read = rgb_from_image(make_image(encoding, rows, W, is_bigendian=is_bigendian))
        values = np.broadcast_to(part[:, :, ::-1].astype(float), (H, W, 3))
        np.testing.assert_allclose(read, expected(values), atol=0.51)  # rounding


def test_what_is_not_finite_is_black_and_does_not_stretch_the_rest():
    samples = RNG.uniform(0.0, 1.0, (H, W)).astype(np.float32)
    samples[1, :4] = np.nan, np.inf, -np.inf, np.nan
    read = rgb_from_image(make_image('32FC1', rows_of(samples), W))[:, :, 0]
    assert read[1, :4].tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(read[2:], samples[2:] * 255, atol=0.51)
    with pytest.raises(ImageError, match='no finite value'):
        rgb_from_image(make_image('32FC1', rows_of(np.full((H, W), np.nan, np.float32)), W))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_every_encoding_survives_any_bytes(encoding):
    for fill in (0, 127):  # 255 is NaN as a float
        message = make_image(encoding, np.full((3 * H, 16 * W), fill, np.uint8), W, H)
        assert rgb_from_image(message).shape == (H, W, 3)
    noise = make_image(encoding, RNG.integers(0, 256, (3 * H, 16 * W), np.uint8), W, H)
    assert rgb_from_image(noise).dtype == np.uint8


def test_a_giant_is_refused_before_it_is_converted():
    message = Image(encoding='mono8', width=2**32 - 1, height=2**32 - 1, step=2**32 - 1)
    with pytest.raises(ImageError, match='megapixels'):
        rgb_from_image(message)


def test_the_pages_name_every_encoding():
    page = (Path(__file__).resolve().parents[2] / 'docs/flying.md').read_text()
    images = page.partition('### The images')[2].partition('### The fix')[0]
    named = set(re.findall(r'`(\w+)`', images))
    named |= {word.replace('8', '16') for word in named if word.startswith('bayer')}
    assert set(ENCODINGS) <= named
