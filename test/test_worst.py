# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which images the report shows, and beside what."""

from dataclasses import replace

from makers import score
import numpy as np
import pytest
from report_world import flight, FRAME, SOURCES
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.report import ReportSources
from visual_navsat.report.cards import make_card
from visual_navsat.report.style import reason_colours
from visual_navsat.report.worst import matched_place, worst_answers


def fix(error_m, is_false=False):
    sigma_m = error_m / 10 if is_false else error_m + 1
    return score(PositionEstimate(0.0, error_m / 111319.490793, np.eye(3) * sigma_m**2))


def refusal(guess_deg=None):
    places = () if guess_deg is None else (Candidate(1, 0.4, guess_deg, 0.0, 0.0),)
    return score(Refusal('ambiguous'), candidates=places)


def test_false_fixes_come_first_then_fixes_and_refusals_share_the_room():
    answers = [fix(2), fix(900, True), fix(5), refusal(0.001), fix(60, True), refusal(0.5), fix(9)]
    assert worst_answers(answers, 20) == [1, 4, 6, 2, 0, 5, 3]
    assert worst_answers(answers, 4) == [1, 4, 6, 5]
    assert worst_answers(answers, 1) == [1]


def test_room_that_one_kind_leaves_is_the_others():
    assert len(worst_answers([fix(n) for n in range(50)])) == 20
    assert len(worst_answers([refusal(n / 100) for n in range(50)])) == 20
    mixed = [fix(1.0), *(refusal(n / 100) for n in range(50))]
    assert worst_answers(mixed, 4) == [0, 50, 49, 48]


def test_a_refusal_without_any_guess_is_the_worst():
    assert worst_answers([refusal(0.5), refusal()]) == [1, 0]


def test_what_an_image_was_matched_with():
    run = flight()
    fix = run.answers[0].fix
    assert matched_place(run.answers[0]) == (fix.latitude, fix.longitude)
    ambiguous, dark = run.refusals
    guess, tile = ambiguous.answer.candidates[0], dark.answer.candidates[0]
    assert matched_place(ambiguous) == (guess.latitude, guess.longitude)
    assert matched_place(dark) == (tile.latitude, tile.longitude)
    assert matched_place(refusal()) is None


def test_a_card_marks_truth_and_answer_where_they_lie():
    # The fix is 8 m north of the truth; the query is 80 x 60 px of 1 m, its up direction north.
    run = flight()
    card = make_card(3, {'run': run.answers[3]}, SOURCES, {})
    query, answer, truth = card.panels
    assert all(panel.uri.startswith('data:image/jpeg') for panel in card.panels)
    assert query.marks == ()
    ((name, *at),) = answer.marks
    assert (name, at) == ('truth', pytest.approx([0.5, 0.5 + 8 / 60], abs=1e-3))
    ((name, *at),) = truth.marks
    assert (name, at) == ('answer', pytest.approx([0.5, 0.5 - 8 / 60], abs=1e-3))
    assert answer.label == 'map at the fix, 8.0 m off'


def test_the_crop_is_of_the_ground_under_the_image():
    # A camera that looks 25 m ahead of the vehicle shows other ground, and misses it by as much.
    answer = flight().answers[3]
    east, north = FRAME.enu_from_geodetic(answer.fix.latitude, answer.fix.longitude)
    lat, long = map(float, FRAME.geodetic_from_enu([east, north + 25.0]))
    center = PositionEstimate(lat, long, np.eye(3))
    ahead = replace(answer, answer=replace(answer.answer, center=center))
    panels = [make_card(0, {'run': a}, SOURCES, {}).panels for a in (answer, ahead)]
    assert panels[0][1].uri != panels[1][1].uri
    assert panels[0][1].marks[0][2] == pytest.approx(panels[1][1].marks[0][2], abs=1e-3)


def test_a_card_without_pictures_still_says_what_was_there():
    run = flight()
    card = make_card(2, {'run': run.answers[2]}, ReportSources(), reason_colours(run.refusals))
    assert [panel.uri for panel in card.panels] == [None, None, None]
    assert card.panels[1].label == 'best guess, not published, 0 m off'
