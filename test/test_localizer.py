# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One image in, one answer out, whatever happens on the way."""

from makers import make_answer
import numpy as np
import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ImageError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.localizer import Localizer
from visual_navsat.tracking.timed_image import TimedImage

PIXELS = np.zeros((20, 20, 3), np.uint8)
FIX = PositionEstimate(46.5, 7.9, np.eye(3))


def make_localizer(query):
    """Return a localizer over a map of 1 km with this query, and the list of its faults."""
    flight = Flight(Config(), LocalFrame(46.5, 7.9), Region(-500.0, -500.0, 500.0, 500.0))
    faults = []
    return Localizer(Config(), flight, query, faults.append), faults


def ask(localizer, second=1, read=lambda: PIXELS):
    stamp_ns = second * 10**9
    return localizer.answer(TimedImage(f'{second}', stamp_ns, stamp_ns, read), stamp_ns)


def raising(error):
    def function(*_, **__):
        raise error

    return function


@pytest.mark.parametrize(
    'error', [ZeroDivisionError('division by zero'), MemoryError(), KeyError('a\nb')]
)
def test_an_unexpected_error_is_an_answer_and_the_next_image_a_fix(error):
    faulty = True

    def query(*_, **__):
        if faulty:
            raise error
        return make_answer(FIX)

    localizer, faults = make_localizer(query)
    answer = ask(localizer)
    assert answer.has_failed and not answer.is_unreadable
    assert type(error).__name__ in answer.position.detail
    assert '\n' not in answer.position.detail
    assert (answer.name, answer.stamp_ns, answer.frame_id) == ('1', 10**9, 'camera')
    assert isinstance(answer.tracked, Refusal)
    assert len(faults) == 1 and faults[0].startswith('Traceback')
    faulty = False
    assert ask(localizer, 2).is_fix


def test_an_image_that_cannot_be_read_is_no_fault():
    localizer, faults = make_localizer(raising(AssertionError))
    answer = ask(localizer, read=raising(ImageError('truncated')))
    assert answer.is_unreadable and answer.position.detail == 'truncated'
    assert faults == []


def test_a_fault_of_the_track_starts_it_anew():
    hypothesis = Hypothesis(np.zeros(2), np.eye(2), 0.99999)
    faulty = Hypothesis(np.zeros(2), np.zeros((3, 3)), 0.99)  # of no shape that a track can take
    given = [hypothesis, hypothesis, faulty, hypothesis]
    localizer, faults = make_localizer(
        lambda *_, **__: make_answer(FIX, hypotheses=(given.pop(0),))
    )
    for second in (1, 2):
        before = ask(localizer, second)
    assert isinstance(before.tracked, PositionEstimate)
    answer = ask(localizer, 3)
    assert answer.has_failed and len(faults) == 1
    assert isinstance(answer.tracked, Refusal)  # it may have been left half changed
    assert ask(localizer, 4).is_fix
