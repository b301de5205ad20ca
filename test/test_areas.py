# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.geometry.areas import (
    area_frame,
    ground_covered_m2,
    group_tiles,
    tiles_bounds_m,
)
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata


def make_row(lat: float, long: float, count: int, step: float = 0.001) -> list[TileMetadata]:
    """Return tiles of 0.001 degrees, one every ``step`` degrees eastwards."""
    lefts = [(long + i * step + 180) % 360 - 180 for i in range(count)]
    rights = [(left + 0.001 + 180) % 360 - 180 for left in lefts]
    return [
        TileMetadata(f'{lat}_{left}', lat + 0.001, left, lat, right)
        for left, right in zip(lefts, rights, strict=True)
    ]


def test_two_places_far_apart_are_two_areas_the_larger_first():
    tiles = make_row(24.0, 120.0, 3) + make_row(60.0, 22.0, 5)
    assert group_tiles(tiles) == [[3, 4, 5, 6, 7], [0, 1, 2]]


@pytest.mark.parametrize(('step', 'num_areas'), [(0.0005, 1), (0.0019, 1), (0.0021, 4)])
def test_a_gap_of_one_tile_holds_together(step, num_areas):
    assert len(group_tiles(make_row(0.0, 10.0, 4, step))) == num_areas


def test_an_area_across_the_antimeridian_is_one():
    tiles = make_row(10.0, 179.998, 4)
    assert group_tiles(tiles) == [[0, 1, 2, 3]]
    frame = area_frame(tiles)
    assert abs(frame.origin_long) == pytest.approx(180.0, abs=1e-6)


def test_against_a_slow_search_over_all_pairs():
    rng = np.random.default_rng(2)
    corners = rng.uniform(0, 0.03, (120, 2))
    tiles = [TileMetadata(str(i), a + 0.001, b, a, b + 0.001) for i, (a, b) in enumerate(corners)]
    label = list(range(len(tiles)))
    for i, p in enumerate(corners):
        for j, q in enumerate(corners):
            if (np.abs(p - q) <= 0.002).all() and label[i] != label[j]:
                label = [label[i] if entry == label[j] else entry for entry in label]
    expected = {tuple(i for i in range(len(tiles)) if label[i] == name) for name in set(label)}
    assert {tuple(group) for group in group_tiles(tiles)} == expected


def test_bounds_of_a_tile_in_metres():
    tile = TileMetadata('a', 0.001, 10.0, -0.001, 10.002)
    west, south, east, north = tiles_bounds_m([tile], LocalFrame(0.0, 10.001))[0]
    assert (west, east) == pytest.approx((-111.32, 111.32), abs=0.01)
    assert (south, north) == pytest.approx((-110.574, 110.574), abs=0.01)


def test_ground_under_several_tiles_counts_once():
    tile_m2 = 111_320.0 * 110_574.0 * 1e-6  # of 0.001 degrees on the equator
    rows = [*make_row(0.0, 10.0, 4, 0.0005), *make_row(0.0005, 10.0, 4, 0.0005)]
    # 2.5 tiles wide and 1.5 high; and two that lie apart.
    apart = make_row(0.0, 20.0, 2, 0.01)
    assert ground_covered_m2([*rows, *apart]) == pytest.approx((2.5 * 1.5 + 2) * tile_m2, rel=5e-3)
