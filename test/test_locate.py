# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Matches become a position with covariance or a refusal, hypotheses and ranked candidates."""

from dataclasses import replace

import numpy as np
import pytest
from visual_navsat.config import PositionConfig
from visual_navsat.correlation.coarse_search import StrengthSpread
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.search import Match
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geodesy import distance_m, LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.correlate import MapMatches
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.locate import hypotheses_of, locate_center
from visual_navsat.localization.map_match import COARSE, log_margin, PART, squared_width, WHOLE
from visual_navsat.localization.photo_search import FoundPlace, FoundPlaces, PhotoSearch
from visual_navsat.localization.position import PositionEstimate, REASONS, Refusal
from visual_navsat.localization.position_model import (
    load_position_model,
    PositionModel,
    SureModel,
)
from visual_navsat.localization.rank_candidates import tile_candidates, verified_candidates
from visual_navsat.retrieval.result import RetrievalResult

FRAME = LocalFrame(46.5, 7.9)
AREA = MapArea(FRAME, None)
# Three levels; log odds 4 m + s - 4 beyond which they rise twice as fast from 2 on.
MODEL = PositionModel(
    SureModel(-4.0, (4.0, 0.0, 0.0, 0.0, 0.0, 1.0), 2.0, 1.0, 0.3, 0.1, 10.0),
    SureModel(-5.0, (4.0, 0.0, 0.0, 0.0, 0.0, 1.0), 2.0, 0.0, 0.3, 0.1, 10.0),
    SureModel(-6.0, (4.0, 0.0, 0.0, 0.0, 0.0, 1.0), 2.0, 0.0, 0.3, 0.1, 10.0),
    0.04, 1.0, 0.4, 0.6,
)  # fmt: skip
SEARCH = PhotoSearch([AREA], None, None, gsd_m_per_px=0.1, footprint_m=200.0)


def a_lever(east_m: float, north_m: float, sigma_m: float) -> Lever:
    """Return a lever of a known length that nothing found on the map would change."""
    covariance_m2 = np.eye(2) * sigma_m**2
    return Lever(np.array([east_m, north_m]), covariance_m2, covariance_m2)


NO_LEVER = a_lever(0.0, 0.0, 0.0)


def make_match(strength: float, east_m: float = 0.0, curvature=(-0.02, -0.005)) -> Match:
    return Match(
        east_m=east_m,
        north_m=20.0,
        heading_deg=30.0,
        scale=1.5,
        score=strength,
        strength=strength,
        level_strengths=(strength, strength, strength),
        elastic_strengths=(2 * strength, 2 * strength),
        curvature_per_m2=np.diag(curvature),
    )


def make_found(*strengths: float) -> FoundPlaces:
    """Return places 300 m apart with these strengths over a spread of 0.01 +- 0.02."""
    places = tuple(
        FoundPlace(AREA, make_match(s, 300.0 * i), None, 0.1) for i, s in enumerate(strengths)
    )
    spread, tried = StrengthSpread(0.01, 0.02, 1000), np.array(strengths)
    return FoundPlaces(places, spread, (tried,) * 3, (2 * tried,) * 2)


def make_matches(*strengths: float, scope: str = WHOLE) -> MapMatches:
    matches = SEARCH.matches(make_found(*strengths), scope)
    return MapMatches(matches, matches, scope, 'search')


def evidence_of(*strengths: float, scope: str = WHOLE):
    return make_matches(*strengths, scope=scope).matches[0].evidence


def test_features_by_hand():
    # 0.21 / 0.07 = 3; (0.21 - 0.01) / 0.02 = 10
    expected = [np.log(3.0)] * 5 + [np.log(10.0)]
    np.testing.assert_allclose(evidence_of(0.21, 0.07).features, expected)
    alone = [np.log(5.0)] * 5 + [np.log(10.0)]
    np.testing.assert_allclose(evidence_of(0.21).features, alone)


def test_each_level_has_rivals_of_its_own():
    match = replace(make_match(0.3), level_strengths=(0.1, 0.2, 0.3))
    levels = (np.array([0.2, 0.1]), np.array([0.1, 0.2]), np.array([0.3, 0.15, 0.1]))
    place = FoundPlace(AREA, match, None, 0.1)
    elastic = (np.array([0.6, 0.2]), np.array([0.6, 0.15]))
    found = FoundPlaces((place,), StrengthSpread(0.0, 0.01, 9), levels, elastic)
    (match,) = SEARCH.matches(found, WHOLE)
    expected = np.log([2.0, 2.0, 0.5, 4.0, 3.0, 10.0])
    np.testing.assert_allclose(match.evidence.features, expected)


