# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from dataclasses import replace
import itertools
import json
import math

from makers import make_fix, score
import numpy as np
import pytest
from visual_navsat.errors import ShapeError
from visual_navsat.evaluation import evaluate, score_of_chance, ScoredAnswer
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal

# A thousandth of a degree of longitude on the equator of WGS 84: 6378137 m * pi / 180 / 1000.
MILLIDEGREE_M = 111.319491


def tile(name, left, right):
    """Make a tile on the equator; left and right in thousandths of a degree of longitude."""
    return TileMetadata(name, 0.0005, left / 1000, -0.0005, right / 1000)


def fix(long, sigma_m):
    return make_fix(0.0, long / 1000, sigma_m)


def outcome(name, true_long, position, ranked, seconds=1.0, **timings_ms):
    return score(
        position, (0.0, true_long / 1000), 25.0, tiles=ranked, seconds=seconds,
        timings_ms=timings_ms, name=name,
    )  # fmt: skip


# Five tiles in a row: four side by side, and E across the border of A and B.
A, B, C, D = (tile(name, left, left + 1) for left, name in enumerate('ABCD'))
E = tile('E', 0.5, 1.5)
TILES = [A, B, C, D, E]


@pytest.fixture
def evaluation():
    outcomes = [
        outcome('good', 0.4, fix(0.5, 10), [A, B, C, D, E], 0.1, backbone=10.0, search=1.0),
        outcome('far', 0.8, fix(1.5, 100), [B, E, A], 0.2, backbone=20.0, search=2.0),
        outcome('too sure', 2.8, fix(2.5, 5), [C], 0.3, backbone=30.0, search=3.0),
        outcome('refused', 3.2, Refusal('no_match'), [A, B, C, E, D], 0.4, backbone=40.0),
        outcome('off map', 10.0, Refusal('no_match'), [A, B], 0.5, backbone=50.0),
    ]
    return evaluate(outcomes, TILES, radius_m=25.0)


def test_recall_counts_every_query(evaluation):
    # Ranks of the truth: 1, 2, 1, 5, none.
    assert evaluation.recall_at == {1: 0.4, 5: 0.8, 10: 0.8, 20: 0.8}
    # Nearest centres: 11 m (rank 1), 22 m (rank 2), 33 m, 33 m, kilometre.
    assert evaluation.recall_at_radius == {1: 0.2, 5: 0.4, 10: 0.4, 20: 0.4}


def test_position_errors(evaluation):
    # Published errors are 0.1, 0.7 and 0.3 thousandths of a degree.
    assert evaluation.error_median_m == pytest.approx(0.3 * MILLIDEGREE_M, abs=1e-3)
    assert evaluation.error_p90_m == pytest.approx((0.3 + 0.8 * 0.4) * MILLIDEGREE_M, abs=1e-3)
    assert evaluation.share_within_m == {5: 0.0, 10: 0.0, 20: 0.2, 25: 0.2, 50: 0.4, 100: 0.6}


def test_refusals_and_false_fixes(evaluation):
    assert evaluation.refused == 2
    # 'far' is 78 m off; 'too sure' is 33 m off, which is 6.7 of its sigmas.
    assert evaluation.false_fixes == 2
    assert [o.is_false_fix for o in evaluation.answers] == [False, True, True, False, False]


def test_chance(evaluation):
    chance = evaluation.chance
    assert chance.recall_at[1] == pytest.approx((1 + 2 + 1 + 1 + 0) / 25)
    assert chance.recall_at[5] == 0.8  # all five tiles are drawn
    assert chance.recall_at_radius[1] == pytest.approx(2 / 25)
    # Medians of the distances to the five centres: 1.1, 0.7, 1.3, 1.7 and 8.5.
    assert chance.error_m == pytest.approx(1.3 * MILLIDEGREE_M, abs=1e-3)
    assert chance.off_map == 1


def test_chance_at_5_agrees_with_trying_every_draw():
    tiles = [tile(str(i), i, i + 1) for i in range(9)] + [tile('wide', 0, 4), tile('w2', 1, 3)]
    query = outcome('q', 1.5, Refusal('no_match'), [])
    draws = list(itertools.combinations(tiles, 5))
    right = sum(any(t.contains(0.0, 0.0015) for t in draw) for draw in draws)
    assert score_of_chance([query], tiles, 1.0).recall_at[5] == pytest.approx(right / len(draws))


