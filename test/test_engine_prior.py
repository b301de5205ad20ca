# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is known of the vehicle's place before the image: priors, tracks, and all tiles."""

from dataclasses import replace

from makers import cut_tiles, error_m, FRAME, GSD, load_engine, photograph, TILE_M, TILE_PX
import numpy as np
import pytest
from visual_navsat import Config, PositionEstimate, Refusal
from visual_navsat.geometry.geodesy import distance_m, LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.index.build import build_map
from visual_navsat.localization.prior import Prior

NORTH_UP = {'heading_deg': 0.0, 'gsd_m_per_px': GSD}
OVER_BUDGET = {'correlation': {'max_million_scores': 0.03}, 'retrieval': {'top_k': 1}}


def build_areas(folder, ground, areas, config: Config):
    """
    Return the index of pieces of one ground.

    :param areas: of each: first tile's row and column, tiles a side, metres to the east of it all.
    """
    tiles = []
    for first, count, east_m in areas:
        frame = LocalFrame(*map(float, FRAME.geodetic_from_enu([east_m, 0.0])))
        some = slice(first * TILE_PX, (first + count) * TILE_PX)
        piece = ground[some, some]
        (folder / str(first)).mkdir()
        tiles += [
            replace(tile, filename=f'{first}/{tile.filename}')
            for tile in cut_tiles(piece, folder / str(first), frame)
        ]
    build_map(tiles, folder, folder / 'index', config, progress=False)
    return folder / 'index'


@pytest.fixture(scope='module')
def ground(wide_map):
    return wide_map.ground


@pytest.fixture(scope='module')
def index(wide_map):
    return wide_map.index


@pytest.fixture(scope='module')
def engine(wide_engine):
    return wide_engine


def box_around(engine, row: float, column: float, reach_m: float) -> Prior:
    """Return the prior of a square around a place in tiles from the top left."""
    place = engine.frame.enu_from_geodetic(
        *FRAME.geodetic_from_enu([column * TILE_M, -row * TILE_M])
    )
    return Prior(engine.frame, (Region(*(place - reach_m), *(place + reach_m)),))


def test_a_prior_is_the_only_place_that_is_looked_at(engine, ground):
    photo = photograph(ground, 2.5, 3.5)
    right = engine.query(photo, **NORTH_UP, prior=box_around(engine, 2.4, 3.4, 30.0))
    assert right.found_by == 'prior'
    assert error_m(right.position, 2.5, 3.5) < 0.5
    assert right[0].tile_metadata.filename == '2_3.png'
    assert len(right) < 10  # of 36 tiles those that it touches
    # The right place is not in it: whatever is found there is not believed.
    wrong = engine.query(photo, **NORTH_UP, prior=box_around(engine, 4.5, 1.5, 30.0))
    assert isinstance(wrong.position, Refusal)
    assert '2_3.png' not in {tile.tile_metadata.filename for tile in wrong}


def test_a_prior_off_the_map_is_refused(engine, ground):
    photo = photograph(ground, 2.5, 3.5)
    result = engine.query(photo, heading_deg=0.0, prior=box_around(engine, 60.0, 3.5, 50.0))
    assert (len(result), result.position.reason) == (0, 'off_map')


def test_a_prior_of_several_places_may_be_right_in_one(engine, ground):
    photo = photograph(ground, 2.5, 3.5)
    here, there = box_around(engine, 2.5, 3.5, 20.0), box_around(engine, 5.0, 0.8, 20.0)
    both = Prior(engine.frame, here.regions + there.regions)
    result = engine.query(photo, **NORTH_UP, prior=both)
    assert error_m(result.position, 2.5, 3.5) < 0.5


