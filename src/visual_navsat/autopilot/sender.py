# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is sent when: fixes carried to now, at a steady rate, and silence where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import math
from typing import Literal

import numpy as np
from visual_navsat.autopilot.carry import carry, MotionError
from visual_navsat.autopilot.motion_buffer import Leg, MotionBuffer
from visual_navsat.autopilot.near_frame import en_m
from visual_navsat.localization.position import PositionEstimate, Refusal

# ArduPilot drops what follows within 20 ms.
_MIN_INTERVAL_NS = 25_000_000
# After so long without a position an EKF has gone astray: the next is a reset.
_SILENCE_NS = 2_000_000_000
# Without motion a fix is sent as it is while the autopilot can still look back to its image.
UNCARRIED_MAX_AGE_S = 0.25
# All repetitions of a fix together weigh at most this share of it.
_REPEATED_WEIGHT = 0.1


@dataclass(frozen=True)
class SenderConfig:
    """When to send and when to be silent."""

    rate_hz: float = 4.0
    max_fix_age_s: float = 8.0  # since its image; then silence, which the failsafe sees
    # light: the first message of a fix has its covariance, what repeats it hardly weighs.
    # even: each has the same weight, for receivers that remember the worst accuracy they saw.
    repeats: Literal['light', 'even'] = 'light'
    jump_sigmas: float = 5.0  # a fix that disagrees with what was sent by more is a reset
    motion_error: MotionError = field(default_factory=MotionError)


@dataclass(frozen=True)
class Outgoing:
    """What is sent about one fix at one time."""

    position: PositionEstimate  # carried to stamp_ns, its covariance as it is believed
    variance_factor: float  # of what is sent: what was said before is no new information
    stamp_ns: int  # of sending
    image_stamp_ns: int
    received_ns: int  # when the fix came to the bridge
    reset_counter: int  # 0 to 255
    is_new: bool  # the first message about this fix
    is_carried: bool

    @property
    def covariance_en_m2(self) -> np.ndarray:
        """(2, 2) of east and north, as it is sent."""
        return self.variance_factor * self.position.horizontal_covariance_m2

    @property
    def sigma_m(self) -> float:
        """Return the standard deviation an axis, in the worst direction, as it is sent."""
        return math.sqrt(float(np.linalg.eigvalsh(self.covariance_en_m2)[-1]))

    @property
    def age_s(self) -> float:
        """Seconds since the image."""
        return (self.stamp_ns - self.image_stamp_ns) / 1e9


@dataclass(frozen=True)
class _Held:
    """The newest fix."""

    position: PositionEstimate
    stamp_ns: int
    received_ns: int
    times_sent: int = 0


