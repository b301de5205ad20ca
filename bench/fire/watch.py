# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Memory, threads and file descriptors of a process, as the kernel tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
import statistics
import time
from typing import Any


@dataclass(frozen=True)
class Vitals:
    """What a process holds at a time."""

    rss_mb: float
    anonymous_mb: float  # of it: the process's own, without files and the shared memory of DDS
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> Vitals:
        """Read them; raise OSError if there is no such process."""
        lines = Path(f'/proc/{pid}/status').read_text().splitlines()
        values = dict(line.split(':', 1) for line in lines)
        rss_mb, anonymous_mb = (
            int(values[name].split()[0]) * 1024 / 1e6 for name in ('VmRSS', 'RssAnon')
        )
        descriptors = len(list(Path(f'/proc/{pid}/fd').iterdir()))
        return cls(rss_mb, anonymous_mb, int(values['Threads']), descriptors)


@dataclass
class Watch:
    """Samples once a second, while it is asked for them."""

    pid: int
    samples: list[Vitals] = field(default_factory=list)
    _last_at: float = 0.0  # on the monotonic clock

    def look(self) -> None:
        """Take a sample, if the last is a second old."""
        now = time.monotonic()
        if now - self._last_at >= 1.0:
            self.samples.append(Vitals.of(self.pid))
            self._last_at = now


def compare(early: Sequence[Vitals], late: Sequence[Vitals]) -> dict[str, Any]:
    """Return the medians of two stretches of time, and how much larger the later one is."""
    medians = _median(early), _median(late)
    return {
        'early': asdict(medians[0]),
        'late': asdict(medians[1]),
        'rss_ratio': round(medians[1].rss_mb / medians[0].rss_mb, 4),
        'rss_mb_most': round(max(v.rss_mb for v in (*early, *late)), 1),
    }


def _median(samples: Sequence[Vitals]) -> Vitals:
    return Vitals(
        round(statistics.median(v.rss_mb for v in samples), 1),
        round(statistics.median(v.anonymous_mb for v in samples), 1),
        round(statistics.median(v.threads for v in samples)),
        round(statistics.median(v.descriptors for v in samples)),
    )
