# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where the vehicle really was by the GNSS of the recording: compared, never used."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.geometry.geodesy import distance_m

# Receivers report at least once a second; across a longer gap a drone may fly anywhere.
MAX_GAP_S = 2.0
# No multirotor and hardly a fixed-wing drone flies faster; receivers wander by metres.
MAX_SPEED_M_PER_S = 100.0
_WANDER_M = 10.0


@dataclass(frozen=True)
class TruthSample:
    """A true position."""

    stamp_ns: int
    latitude: float  # degrees
    longitude: float


class TruthTrack:
    """True positions in the order of time, interpolated between near neighbours."""

    def __init__(
        self,
        samples: Sequence[TruthSample],
        is_continuous: bool = True,
        left_out: int = 0,
        is_order_known: bool = True,
    ) -> None:
        """
        Sort the samples and find where they jump.

        :param is_continuous: whether the truth holds between two samples too; if not, only at the
            very stamps, as for photos that each carry their own position.
        :param left_out: how many messages had no position.
        :param is_order_known: whether it is sure which of the two is the latitude.
        """
        by_stamp = {sample.stamp_ns: sample for sample in samples}  # the last of equal stamps
        self.samples = [by_stamp[stamp_ns] for stamp_ns in sorted(by_stamp)]
        self._stamps_ns = [sample.stamp_ns for sample in self.samples]
        self._is_continuous = is_continuous
        self.left_out = left_out
        self.is_order_known = is_order_known
        # Index i says whether the way from sample i to i + 1 is impossible.
        self._is_jump = _find_jumps(self.samples)

    def swapped(self) -> TruthTrack:
        """Return these positions with latitude and longitude in each other's place."""
        samples = [TruthSample(s.stamp_ns, s.longitude, s.latitude) for s in self.samples]
        return TruthTrack(samples, self._is_continuous, self.left_out)

    @property
    def jumps(self) -> int:
        """How many times the truth moves faster than ``MAX_SPEED_M_PER_S``."""
        return int(self._is_jump.sum())

    def at(self, stamp_ns: int) -> tuple[float, float] | None:
        """
        Return latitude and longitude at a time; None where no near sample tells it.

        It is also None between two samples around a jump: one of them is wrong.
        """
        after = bisect.bisect_left(self._stamps_ns, stamp_ns)
        if after < len(self.samples) and self._stamps_ns[after] == stamp_ns:
            return self.samples[after].latitude, self.samples[after].longitude
        if not self._is_continuous or not 0 < after < len(self.samples):
            return None
        earlier, later = self.samples[after - 1], self.samples[after]
        gap_ns = later.stamp_ns - earlier.stamp_ns
        if gap_ns > MAX_GAP_S * 1e9 or self._is_jump[after - 1]:
            return None
        share = (stamp_ns - earlier.stamp_ns) / gap_ns
        turn_deg = math.remainder(later.longitude - earlier.longitude, 360.0)
        return (
            earlier.latitude + share * (later.latitude - earlier.latitude),
            math.remainder(earlier.longitude + share * turn_deg, 360.0),
        )


def _find_jumps(samples: Sequence[TruthSample]) -> np.ndarray:
    """Return (N - 1,) bool."""
    if len(samples) < 2:
        return np.zeros(0, bool)
    stamps_s = np.array([sample.stamp_ns for sample in samples]) / 1e9
    lats = np.array([sample.latitude for sample in samples])
    longs = np.array([sample.longitude for sample in samples])
    way_m = distance_m(lats[:-1], longs[:-1], lats[1:], longs[1:])
    return np.asarray(way_m > MAX_SPEED_M_PER_S * np.diff(stamps_s) + _WANDER_M)
