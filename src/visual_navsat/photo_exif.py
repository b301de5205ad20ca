# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Write what a photo says of itself: where and when it was taken."""

from __future__ import annotations

from datetime import datetime

from PIL import Image
from visual_navsat.image_file import EXIF_TAGS, GPS_TAGS


def position_exif(latitude: float, longitude: float, taken: datetime | None = None) -> Image.Exif:
    """Return EXIF, to be saved with an image, with a position in degrees and a local time."""
    exif = Image.Exif()
    if taken is not None:
        stamp = taken.strftime('%Y:%m:%d %H:%M:%S')
        exif[EXIF_TAGS['ExifOffset']] = {EXIF_TAGS['DateTimeOriginal']: stamp}
    gps = {
        'GPSLatitudeRef': 'N' if latitude >= 0 else 'S',
        'GPSLatitude': _degrees_minutes_seconds(latitude),
        'GPSLongitudeRef': 'E' if longitude >= 0 else 'W',
        'GPSLongitude': _degrees_minutes_seconds(longitude),
    }
    exif[EXIF_TAGS['GPSInfo']] = {GPS_TAGS[name]: value for name, value in gps.items()}
    return exif


def _degrees_minutes_seconds(degrees: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(abs(degrees) * 3600, 60)
    whole, minutes = divmod(minutes, 60)
    return whole, minutes, seconds
