# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The field of view of a photo from what it says of its lens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any

from visual_navsat.image_file import EXIF_TAGS

_FULL_FRAME_DIAGONAL_MM = math.hypot(36.0, 24.0)  # 43.27
# Of the longer side: no lens of a drone is wider or longer.
_WIDEST_DEG, _LONGEST_DEG = 150.0, 2.0
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # of FocalPlaneResolutionUnit
_MAX_ZOOM = 200.0
_LEAST_LIKE = 1 / 3  # of two descriptions of one lens


@dataclass(frozen=True)
class Lens:
    """A lens as its photo describes it."""

    hfov_deg: float | None  # across the upright width; None if it is unknown
    unused: tuple[str, ...] = ()  # what of the description cannot be


def read_lens(
    size: tuple[int, int],
    is_transposed: bool,
    photo: Mapping[int, Any],
    calibrated_px: float | None = None,
) -> Lens:
    """
    Return the lens of a photo.

    A calibrated focal length in pixels is preferred to the 35 mm equivalent, which is rounded to
    millimetres, and that to the focal length over the size of the sensor's pixels. One that no
    lens has, or that is over thrice or under a third of the others, is another quantity: some
    firmware writes millimetres there. A digital zoom narrows each.

    :param size: width and height in px as stored.
    :param photo: the EXIF of the photo itself.
    :param calibrated_px: for the size that EXIF gives.
    """
    long_px = max(size)
    tags = (EXIF_TAGS['ExifImageWidth'], EXIF_TAGS['ExifImageHeight'])
    sides = (number(photo.get(tag), 1, 1e6) for tag in tags)
    taken = [side for side in sides if side is not None]
    is_size_known = len(taken) == 2
    if is_size_known and abs(max(taken) / min(taken) * min(size) / long_px - 1) > 0.02:
        return Lens(None, ('the lens: the photo was cut after it was taken',))
    scale = long_px / max(taken) if is_size_known else 1.0
    others = (_from_equivalent(size, photo), _from_sensor(photo, scale))
    focal_px = next((one for one in others if _is_a_lens(one, long_px)), None)
    unused = []
    if calibrated_px is not None and is_size_known:
        calibrated = calibrated_px * scale
        is_like_others = (
            focal_px is None or _LEAST_LIKE <= calibrated / focal_px <= 1 / _LEAST_LIKE
        )
        if _is_a_lens(calibrated, long_px) and is_like_others:
            focal_px = calibrated
        else:
            unused.append('CalibratedFocalLength: it is no focal length in pixels')
    if focal_px is None:
        return Lens(None, tuple(unused))
    zoom = number(photo.get(EXIF_TAGS['DigitalZoomRatio']), 1, _MAX_ZOOM) or 1.0
    upright_width = size[1] if is_transposed else size[0]
    half_rad = math.atan(upright_width / 2 / (focal_px * zoom))
    return Lens(math.degrees(2 * half_rad), tuple(unused))


def _from_equivalent(size: tuple[int, int], photo: Mapping[int, Any]) -> float | None:
    """
    Return the focal length in pixels from that of full frame with the same diagonal.

    Photos wider than 3:2 are assumed to lack the top and bottom of a 4:3 sensor, as those of
    drones do: their equivalent is that of the whole sensor.
    """
    equivalent_mm = number(photo.get(EXIF_TAGS['FocalLengthIn35mmFilm']), 5, 2000)
    if equivalent_mm is None:
        return None
    long_px, short_px = max(size), min(size)
    is_cut_sensor = long_px / short_px > 1.52
    diagonal_px = long_px * 5 / 4 if is_cut_sensor else math.hypot(long_px, short_px)
    return equivalent_mm / _FULL_FRAME_DIAGONAL_MM * diagonal_px


def _from_sensor(photo: Mapping[int, Any], scale: float) -> float | None:
    """
    Return the focal length in pixels from millimetres and the pixels per unit on the sensor.

    :param scale: of the photo to the size that it was taken in.
    """
    focal_mm = number(photo.get(EXIF_TAGS['FocalLength']), 0.1, 5000)
    resolution = number(photo.get(EXIF_TAGS['FocalPlaneXResolution']), 1e-3, 1e9)
    unit = photo.get(EXIF_TAGS['FocalPlaneResolutionUnit'], 2)
    mm_per_unit = _MM_PER_UNIT.get(unit) if isinstance(unit, int) else None
    if focal_mm is None or resolution is None or mm_per_unit is None:
        return None
    return focal_mm * resolution / mm_per_unit * scale


def _is_a_lens(focal_px: float | None, long_px: int) -> bool:
    if focal_px is None or focal_px <= 0:
        return False
    across_deg = math.degrees(2 * math.atan(long_px / 2 / focal_px))
    return _LONGEST_DEG <= across_deg <= _WIDEST_DEG


def number(value: Any, low: float, high: float) -> float | None:
    """Return a value of EXIF as a number, None unless it is one and in range."""
    try:
        found = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return found if low <= found <= high else None
