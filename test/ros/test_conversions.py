# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Messages against pixels and bytes worked out by hand."""

import struct

from localizer_peer import read_cloud
import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visual_navsat.errors import ImageError
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.fix import position_from_fix
from visual_navsat.messages.images import ENCODINGS
from visual_navsat.ros import conversions
from visual_navsat.ros.conversions import (
    candidates_message,
    fix_message,
    NO_TILE,
    rgb_from_image,
    rgb_from_message,
)


def make_image(encoding, data, width, height, step, **fields):
    return Image(
        encoding=encoding, data=bytes(data), width=width, height=height, step=step, **fields
    )


@pytest.mark.parametrize(
    ('encoding', 'data', 'expected'),
    [
        ('mono8', [10, 200], [(10, 10, 10), (200, 200, 200)]),
        ('8UC1', [10, 200], [(10, 10, 10), (200, 200, 200)]),
        ('rgb8', [1, 2, 3, 4, 5, 6], [(1, 2, 3), (4, 5, 6)]),
        ('bgr8', [1, 2, 3, 4, 5, 6], [(3, 2, 1), (6, 5, 4)]),
        ('8UC3', [1, 2, 3, 4, 5, 6], [(3, 2, 1), (6, 5, 4)]),
        ('rgba8', [1, 2, 3, 99, 4, 5, 6, 99], [(1, 2, 3), (4, 5, 6)]),
        ('bgra8', [1, 2, 3, 99, 4, 5, 6, 99], [(3, 2, 1), (6, 5, 4)]),
    ],
)
def test_each_pixel_lands_where_its_encoding_says(encoding, data, expected):
    message = make_image(encoding, data, width=2, height=1, step=len(data))
    assert rgb_from_image(message).tolist() == [[list(pixel) for pixel in expected]]


@pytest.mark.parametrize(('is_bigendian', 'layout'), [(0, '<2H'), (1, '>2H')])
def test_mono16_honours_endianness_and_scales_the_full_range(is_bigendian, layout):
    data = struct.pack(layout, 257 * 10, 65535)
    message = make_image('mono16', data, 2, 1, step=4, is_bigendian=is_bigendian)
    assert rgb_from_image(message).tolist() == [[[10, 10, 10], [255, 255, 255]]]


def test_padding_after_each_row_is_not_shown():
    message = make_image('rgb8', [1, 2, 3, 99, 99, 4, 5, 6, 99, 99], width=1, height=2, step=5)
    assert rgb_from_image(message).tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_mosaic_of_one_colour_gives_that_colour(pattern):
    colour = {'r': 200, 'g': 120, 'b': 30}
    mosaic = np.tile([[colour[pattern[0]], colour[pattern[1]]]], (1, 4)).repeat(8, axis=0)
    mosaic[1::2] = np.tile([colour[pattern[2]], colour[pattern[3]]], 4)
    message = make_image(f'bayer_{pattern}8', mosaic.astype(np.uint8).tobytes(), 8, 8, step=8)
    np.testing.assert_array_equal(rgb_from_image(message), np.full((8, 8, 3), (200, 120, 30)))


@pytest.mark.parametrize(
    ('encoding', 'order'),
    [('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv')],
)
def test_yuv422_follows_bt601(encoding, order):
    luma, u, v = (81, 145), 90, 240
    lumas = iter(luma)
    data = [{'u': u, 'v': v}.get(letter) or next(lumas) for letter in order]
    expected = [
        (
            1.164 * (y - 16) + 1.596 * (v - 128),
            1.164 * (y - 16) - 0.392 * (u - 128) - 0.813 * (v - 128),
            1.164 * (y - 16) + 2.017 * (u - 128),
        )
        for y in luma
    ]
    rgb = rgb_from_image(make_image(encoding, data, width=2, height=1, step=4))
    np.testing.assert_allclose(rgb[0], np.clip(expected, 0, 255), atol=2)


@pytest.mark.parametrize(
    ('message', 'words'),
    [
        (make_image('thermal', b'', 2, 2, 2), "encoding 'thermal' is not known"),
        (make_image('rgb8', b'', 0, 2, 0), '0 x 2 px'),
        (make_image('rgb8', b'', 2, 0, 6), '2 x 0 px'),
        (make_image('rgb8', bytes(10), 2, 2, 5), 'step is 5 bytes, but a row of 2 rgb8'),
        (make_image('mono16', bytes(8), 3, 1, 5), 'takes 6'),
        (make_image('rgb8', bytes(11), 2, 2, 6), 'data is 11 bytes, but 2 rows of step 6 take 12'),
        (make_image('yuv422', bytes(6), 3, 1, 6), '3 px wide'),
    ],
)
def test_message_that_contradicts_itself_is_refused_with_its_numbers(message, words):
    with pytest.raises(ImageError, match=words) as caught:
        rgb_from_message(message)
    assert '\n' not in str(caught.value)


# What every cv_bridge converts to rgb8. Of 16 bits it shows the upper 8 whatever the camera has;
# of Bayer mosaics it copies the edge differently in some versions.
BRIDGED = ('mono8', 'rgb8', 'bgr8', 'rgba8', 'bgra8', 'mono16', 'rgb16', 'bgr16', 'yuv422')


@pytest.mark.skipif(conversions.CvBridge is None, reason='cv_bridge is not installed')
@pytest.mark.parametrize('encoding', BRIDGED)
def test_cv_bridge_agrees_with_our_own_conversion(encoding):
    step = ENCODINGS[encoding].row_bytes(32)  # it shears padded rows
    data = np.random.default_rng(0).integers(0, 256, 32 * step, np.uint8).tobytes()
    message = make_image(encoding, data, width=32, height=32, step=step)
    try:
        theirs = conversions.CvBridge().imgmsg_to_cv2(message, 'rgb8')
    except Exception as error:
        pytest.skip(f'this cv_bridge does not convert {encoding}: {error!r}')
    ours = rgb_from_message(message)
    np.testing.assert_allclose(ours.astype(int), theirs.astype(int), atol=2)