def test_margins_without_a_rival_worth_the_name():
    assert log_margin(0.2, np.array([0.2])) == pytest.approx(np.log(5.0))
    assert log_margin(0.2, np.array([-0.1, 0.2])) == pytest.approx(np.log(5.0))
    assert log_margin(0.01, np.array([0.9, 0.01])) == pytest.approx(np.log(0.3))


def test_probability_by_hand():
    line = 4 * np.log(3.0) + np.log(10.0) - 4
    log_odds = line + (line - 2)
    expected = 1 / (1 + np.exp(-log_odds))
    assert MODEL.probability(evidence_of(0.21, 0.07)) == pytest.approx(expected)
    # Below the knee, and on part of the map, where the place may be elsewhere:
    below = 4 * np.log(1.2) + np.log(10.0) - 4
    for scope, less in ((WHOLE, 0), (COARSE, 1), (PART, 2)):
        probability = MODEL.probability(evidence_of(0.21, 0.175, scope=scope))
        assert probability == pytest.approx(1 / (1 + np.exp(less - below)))


def test_a_peak_is_as_wide_as_its_curvature_says():
    # A parabola 0.2 - 0.01 x^2 falls to half its height where 0.2 / 0.02 = 10 = x^2.
    evidence = replace(evidence_of(0.2), sigmas=5.0)
    np.testing.assert_allclose(evidence.squared_width_m2, np.diag([10.0, 40.0]))
    # (0.04 + 1 / 5^2) of it, 0.4 m squared, and 0.6 m halved by the footprint, squared: 0.25
    expected = np.diag([0.8 + 0.25, 3.2 + 0.25])
    np.testing.assert_allclose(MODEL.covariance(evidence), expected)


def test_a_ridge_is_taken_as_20_m_wide_along():
    ridge = make_match(0.2, curvature=(-0.02, 0.001))
    np.testing.assert_allclose(squared_width(ridge), np.diag([10.0, 400.0]))


def test_a_distinct_place_is_a_position_and_an_ambiguous_one_is_not():
    config = PositionConfig(vertical_sigma_m=7.0)
    estimate = locate_center(make_matches(0.3, 0.05), MODEL, config)
    lat, long = FRAME.geodetic_from_enu([0.0, 20.0])
    assert (estimate.latitude, estimate.longitude) == pytest.approx((float(lat), float(long)))
    assert estimate.covariance_enu_m2[2, 2] == 49.0
    refusal = locate_center(make_matches(0.1, 0.095), MODEL, PositionConfig())
    assert refusal.reason == 'ambiguous'
    assert '1.05 times' in refusal.detail
    bold = PositionConfig(min_probability=0.01)
    assert isinstance(locate_center(make_matches(0.1, 0.095), MODEL, bold), PositionEstimate)


def test_nothing_found_says_why():
    nothing = MapMatches(reason='textureless')
    assert locate_center(nothing, MODEL, PositionConfig()).reason == 'textureless'
    assert hypotheses_of(nothing, MODEL, FRAME, NO_LEVER) == ()
    assert verified_candidates((), MODEL, NO_LEVER, (), 10) == ()
    assert set(REASONS) >= {'textureless', 'off_map', 'ambiguous'}


def test_the_lever_moves_the_fix_and_its_sigma_widens_it():
    center = locate_center(make_matches(0.4, 0.05), MODEL, PositionConfig())
    lever = a_lever(30.0, -40.0, 3.0)
    moved = lever.vehicle(center)
    apart = distance_m(center.latitude, center.longitude, moved.latitude, moved.longitude)
    assert apart == pytest.approx(50.0, abs=1e-3)
    added = moved.covariance_enu_m2 - center.covariance_enu_m2
    np.testing.assert_allclose(np.diag(added), [9.0, 9.0, 0.0], atol=1e-9)
    assert lever.vehicle(Refusal('dark')) == Refusal('dark')


