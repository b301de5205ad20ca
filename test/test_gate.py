# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""--fail-if: limits on the figures of a run."""

import math

import pytest
from visual_navsat.errors import ConfigError
from visual_navsat.evaluation import Gate, metric_values, METRICS

VALUES = {'median': 3.0, 'p90': 25.0, 'false_fixes': 0.0, 'recall@1': 0.4, 'within_25': 0.6}


def failures(text, values=VALUES):
    return Gate.parse(text, list(values)).failures(values)


@pytest.mark.parametrize(
    ('text', 'fails'),
    [
        ('', False),
        ('p90>20', True),
        ('p90 > 25', False),
        ('p90>=25', True),
        ('false_fixes==0', True),
        ('false_fixes!=0', False),
        ('recall@1<.5', True),
        ('within_25<=6e-1', True),
        ('median>5, p90>20', True),  # one is enough
        ('median>5 and p90>20', False),  # both are asked for
        ('median>2 and p90>20', True),
        ('median>5 and p90>20, recall@1<1', True),
    ],
)
def test_conditions(text, fails):
    assert bool(failures(text)) is fails


def test_the_line_says_which_and_what_it_was():
    assert failures('p90>20, median>2 and within_25<0.7, median>9') == [
        'p90>20 (it is 25)',
        'median>2 (it is 3) and within_25<0.7 (it is 0.6)',
    ]


def test_what_is_not_known_fails_either_way():
    unknown = {'p90': math.nan}
    assert failures('p90>20', unknown) == ['p90>20 (it is not known)']
    assert failures('p90<20', unknown)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('p95>20', "--fail-if 'p95' is unknown: choose from median, p90"),
        ('p90', "--fail-if 'p90' is not a comparison"),
        ('p90>20,', "--fail-if '' is not a comparison"),
        ('p90>20 or median>3', "--fail-if 'p90>20 or median>3' is not a comparison"),
        ('p90=20', "--fail-if 'p90=20' is not a comparison"),
        ('p90>twenty', "'twenty' is not a number"),
        ('p90>nan', "'nan' is not a number"),
    ],
)
def test_what_cannot_be_read_is_one_line(text, message):
    with pytest.raises(ConfigError) as raised:
        Gate.parse(text, list(VALUES))
    assert message in str(raised.value)
    assert '\n' not in str(raised.value)


def test_metrics_of_a_summary():
    summary = {
        'n': 10,
        'refused': 4,
        'error_m': {'median': 2.5, 'p90': None},
        'false_fixes': 1,
        'availability': 0.6,
        'anees': 1.5,
        'share_in_95_ellipse': 0.9,
        'share_within_m': {'5': 0.1, '10': 0.2, '25': 0.3, '50': 0.4, '100': 0.5},
        'recall_at': {'1': 0.6, '5': 0.7, '10': 0.8, '20': 0.9},
    }
    values = metric_values(summary)
    assert (values['median'], values['fixes'], values['within_25']) == (2.5, 6.0, 0.3)
    assert (values['recall@20'], values['availability']) == (0.9, 0.6)
    # No fix has no p90; a replay keeps its times elsewhere.
    assert math.isnan(values['p90'])
    assert math.isnan(values['seconds'])
    assert set(values) == set(METRICS)


def test_changes_are_told_with_their_direction():
    median, share = METRICS['median'], METRICS['recall@1']
    assert median.change_text(4.0, 2.5) == '−1.50 m'
    assert (median.mood(4.0, 2.5), share.mood(0.4, 0.3)) == ('better', 'worse')
    assert share.change_text(0.40, 0.55) == '+15.0 points'
    assert median.change_text(math.nan, 2.5) == '–'
    assert METRICS['anees'].mood(0.2, 3.0) == ''
    assert (median.change_text(2.501, 2.499), median.mood(2.501, 2.499)) == ('same', '')
