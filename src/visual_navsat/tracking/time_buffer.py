# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Measurements of one sensor over the last seconds, asked for by the time of an image."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import threading
from typing import Generic, TypeVar

import numpy as np
from visual_navsat.tracking.stamp_order import RESTART_BACKWARD_NS

# Images that reach the node or wait for their turn longer than this are not worth an answer.
_HISTORY_NS = 10_000_000_000
_MAX_SAMPLES = 20_000  # in that time, of an IMU at 2 kHz

Value = TypeVar('Value')
Number = TypeVar('Number', float, np.ndarray)


@dataclass(frozen=True)
class Matched(Generic[Value]):
    """A value for the time that was asked for."""

    value: Value
    age_s: float  # time to the nearest measurement; 0 if it lies between two


class TimeBuffer(Generic[Value]):
    """
    Keep the last measurements with their stamps; return the value at any time among them.

    Between two measurements that are both within the maximum age, the value is interpolated;
    otherwise that of the nearest one within the maximum age holds. A stamp that jumps back starts
    anew. Safe to fill from one thread and to read from another.
    """

    def __init__(
        self, max_age_s: float, interpolate: Callable[[Value, Value, float], Value]
    ) -> None:
        """:param interpolate: (earlier, later, share 0 to 1 of the way) -> value."""
        self._max_age_ns = round(max_age_s * 1e9)
        self._interpolate = interpolate
        self._lock = threading.Lock()
        # The oldest go first where stamps hardly advance.
        self._samples: deque[tuple[int, Value]] = deque(maxlen=_MAX_SAMPLES)

    @property
    def is_empty(self) -> bool:
        """Whether there has been no measurement since the start or the last jump."""
        return not self._samples

    def add(self, stamp_ns: int, value: Value) -> None:
        """Take a measurement; drop it if a later one has overtaken it."""
        with self._lock:
            back_ns = self._samples[-1][0] - stamp_ns if self._samples else -1
            if back_ns >= RESTART_BACKWARD_NS:
                self._samples.clear()
            elif back_ns > 0:
                return
            elif back_ns == 0:
                self._samples.pop()  # a clock that stands still: the newer one counts
            self._samples.append((stamp_ns, value))
            while stamp_ns - self._samples[0][0] > _HISTORY_NS:
                self._samples.popleft()

    def at(self, stamp_ns: int) -> Matched[Value] | None:
        """Return the value at a time, or None if no measurement is near enough."""
        with self._lock:
            near = [s for s in self._samples if abs(stamp_ns - s[0]) <= self._max_age_ns]
        earlier = next((sample for sample in reversed(near) if sample[0] <= stamp_ns), None)
        later = next((sample for sample in near if sample[0] > stamp_ns), None)
        if earlier and later:
            share = (stamp_ns - earlier[0]) / (later[0] - earlier[0])
            return Matched(self._interpolate(earlier[1], later[1], share), 0.0)
        nearest = earlier or later
        if nearest is None:
            return None
        return Matched(nearest[1], abs(stamp_ns - nearest[0]) / 1e9)

    def clear(self) -> None:
        """Forget all measurements."""
        with self._lock:
            self._samples.clear()


def interpolate_linear(earlier: Number, later: Number, share: float) -> Number:
    """Return the number or array at a share of the way between two."""
    return earlier + share * (later - earlier)