class FailingBridge:
    """Stands for a cv_bridge that stumbles, as it does over padded rows and under numpy 2."""

    def imgmsg_to_cv2(self, message, encoding):
        raise RuntimeError(f'no {encoding}\nfrom {message.encoding}')


def test_cv_bridge_is_not_asked_for_what_we_know(monkeypatch):
    monkeypatch.setattr(conversions, 'CvBridge', FailingBridge)
    rows = np.arange(2 * 7, dtype=np.uint8).reshape(2, 7)  # 2 pixels and a byte of padding
    rgb = rgb_from_message(make_image('rgb8', rows.tobytes(), 2, 2, 7))
    np.testing.assert_array_equal(rgb, rows[:, :6].reshape(2, 2, 3))
    big_endian = np.array([[0, 65535]], '>u2').tobytes()
    mono = rgb_from_message(make_image('mono16', big_endian, 2, 1, 4, is_bigendian=1))
    assert mono[0, :, 0].tolist() == [0, 255]


def test_what_cv_bridge_stumbles_over_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(conversions, 'CvBridge', FailingBridge)
    with pytest.raises(ImageError, match='RuntimeError: no rgb8 from thermal') as caught:
        rgb_from_message(make_image('thermal', bytes(4), 2, 2, 2))
    assert '\n' not in str(caught.value)


def test_fix_carries_position_covariance_and_the_image_header():
    header = Header(frame_id='camera')
    header.stamp.sec, header.stamp.nanosec = 12, 34
    covariance = np.arange(9.0).reshape(3, 3) + 1
    fix = fix_message(header, PositionEstimate(47.5, 8.25, covariance), altitude_m=0.0)
    assert (fix.header.stamp.sec, fix.header.stamp.nanosec) == (12, 34)
    assert (fix.header.frame_id, fix.latitude, fix.longitude, fix.altitude) == (
        'camera', 47.5, 8.25, 0.0,
    )  # fmt: skip
    assert (fix.status.status, fix.status.service, fix.position_covariance_type) == (0, 0, 1)
    assert fix.position_covariance.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    with_altitude = PositionEstimate(47.5, 8.25, covariance, altitude_m=430.0)
    assert fix_message(header, with_altitude, altitude_m=0.0).altitude == 430.0


def test_no_fix_holds_no_number_that_could_be_taken_for_a_position():
    fix = fix_message(Header(frame_id='camera'), Refusal('dark'), altitude_m=0.0)
    assert np.isnan([fix.latitude, fix.longitude, fix.altitude]).all()
    assert (fix.status.status, fix.status.service, fix.position_covariance_type) == (-1, 0, 0)


def test_candidates_are_points_with_metres_from_the_first():
    # On the equator, 0.001 degrees are 111.319 m to the east and 110.574 m to the north.
    candidates = [
        Candidate(
            1, 0.75, 0.0005, 10.0005, 271.5, 0.125, filename='a', tile_index=7, similarity=0.5,
            retrieval_rank=4,
        ),
        Candidate(2, 0.125, 0.0005, 10.0, 10.0, 0.25),  # in no ranked tile
        Candidate(
            3, None, 0.0015, 10.0015, filename='b', tile_index=3, similarity=0.25,
            retrieval_rank=1,
        ),
    ]  # fmt: skip
    cloud = candidates_message(Header(frame_id='camera'), candidates)
    assert (cloud.width, cloud.height, len(cloud.data)) == (3, 1, 3 * cloud.point_step)
    points = read_cloud(cloud)
    assert points['rank'].tolist() == [1, 2, 3]
    assert points['probability'] == pytest.approx([0.75, 0.125, np.nan], nan_ok=True)
    assert points['heading'] == pytest.approx([271.5, 10.0, np.nan], nan_ok=True)
    assert points['gsd'] == pytest.approx([0.125, 0.25, np.nan], nan_ok=True)
    assert points['similarity'] == pytest.approx([0.5, np.nan, 0.25], nan_ok=True)
    assert points['retrieval_rank'].tolist() == [4, 0, 1]
    assert points['tile_index'].tolist() == [7, NO_TILE, 3]
    assert points['latitude'] == pytest.approx([0.0005, 0.0005, 0.0015])
    assert points['longitude'] == pytest.approx([10.0005, 10.0, 10.0015])
    assert points['east'] == pytest.approx([0.0, -55.66, 111.319], abs=0.01)
    assert points['north'] == pytest.approx([0.0, 0.0, 110.574], abs=0.01)


@pytest.mark.parametrize('known', [True, False])
def test_a_fix_comes_back_as_the_position_that_it_is(known):
    position = PositionEstimate(46.5, 7.9, np.diag([4.0, 9.0, 16.0]), 500.0)
    fix = fix_message(Header(), position if known else None, 0.0)
    back = position_from_fix(fix)
    if not known:
        assert back == Refusal('no_fix')
        return
    assert (back.latitude, back.longitude, back.altitude_m) == (46.5, 7.9, 500.0)
    np.testing.assert_array_equal(back.covariance_enu_m2, position.covariance_enu_m2)


def test_no_candidates_are_an_empty_cloud():
    cloud = candidates_message(Header(), [])
    assert (cloud.width, cloud.row_step, len(cloud.data)) == (0, 0, 0)
