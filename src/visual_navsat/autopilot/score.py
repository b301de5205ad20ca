# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How far what would be sent is from where the autopilot is, by its own GNSS."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
import math
from typing import Any

import numpy as np

_MAX_ERRORS = 20_000


@dataclass
class Score:
    """The errors at the time of sending."""

    errors_m: deque[float] = field(default_factory=lambda: deque(maxlen=_MAX_ERRORS))

    def add(self, difference_en_m: np.ndarray | None) -> None:
        """Take one difference, (2,) metres east and north; None: it could not be compared."""
        if difference_en_m is not None:
            self.errors_m.append(float(np.linalg.norm(difference_en_m)))

    def values(self) -> dict[str, Any]:
        """Return number, median and 95th percentile, metres; None of nothing."""
        errors_m = np.array(self.errors_m)
        median, p95 = np.percentile(errors_m, [50, 95]) if len(errors_m) else (math.nan, math.nan)
        return {
            'n': len(errors_m),
            'median_m': None if math.isnan(median) else round(float(median), 2),
            'p95_m': None if math.isnan(p95) else round(float(p95), 2),
        }
