# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Heading and scale of the last fix are tried first, everywhere, and all others after them."""

from dataclasses import replace
from functools import partial

from makers import error_m, FRAME, GSD, make_answer, make_fix, photograph
import numpy as np
import pytest
from visual_navsat.config import Config
from visual_navsat.correlation.masked_correlation import TemplateSpectra
from visual_navsat.engine import query
from visual_navsat.geometry.view import View
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.expected_view import ExpectedView, GuessedView
from visual_navsat.localization.position import Refusal
from visual_navsat.question import Question
from visual_navsat.tracking.localizer import Localizer
from visual_navsat.tracking.odometry_leg import OdometryPose
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat.tracking.view_forecast import ViewForecast

S = 1_000_000_000


def seen(heading_deg=350.0, gsd=0.4, position=None):
    candidate = Candidate(1, 0.999, 46.5, 7.9, heading_deg, gsd)
    return make_answer(position or make_fix(46.5, 7.9), candidates=(candidate,))


def test_the_last_fix_is_expected_less_surely_by_the_second():
    forecast = ViewForecast()
    assert forecast.at(S, None) == ExpectedView()
    forecast.see(seen(), S, None)
    soon, later, late = (forecast.at(n * S, None) for n in (1, 2, 10))
    assert (soon.heading_deg, soon.gsd_m_per_px) == (350.0, 0.4)
    assert soon.heading_sigma_deg < 2.0 < 10.0 < later.heading_sigma_deg < 11.0
    assert soon.scale_sigma < later.scale_sigma < 0.1
    assert late.heading_deg is None and late.gsd_m_per_px is None
    assert forecast.at(S - 1, None) == ExpectedView()
    forecast.see(seen(10.0, position=Refusal.of('ambiguous')), 3 * S, None)
    assert forecast.at(2 * S, None) == later  # what was not published tells nothing
    forecast.clear()
    assert forecast.at(2 * S, None) == ExpectedView()


def test_odometry_says_how_far_the_vehicle_turned():
    forecast = ViewForecast()
    forecast.see(seen(350.0), S, 3.0)
    # A quarter turn to the left, over the end of the circle.
    expected = forecast.at(5 * S, 3.0 + np.pi / 2 - 2 * np.pi)
    assert expected.heading_deg == pytest.approx(260.0)
    assert expected.heading_sigma_deg < 6.0
    assert forecast.at(2 * S, None).heading_sigma_deg > 10.0
    # It claims never to turn: from then on it is not believed.
    forecast.see(seen(20.0), 2 * S, 3.0)
    assert forecast.at(3 * S, 3.0).heading_sigma_deg > 10.0


def test_only_what_is_not_known_is_guessed():
    expected = ExpectedView(30.0, 4.0, 0.4, 0.05)
    assert GuessedView.of(View(heading_deg=0.0, gsd_m_per_px=0.5), expected) is None
    assert GuessedView.of(View(), ExpectedView()) is None
    both = GuessedView.of(View(), expected)
    assert (both.view.heading_deg, both.view.gsd_m_per_px) == (30.0, 0.4)
    heading = GuessedView.of(View(gsd_m_per_px=0.5), expected)
    assert (heading.view.heading_deg, heading.view.gsd_m_per_px) == (30.0, 0.5)
    scale = GuessedView.of(View(heading_deg=0.0), expected)
    assert (scale.view.heading_deg, scale.view.gsd_m_per_px) == (0.0, 0.4)
    assert 0.05 < heading.left_out < both.left_out < 0.2
    assert scale.left_out == pytest.approx(heading.left_out)


@pytest.fixture(scope='module')
def opened(wide_map):
    return LoadedMap.open(wide_map.index, Config())


def test_a_guess_counts_as_less_probable(opened):
    asked = Question(opened, Config(), View(), None, None, None)
    guess = asked.guessing(ExpectedView(30.0, 4.0))
    features = np.array([0.4, 0.3, 0.2, 0.1, 0.05, 1.5])
    for one, other in (
        (asked.model.whole, guess.model.whole),
        (asked.model.part, guess.model.part),
    ):
        assert other.probability(features) < one.probability(features)
        assert other.min_probability(1e-3) == one.min_probability(1e-3)
    # The doubt that the photo is none of the map grows by what is left out.
    assert guess.model.whole.shift == pytest.approx(
        asked.model.whole.with_off_map_share(1 - 0.95 * 0.9).shift
    )


@pytest.fixture
def templates(monkeypatch):
    """Return a list to which every transform adds its number of templates."""
    counts, of = [], TemplateSpectra.of

    def counted(made, size, pool=1):
        counts.append(len(made.mask))
        return of(made, size, pool)

    monkeypatch.setattr(TemplateSpectra, 'of', counted)
    return counts


def test_what_is_expected_is_tried_first_and_all_else_after(wide_map, opened, templates):
    photo, view = photograph(wide_map.ground, 2.5, 3.1, 40.0), View(gsd_m_per_px=GSD)
    answers, numbers = [], []
    for expected in (None, ExpectedView(37.0, 4.0), ExpectedView(200.0, 4.0)):
        templates.clear()
        answers.append(query(opened, Config(), photo, view, expected=expected))
        numbers.append(sum(templates))
    usual, right, wrong = answers
    for answer in answers:
        assert error_m(answer.position, 2.5, 3.1) < 1.0
        assert answer.view == view  # what was known, not what was guessed
        assert answer.heading_deg == pytest.approx(40.0, abs=0.5)
    assert numbers[1] < numbers[0] / 3
    # Where nothing stands out, more places are tried on the finer levels.
    assert numbers[0] < numbers[2] < 2 * numbers[0]
    assert wrong.position.latitude == usual.position.latitude
    assert right.confidence > 0.99


def test_a_flight_finds_the_same_fixes_with_fewer_templates(wide_map, opened, templates):
    places = [
        (1.5, 1.5, 90.0),
        (1.5, 2.2, 92.0),
        (1.6, 2.9, 85.0),
        (2.2, 3.2, 175.0),
        (2.9, 3.2, 182.0),
    ]
    flights, numbers = [], []
    for expects in (True, False):
        config = Config().replace('track.expect_view', expects)
        localizer = Localizer.over(opened, config)
        templates.clear()
        answers = []
        for second, place in enumerate(places, start=1):
            pixels = photograph(wide_map.ground, *place)
            yaw_rad = np.radians(30.0 - place[2])  # of a frame of its own
            pose = OdometryPose(
                np.zeros(2), np.array([0.0, 0.0, np.sin(yaw_rad / 2), np.cos(yaw_rad / 2)])
            )
            localizer.flight.track.add_odometry(second * S, pose)
            image = TimedImage(f'{second}', second * S, second * S, partial(np.asarray, pixels))
            image = replace(image, view=View(gsd_m_per_px=GSD))
            answers.append(localizer.answer(image, second * S))
        flights.append(answers)
        numbers.append(sum(templates))
    assert numbers[0] < numbers[1] / 2
    for place, one, other in zip(places, *flights, strict=True):
        for answer in (one, other):
            assert error_m(answer.position, *place[:2]) < 1.0
            assert answer.deviation is None or answer.deviation.heading_deg is None
        there = FRAME.enu_from_geodetic(one.position.latitude, one.position.longitude)
        np.testing.assert_allclose(
            there,
            FRAME.enu_from_geodetic(other.position.latitude, other.position.longitude),
            atol=0.3,
        )
