# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tiles are as large as what the camera sees, and the reasons are said."""

import pytest
from visual_navsat.errors import ConfigError
from visual_navsat.maps.tile_plan import plan_tiles


def test_tile_is_as_large_as_a_photo():
    # 90 degrees from 100 m: 200 m across and, at 4:3, 150 m down; a square of that is 173.2 m.
    plan = plan_tiles((100.0, 100.0), 90.0)
    assert plan.tile_sizes_m == pytest.approx((173.2,))
    assert plan.overlap == 0.5
    assert plan.reasons[0].startswith('from 100 m a camera of 90 deg sees 200 m across: tiles of')
    assert len(plan.reasons) == 2
    assert 'assumed' not in plan.reasons[0]


def test_a_range_of_heights_takes_as_many_scales_as_it_has_doublings():
    assert len(plan_tiles((60.0, 120.0), 90.0).tile_sizes_m) == 1
    plan = plan_tiles((50.0, 200.0), 90.0)
    # Heights of 50 times the fourth root of 4 and of its cube: 70.7 and 141.4 m.
    assert plan.tile_sizes_m == pytest.approx((122.5, 244.9))
    assert '2 scales' in plan.reasons[1]


def test_what_is_assumed_is_said_and_what_is_explicit_wins():
    assert 'assumed: give --height-m and --hfov-deg' in plan_tiles().reasons[0]
    assert 'assumed: give --hfov-deg' in plan_tiles((80.0, 80.0)).reasons[0]
    plan = plan_tiles((50.0, 200.0), 90.0, (70.0, 300.0), 0.25)
    assert (plan.tile_sizes_m, plan.overlap) == ((70.0, 300.0), 0.25)
    assert plan.reasons == ('tiles of 70, 300 m, overlap 0.25: as asked',)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'height_m': (0.0, 10.0)}, '--height-m must be .* got 0-10'),
        ({'height_m': (150.0, 80.0)}, '--height-m must be .* got 150-80'),
        ({'hfov_deg': 180.0}, '--hfov-deg must be 1 to 170 degrees, got 180'),
        ({'tile_m': (100.0, -1.0)}, '--tile-m must be 1 to 100000 m, got -1'),
        ({'overlap': 1.0}, '--overlap must be 0 to 0.9, got 1'),
    ],
)
def test_values_out_of_range_are_named(values, message):
    with pytest.raises(ConfigError, match=message):
        plan_tiles(**values)
