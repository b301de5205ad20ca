# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Refuse images that show nothing: a lens cap, a white-out, a plain surface, a smear."""

from __future__ import annotations

import cv2
import numpy as np
from visual_navsat.localization.position import Refusal

_SIDE_PX = 128  # averaged down to this, sensor noise fades and ground stays
_DARK_LEVEL = 10.0  # grey levels of 255; the brightest hundredth of a usable image exceeds it
_MIN_CONTRAST = 2.0  # grey levels, standard deviation; quantisation alone leaves 0.3
_BLUR_SIDE_PX = 256  # of the longer side; what is sharp here is sharp enough for a map
_BLUR_KERNEL_PX = 9
# Sharp drone photos and orthophotos give 0.05 to 0.29; blurred by a Gaussian of 1 / 85 of their
# width, half of them exceed 0.72, by 1 / 64, 0.76. Milder blur is left to the correlation.
_MAX_BLUR = 0.75
_MIN_GRADIENT = 0.1  # grey levels per pixel


def refuse_image(image: np.ndarray) -> Refusal | None:
    """
    Return why an image cannot be located on any map, or None if it can.

    :param image: (H, W, 3) uint8 RGB.
    """
    grey = cv2.cvtColor(
        cv2.resize(image, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
    )
    brightest = float(np.percentile(grey, 99))
    if brightest < _DARK_LEVEL:
        return Refusal('dark', f'99 % of the image is darker than {brightest:.0f} of 255')
    contrast = float(grey.std())
    if contrast < _MIN_CONTRAST:
        return Refusal('textureless', f'the image varies by {contrast:.1f} grey levels of 255')
    blur = blur_effect(image)
    if blur > _MAX_BLUR:
        return Refusal('blurred', f'blurring it again takes only {1 - blur:.0%} off its gradients')
    return None


def blur_effect(image: np.ndarray) -> float:
    """
    Return how little an image changes when it is blurred again, 0 (sharp) to 1 (a smear).

    The worse of both axes, so that motion along one of them counts.

    :param image: (H, W, 3) uint8 RGB, at least a pixel.

    Source: Crete, Dolmiere, Ladret and Nicolas, "The blur effect: perception and estimation with a
    new no-reference perceptual blur metric", SPIE 2007.
    """
    scale = min(1.0, _BLUR_SIDE_PX / max(image.shape[:2]))
    size = [max(2, round(side * scale)) for side in image.shape[1::-1]]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurs = [0.0]
    for axis, kernel in ((1, (_BLUR_KERNEL_PX, 1)), (0, (1, _BLUR_KERNEL_PX))):
        before = np.abs(np.diff(grey, axis=axis))
        if before.mean() < _MIN_GRADIENT:  # stripes along this axis, not a smear
            continue
        after = np.abs(np.diff(cv2.blur(grey, kernel), axis=axis))
        lost = np.maximum(before - after, 0.0).sum()
        blurs.append(1.0 - lost / float(before.sum()))
    return float(max(blurs))
