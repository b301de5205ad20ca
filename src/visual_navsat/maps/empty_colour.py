# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The one colour that stands for no ground: a frame around a turned survey, a missing tile."""

from __future__ import annotations

from collections import Counter
import re

import cv2
import numpy as np
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.maps.ortho import Ortho

Colour = tuple[int, int, int]

_TOLERANCE = 3  # levels: JPEG does not keep a colour exactly
_SPECKS = np.ones((5, 5), np.uint8)
_SEAM = np.ones((3, 3), np.uint8)
_BOXES_PER_SIDE = 12
_BOX_PX = 12
_MUCH = 0.25  # of a border in one exact colour is no ground


def parse_colour(text: str, flag: str = '--empty-colour') -> Colour:
    """Return the colour of ``255,255,255``, ``#ffffff`` or ``white``; raise ConfigError."""
    text = {'white': '#ffffff', 'black': '#000000'}.get(text.strip().lower(), text.strip())
    if re.fullmatch(r'#?[0-9a-fA-F]{6}', text):
        digits = text[-6:]
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    parts = [part.strip() for part in text.split(',')]
    if len(parts) == 3 and all(re.fullmatch(r'[0-9]{1,3}', part) for part in parts):
        red, green, blue = (int(part) for part in parts)
        if max(red, green, blue) <= 255:
            return red, green, blue
    raise ConfigError(f'{flag} must be R,G,B from 0 to 255, or #RRGGBB, got {text!r:.60}')


def is_colour(pixels: np.ndarray, colour: Colour) -> np.ndarray:
    """
    Return (H, W) bool: where (H, W, 3) pixels have a colour, but for specks of it.

    What lies beside such an area is taken in too, since resampling mixes colours there.
    """
    away = np.abs(pixels.astype(np.int16) - np.array(colour, np.int16)).max(axis=2)
    same = (away <= _TOLERANCE).astype(np.uint8)
    same = cv2.morphologyEx(same, cv2.MORPH_OPEN, _SPECKS)
    return cv2.dilate(same, _SEAM) != 0


def border_note(ortho: Ortho) -> str:
    """Return a warning where much of the border of some imagery has one exact colour; or ''."""
    colours: Counter[Colour] = Counter()
    total = 0
    for box in _boxes_along(ortho.extent, ortho.gsd_m_per_px):
        image = ortho.read_box(box, _BOX_PX, _BOX_PX)
        valid = np.ones(image.pixels.shape[:2], bool) if image.valid is None else image.valid
        total += valid.size
        for colour, count in Counter(map(tuple, image.pixels[valid].tolist())).items():
            colours[colour] += count
    if not total or not colours:
        return ''
    colour, count = colours.most_common(1)[0]
    share = count / total
    if share < _MUCH:
        return ''
    text = ','.join(map(str, colour))
    return (
        f'{ortho.name}: {share:.0%} of its border is exactly the colour {text}, which is taken as '
        f'ground: if it is an empty frame, build with --empty-colour {text}'
    )


def _boxes_along(extent: GeoBox, gsd_m_per_px: float) -> list[GeoBox]:
    """Return small boxes along the four sides of an extent, each of a few pixels."""
    width_m, height_m = extent.size_m
    wide = (extent.east - extent.west) * min(1.0, _BOX_PX * gsd_m_per_px / max(width_m, 1e-9))
    high = (extent.north - extent.south) * min(1.0, _BOX_PX * gsd_m_per_px / max(height_m, 1e-9))
    boxes = []
    for step in np.linspace(0, 1, _BOXES_PER_SIDE).tolist():
        west = extent.west + step * (extent.east - extent.west - wide)
        south = extent.south + step * (extent.north - extent.south - high)
        boxes += [
            GeoBox(west, extent.north - high, west + wide, extent.north),
            GeoBox(west, extent.south, west + wide, extent.south + high),
            GeoBox(extent.west, south, extent.west + wide, south + high),
            GeoBox(extent.east - wide, south, extent.east, south + high),
        ]
    return boxes
