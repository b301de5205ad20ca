# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read what a photo says of itself: its EXIF, and the XMP that drones write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import os
import re
from typing import Any
import warnings

from PIL import Image
from visual_navsat.files import check_input
from visual_navsat.image_file import EXIF_TAGS, FORMATS, GPS_TAGS, largest_image
from visual_navsat.photo_lens import Lens, read_lens
from visual_navsat.photo_lens import number as _number
from visual_navsat.photo_xmp import DroneXmp, read_drone_xmp, xmp_packet

ALTITUDE = 'GPSAltitude'
# How stitched photos name their projection.
_PANORAMA = re.compile(rb'ProjectionType\W{1,4}(equirectangular|cylindrical)', re.IGNORECASE)


@dataclass(frozen=True)
class PhotoMetadata:
    """
    What a photo says of itself; None where it says nothing, or something impossible.

    The angles are None in a photo that is stored turned: they do not say for which up direction
    they are.
    """

    width: int | None = None  # px, upright
    height: int | None = None
    hfov_deg: float | None = None  # across the upright width
    latitude: float | None = None  # of the camera by its own GNSS
    longitude: float | None = None
    altitude_amsl_m: float | None = None  # above mean sea level, as EXIF means it
    height_above_takeoff_m: float | None = None  # or above ground, where the drone measured that
    camera_yaw_deg: float | None = None  # from north, clockwise; turned first
    camera_pitch_deg: float | None = None  # above the horizon; -90 is straight down
    camera_roll_deg: float | None = None  # about where it looks, leaning right; turned last
    flight_yaw_deg: float | None = None  # of the aircraft's nose
    unused: tuple[str, ...] = field(default=(), compare=False)  # what it says in vain, for people


def read_photo_metadata(path: str | os.PathLike) -> PhotoMetadata:
    """Return what an image file says of itself: nothing if it is damaged or no image."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # Pillow's, about damage
        try:
            check_input(path)
            with Image.open(path, formats=FORMATS) as image:
                exif, packet = image.getexif(), xmp_packet(image)
                size = largest_image(image, str(path)).size
                # Damage in one part leaves the others.
                main = _entries(lambda: exif)
                photo = _entries(lambda: exif.get_ifd(EXIF_TAGS['ExifOffset']))
                gps = _entries(lambda: exif.get_ifd(EXIF_TAGS['GPSInfo']))
        except Exception:  # damaged files make Pillow raise nearly anything
            return PhotoMetadata()
    orientation = main.get(EXIF_TAGS['Orientation'], 1)
    is_transposed = orientation in (5, 6, 7, 8)
    width, height = reversed(size) if is_transposed else size
    latitude, longitude = _position(gps)
    xmp = read_drone_xmp(packet, str(main.get(EXIF_TAGS['Make'], '')))
    lens = read_lens(size, is_transposed, photo, xmp.calibrated_focal_px)
    if _PANORAMA.search(packet):
        xmp, lens = (
            DroneXmp(height_m=xmp.height_m),
            Lens(None, ('lens, angles: it is a panorama',)),
        )
    is_turned = orientation in range(2, 9)
    return PhotoMetadata(
        width=width,
        height=height,
        hfov_deg=lens.hfov_deg,
        latitude=latitude,
        longitude=longitude,
        altitude_amsl_m=_altitude_m(gps),
        height_above_takeoff_m=xmp.height_m,
        **({} if is_turned else _angles(xmp)),
        unused=(*lens.unused, *_unused(xmp, gps, is_turned)),
    )


def _angles(xmp: DroneXmp) -> dict[str, float | None]:
    return {
        'camera_yaw_deg': xmp.yaw_deg,
        'camera_pitch_deg': xmp.pitch_deg,
        'camera_roll_deg': xmp.roll_deg,
        'flight_yaw_deg': xmp.flight_yaw_deg,
    }


def _unused(xmp: DroneXmp, gps: Mapping[int, Any], is_turned: bool) -> list[str]:
    """Return what a photo says and nobody uses, each with the reason."""
    unused = [f'XMP of {prefix}: not known here' for prefix in xmp.unknown]
    has_angles = any(value is not None for value in _angles(xmp).values())
    if is_turned and has_angles:
        unused.append('angles of camera and aircraft: the photo is stored turned')
    if not has_angles and GPS_TAGS['GPSImgDirection'] in gps:
        unused.append('GPSImgDirection: it does not say of which direction of the photo it is')
    if xmp.height_m is None and _altitude_m(gps) is not None:
        unused.append(f'{ALTITUDE}: it is above sea level, not above ground')
    return unused


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


def _entries(read: Callable[[], Mapping[int, Any]]) -> Mapping[int, Any]:
    try:
        return dict(read())
    except Exception:  # as above
        return {}