def test_a_track_makes_hypotheses_and_never_the_position(index, ground):
    engine = load_engine(index, OVER_BUDGET | {'position': {'min_probability': 0.5}})
    # Two thirds of it show one place, the rest another, where the track expects it.
    photo = photograph(ground, 4.5, 1.5)
    photo[:, :75] = photograph(ground, 2.5, 3.5)[:, :75]
    alone = engine.query(photo, **NORTH_UP)
    track_prior = box_around(engine, 2.5, 3.5, 8.0)
    tracked = engine.query(photo, **NORTH_UP, track_prior=track_prior)
    assert isinstance(alone.position, PositionEstimate)
    assert error_m(alone.position, 4.5, 1.5) < 1.0
    assert tracked.looked_near_track and not alone.looked_near_track
    # ~/fix may be fused as independent of the track: it is the same, to the last digit.
    assert repr(tracked.position) == repr(alone.position)
    assert (tracked.found_by, tracked.heading_deg) == (alone.found_by, alone.heading_deg)
    place = FRAME.geodetic_from_enu([3.5 * TILE_M, -2.5 * TILE_M])
    place_m = engine.frame.enu_from_geodetic(*place)
    near = [h for h in tracked.hypotheses if np.hypot(*(h.position_enu_m - place_m)) < 1.0]
    assert len(near) == 1
    probabilities = sum(h.probability for h in tracked.hypotheses)
    assert 0 < probabilities < 1
    assert near[0].searched_m2 < 1e5
    assert all(h.searched_m2 is None for h in alone.hypotheses)
    # Where the budget allows the whole map, there is nothing to look at beside it.
    result = load_engine(index).query(photo, **NORTH_UP, track_prior=track_prior)
    assert not result.looked_near_track and result.tile_evidence is None


def test_a_track_that_expects_what_the_image_says_adds_nothing(index, ground):
    engine = load_engine(index, OVER_BUDGET)
    photo = photograph(ground, 2.5, 3.5)
    alone = engine.query(photo, **NORTH_UP)
    tracked = engine.query(photo, **NORTH_UP, track_prior=box_around(engine, 2.5, 3.5, 30.0))
    assert tracked.looked_near_track
    assert repr(tracked.hypotheses) == repr(alone.hypotheses)


def test_beyond_the_budget_retrieval_speaks_for_the_rest_of_the_map(index, ground):
    engine = load_engine(index, OVER_BUDGET)
    photo = photograph(ground, 2.5, 3.5)
    evidence = engine.query(photo, **NORTH_UP).tile_evidence
    assert evidence.probabilities.shape == (36,)
    assert 0 < evidence.probabilities.sum() < 1
    assert evidence.probabilities.argmax() == 15
    # Nothing said is 1, tile by tile as much up as down.
    assert evidence.likelihoods.mean() == pytest.approx(1.0)


def test_without_correlation_tiles_are_the_hypotheses(index, ground):
    engine = load_engine(index, {'correlation': {'correlate': False}})
    result = engine.query(photograph(ground, 2.5, 3.5), **NORTH_UP)
    best = max(result.hypotheses, key=lambda h: h.probability)
    lat, long = engine.frame.geodetic_from_enu(best.position_enu_m)
    tile = engine.tiles[15]
    assert distance_m(lat, long, tile.center_lat, tile.center_long) < 0.1
    # Uniform over the tile: its side squared over twelve.
    assert best.covariance_enu_m2[0, 0] == pytest.approx(TILE_M**2 / 12, rel=0.01)


def test_a_prior_on_another_area_than_the_largest(ground, tmp_path):
    areas = [(0, 3, 0.0), (3, 2, 20_000.0)]
    engine = load_engine(build_areas(tmp_path, ground, areas, Config()))
    np.testing.assert_allclose(
        engine.loaded_map.region.size_m, [20_000 + 2 * TILE_M, 3 * TILE_M], rtol=0.2
    )
    photo = photograph(ground, 4.0, 4.0)  # the middle of the small area
    tile = next(t for t in engine.tiles if t.filename == '3/0_0.png')
    middle = (tile.bottom_right_lat, tile.bottom_right_long)
    place_m = engine.frame.enu_from_geodetic(*middle)
    prior = Prior.around(engine.frame, place_m, np.eye(2) * 25.0)
    result = engine.query(photo, **NORTH_UP, prior=prior)
    assert result.found_by == 'prior'
    found = result.position
    assert distance_m(found.latitude, found.longitude, *middle) < 0.5
    assert {t.tile_metadata.filename for t in result} == {
        '3/0_0.png',
        '3/0_1.png',
        '3/1_0.png',
        '3/1_1.png',
    }


def test_areas_too_far_apart_are_tracked_on_the_largest(ground, tmp_path):
    config = Config().replace('correlation.correlate', False)
    areas = [(0, 3, 0.0), (3, 2, 90_000.0)]
    engine = load_engine(build_areas(tmp_path, ground, areas, config), config)
    np.testing.assert_allclose(engine.loaded_map.region.size_m, 3 * TILE_M, rtol=0.01)
