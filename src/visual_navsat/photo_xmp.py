# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the XMP of a drone's photo says of height and angles, by maker."""

from __future__ import annotations

from dataclasses import dataclass
import math
import re

from PIL import Image

_HEADER = b'http://ns.adobe.com/xap/1.0/\0'
_TIFF_TAG = 700
_ANGLES = ('Yaw', 'Pitch', 'Roll')
_MAX_ANGLE_DEG, _MAX_HEIGHT_M = 360.0, 1e5
# Namespaces that say how a photo was taken, by their usual prefixes.
_OF_DRONES = re.compile(rb'xmlns:((?:drone|camera|dls|flir)[\w.-]*)\s*=', re.IGNORECASE)


@dataclass(frozen=True)
class _Maker:
    """Where a maker writes angles and height; each name with its prefix."""

    yaw_pitch_roll: tuple[str, str, str]
    height: str = ''  # above take-off or ground
    flight_yaw: str = ''
    pitch_of_nadir_deg: float = -90.0
    roll_sign: float = 1.0


def _gimbal(prefix: str) -> _Maker:
    yaw, pitch, roll = (f'{prefix}:Gimbal{name}Degree' for name in _ANGLES)
    names = (f'{prefix}:RelativeAltitude', f'{prefix}:FlightYawDegree')
    return _Maker((yaw, pitch, roll), *names)


def _pix4d(roll_sign: float = 1.0) -> _Maker:
    """Return the names that Pix4D defined: looking straight down is a pitch of 0."""
    yaw, pitch, roll = (f'Camera:{name}' for name in _ANGLES)
    height = 'Camera:AboveGroundAltitude'
    return _Maker((yaw, pitch, roll), height, '', 0.0, roll_sign)


_SKYDIO = 'drone-skydio:CameraOrientationNED'
# The first that names a pitch or a yaw counts; new firmware of Autel writes what DJI does.
_MAKERS = (
    _gimbal('drone-dji'),
    _gimbal('drone'),
    _gimbal('drone-autel'),
    _Maker(
        (f'{_SKYDIO}:Yaw', f'{_SKYDIO}:Pitch', f'{_SKYDIO}:Roll'), 'drone-skydio:RelativeAltitude'
    ),
    _Maker(
        (
            'drone-parrot:CameraYawDegree',
            'drone-parrot:CameraPitchDegree',
            'drone-parrot:CameraRollDegree',
        ),
        'drone-parrot:RelativeAltitude',
    ),
    _pix4d(),
)
_SENSEFLY = _pix4d(roll_sign=-1.0)


@dataclass(frozen=True)
class DroneXmp:
    """Degrees and metres as in PhotoMetadata; None where the XMP says nothing possible."""

    yaw_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    flight_yaw_deg: float | None = None
    height_m: float | None = None
    calibrated_focal_px: float | None = None
    unknown: tuple[str, ...] = ()  # prefixes of drones from which nothing is taken


def read_drone_xmp(packet: bytes, make: str = '') -> DroneXmp:
    """
    Return what an XMP packet says, whole or damaged.

    :param make: of the camera, from EXIF: senseFly's roll is the other way round.
    """
    last = _SENSEFLY if 'sensefly' in make.lower() else _MAKERS[-1]
    makers = (*_MAKERS[:-1], last)
    said = [one for one in makers if _says(packet, one)]
    heights = [_number(packet, one.height, _MAX_HEIGHT_M) for one in makers]
    known = {name.partition(':')[0] for one in makers for name in one.yaw_pitch_roll}
    found = _OF_DRONES.findall(packet)
    prefixes = dict.fromkeys(prefix.decode('ascii', 'replace') for prefix in found)
    yaw_deg = pitch_deg = roll_deg = flight_yaw_deg = None
    if said:
        yaw_deg, pitch_deg, roll_deg = _angles(packet, said[0])
        flight_yaw_deg = _number(packet, said[0].flight_yaw, _MAX_ANGLE_DEG)
    return DroneXmp(
        yaw_deg,
        pitch_deg,
        roll_deg,
        flight_yaw_deg,
        next((height for height in heights if height is not None), None),
        _number(packet, 'drone-dji:CalibratedFocalLength', _MAX_HEIGHT_M),
        tuple(prefix for prefix in prefixes if prefix not in known),
    )


def xmp_packet(image: Image.Image) -> bytes:
    """Return the XMP of an open image: from the segments of a JPEG, as old Pillow leaves it."""
    for _, content in getattr(image, 'applist', []):
        if content.startswith(_HEADER):
            return bytes(content.removeprefix(_HEADER))
    tags = getattr(image, 'tag_v2', {})
    found = tags.get(_TIFF_TAG) or image.info.get('xmp') or image.info.get('XML:com.adobe.xmp')
    if isinstance(found, str):
        return found.encode('utf-8', 'replace')
    return bytes(found) if isinstance(found, bytes) else b''


def _says(packet: bytes, maker: _Maker) -> bool:
    names = (*maker.yaw_pitch_roll[:2], maker.flight_yaw)
    return any(_number(packet, name, _MAX_ANGLE_DEG) is not None for name in names)


def _angles(packet: bytes, maker: _Maker) -> tuple[float | None, float | None, float | None]:
    """Return yaw, pitch with -90 straight down, and roll."""
    yaw_deg, pitch_deg, roll_deg = (
        _number(packet, name, limit)
        for name, limit in zip(maker.yaw_pitch_roll, (360.0, 180.0, 180.0), strict=True)
    )
    if pitch_deg is not None:
        pitch_deg += -90.0 - maker.pitch_of_nadir_deg
    if roll_deg is not None:
        roll_deg *= maker.roll_sign
    return yaw_deg, pitch_deg, roll_deg


def _number(packet: bytes, name: str, limit: float) -> float | None:
    """Return a number, an attribute or an element; one of a structure as prefix:Name:Field."""
    if not name:
        return None
    prefix, _, rest = name.partition(':')
    outer, _, field = rest.partition(':')
    if field:
        start = packet.find(f'{prefix}:{outer}'.encode())
        end = packet.find(f'</{prefix}:{outer}>'.encode(), start)
        end = end if end > start else start + 600
        packet = packet[start:end] if start >= 0 else b''
        key = rf'(?<![\w-])(?:[\w-]+:)?{field}'.encode()
    else:
        key = rf'(?<![\w-]){re.escape(name)}'.encode()
    found = re.search(key + rb'\s*(?:=\s*["\']([^"\']*)["\']|>([^<]*)<)', packet)
    if found is None:
        return None
    return _value((found[1] or found[2] or b'').decode('ascii', 'replace'), limit)


def _value(text: str, limit: float) -> float | None:
    """Return a number or a fraction, None unless it is one and in range."""
    try:
        parts = [float(part) for part in text.split('/', 1)]
        number = parts[0] / parts[1] if len(parts) == 2 else parts[0]
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and -limit <= number <= limit else None
