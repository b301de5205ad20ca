# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Large photos are worked at a size that still shows more than any map of the ground."""

from __future__ import annotations

from dataclasses import replace
import math

import cv2
import numpy as np
from visual_navsat.geometry.view import View

# 4096 x 3072: what a photo costs is bounded, and a footprint of 400 m still has 0.1 m a pixel.
MAX_WORKED_PX = 12_582_912


def to_working_size(image: np.ndarray, view: View) -> tuple[np.ndarray, View]:
    """
    Return an image shrunk to at most 12.6 megapixels, and its view: camera and GSD of its pixels.

    :param image: (H, W, 3) uint8; returned as it is if it is not larger.
    """
    height, width = image.shape[:2]
    if height * width <= MAX_WORKED_PX:
        return image, view
    scale = math.sqrt(MAX_WORKED_PX / (height * width))
    size = max(1, int(width * scale)), max(1, int(height * scale))
    gsd, camera = view.gsd_m_per_px, view.camera
    if gsd is not None:
        gsd *= width / size[0]
    if camera is not None and (camera.width, camera.height) == (width, height):
        camera = camera.resized_to(*size)
    shrunk = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return shrunk, replace(view, camera=camera, gsd_m_per_px=gsd)
