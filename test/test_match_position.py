import numpy as np
import pytest

from visual_navsat.config import PositionConfig
from visual_navsat.geometry.geodesy import LocalFrame, distance_m
from visual_navsat.geometry.view import View
from visual_navsat.localization.coarse_search import Background
from visual_navsat.localization.map_area import MapArea
from visual_navsat.localization.map_match import MapMatches, PlacedMatch
from visual_navsat.localization.match_position import (
    PositionModel,
    hypotheses_of,
    load_position_model,
    match_features,
    move_to_vehicle,
    position_of,
    squared_width,
    tilt_sigma_m,
)
from visual_navsat.localization.position import REASONS, PositionEstimate, Refusal
from visual_navsat.localization.search import Match

FRAME = LocalFrame(46.5, 7.9)
AREA = MapArea(FRAME, None)
MODEL = PositionModel(-2.0, (1.0, 0.5), 0.99, 0.04, 0.5)


def make_match(strength: float, east_m: float = 0.0, curvature=(-0.02, -0.005)) -> Match:
    return Match(
        east_m=east_m,
        north_m=20.0,
        heading_deg=30.0,
        scale=1.0,
        score=strength,
        strength=strength,
        coarse_strength=strength,
        curvature_per_m2=np.diag(curvature),
    )


def make_matches(*strengths: float) -> MapMatches:
    """Return places 300 m apart with these strengths over a background of 0.01 +- 0.02."""
    places = [PlacedMatch(AREA, make_match(s, 300.0 * i)) for i, s in enumerate(strengths)]
    return MapMatches(tuple(places), Background(0.01, 0.02, 1000), 'search')


def test_features_by_hand():
    # 0.21 / 0.07 = 3; (0.21 - 0.01) / 0.02 = 10
    np.testing.assert_allclose(match_features(make_matches(0.21, 0.07)), [np.log(2.0), 10])
    assert match_features(make_matches(0.21))[0] == pytest.approx(np.log(9.0))


def test_probability_by_hand():
    log_odds = -2.0 + np.log(2.0) + 5.0
    expected = 1 / (1 + np.exp(-log_odds))
    assert MODEL.probability(make_matches(0.21, 0.07)) == pytest.approx(expected)


def test_a_peak_is_as_wide_as_its_curvature_says():
    # A parabola 0.2 - 0.01 x^2 falls to half its height where 0.2 / 0.02 = 10 = x^2.
    place = PlacedMatch(AREA, make_match(0.2, curvature=(-0.02, -0.005)))
    np.testing.assert_allclose(squared_width(place), np.diag([10.0, 40.0]))
    np.testing.assert_allclose(MODEL.covariance(place), np.diag([0.4 + 0.25, 1.6 + 0.25]))


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
    alone = MODEL.covariance(make_matches(0.1).places[0])
    np.testing.assert_allclose(found[0].covariance_enu_m2, alone + 4 * np.eye(2))
    first = MODEL.probability(make_matches(0.1, 0.095, 0.06))
    assert found[0].probability == pytest.approx(first)
    assert found[1].probability > found[2].probability > 0
    assert sum(h.probability for h in found[1:]) == pytest.approx((1 - first) / 2)


def test_the_shipped_model_is_sane():
    model = load_position_model()
    certain, doubtful = make_matches(0.4, 0.05), make_matches(0.05, 0.0495)
    assert model.probability(certain) > model.min_probability > model.probability(doubtful)
    assert 0.5 < model.min_probability < 1.0
    assert model.covariance(certain.places[0])[0, 0] > 0
