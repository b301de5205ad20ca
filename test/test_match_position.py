from dataclasses import replace

import numpy as np
import pytest

from visual_navsat.config import PositionConfig
from visual_navsat.correlation.coarse_search import Background
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.search import Match
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geodesy import LocalFrame, distance_m
from visual_navsat.geometry.view import View
from visual_navsat.localization.map_match import MapMatches, PlacedMatch
from visual_navsat.localization.match_features import log_margin, match_features, squared_width
from visual_navsat.localization.match_position import (
    hypotheses_of,
    move_to_vehicle,
    position_of,
    tilt_sigma_m,
)
from visual_navsat.localization.position import REASONS, PositionEstimate, Refusal
from visual_navsat.localization.position_model import (
    PositionModel,
    SureModel,
    load_position_model,
)

FRAME = LocalFrame(46.5, 7.9)
AREA = MapArea(FRAME, None)
# Three levels; log odds 4 m + s - 4 beyond which they rise twice as fast from 2 on.
WHOLE = SureModel(-4.0, (4.0, 0.0, 0.0, 1.0), 2.0, 1.0, 0.99)
COARSE = SureModel(-5.0, (4.0, 0.0, 0.0, 1.0), 2.0, 0.0, 0.99)
PART = SureModel(-6.0, (4.0, 0.0, 0.0, 1.0), 2.0, 0.0, 0.99)
MODEL = PositionModel(WHOLE, COARSE, PART, 0.04, 1.0, 0.4, 0.6)


def make_match(strength: float, east_m: float = 0.0, curvature=(-0.02, -0.005)) -> Match:
    return Match(
        east_m=east_m,
        north_m=20.0,
        heading_deg=30.0,
        scale=1.0,
        score=strength,
        strength=strength,
        level_strengths=(strength, strength, strength),
        curvature_per_m2=np.diag(curvature),
    )


def make_matches(*strengths: float, is_whole_map: bool = True) -> MapMatches:
    """Return places 300 m apart with these strengths over a background of 0.01 +- 0.02."""
    places = [PlacedMatch(AREA, make_match(s, 300.0 * i)) for i, s in enumerate(strengths)]
    levels = (np.array(strengths),) * 3
    background = Background(0.01, 0.02, 1000)
    return MapMatches(
        tuple(places),
        background,
        'search',
        footprint_m=200.0,
        is_whole_map=is_whole_map,
        level_strengths=levels,
    )


def test_features_by_hand():
    # 0.21 / 0.07 = 3; (0.21 - 0.01) / 0.02 = 10
    expected = [np.log(3.0)] * 3 + [np.log(10.0)]
    np.testing.assert_allclose(match_features(make_matches(0.21, 0.07)), expected)
    alone = [np.log(5.0)] * 3 + [np.log(10.0)]
    np.testing.assert_allclose(match_features(make_matches(0.21)), alone)


def test_each_level_has_rivals_of_its_own():
    match = replace(make_match(0.3), level_strengths=(0.1, 0.2, 0.3))
    levels = (np.array([0.2, 0.1]), np.array([0.1, 0.2]), np.array([0.3, 0.15, 0.1]))
    matches = MapMatches(
        (PlacedMatch(AREA, match),), Background(0.0, 0.01, 9), 'search', level_strengths=levels
    )
    expected = [np.log(2.0), np.log(2.0), np.log(0.5), np.log(10.0)]
    np.testing.assert_allclose(match_features(matches), expected)


def test_margins_without_a_rival_worth_the_name():
    assert log_margin(0.2, np.array([0.2])) == pytest.approx(np.log(5.0))
    assert log_margin(0.2, np.array([-0.1, 0.2])) == pytest.approx(np.log(5.0))
    assert log_margin(0.01, np.array([0.9, 0.01])) == pytest.approx(np.log(0.3))


def test_probability_by_hand():
    matches = make_matches(0.21, 0.07)
    line = 4 * np.log(3.0) + np.log(10.0) - 4
    log_odds = line + (line - 2)
    assert MODEL.probability(matches) == pytest.approx(1 / (1 + np.exp(-log_odds)))
    # Below the knee, and on part of the map, where the place may be elsewhere:
    below = 4 * np.log(1.2) + np.log(10.0) - 4
    assert MODEL.probability(make_matches(0.21, 0.175)) == pytest.approx(1 / (1 + np.exp(-below)))
    part = make_matches(0.21, 0.175, is_whole_map=False)
    assert MODEL.probability(part) == pytest.approx(1 / (1 + np.exp(2 - below)))
    coarse = replace(make_matches(0.21, 0.175), is_coarse=True)
    assert MODEL.probability(coarse) == pytest.approx(1 / (1 + np.exp(1 - below)))


