# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The hypothesis: what one image tells a track about the vehicle's position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Hypothesis:
    """A place where the vehicle may be, with its probability."""

    position_enu_m: np.ndarray  # (2,)
    covariance_enu_m2: np.ndarray  # (2, 2)
    probability: float  # those of one image add up to less than 1
    searched_m2: float | None = None  # ground of which it is the best place; None: the map
    # Ground for which the probability holds, where more was searched; None: for all of it.
    priced_m2: float | None = None
    outline_m: np.ndarray | None = None  # (N, 2) of the ground that is shown, from the vehicle
    # (2, 2) the part of the covariance that stays the same from image to image, by an unknown tilt
    # of the camera: columns are metres per standard deviation along the image's right and up.
    tilt_enu_m: np.ndarray | None = None
