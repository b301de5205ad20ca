# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which images a busy node would have dropped, worked by hand."""

from collections import Counter
from dataclasses import dataclass

import pytest
from visual_navsat.replay.flight_replay import answer_every_image, answer_in_real_time
from visual_navsat.replay.recording import RecordedMeasurement
from visual_navsat.tracking.timed_image import TimedImage


@dataclass(frozen=True)
class Answer:
    image: TimedImage
    seconds: float
    measured: int  # measurements that were known
    answered_ns: int = 0
    was_looked_for: bool = True


class Clockwork:
    """A replay that only notes when it was asked what; each image takes as long as it says."""

    def __init__(self, seconds=0.0):
        self.counts = Counter()
        self.measured = 0
        self.seconds = seconds

    def measure(self, _):
        self.measured += 1

    def accept(self, _):
        return True

    def answer(self, image, now_ns):
        return Answer(image, self.seconds, self.measured, now_ns)


class Recording:
    """A list of events."""

    def __init__(self, *events):
        self.list = events

    def events(self):
        return iter(self.list)


def image(ms) -> TimedImage:
    return TimedImage(f'{ms}', ms * 10**6, ms * 10**6, read=None)


def measurement(ms) -> RecordedMeasurement:
    return RecordedMeasurement(ms * 10**6, put_into=None)


def names(answers):
    return [answer.image.name for answer in answers]


def test_every_image():
    recording = Recording(image(0), image(1), image(2))
    answers = list(answer_every_image(Clockwork(), recording))
    assert names(answers) == ['0', '1', '2']
    assert [answer.answered_ns for answer in answers] == [0, 10**6, 2 * 10**6]


def test_the_newest_of_those_that_wait():
    # Busy from 0 to 250: 100 waits and gives way to 200, which is answered from 250 to 500.
    # 300 gives way to 400, answered from 500 to 750; 900 finds it free.
    replay = Clockwork(seconds=0.25)
    recording = Recording(*map(image, (0, 100, 200, 300, 400, 900)))
    answers = list(answer_in_real_time(replay, recording))
    assert names(answers) == ['0', '200', '400', '900']
    assert [answer.answered_ns // 10**6 for answer in answers] == [250, 500, 750, 1150]
    assert replay.counts['dropped'] == 2


def test_a_given_latency_goes_before_the_measured_one():
    replay = Clockwork(seconds=9.0)
    recording = Recording(*map(image, (0, 100, 200)))
    answers = list(answer_in_real_time(replay, recording, latency_s=0.1))
    assert names(answers) == ['0', '100', '200']
    assert replay.counts['dropped'] == 0


def test_what_arrives_while_an_image_waits_is_known_to_it():
    recording = Recording(
        *(measurement(0), image(0), image(10), measurement(50), measurement(150), image(200))
    )
    answers = list(answer_in_real_time(Clockwork(seconds=0.1), recording))
    assert [(a.image.name, a.measured) for a in answers] == [('0', 1), ('10', 2), ('200', 3)]


@pytest.mark.parametrize('latency_s', [0.0, None])
def test_a_quick_node_drops_nothing(latency_s):
    recording = Recording(*map(image, range(0, 1000, 33)))
    replay = Clockwork()
    assert len(list(answer_in_real_time(replay, recording, latency_s))) == 31
    assert replay.counts['dropped'] == 0