def test_hypotheses_share_what_the_best_place_leaves():
    matches = make_matches(0.1, 0.095, 0.06)
    found = hypotheses_of(matches, MODEL, FRAME, a_lever(5.0, 0.0, 2.0))
    np.testing.assert_allclose(found[0].position_enu_m, [5.0, 20.0], atol=1e-6)
    np.testing.assert_allclose(found[1].position_enu_m, [305.0, 20.0], atol=1e-3)
    alone = MODEL.covariance(matches.matches[0].evidence)
    # The scale and the heading found are exact to 5 cm of 5 m.
    np.testing.assert_allclose(found[0].covariance_enu_m2, alone + 4 * np.eye(2), atol=0.01)
    first = MODEL.probability(matches.matches[0].evidence)
    assert found[0].probability == pytest.approx(first)
    assert found[1].probability > found[2].probability > 0
    assert sum(h.probability for h in found[1:]) == pytest.approx((1 - first) / 2)


def tile_around(name: str, rank: int, east_m: float, half_m: float = 50.0) -> RetrievalResult:
    corners = np.array([[east_m - half_m, 20 + half_m], [east_m + half_m, 20 - half_m]])
    lat, long = FRAME.geodetic_from_enu(corners)
    tile = TileMetadata(name, lat[0], long[0], lat[1], long[1])
    return RetrievalResult(rank, 1.0 - rank / 10, tile, 100 + rank)


def test_candidates_are_ranked_by_what_correlation_found():
    # Retrieval ranked the tile of the second place first, and a tile of no place second.
    ranked = [tile_around('b', 1, 300.0), tile_around('x', 2, 5000.0), tile_around('a', 3, 0.0)]
    matches = make_matches(0.3, 0.1, 0.05).matches
    lever = a_lever(0.0, 40.0, 1.0)
    first, second, third, rest = verified_candidates(matches, MODEL, lever, ranked, 2)
    assert [c.filename for c in (first, second, third, rest)] == ['a', 'b', '', 'x']
    assert [c.rank for c in (first, second, third, rest)] == [1, 2, 3, 4]
    assert [c.retrieval_rank for c in (first, second, third, rest)] == [3, 1, None, 2]
    assert (first.tile_index, first.similarity) == (103, pytest.approx(0.7))
    assert first.probability == pytest.approx(MODEL.probability(matches[0].evidence))
    assert first.probability > second.probability > third.probability
    assert rest.probability is None and not rest.is_verified
    assert (first.heading_deg, first.gsd_m_per_px) == (30.0, pytest.approx(0.15))
    vehicle_m = FRAME.enu_from_geodetic(first.latitude, first.longitude)
    np.testing.assert_allclose(vehicle_m, [0.0, 60.0], atol=1e-3)
    center_m = FRAME.enu_from_geodetic(first.center_latitude, first.center_longitude)
    np.testing.assert_allclose(center_m, [0.0, 20.0], atol=1e-3)


def test_no_rival_is_likelier_than_the_best_place():
    candidates = verified_candidates(make_matches(0.06, 0.0599).matches, MODEL, NO_LEVER, (), 0)
    assert candidates[0].probability < 0.3
    assert candidates[1].probability == candidates[0].probability


def test_without_correlation_candidates_are_tiles():
    ranked = [tile_around('b', 1, 300.0), tile_around('a', 2, 0.0)]
    first, second = tile_candidates(ranked, {101: 0.2, 102: 0.1})
    assert (first.filename, first.probability, first.rank) == ('b', 0.2, 1)
    assert (second.probability, second.is_verified) == (0.1, False)


def test_the_shipped_model_is_sane():
    model = load_position_model()
    for scope in (WHOLE, PART):
        least = model.sure_model(scope).min_probability(1e-3)
        certain = model.probability(evidence_of(0.4, 0.05, scope=scope))
        doubtful = model.probability(evidence_of(0.05, 0.0495, scope=scope))
        assert certain > least > doubtful
        assert 0.5 < least < 1.0
    assert model.covariance(evidence_of(0.4, 0.05))[0, 0] > 0


def test_a_model_of_another_version_is_told_from_this_one():
    with pytest.raises(ConfigError, match='fit it again'):
        PositionModel.from_dict({'bias': 1.0, 'weights': [1, 2], 'min_probability': 0.9})