def test_chance_across_the_antimeridian():
    tiles = [TileMetadata('x', 0.01, 179.99, -0.01, -179.99), TileMetadata('y', 1, 0, -1, 1)]
    query = score(Refusal('no_match'), (0.0, -179.995), tiles=tiles)
    assert query.rank_of_truth == 1
    assert score_of_chance([query], tiles, 1e3).recall_at[1] == 0.5


def test_times_are_medians_over_the_queries_that_have_the_stage(evaluation):
    assert evaluation.seconds_per_query == pytest.approx(0.3)
    assert evaluation.timings_ms == {'backbone': 30.0, 'search': 2.0, 'total': 300.0}


def test_error_sigmas_use_the_correlation():
    covariance = np.array([[2.0, 1.0, 0], [1.0, 2.0, 0], [0, 0, 1]])
    # One metre east and one north of a fix on the equator, and one metre east, one south.
    for north_m, expected in ((1, math.sqrt(2 / 3)), (-1, math.sqrt(2))):
        truth = north_m / 110574.276, 1 / 111319.491
        query = score(PositionEstimate(0.0, 0.0, covariance), truth)
        assert query.error_sigmas == pytest.approx(expected, rel=1e-5)


def test_the_truths_own_error_counts_beside_the_covariance():
    # 5 m off a fix of 3 m, and a truth of 4 m: their difference has a sigma of 5 m.
    covariance = np.diag([9.0, 9.0, 1.0])
    truth = 5 / 110574.276, 0.0
    query = replace(score(PositionEstimate(0.0, 0.0, covariance), truth), truth_sigma_m=4.0)
    assert query.error_sigmas == pytest.approx(1.0, rel=1e-4)
    assert ScoredAnswer.from_json(query.to_json()).error_sigmas == pytest.approx(1.0, rel=1e-4)


def test_json_has_no_nan_and_every_query(evaluation):
    content = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert content['n'] == 5
    assert content['recall_at']['5'] == 0.8
    assert content['share_within_m']['50'] == 0.4
    assert (content['tiles'], content['n']) == (5, 5)
    fix, refused = content['queries'][1], content['queries'][3]
    assert fix['covariance_en_m2'] == [1e4, 0.0, 1e4]
    assert (fix['true_longitude'], fix['longitude']) == (0.0008, 0.0015)
    assert fix['is_false_fix'] is True
    assert refused == {
        'filename': 'refused',
        'status': 'no_fix',
        'reason': 'no_match',
        'detail': '',
        'stamp_s': None,
        'latitude': None,
        'longitude': None,
        'covariance_en_m2': None,
        'true_latitude': 0.0,
        'true_longitude': 0.0032,
        'error_m': None,
        'error_sigmas': None,
        'is_false_fix': False,
        'confidence': None,
        'rank_of_truth': 5,
        'rank_within_radius': None,
        'found_by': '',
        'heading_deg': None,
        'found_view': None,
        'altitude_m': None,
        'altitude_amsl_m': None,
        'footprint_m': None,
        'images_joined': 1,
        'tilt_deg': None,
        'gsd_m_per_px': None,
        'height_agl_m': None,
        'truth_sigma_m': 0.0,
        'center_latitude': None,
        'center_longitude': None,
        'candidates': [],
        'seconds': 0.4,
        'timings_ms': {'backbone': 40.0, 'total': 400.0},
    }


def test_all_refused_has_no_error_but_shares():
    evaluation = evaluate([outcome('q', 0.4, Refusal('no_match'), [A])], TILES, 25.0)
    content = evaluation.to_json()
    assert content['error_m'] == {'median': None, 'p90': None}
    assert content['share_within_m']['100'] == 0.0
    assert content['false_fixes'] == 0


def test_nothing_to_score_raises():
    with pytest.raises(ShapeError, match='0 queries'):
        evaluate([], TILES, 25.0)
