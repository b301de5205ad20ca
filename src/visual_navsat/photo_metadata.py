# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read what a photo says of itself: its EXIF, and the XMP that DJI cameras write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import math
import os
import re
from typing import Any
import warnings

from PIL import Image
from visual_navsat.files import check_input
from visual_navsat.image_file import EXIF_TAGS, FORMATS, GPS_TAGS

_FULL_FRAME_DIAGONAL_MM = math.hypot(36.0, 24.0)  # 43.27
_XMP_HEADER = b'http://ns.adobe.com/xap/1.0/\0'


@dataclass(frozen=True)
class PhotoMetadata:
    """
    What a photo says of itself; None where it says nothing, or something impossible.

    The camera's angles are None in a photo that is stored turned: they do not say for which up
    direction they are.
    """

    width: int | None = None  # px, upright
    height: int | None = None
    hfov_deg: float | None = None  # across the upright width
    latitude: float | None = None  # of the camera by its own GNSS
    longitude: float | None = None
    altitude_amsl_m: float | None = None  # above mean sea level, as EXIF means it
    height_above_takeoff_m: float | None = None
    camera_yaw_deg: float | None = None  # from north, clockwise; turned first
    camera_pitch_deg: float | None = None  # above the horizon; -90 is straight down
    camera_roll_deg: float | None = None  # about where it looks, leaning right; turned last
    flight_yaw_deg: float | None = None  # of the aircraft's nose


def read_photo_metadata(path: str | os.PathLike) -> PhotoMetadata:
    """Return what an image file says of itself: nothing if it is damaged or no image."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # Pillow's, about damage
        try:
            check_input(path)
            with Image.open(path, formats=FORMATS) as image:
                size, exif, xmp = image.size, image.getexif(), _xmp_packet(image)
                # Damage in one part leaves the others.
                orientation = _entries(lambda: exif).get(EXIF_TAGS['Orientation'], 1)
                photo = _entries(lambda: exif.get_ifd(EXIF_TAGS['ExifOffset']))
                gps = _entries(lambda: exif.get_ifd(EXIF_TAGS['GPSInfo']))
        except Exception:  # damaged files make Pillow raise nearly anything
            return PhotoMetadata()
    is_transposed = orientation in (5, 6, 7, 8)
    width, height = reversed(size) if is_transposed else size
    latitude, longitude = _position(gps)
    return PhotoMetadata(
        width=width,
        height=height,
        hfov_deg=_hfov_deg(size, is_transposed, photo, xmp),
        latitude=latitude,
        longitude=longitude,
        altitude_amsl_m=_altitude_m(gps),
        height_above_takeoff_m=_xmp_number(xmp, 'RelativeAltitude', 1e5),
        flight_yaw_deg=_xmp_number(xmp, 'FlightYawDegree', 360),
        **({} if orientation in range(2, 9) else _camera_angles(xmp)),
    )


def _hfov_deg(
    size: tuple[int, int], is_transposed: bool, photo: Mapping[int, Any], xmp: bytes
) -> float | None:
    """
    Return the field of view across the upright width, None if the photo does not say.

    A calibrated focal length in pixels is preferred to the 35 mm equivalent, which is rounded to
    millimetres and relates the sensor's diagonal to the 43.27 mm of full frame. Photos wider than
    3:2 are assumed to lack the top and bottom of a 4:3 sensor, as those of drones do: their
    equivalent is that of the whole sensor.

    :param size: width and height in px as stored.
    """
    long_px, short_px = max(size), min(size)
    tags = (EXIF_TAGS['ExifImageWidth'], EXIF_TAGS['ExifImageHeight'])
    sides = (_number(photo.get(tag), 1, 1e6) for tag in tags)
    taken = [side for side in sides if side is not None]
    is_size_known = len(taken) == 2
    if is_size_known and abs(max(taken) / min(taken) * short_px / long_px - 1) > 0.02:
        return None  # cut after it was taken
    calibrated_px = _xmp_number(xmp, 'CalibratedFocalLength', 1e5)
    equivalent_mm = _number(photo.get(EXIF_TAGS['FocalLengthIn35mmFilm']), 5, 2000)
    if calibrated_px is not None and calibrated_px > 0 and is_size_known:
        focal_px = calibrated_px / max(taken) * long_px
    elif equivalent_mm is not None:
        is_cut_sensor = long_px / short_px > 1.52
        diagonal_px = long_px * 5 / 4 if is_cut_sensor else math.hypot(long_px, short_px)
        focal_px = equivalent_mm / _FULL_FRAME_DIAGONAL_MM * diagonal_px
    else:
        return None
    upright_width = size[1] if is_transposed else size[0]
    return math.degrees(2 * math.atan(upright_width / 2 / focal_px))


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | tuple[None, None]:
    latitude = _degrees(gps, 'GPSLatitude', 'S', 90)
    longitude = _degrees(gps, 'GPSLongitude', 'W', 180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None  # some receivers write 0, 0 for unknown
    return latitude, longitude


def _degrees(gps: Mapping[int, Any], name: str, negative: str, limit: float) -> float | None:
    """Return degrees, minutes and seconds as degrees with a sign."""
    parts, reference = gps.get(GPS_TAGS[name]), gps.get(GPS_TAGS[f'{name}Ref'])
    if not isinstance(parts, tuple | list) or len(parts) != 3:
        return None
    degrees, minutes, seconds = (_number(part, 0, limit) for part in parts)
    if degrees is None or minutes is None or seconds is None:
        return None
    degrees += minutes / 60 + seconds / 3600
    if degrees > limit:
        return None
    return -degrees if str(reference).strip('\0 ').upper() == negative else degrees


def _altitude_m(gps: Mapping[int, Any]) -> float | None:
    altitude = _number(gps.get(GPS_TAGS['GPSAltitude']), 0, 1e5)
    is_below = gps.get(GPS_TAGS['GPSAltitudeRef']) in (1, b'\x01')
    return -altitude if altitude is not None and is_below else altitude


def _camera_angles(xmp: bytes) -> dict[str, float | None]:
    return {
        'camera_yaw_deg': _xmp_number(xmp, 'GimbalYawDegree', 360),
        'camera_pitch_deg': _xmp_number(xmp, 'GimbalPitchDegree', 180),
        'camera_roll_deg': _xmp_number(xmp, 'GimbalRollDegree', 180),
    }


def _xmp_packet(image: Image.Image) -> bytes:
    """Return the XMP of a JPEG, from its segments: old Pillow does not have it in ``info``."""
    for _, content in getattr(image, 'applist', []):
        if content.startswith(_XMP_HEADER):
            return content.removeprefix(_XMP_HEADER)
    return b''


def _xmp_number(xmp: bytes, name: str, limit: float) -> float | None:
    """Return a DJI number, an attribute or an element, also from damaged XML."""
    key = b'drone-dji:' + name.encode()
    found = re.search(key + rb'\s*(?:=\s*["\']([^"\']*)["\']|>([^<]*)<)', xmp)
    if found is None:
        return None
    return _number((found[1] or found[2] or b'').decode('ascii', 'replace'), -limit, limit)


def _number(value: Any, low: float, high: float) -> float | None:
    """Return a value as a number, None unless it is one and in range."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if low <= number <= high else None


def _entries(read: Callable[[], Mapping[int, Any]]) -> Mapping[int, Any]:
    try:
        return dict(read())
    except Exception:  # as above
        return {}
