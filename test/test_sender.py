# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is sent when: at a steady rate, never twice as new, and not at all when it is too old."""

import math

import numpy as np
import pytest
from visual_navsat.autopilot.motion_buffer import MotionBuffer
from visual_navsat.autopilot.sender import Sender, SenderConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.position import PositionEstimate, Refusal

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND
FRAME = LocalFrame(47.4, 8.5)


def fix(east=0.0, north=0.0, sigma=3.0):
    lat, long = FRAME.geodetic_from_enu([east, north])
    return PositionEstimate.from_horizontal(float(lat), float(long), sigma**2 * np.eye(2), 10.0)


class Run:
    """A vehicle that flies 8 m/s to the east, in steps of 20 ms."""

    def __init__(self, **options):
        self.motion = MotionBuffer()
        self.sender = Sender(self.motion, SenderConfig(**options))
        self.at = 0.0
        self.sent = []

    def go(self, seconds, does_move=True):
        for _ in range(round(seconds / 0.02)):
            self.at += 0.02
            if does_move:
                self.motion.add_velocity(self.now, np.array([8.0, 0.0]))
            outgoing = self.sender.due(self.now)
            if outgoing:
                self.sent.append(outgoing)

    @property
    def now(self):
        return START + round(self.at * SECOND)

    def offer(self, position, age=0.0):
        return self.sender.offer(position, self.now - round(age * SECOND), self.now)


def test_a_late_fix_is_sent_where_the_vehicle_is_now():
    run = Run()
    run.go(5)
    run.offer(fix(east=8.0 * 3.0), age=2.0)
    run.go(0.02)
    east_m = FRAME.enu_from_geodetic(
        run.sent[0].position.latitude, run.sent[0].position.longitude
    )[0]
    assert east_m == pytest.approx(8.0 * 5.02, abs=0.01)
    assert run.sent[0].is_new and run.sent[0].is_carried
    assert run.sent[0].position.sigmas_m[0] > 3.0


def test_the_rate_is_kept_and_repetitions_hardly_weigh():
    run = Run(rate_hz=4.0)
    run.go(1)
    run.offer(fix())
    run.go(6)
    assert 24 <= len(run.sent) <= 25
    new, *repeats = run.sent
    assert new.variance_factor == 1.0 and not any(out.is_new for out in repeats)
    weight = sum(9.0 / out.covariance_en_m2[0, 0] for out in repeats)
    assert weight < 0.1


def test_even_repetitions_weigh_as_much_as_the_fix_together():
    run = Run(rate_hz=5.0, repeats='even')
    for second in range(20):
        run.go(1)
        run.offer(fix(east=8.0 * (second + 1)))
    later = [out for out in run.sent if out.stamp_ns > START + 10 * SECOND]
    weight = sum(out.position.covariance_en_m2[0] / out.covariance_en_m2[0, 0] for out in later)
    assert weight == pytest.approx(10, rel=0.2)  # ten fixes in ten seconds


def test_silence_when_the_fix_is_too_old_and_one_reset_after_it():
    run = Run(max_fix_age_s=4.0)
    run.go(1)
    run.offer(fix(east=8.0))
    run.go(10)
    assert run.sender.silence == 'fix_too_old'
    assert run.sent[-1].age_s <= 4.0
    assert {out.reset_counter for out in run.sent} == {0}
    for _ in range(5):
        run.offer(fix(east=8.0 * run.at))
        run.go(1)
    assert run.sender.silence == ''
    assert run.sent[-1].reset_counter == 1


def test_a_refusal_keeps_the_fix_before_it():
    run = Run()
    run.go(1)
    run.offer(fix())
    run.offer(Refusal.of('textureless'))
    run.go(1)
    assert run.sent and run.sender.silence == ''


def test_one_jump_raises_the_counter_once():
    run = Run()
    for second in range(10):
        run.go(1)
        run.offer(fix(east=8.0 * run.at + (60.0 if second >= 5 else 0.0)))
    run.go(1)
    assert run.sent[-1].reset_counter == 1


def test_without_motion_only_a_fresh_fix_is_sent():
    run = Run()
    run.go(1, does_move=False)
    run.offer(fix(), age=0.1)
    run.go(0.1, does_move=False)
    assert [out.is_carried for out in run.sent] == [False]
    run.go(1, does_move=False)
    assert run.sender.silence == 'no_motion'


@pytest.mark.parametrize(
    ('position', 'age', 'reason'),
    [
        (fix(sigma=math.nan), 0.0, 'nan_covariance'),
        (fix(sigma=0.0), 0.0, 'nan_covariance'),
        (PositionEstimate(math.nan, 8.5, np.eye(3)), 0.0, 'nan_position'),
        (fix(), 9.0, 'too_late'),
        (fix(), -1.0, 'stamp_ahead'),
    ],
)
def test_what_would_poison_is_refused_by_name(position, age, reason):
    run = Run()
    run.go(1)
    assert not run.offer(position, age)
    assert run.sender.refused == reason
    run.go(1)
    assert not run.sent


def test_an_answer_that_was_overtaken_is_not_sent():
    run = Run()
    run.go(2)
    assert run.offer(fix(), age=0.5)
    assert not run.offer(fix(), age=1.0)
    assert run.sender.refused == 'overtaken'


def test_the_wait_ends_when_the_next_message_is_due():
    run = Run(rate_hz=4.0)
    assert run.sender.wait_s(run.now) == math.inf  # nobody knows when a fix comes
    run.go(1)
    run.offer(fix())
    run.go(0.02)
    assert run.sender.wait_s(run.now) == pytest.approx(0.25)
    assert run.sender.wait_s(run.now + SECOND) == 0.0
    run.offer(fix())
    assert run.sender.wait_s(run.now) == pytest.approx(0.025)
    run.go(20, does_move=False)
    assert run.sender.silence and run.sender.wait_s(run.now) == math.inf
