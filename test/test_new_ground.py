# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.tracking.new_ground import NewGround

HERE, NEAR = np.array([100.0, 200.0]), np.array([103.0, 204.0])


def test_ground_is_as_new_as_the_vehicle_came_far():
    ground = NewGround()
    assert ground.novelty(HERE, is_tracked=False) == 1.0
    ground.move(np.array([6.0, 8.0]))
    ground.move(np.array([0.0, 15.0]))
    assert ground.novelty(HERE, is_tracked=False) == pytest.approx(25 / 50)
    ground.move(np.array([300.0, 0.0]))
    assert ground.novelty(HERE, is_tracked=False) == 1.0


def test_a_vehicle_that_hovers_says_nothing_new_but_a_track_listens_a_little():
    ground = NewGround()
    ground.novelty(HERE, is_tracked=False)
    ground.move(np.zeros(2))
    assert ground.novelty(HERE, is_tracked=False) == 0.0
    assert 0 < ground.novelty(HERE, is_tracked=True) < 0.1


def test_without_odometry_the_places_say_how_far_while_lost():
    ground = NewGround()
    ground.novelty(HERE, is_tracked=False)
    ground.move(None)
    assert ground.novelty(NEAR, is_tracked=False) == pytest.approx(0.1)
    ground.move(None)
    ground.move(np.array([500.0, 0.0]))  # one leg of the two is unknown
    assert ground.novelty(NEAR, is_tracked=False) == 0.0
    ground.move(None)
    assert ground.novelty(NEAR, is_tracked=True) == 1.0
