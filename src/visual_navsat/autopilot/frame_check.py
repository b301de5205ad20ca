# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether an estimator is where it would be if the axes of what it gets were exchanged."""

from __future__ import annotations

from collections import deque

import numpy as np

_SPAN_NS = 20_000_000_000
_MIN_PAIRS = 10
# Exchanged axes must explain where the EKF is much better than the axes that are sent.
_MUCH_BETTER = 0.25
_FAR_M = 20.0

_EXCHANGES = (
    (np.array([[0.0, 1.0], [1.0, 0.0]]), 'north and east are exchanged'),
    (np.diag([-1.0, 1.0]), 'east is counted to the west'),
    (np.diag([1.0, -1.0]), 'north is counted to the south'),
)


class FramePairs:
    """
    Where we are and where the autopilot says that it is, over twenty seconds.

    An EKF that gets exchanged axes does not stand still where they lead: its accelerometers
    contradict them, so it drifts off and is reset there again and again. Only a median shows it.
    """

    def __init__(self) -> None:
        self._pairs: deque[tuple[int, np.ndarray, np.ndarray]] = deque()

    def add(self, now_ns: int, ours_en_m: np.ndarray, theirs_en_m: np.ndarray) -> None:
        """Take a pair of (2,) metres east and north of the EKF's origin."""
        self._pairs.append((now_ns, ours_en_m, theirs_en_m))
        while not 0 <= now_ns - self._pairs[0][0] <= _SPAN_NS:
            self._pairs.popleft()

    def exchanged(self) -> str:
        """Return in words which axes are exchanged; empty if none are, or too little is known."""
        if len(self._pairs) < _MIN_PAIRS:
            return ''
        ours_m, theirs_m = (np.array([pair[i] for pair in self._pairs]) for i in (1, 2))

        def median_off_m(axes: np.ndarray) -> float:
            return float(np.median(np.linalg.norm(theirs_m - ours_m @ axes, axis=1)))

        as_sent_m = median_off_m(np.eye(2))
        off_m, words = min(((median_off_m(axes), words) for axes, words in _EXCHANGES))
        if as_sent_m < _FAR_M or off_m > _MUCH_BETTER * as_sent_m:
            return ''
        return (
            f'the EKF is {as_sent_m:.0f} m from the fixes, and {off_m:.0f} m from where they '
            f'would be if {words}'
        )
