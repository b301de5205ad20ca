"""Measurements of one sensor over the last seconds, asked for by the time of an image."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

# Images reach the node and wait for their turn within this, or they are not worth an answer.
_HISTORY_NS = 10_000_000_000
# Networks reorder messages by milliseconds; a bag that loops or a clock that is set goes further.
_RESTART_BACKWARD_NS = 1_000_000_000

Value = TypeVar('Value')


@dataclass(frozen=True)
class Matched(Generic[Value]):
    """A value for the time that was asked for."""

    value: Value
    age_s: float  # how far from the nearest measurement; 0 if it lies between two


class TimeBuffer(Generic[Value]):
    """
    Keep the last measurements with their stamps; give the value at any time among them.

    Between two measurements that are both within the maximum age, the value is interpolated;
    otherwise the nearest one within the maximum age holds. A stamp that jumps back starts anew.
    Safe to fill from one thread and to read from another.
    """

    def __init__(
        self, max_age_s: float, interpolate: Callable[[Value, Value, float], Value]
    ) -> None:
        """:param interpolate: (earlier, later, share 0 to 1 of the way) -> value."""
        self._max_age_ns = round(max_age_s * 1e9)
        self._interpolate = interpolate
        self._lock = threading.Lock()
        self._samples: deque[tuple[int, Value]] = deque()

    @property
    def is_empty(self) -> bool:
        """Whether there has been no measurement at all since the start or the last jump."""
        return not self._samples

    def add(self, stamp_ns: int, value: Value) -> None:
        """Take a measurement; one that was overtaken by a later one is dropped."""
        with self._lock:
            if self._samples and self._samples[-1][0] - stamp_ns >= _RESTART_BACKWARD_NS:
                self._samples.clear()
            if self._samples and stamp_ns < self._samples[-1][0]:
                return
            if self._samples and stamp_ns == self._samples[-1][0]:
                self._samples.pop()  # a clock that stands still: the newer one counts
            self._samples.append((stamp_ns, value))
            while stamp_ns - self._samples[0][0] > _HISTORY_NS:
                self._samples.popleft()

    def at(self, stamp_ns: int) -> Matched[Value] | None:
        """Return the value at a time, or None if no measurement is near enough."""
        with self._lock:
            earlier, later = self._neighbours(stamp_ns)
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

    def _neighbours(self, stamp_ns: int):
        """Return the last sample at or before a time and the first after it, each if near."""
        earlier = later = None
        for sample in reversed(self._samples):
            if sample[0] <= stamp_ns:
                earlier = sample
                break
            later = sample
        near = [
            s if s and abs(stamp_ns - s[0]) <= self._max_age_ns else None for s in (earlier, later)
        ]
        return near[0], near[1]


def interpolate_linear(earlier, later, share: float):
    """Return what lies between two numbers or arrays."""
    return earlier + share * (later - earlier)
