# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from makers import score
import numpy as np
import pytest
from visual_navsat.evaluation import evaluate
from visual_navsat.evaluation.summary_table import summary_lines
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal

TILE = TileMetadata('a.png', 0.01, -0.01, -0.01, 0.01)
COVARIANCE = np.diag([100.0, 100.0, 1e4])


@pytest.fixture
def outcomes():
    """Make ten fixes at the truth, of confidences 0.95 to 0.05, and the last one is false."""
    return [
        score(
            PositionEstimate(0.0, 0.005 if number == 9 else 0.0, COVARIANCE),
            tiles=[TILE],
            seconds=0.25,
            confidence=0.95 - number / 10,
            height_agl_m=100.0,
        )
        for number in range(10)
    ]


def table(outcomes, is_sequence=False, known=()):
    evaluation = evaluate(outcomes, [TILE], 50.0, is_sequence)
    return list(summary_lines(evaluation, known))


def test_the_curve_is_shown_at_a_few_availabilities(outcomes):
    lines = table(outcomes)
    start = lines.index('if only the surest answers were published:')
    rows = [line.split() for line in lines[start:][2:8]]
    assert rows == [
        ['10.0%', '1', '0', '0.9500'],
        ['30.0%', '3', '0', '0.7500'],
        ['50.0%', '5', '0', '0.5500'],
        ['70.0%', '7', '0', '0.3500'],
        ['90.0%', '9', '0', '0.1500'],
        ['100.0%', '10', '1', '0.0500'],
    ]


def test_calibration_and_first_fix(outcomes):
    # The false fix is 0.005 degrees of 111319.5 m off, 55.7 of its sigmas; over 10 fixes and 2.
    text = '\n'.join(table(outcomes, is_sequence=True))
    assert 'ANEES of the fixes (1 is ideal, more is too sure): 154.90; without' in text
    assert 'from 100 to 100 m above ground: ANEES 154.90 of 10 fixes' in text
    assert 'inside the 95 % ellipse: 90.0% of the fixes' in text
    assert 'first true fix with image 1; 0 false fixes before it' in text


def test_where_everything_was_refused(outcomes):
    refused = score(Refusal('dark'), tiles=[TILE], seconds=0.25)
    text = '\n'.join(table([refused], is_sequence=True))
    assert 'ANEES' not in text
    assert 'no true fix in the whole sequence; 0 false fixes' in text


@pytest.mark.parametrize(
    ('known', 'expected'),
    [
        ((), 'known: nothing'),
        (('gsd',), 'known: gsd'),
        (('heading', 'gsd'), 'known: heading and gsd'),
        (('heading', 'height', 'camera'), 'known: heading, height and camera'),
    ],
)
def test_what_was_known_is_a_sentence(outcomes, known, expected):
    assert table(outcomes, known=known)[0].endswith(expected)
