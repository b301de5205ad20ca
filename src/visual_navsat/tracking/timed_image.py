# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An image of a vehicle's camera, with the times that matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.view import View


@dataclass(frozen=True)
class TimedImage:
    """An image that is not decoded yet."""

    name: str
    stamp_ns: int  # when it was taken
    arrival_ns: int  # when it was received, on the same clock
    read: Callable[[], np.ndarray]  # (H, W, 3) uint8 RGB; raises VisualNavsatError
    frame_id: str = 'camera'  # of its header
    # The mount of the camera as a (3, 3) rotation, None where it is unknown; without this function
    # it is the configured one.
    body_from_camera: Callable[[], np.ndarray | None] | None = None
    view: View | None = None  # what the image says of itself; None asks the vehicle's sensors
