"""The newest heading, for as long as it can be trusted."""

from __future__ import annotations

import math


class LatestHeading:
    """
    Keep the newest heading with the time of its arrival.

    std_msgs/Float64 carries no stamp, so arrival stands in for it, on the same clock for headings
    and images.
    """

    def __init__(self, max_age_s: float) -> None:
        self._max_age_ns = round(max_age_s * 1e9)
        self._heading_deg: float | None = None
        self._arrival_ns = 0

    def update(self, heading_deg: float, now_ns: int) -> bool:
        """Take a heading, degrees clockwise from north; return False if it is not finite."""
        if not math.isfinite(heading_deg):
            return False
        self._heading_deg = heading_deg % 360.0
        self._arrival_ns = now_ns
        return True

    def is_too_old(self, now_ns: int) -> bool:
        """Return whether there is a heading, but not one that fits an image arriving now."""
        # Negative after the clock jumped back: then the heading is of another time too.
        age_ns = now_ns - self._arrival_ns
        return self._heading_deg is not None and not 0 <= age_ns <= self._max_age_ns

    def at(self, now_ns: int) -> float | None:
        """Return the heading in degrees, [0, 360), or None if there is none to be trusted."""
        return None if self.is_too_old(now_ns) else self._heading_deg
