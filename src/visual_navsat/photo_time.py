# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""When a photo was taken, by its EXIF."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from PIL import Image
from visual_navsat.files import check_input
from visual_navsat.image_file import EXIF_TAGS, FORMATS

_TIME_CHARACTERS = 19  # of an EXIF time, YYYY:MM:DD HH:MM:SS
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def taken_ns(path: Path) -> int | None:
    """Return when a photo was taken by its EXIF, nanoseconds since 1970, as if that were UTC."""
    try:
        check_input(path)
        with Image.open(path, formats=FORMATS) as image:
            exif = image.getexif().get_ifd(EXIF_TAGS['ExifOffset'])
        text = exif.get(EXIF_TAGS['DateTimeOriginal']) or exif[EXIF_TAGS['DateTimeDigitized']]
        # Some write 2024-05-01T10:00:00, and some an offset behind it: only differences count.
        text = str(text).strip('\0 ').replace('T', ' ').replace('-', ':')[:_TIME_CHARACTERS]
        moment = datetime.strptime(text, '%Y:%m:%d %H:%M:%S')
    except Exception:  # no photo, no EXIF, no such tag, or damage: Pillow raises many types
        return None
    subseconds = str(exif.get(EXIF_TAGS['SubsecTimeOriginal'], '')).strip('\0 ')
    fraction_ns = int(subseconds[:9].ljust(9, '0')) if subseconds.isdecimal() else 0
    # Whole numbers throughout: a float of today's nanoseconds is wrong by hundreds of them.
    elapsed_s = (moment.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(seconds=1)
    return elapsed_s * 1_000_000_000 + fraction_ns
