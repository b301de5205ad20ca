# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a picture file is, by its content: never by the name that a client gave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from PIL import Image
from visual_navsat.errors import ImageError, reason_of
from visual_navsat.image_file import check_size, FORMATS, largest_image, open_image
from visual_navsat.photo_metadata import PhotoMetadata, read_photo_metadata
from visual_navsat.photo_time import taken_ns
from visual_navsat.service.store.polyglot import check_only_picture

# Of each format that is read: the extension of its file, and its media type.
_KINDS = {
    'JPEG': ('jpg', 'image/jpeg'),
    'MPO': ('jpg', 'image/jpeg'),
    'PNG': ('png', 'image/png'),
    'TIFF': ('tif', 'image/tiff'),
    'WEBP': ('webp', 'image/webp'),
    'BMP': ('bmp', 'image/bmp'),
    'PPM': ('ppm', 'image/x-portable-anymap'),
    'GIF': ('gif', 'image/gif'),
    'JPEG2000': ('jp2', 'image/jp2'),
}
# A plain sheet as PNG has 340 pixels a byte, the roughest JPEG of a photo 30.
_MAX_PX_PER_BYTE, _ALWAYS_FINE_PX = 200, 1_000_000
MEDIA_TYPES = dict(_KINDS.values())  # by extension


@dataclass(frozen=True)
class PictureFacts:
    """What the header of a picture says."""

    extension: str
    width: int  # px, upright
    height: int
    taken: datetime | None  # as if its EXIF were in UTC
    photo: PhotoMetadata


def inspect_picture(path: Path, name: str = 'the file') -> PictureFacts:
    """
    Return what a file is, from its header; nothing is decoded.

    :param name: for the message: what the client calls it.
    :raises ImageError: if it is no picture of a format that is read, damaged, over
        ``MAX_PIXELS`` or too small.
    """
    try:
        with open_image(path) as image:
            kind, size = image.format or '', largest_image(image, name).size
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(f'{name}: {error}; cut it into smaller images') from error
    except Image.UnidentifiedImageError as error:
        raise ImageError(
            f'{name} is not an image in a known format: use one of {", ".join(FORMATS)}'
        ) from error
    except Exception as error:  # Pillow raises errors of many kinds
        raise ImageError(f'{name} is damaged ({reason_of(error)}): export it again') from error
    check_size(*size, name)
    _check_density(size, path.stat().st_size, name)
    check_only_picture(path, name)
    extension, _ = _KINDS[kind]
    photo = read_photo_metadata(path)
    stamp_ns = taken_ns(path)
    taken = None if stamp_ns is None else datetime.fromtimestamp(stamp_ns / 1e9, timezone.utc)
    width, height = photo.width or size[0], photo.height or size[1]
    return PictureFacts(extension, width, height, taken, photo)


def _check_density(size: tuple[int, int], num_bytes: int, name: str) -> None:
    """Raise ImageError if so few bytes hold so many pixels that only an attack explains it."""
    pixels = size[0] * size[1]
    if pixels > _ALWAYS_FINE_PX and pixels > _MAX_PX_PER_BYTE * num_bytes:
        raise ImageError(
            f'{name} claims {pixels / 1e6:.0f} megapixels in {num_bytes} bytes: no photo does; '
            'export it again as JPEG'
        )
