# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.tracking.new_ground import NewGround, unseen_share

HERE, NEAR = np.array([100.0, 200.0]), np.array([103.0, 204.0])
EAST = np.array([50.0, 0.0])
# 200 m along east, 100 m along north.
WIDE = np.array([[-100.0, -50.0], [100.0, -50.0], [100.0, 50.0], [-100.0, 50.0]])


def test_ground_is_new_by_the_share_of_the_footprint():
    ground = NewGround()
    assert ground.look(HERE, WIDE, is_tracked=False).evidence == 1.0
    ground.move(np.array([30.0, 0.0]))
    ground.move(np.array([20.0, 0.0]))
    assert ground.look(HERE, WIDE, is_tracked=False).evidence == pytest.approx(50 / 200, abs=0.02)
    ground.move(np.array([0.0, 50.0]))
    assert ground.look(HERE, WIDE, is_tracked=False).evidence == pytest.approx(50 / 100, abs=0.02)
    ground.move(np.array([400.0, 0.0]))
    assert ground.look(HERE, WIDE, is_tracked=False).evidence == 1.0


def test_fifty_metres_are_new_ground_from_below_and_none_from_above():
    for scale, share in ((0.2, 1.0), (10.0, 50 / 2000)):
        ground = NewGround()
        ground.look(HERE, scale * WIDE, is_tracked=False)
        ground.move(np.array([50.0, 0.0]))
        novelty = ground.look(HERE, scale * WIDE, is_tracked=False).evidence
        assert novelty == pytest.approx(share, abs=0.02)


def test_ground_that_came_into_view_bit_by_bit_was_seen():
    ground = NewGround()
    for _ in range(30):
        ground.look(HERE, WIDE, is_tracked=False)
        ground.move(np.array([8.0, 0.0]))
    ground.move(np.array([-130.0, 0.0]))
    assert ground.look(HERE, WIDE, is_tracked=False).evidence < 0.05


def test_a_turned_footprint_counts_by_its_polygon():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    share = unseen_share(WIDE @ turn.T, [WIDE])
    assert share == pytest.approx(0.5, abs=0.02)
    diamond = np.array([[0.0, -50.0], [50.0, 0.0], [0.0, 50.0], [-50.0, 0.0]])
    assert unseen_share(diamond, [WIDE]) == 0.0
    assert unseen_share(WIDE, [diamond]) == pytest.approx(0.75, abs=0.02)


def test_a_footprint_that_is_unknown_is_a_hundred_metres_wide():
    ground = NewGround()
    ground.look(HERE, None, is_tracked=False)
    ground.move(np.array([25.0, 0.0]))
    assert ground.look(HERE, None, is_tracked=False).evidence == pytest.approx(0.25, abs=0.02)


def test_a_vehicle_that_hovers_says_nothing_new_but_a_track_listens_a_little():
    ground = NewGround()
    ground.look(HERE, WIDE, is_tracked=False)
    ground.move(np.zeros(2))
    assert ground.look(HERE, WIDE, is_tracked=False).evidence == 0.0
    assert 0 < ground.look(HERE, WIDE, is_tracked=True).evidence < 0.1


def test_without_odometry_the_places_say_where_the_ground_is():
    ground = NewGround()
    ground.look(HERE, WIDE, is_tracked=False)
    ground.move(None)
    assert ground.look(HERE + EAST, WIDE, is_tracked=False).evidence == pytest.approx(
        0.25, abs=0.02
    )
    ground.move(None)
    hovered = ground.look(HERE + EAST, WIDE, is_tracked=True)
    # A track has forgotten what it knew, but the image is as wrong as the last.
    assert (hovered.evidence, hovered.ground) == (1.0, 0.05)
    ground.move(None)
    ground.move(np.array([500.0, 0.0]))  # one leg of the two is unknown
    assert ground.look(HERE + EAST, WIDE, is_tracked=False).evidence == 0.0


def test_without_odometry_only_the_image_before_is_remembered():
    ground = NewGround()
    for place in (HERE, HERE + 400.0, HERE):
        ground.move(None)
        assert ground.look(place, WIDE, is_tracked=False).evidence == 1.0