def test_a_peak_is_as_wide_as_its_curvature_says():
    # A parabola 0.2 - 0.01 x^2 falls to half its height where 0.2 / 0.02 = 10 = x^2.
    place = PlacedMatch(AREA, make_match(0.2, curvature=(-0.02, -0.005)))
    np.testing.assert_allclose(squared_width(place), np.diag([10.0, 40.0]))
    # (0.04 + 1 / 5^2) of it, 0.4 m squared, and 0.6 m halved by the footprint, squared: 0.25
    np.testing.assert_allclose(
        MODEL.covariance(squared_width(place), 5.0, 200.0), np.diag([0.8 + 0.25, 3.2 + 0.25])
    )


def test_a_ridge_is_taken_as_20_m_wide_along():
    place = PlacedMatch(AREA, make_match(0.2, curvature=(-0.02, 0.001)))
    np.testing.assert_allclose(squared_width(place), np.diag([10.0, 400.0]))


def test_a_distinct_place_is_a_position_and_an_ambiguous_one_is_not():
    estimate = position_of(make_matches(0.3, 0.05), MODEL, PositionConfig(vertical_sigma_m=7.0))
    lat, long = FRAME.geodetic_from_enu([0.0, 20.0])
    assert (estimate.latitude, estimate.longitude) == pytest.approx((float(lat), float(long)))
    assert estimate.covariance_enu_m2[2, 2] == 49.0
    refusal = position_of(make_matches(0.1, 0.095), MODEL, PositionConfig())
    assert refusal.reason == 'ambiguous'
    assert '1.05 times' in refusal.detail
    assert isinstance(
        position_of(make_matches(0.1, 0.095), MODEL, PositionConfig(min_probability=0.01)),
        PositionEstimate,
    )


def test_nothing_found_says_why():
    nothing = MapMatches((), None, '', 'textureless')
    assert position_of(nothing, MODEL, PositionConfig()).reason == 'textureless'
    assert hypotheses_of(nothing, MODEL, FRAME, (0, 0), 0.0) == ()
    assert set(REASONS) >= {'textureless', 'off_map', 'ambiguous'}


def test_the_lever_moves_the_fix_and_its_sigma_widens_it():
    center = position_of(make_matches(0.4, 0.05), MODEL, PositionConfig())
    moved = move_to_vehicle(center, np.array([30.0, -40.0]), 3.0)
    apart = distance_m(center.latitude, center.longitude, moved.latitude, moved.longitude)
    assert apart == pytest.approx(50.0, abs=1e-3)
    added = moved.covariance_enu_m2 - center.covariance_enu_m2
    np.testing.assert_allclose(np.diag(added), [9.0, 9.0, 0.0], atol=1e-9)
    assert move_to_vehicle(Refusal('dark'), np.zeros(2), 1.0) == Refusal('dark')


def test_tilt_in_metres_by_hand():
    # 100 m high: 1 degree is 1.746 m, 5 degrees are 8.749 m.
    known = View(enu_from_camera=np.eye(3), height_agl_m=100.0, tilt_sigma_deg=1.0)
    assert tilt_sigma_m(known, True, 999.0, 5.0) == pytest.approx(1.7455, abs=1e-3)
    assert tilt_sigma_m(View(height_agl_m=100.0), False, 999.0, 5.0) == pytest.approx(
        8.749, abs=1e-3
    )
    assert tilt_sigma_m(View(), False, 100.0, 5.0) == pytest.approx(8.749, abs=1e-3)


def test_hypotheses_share_what_the_best_place_leaves():
    found = hypotheses_of(make_matches(0.1, 0.095, 0.06), MODEL, FRAME, (5.0, 0.0), 2.0)
    np.testing.assert_allclose(found[0].position_enu_m, [5.0, 20.0], atol=1e-6)
    np.testing.assert_allclose(found[1].position_enu_m, [305.0, 20.0], atol=1e-3)
    alone = MODEL.covariance(squared_width(make_matches(0.1).places[0]), 4.5, 200.0)
    np.testing.assert_allclose(found[0].covariance_enu_m2, alone + 4 * np.eye(2))
    first = MODEL.probability(make_matches(0.1, 0.095, 0.06))
    assert found[0].probability == pytest.approx(first)
    assert found[1].probability > found[2].probability > 0
    assert sum(h.probability for h in found[1:]) == pytest.approx((1 - first) / 2)


def test_the_shipped_model_is_sane():
    model = load_position_model()
    for sure, is_whole_map in ((model.whole, True), (model.part, False)):
        certain = make_matches(0.4, 0.05, is_whole_map=is_whole_map)
        doubtful = make_matches(0.05, 0.0495, is_whole_map=is_whole_map)
        assert model.probability(certain) > sure.min_probability > model.probability(doubtful)
        assert 0.5 < sure.min_probability < 1.0
    assert model.covariance(squared_width(certain.places[0]), 10.0, 100.0)[0, 0] > 0


def test_a_model_of_another_version_is_told_from_this_one():
    with pytest.raises(ConfigError, match='fit it again'):
        PositionModel.from_dict({'bias': 1.0, 'weights': [1, 2], 'min_probability': 0.9})
