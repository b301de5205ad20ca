# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read an image of any kind as 8-bit RGB; refuse what is damaged, too large or too small."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO
import warnings

import numpy as np
from PIL import ExifTags, Image, ImageOps
from visual_navsat.errors import ImageError, reason_of
from visual_navsat.files import check_input

MAX_PIXELS = 100_000_000
MIN_SIDE = 14  # px; a smaller image has not one DINOv2 patch

# What cameras and map tools write. Pillow starts external programs for some others, such as
# PostScript.
FORMATS = ('JPEG', 'PNG', 'TIFF', 'WEBP', 'BMP', 'PPM', 'GIF', 'JPEG2000')

RAW_SUFFIXES = (
    *('.3fr', '.arw', '.cr2', '.cr3', '.dng', '.gpr', '.iiq', '.nef', '.nrw', '.orf', '.pef'),
    *('.raf', '.rw2', '.srw'),
)
_HEIF_SUFFIXES = ('.heic', '.heif', '.hif', '.avif')
_OTHER_KINDS = {
    **dict.fromkeys(RAW_SUFFIXES, 'a raw photo'),
    **dict.fromkeys(_HEIF_SUFFIXES, 'HEIF'),
}
UNREAD_SUFFIXES = tuple(_OTHER_KINDS)  # of photos in formats that are not read
_DNG_VERSION, _SUB_IFDS = 50706, 330
_STRIP_ROWS = 256
_COPY_AGAIN = 'copy or export it again'
_ALPHA_MODES = ('RGBA', 'LA', 'PA', 'RGBa', 'La')
# By name: the enumerations of Pillow 9.4 are not yet in every distribution.
EXIF_TAGS = {name: tag for tag, name in ExifTags.TAGS.items()}
GPS_TAGS = {name: tag for tag, name in ExifTags.GPSTAGS.items()}


def read_image(path: str | os.PathLike, name: str | None = None) -> np.ndarray:
    """
    Return an image file as the camera saw it: upright, 8-bit RGB.

    EXIF orientation is applied. 16-bit values are scaled from 0-65535 to 0-255. Transparent parts
    become black. Of a file with several images the first is taken.

    :param name: what messages call it; None is its path.
    :return: (H, W, 3) uint8, RGB, writable.
    :raises ImageError: if the file is missing, not an image, truncated, over ``MAX_PIXELS`` (told
        from the header, before decoding) or under ``MIN_SIDE`` on a side.
    """
    path = Path(path)
    name = str(path) if name is None else name
    try:
        check_input(path)
        if path.stat().st_size == 0:
            raise ImageError(f'{name} is empty (0 bytes): copy or export it again')
        with open_image(path) as image:
            return _rgb_from_pil(largest_image(image, name), name)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        # Pillow's own limit, which it applies before it says how large the image is.
        raise ImageError(f'{name}: {error}; cut it into smaller images') from error
    except Image.UnidentifiedImageError as error:
        kind = _OTHER_KINDS.get(path.suffix.lower())
        if kind is not None:
            raise ImageError(f'{name} is {kind}, which is not read: export it as JPEG') from error
        raise ImageError(
            f'{name} is not an image in a known format: use one of {", ".join(FORMATS)}'
        ) from error
    except OSError as error:
        raise ImageError(f'cannot read {name}: {error.strerror or error}') from error
    except Exception as error:
        raise _damaged(name, error) from error


def as_rgb(
    image: str | os.PathLike | Image.Image | np.ndarray, *, upright: bool = True
) -> np.ndarray:
    """
    Return an image given as a path, a PIL image or an array as 8-bit RGB.

    :param image: a path, as :func:`read_image` takes; a PIL image of any mode; or an array
        (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16 (full range).
    :param upright: apply the EXIF orientation of a PIL image.
    :return: (H, W, 3) uint8, RGB; the same array if it already has this form.
    :raises ImageError: as :func:`read_image`, or if the array has another shape or type.
    """
    if isinstance(image, str | os.PathLike):
        return read_image(image)
    if isinstance(image, Image.Image):
        return _rgb_from_pil(image, 'the image', upright)
    if isinstance(image, np.ndarray):
        return _rgb_from_array(image)
    raise ImageError(
        f'the image must be a path, a PIL image or a numpy array, got {type(image).__name__}'
    )


def _rgb_from_pil(image: Image.Image, name: str, upright: bool = True) -> np.ndarray:
    """Return a PIL image, decoded or not yet, as (H, W, 3) uint8."""
    decode(image, name)
    try:
        image = _upright(image) if upright else image
        if image.mode in ('F', 'LAB'):
            raise ImageError(f'{name} has mode {image.mode}: save it as 8-bit or 16-bit RGB')
        if image.mode == 'I' or image.mode.startswith('I;16'):
            return _rgb_from_array(_sixteen_bit(image, name), name)
        return _rgb_in_strips(image)
    except ImageError:
        raise
    except Exception as error:
        raise _damaged(name, error) from error