class Sender:
    """Hold the newest fix and say at each time what to send of it."""

    def __init__(self, motion: MotionBuffer, config: SenderConfig | None = None) -> None:
        self.config = config or SenderConfig()
        self._motion = motion
        self._held: _Held | None = None
        self._last: Outgoing | None = None  # what was sent last
        self._mean_interval_s = 1.0  # between fixes
        self.reset_counter = 0
        self.silence = 'no_fix'  # why nothing is sent; '' while something is
        self.refused = ''  # why the last fix was not taken; '' if it was

    @property
    def newest(self) -> PositionEstimate | None:
        """Return the newest fix as it came, None before the first."""
        return self._held.position if self._held else None

    def offer(self, position: PositionEstimate | Refusal, stamp_ns: int, now_ns: int) -> bool:
        """
        Take an answer; return whether it will be sent.

        :param stamp_ns: when the image was taken, on the clock of ``now_ns``.
        """
        if isinstance(position, Refusal):
            return False  # the fix before it is still good for a while
        self.refused = self._fault(position, stamp_ns, now_ns)
        if self.refused:
            return False
        if self._held is not None:
            seconds = (stamp_ns - self._held.stamp_ns) / 1e9
            if 0.0 < seconds < self.config.max_fix_age_s:
                self._mean_interval_s += 0.2 * (seconds - self._mean_interval_s)
        self._held = _Held(position, stamp_ns, now_ns)
        return True

    def forget(self) -> None:
        """Send nothing of the newest fix any more."""
        self._held = None

    def due(self, now_ns: int) -> Outgoing | None:
        """Return what is to be sent now, None if it is not time or there is nothing to say."""
        held = self._held
        if held is None or (now_ns - held.stamp_ns) / 1e9 > self.config.max_fix_age_s:
            self.silence = 'no_fix' if held is None else 'fix_too_old'
            return None
        if not self._is_time(now_ns, held):
            return None
        leg = self._motion.leg(held.stamp_ns, now_ns)
        if leg is None and (now_ns - held.stamp_ns) / 1e9 > UNCARRIED_MAX_AGE_S:
            self.silence = 'no_motion'
            return None
        return self._send(now_ns, held, leg)

    def _send(self, now_ns: int, held: _Held, leg: Leg | None) -> Outgoing:
        position = held.position
        if leg is not None:
            position = carry(position, leg, self.config.motion_error)
        is_new = held.times_sent == 0
        # Never as new what is not: the counter rises once a jump, and once after a silence.
        if is_new and (self._is_after_silence(now_ns) or self._is_jump(position, now_ns)):
            self.reset_counter = (self.reset_counter + 1) % 256
        self._held = replace(held, times_sent=held.times_sent + 1)
        self.silence = ''
        self._last = Outgoing(
            position=position,
            variance_factor=self._variance_factor(is_new),
            stamp_ns=now_ns,
            image_stamp_ns=held.stamp_ns,
            received_ns=held.received_ns,
            reset_counter=self.reset_counter,
            is_new=is_new,
            is_carried=leg is not None,
        )
        return self._last

    def _is_after_silence(self, now_ns: int) -> bool:
        return self._last is not None and now_ns - self._last.stamp_ns > _SILENCE_NS

    def wait_s(self, now_ns: int) -> float:
        """Return the seconds until the next message; infinite where nobody knows when it comes."""
        if self._held is None or self._last is None or self.silence:
            return math.inf
        return max((self._last.stamp_ns + self._interval_ns(self._held) - now_ns) / 1e9, 0.0)

    def _is_time(self, now_ns: int, held: _Held) -> bool:
        if self._last is None:
            return True
        since_ns = now_ns - self._last.stamp_ns
        # Before it: the clock was set back.
        return since_ns < 0 or since_ns >= self._interval_ns(held)

    def _interval_ns(self, held: _Held) -> int:
        return _MIN_INTERVAL_NS if held.times_sent == 0 else round(1e9 / self.config.rate_hz)

    def _variance_factor(self, is_new: bool) -> float:
        config = self.config
        if config.repeats == 'even':
            return max(config.rate_hz * self._mean_interval_s, 1.0)
        repeats = config.rate_hz * config.max_fix_age_s
        return 1.0 if is_new else max(repeats / _REPEATED_WEIGHT, 1.0)

    def _is_jump(self, position: PositionEstimate, now_ns: int) -> bool:
        """Return whether a carried fix contradicts what was sent last, carried to now."""
        last = self._last
        leg = self._motion.leg(last.stamp_ns, now_ns) if last else None
        if last is None or leg is None:
            return False
        before = carry(last.position, leg, self.config.motion_error)
        step_m = en_m(before.latitude, before.longitude, position.latitude, position.longitude)
        both_m2 = before.horizontal_covariance_m2 + position.horizontal_covariance_m2
        return float(step_m @ np.linalg.solve(both_m2, step_m)) > self.config.jump_sigmas**2

    def _fault(self, position: PositionEstimate, stamp_ns: int, now_ns: int) -> str:
        covariance = position.horizontal_covariance_m2
        if not np.isfinite(covariance).all() or np.linalg.eigvalsh(covariance)[0] <= 0:
            return 'nan_covariance'
        if not (math.isfinite(position.latitude) and math.isfinite(position.longitude)):
            return 'nan_position'
        if stamp_ns > now_ns + 100_000_000:
            return 'stamp_ahead'
        if (now_ns - stamp_ns) / 1e9 > self.config.max_fix_age_s:
            return 'too_late'
        # A little back is an answer overtaken by a later one, far back another clock.
        if self._held and 0 <= self._held.stamp_ns - stamp_ns < 1_000_000_000:
            return 'overtaken'
        return ''
