# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The picture of an answer, against a map whose every pixel is known."""

import numpy as np
import pytest
from report_world import painted
from std_msgs.msg import Header
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.retrieval.result import RetrievalResult
from visual_navsat.ros.conversions import image_message
from visual_navsat.ros.debug_image import draw_answer, PANEL_PX

SIZE = (320, 240)
TEXT_PX = 3 * 24
LOST = Refusal('lost', 'the likeliest place holds 40% of the belief')


@pytest.fixture(scope='module')
def imagery(small_map):
    images = {tile: small_map.tile_image(number) for number, tile in enumerate(small_map.tiles)}
    return painted(small_map.tiles, images.get)


def answered(place, position=LOST, tiles=(), tracked=LOST):
    candidates = () if place is None else (place,)
    return Answer(
        position, candidates=candidates, ranked_tiles=tuple(tiles), found_by='search',
        tracked=tracked,
    )  # fmt: skip


def placed(lat, long, heading_deg, gsd_m_per_px):
    return Candidate(1, 0.9, lat, long, heading_deg, gsd_m_per_px, lat, long)


def view_of_the_ground(small_map, left, top, quarter_turns):
    """Return a piece of the map as a photo, and where it is placed rightly."""
    piece = small_map.ground[top:, left:][: SIZE[1], : SIZE[0]]
    frame = LocalFrame(small_map.tiles[0].top_left_lat, small_map.tiles[0].top_left_long)
    gsd = 0.5  # of this map
    middle = np.array([left + SIZE[0] / 2, -(top + SIZE[1] / 2)]) * gsd
    lat, long = map(float, frame.geodetic_from_enu(middle))
    # Turning the photo counter-clockwise turns its up direction clockwise.
    photo = np.ascontiguousarray(np.rot90(piece, quarter_turns))
    return look_down(photo, View()), placed(lat, long, 90.0 * quarter_turns, gsd)


@pytest.mark.parametrize('quarter_turns', [0, 1, 2, 3])
def test_a_photo_cut_from_the_map_lies_beside_itself(small_map, imagery, quarter_turns):
    photo, place = view_of_the_ground(small_map, 250, 300, quarter_turns)
    picture = draw_answer(photo, answered(place), imagery)
    width, height = (PANEL_PX, 480) if quarter_turns % 2 == 0 else (480, PANEL_PX)
    assert picture.shape == (height + TEXT_PX, 2 * width, 3)
    left, right = picture[:height, :width].astype(float), picture[:height, width:].astype(float)
    # Lines are drawn over a little of both.
    assert np.median(np.abs(left - right)) < 5
    wrong = draw_answer(
        photo, answered(placed(place.latitude, place.longitude, place.heading_deg + 90, 0.5)),
        imagery,
    )[:height, width:].astype(float)  # fmt: skip
    assert np.median(np.abs(left - wrong)) > 10


def test_lines_cross_from_one_half_to_the_other(small_map, imagery):
    photo, place = view_of_the_ground(small_map, 250, 300, 0)
    with_lines = draw_answer(photo, answered(place), imagery)
    without = draw_answer(photo, answered(place), MapImagery(small_map.tiles))
    drawn = (with_lines[:480, : PANEL_PX - 1] != without[:480, : PANEL_PX - 1]).any(axis=-1)
    assert drawn[:, -1].any()  # up to the border
    assert 0.001 < drawn.mean() < 0.2


def test_text_says_what_the_answer_is(small_map, imagery):
    photo, place = view_of_the_ground(small_map, 250, 300, 0)
    fix = PositionEstimate(place.latitude, place.longitude, np.diag([4.0, 9.0, 1e4]))
    refused = draw_answer(photo, answered(place), imagery)
    found = draw_answer(photo, answered(place, fix, tracked=fix), imagery)
    rows = [slice(480 + 24 * line, 504 + 24 * line) for line in range(3)]
    changed = [(refused[row] != found[row]).any() for row in rows]
    assert changed == [True, False, True]
    assert all((found[row] > 200).any() for row in rows)
    # What is too long ends in dots that lie within the picture.
    long = draw_answer(photo, answered(place, Refusal('ambiguous', 'x' * 300)), imagery)
    last = long[rows[0], -40:-6]
    assert (long[rows[0], -4:] < 30).all()
    assert (last[12:] > 100).any() and (last[:10] < 30).all()


def test_without_correlation_the_best_tile_is_shown(small_map, imagery):
    photo, _ = view_of_the_ground(small_map, 250, 300, 0)
    best = RetrievalResult(1, 0.5, small_map.tiles[7], 7)
    picture = draw_answer(photo, answered(None, tiles=[best]), imagery)
    panel = picture[:480, PANEL_PX:][:, 80:560]  # the tile is square
    shrunk = panel[::2, ::2][:224, :224].mean(axis=(0, 1))
    np.testing.assert_allclose(shrunk, small_map.tile_image(7).mean(axis=(0, 1)), atol=12)


def test_nothing_found_and_no_imagery_are_pictures_too(small_map):
    photo, place = view_of_the_ground(small_map, 250, 300, 0)
    for answer in (answered(None), answered(place)):
        picture = draw_answer(photo, answer, MapImagery())
        right = picture[:480, PANEL_PX:]
        assert (right == right[0, 0]).all()


def test_footprint_of_a_whole_photo_and_of_a_tilted_one():
    image = np.zeros((60, 80, 3), np.uint8)
    corners = NadirImage(image, None, View(), None).outline_px
    assert corners.tolist() == [[-0.5, -0.5], [79.5, -0.5], [79.5, 59.5], [-0.5, 59.5]]
    mask = np.zeros((60, 80), bool)
    for row in range(60):  # farther up it sees a wider piece
        margin = row // 3
        mask[row, margin:][: 80 - 2 * margin] = True
    found = sorted(map(tuple, NadirImage(image, mask, View(), None).outline_px.tolist()))
    np.testing.assert_allclose(found, [(0, 0), (19, 59), (60, 59), (79, 0)], atol=1.5)


def test_image_message_carries_the_pixels():
    rgb = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    message = image_message(Header(frame_id='camera'), rgb)
    assert (message.height, message.width, message.step, message.encoding) == (2, 3, 9, 'rgb8')
    assert bytes(message.data) == rgb.tobytes()
