"""A place where an image may have been taken, as a track takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Hypothesis:
    """A place where an image may have been taken, with the probability that it was."""

    position_enu_m: np.ndarray  # (2,)
    covariance_enu_m2: np.ndarray  # (2, 2)
    probability: float  # that this place is the right one; all of an image add up to less than 1
    searched_m2: float | None = None  # ground that it is the best of; None: the map
