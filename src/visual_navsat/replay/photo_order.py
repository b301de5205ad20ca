# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The order of photos, whose times are those of cameras: whole seconds, or none at all."""

from __future__ import annotations

from collections.abc import Sequence

UNDATED_NS = 1_000_000_000  # between photos without times
_SAME_TIME_NS = 1_000_000


def in_order_of_time(stamps_ns: Sequence[int]) -> list[tuple[int, int]]:
    """Return (stamp, index) by time, each stamp later than the one before by a millisecond."""
    ordered: list[tuple[int, int]] = []
    for stamp_ns, index in sorted((stamp_ns, n) for n, stamp_ns in enumerate(stamps_ns)):
        if ordered and stamp_ns <= ordered[-1][0]:
            stamp_ns = ordered[-1][0] + _SAME_TIME_NS
        ordered.append((stamp_ns, index))
    return ordered
