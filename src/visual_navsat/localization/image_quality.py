"""Refuse images that show nothing: a lens cap, a white-out, a plain surface."""

from __future__ import annotations

import cv2
import numpy as np

from visual_navsat.localization.position import Refusal

_SIDE_PX = 128  # averaged down to this, sensor noise fades and ground stays
_DARK_LEVEL = 10.0  # grey levels of 255; the brightest hundredth of a usable image exceeds it
_MIN_CONTRAST = 2.0  # grey levels, standard deviation; quantisation alone leaves 0.3


def refuse_image(image: np.ndarray) -> Refusal | None:
    """
    Return why an image cannot be located, whatever the map, or None if it may.

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
    return None
