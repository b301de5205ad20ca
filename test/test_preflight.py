# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map that repeats itself is graded down, one that does not is not; cells lie where they say."""

import math

from makers import GSD, make_cells, make_grey_ground
import numpy as np
import pytest
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.preflight.grade import grade_of, TYPICAL_MATCH, WEAK_MATCH
from visual_navsat.preflight.lookalikes import find_lookalikes
from visual_navsat.preflight.map_cells import Cell, cut_field
from visual_navsat.preflight.rivals import Distinction, measure_distinction

NORTH_UP = HeadingScaleRange(0.0, 0.0, 0.0)


def twins():
    """Return ground whose right half is its left half again, 260 m to the east."""
    return np.tile(make_grey_ground(), (1, 2))


def middle_cell(cells):
    box = cells.areas[0].bounds
    return Cell(0, (3 * box.west_m + box.east_m) / 4, (box.south_m + box.north_m) / 2)


def test_a_piece_that_the_map_shows_twice_has_itself_as_rival():
    cells = make_cells(twins())
    found = measure_distinction(cells, middle_cell(cells), NORTH_UP)
    assert found.rival == pytest.approx(1.0, abs=0.02)
    assert found.rival_m == pytest.approx(520 * GSD, abs=2.0)
    assert grade_of(found, is_alike=False)[0] == 'poor'


def test_a_piece_that_is_there_once_has_only_chance_as_rival():
    cells = make_cells(make_grey_ground(1040))
    found = measure_distinction(cells, middle_cell(cells), NORTH_UP)
    assert 0.0 < found.rival < 0.5


def test_a_twin_that_is_turned_counts_only_with_the_heading_open():
    ground = make_grey_ground()
    cells = make_cells(np.hstack([ground, np.rot90(ground)]))
    cell = middle_cell(cells)
    assert measure_distinction(cells, cell, NORTH_UP).rival < 0.6
    assert (
        measure_distinction(cells, cell, HeadingScaleRange(None, scale_tolerance=0.0)).rival > 0.8
    )


def test_ground_without_edges_is_poor():
    cells = make_cells(np.full((520, 520), 110, np.uint8))
    found = measure_distinction(cells, middle_cell(cells), NORTH_UP)
    assert found.strong_share == 0.0
    assert grade_of(found, is_alike=False) == ('poor', 'no texture')


@pytest.mark.parametrize(
    ('rival', 'is_alike', 'grade'),
    [
        (WEAK_MATCH * 0.9, False, 'good'),
        (WEAK_MATCH * 0.9, True, 'doubtful'),
        (WEAK_MATCH, False, 'doubtful'),
        (TYPICAL_MATCH, False, 'poor'),
    ],
)
def test_grade_by_rival(rival, is_alike, grade):
    assert 0 < WEAK_MATCH < TYPICAL_MATCH < 1
    assert grade_of(Distinction(0.2, 0.1, rival, 50.0), is_alike)[0] == grade


def test_cut_field_is_the_map_around_the_cell_and_empty_beyond_its_edge():
    cells = make_cells(make_grey_ground())
    level = cells.areas[0].levels[0]
    box = cells.areas[0].bounds
    cut = cut_field(level, Cell(0, box.west_m + GSD / 2, box.north_m - GSD / 2), 10.0)
    half = cut.valid.shape[0] // 2
    assert not cut.vectors[:, :half].any() and not cut.vectors[:, :, :half].any()
    assert (cut.vectors[:, half:, half:] == level.field.vectors[:, : half + 1, : half + 1]).all()


def test_grid_is_half_a_cell_apart_or_sampled():
    cells = make_cells(make_grey_ground())  # 260 m
    every, spacing_m = cells.grid(1000)
    assert spacing_m == 40.0 and len(every) == 36  # 6 of 40 m fit in 260 m
    some, spacing_m = cells.grid(9)
    assert spacing_m == 120.0 and len(some) == 4


def test_cells_are_found_by_place_and_not_beyond_the_map():
    cells = make_cells(make_grey_ground())
    cell = middle_cell(cells)
    lat, long = cells.geodetic(cell)
    found = cells.at(lat, long)
    assert math.hypot(found.east_m - cell.east_m, found.north_m - cell.north_m) < 0.01
    assert cells.at(lat + 0.01, long) is None
    # 0.01 degrees of latitude are 1107.5 m at 24 degrees north; the cell is 130 m from the edge.
    assert cells.distance_m(lat + 0.01, long) == pytest.approx(1107.5 - 130.0, abs=2.0)


def test_lookalikes_are_of_other_ground():
    # Two overlapping tiles, and a distant one that equals the first.
    tiles = [
        TileMetadata(str(k), 1.0, west, 0.9, west + 0.1) for k, west in enumerate((0, 0.05, 3))
    ]
    rows = np.array([[1, 0], [0.6, 0.8], [1, 0]], np.float32)
    found = find_lookalikes(rows.__getitem__, tiles)
    assert found.similarity == pytest.approx([1.0, 0.6, 1.0])
    assert found.neighbour == pytest.approx(0.6)
    assert [found.is_alike(k) for k in range(3)] == [True, False, True]