def _rgb_in_strips(image: Image.Image) -> np.ndarray:
    """Return a decoded PIL image of 8 bits as (H, W, 3) uint8."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    # In strips: converted as a whole, a large photo takes three or four times its own memory.
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, image.height)
        strip = image.crop((0, top, image.width, bottom))
        if strip.mode in _ALPHA_MODES or 'transparency' in strip.info:
            strip = strip.convert('RGBA')
            strip = Image.alpha_composite(Image.new('RGBA', strip.size, 'black'), strip)
        pixels[top:bottom] = np.asarray(strip if strip.mode == 'RGB' else strip.convert('RGB'))
    return pixels


def open_image(source: str | os.PathLike | BinaryIO) -> Image.Image:
    """Read the header of an image of a known format; raise what Pillow raises."""
    with warnings.catch_warnings():
        # Pillow warns from fewer pixels on than MAX_PIXELS.
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)
        return Image.open(source, formats=FORMATS)


def largest_image(image: Image.Image, name: str) -> Image.Image:
    """
    Return the largest picture of an open image file: of DNG and some TIFF, the first is a preview.

    :raises ImageError: if that is raw sensor data.
    """
    tags = getattr(image, 'tag_v2', {})
    is_raw_kind = _DNG_VERSION in tags or Path(name).suffix.lower() in RAW_SUFFIXES
    if _SUB_IFDS not in tags and not is_raw_kind:
        return image
    try:
        inside = getattr(image, 'get_child_images')()  # noqa: B009 (not in every Pillow)
    except Exception as error:  # of a kind that Pillow cannot open: sensor data
        if not is_raw_kind:
            return image
        raise ImageError(_only_preview(name)) from error
    largest = max([image, *inside], key=lambda one: one.width * one.height)
    if is_raw_kind and _DNG_VERSION not in tags:
        raise ImageError(_only_preview(name))  # others hide the sensor data from Pillow
    if largest is not image:
        # How it is turned stands with the first.
        orientation = image.getexif().get(EXIF_TAGS['Orientation'], 1)
        largest.getexif()[EXIF_TAGS['Orientation']] = orientation
    return largest


def _only_preview(name: str) -> str:
    return (
        f'{name} is a raw photo, of which only a preview can be read: develop it, and give the '
        'JPEG or TIFF'
    )


def decode(image: Image.Image, name: str, remedy: str = _COPY_AGAIN) -> None:
    """
    Decode an image that is open.

    :param remedy: what to do if it is damaged.
    :raises ImageError: if its size or its data forbid that.
    """
    check_size(image.width, image.height, name)
    try:
        image.load()
    except Exception as error:
        raise _damaged(name, error, remedy) from error


def grey_samples(image: Image.Image, name: str) -> np.ndarray | None:
    """Return a decoded grey image as (H, W) uint8, uint16 or float32; None if it has colours."""
    if image.mode == 'I' or image.mode.startswith('I;16'):
        return _sixteen_bit(image, name)
    return np.asarray(image) if image.mode in ('L', 'F') else None


def _damaged(name: str, error: Exception, remedy: str = _COPY_AGAIN) -> ImageError:
    """Return what to raise when a decoder fails: Pillow's raise errors of many kinds."""
    return ImageError(f'{name} is damaged ({reason_of(error)}): {remedy}')


def _upright(image: Image.Image) -> Image.Image:
    """Return the image turned by its EXIF orientation; damaged EXIF is ignored."""
    try:
        orientation = image.getexif().get(EXIF_TAGS['Orientation'], 1)
    except Exception:
        return image
    return ImageOps.exif_transpose(image) if orientation in range(2, 9) else image


def _sixteen_bit(image: Image.Image, name: str) -> np.ndarray:
    """Return a grey PIL image of over 8 bits as (H, W) uint16."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError(
            f'{name} has values from {values.min()} to {values.max()}: save it with 8 or 16 bits'
        )
    return values.astype(np.uint16)


def _rgb_from_array(array: np.ndarray, name: str = 'the image') -> np.ndarray:
    """Return an array of pixels as (H, W, 3) uint8."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ImageError(
            f'{name} must have shape (height, width) or (height, width, 1|3|4), got {array.shape}'
        )
    check_size(array.shape[1], array.shape[0], name)
    if array.dtype == np.uint16:
        array = scale_16_to_8_bit(array)
    elif array.dtype != np.uint8:
        raise ImageError(f'{name} has type {array.dtype}: convert it to uint8, 0 to 255')
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    elif array.shape[2] == 4:
        alpha = array[:, :, 3:].astype(np.uint16)
        array = ((array[:, :, :3] * alpha + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(array)


def scale_16_to_8_bit(values: np.ndarray) -> np.ndarray:
    """Return uint16 values scaled to uint8, rounded: 0 stays 0 and 65535 becomes 255."""
    return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def check_num_pixels(width: int, height: int, name: str) -> None:
    """Raise ImageError if an image has more than ``MAX_PIXELS``."""
    if width * height > MAX_PIXELS:
        raise ImageError(
            f'{name} has {width} x {height} px, {width * height / 1e6:.0f} megapixels; at most '
            f'{MAX_PIXELS // 10**6} are allowed: cut it into smaller images'
        )


def check_size(width: int, height: int, name: str) -> None:
    """Raise ImageError unless an image of this size in pixels can be described."""
    check_num_pixels(width, height, name)
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f'{name} must have at least {MIN_SIDE} px on each side, got {width} x {height} px'
        )
