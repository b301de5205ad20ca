# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where the vehicle was and where its autopilot believed to be, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.session.reader import Session

# Events of a flight.
CLIMBS, WITH_GNSS = 'climbs', 'flies with GNSS'
GNSS_LOST, HAS_FLOWN = 'flies without GNSS', 'has flown'
_MAX_GAP_S = 1.0


@dataclass(frozen=True)
class Course:
    """The flight at the times at which the autopilot told its position, N of them."""

    times_s: np.ndarray  # (N,) Unix time
    truth: np.ndarray  # (N, 2) latitude and longitude
    believed: np.ndarray  # (N, 2)
    gnss_lost_s: float | None

    @classmethod
    def of(cls, session: Session) -> Course:
        """Return the course of a session that was written by a simulated flight."""
        events = {record['what']: record['time_s'] for record in session.of_kind('event')}
        since_s, until_s = events.get(CLIMBS, 0.0), events.get(HAS_FLOWN, np.inf)
        truth = {time_s: place for time_s, *place in session.places('truth')}
        believed = {time_s: place for time_s, *place in session.places('autopilot')}
        times_s = sorted(t for t in truth.keys() & believed.keys() if since_s <= t <= until_s)
        return cls(
            np.array(times_s),
            np.array([truth[time_s] for time_s in times_s]).reshape(-1, 2),
            np.array([believed[time_s] for time_s in times_s]).reshape(-1, 2),
            events.get(GNSS_LOST),
        )

    @property
    def errors_m(self) -> np.ndarray:
        """(N,) metres of the belief from the truth."""
        if not len(self.times_s):
            return np.zeros(0)
        return np.asarray(distance_m(*self.truth.T, *self.believed.T), float)

    def way_m(self, chosen: np.ndarray) -> float:
        """Return the length of the way along chosen times, (N,) bool."""
        places = self.truth[chosen]
        if len(places) < 2:
            return 0.0
        return float(np.sum(distance_m(*places[:-1].T, *places[1:].T)))

    def truth_at(self, time_s: float) -> tuple[float, float] | None:
        """Return latitude and longitude at a time, None where they are not known."""
        after = int(np.searchsorted(self.times_s, time_s))
        if not 0 < after < len(self.times_s):
            return None
        before = after - 1
        start_s, end_s = self.times_s[before], self.times_s[after]
        if end_s - start_s > _MAX_GAP_S:
            return None
        share = (time_s - start_s) / (end_s - start_s)
        lat, long = self.truth[before] + share * (self.truth[after] - self.truth[before])
        return float(lat), float(long)
