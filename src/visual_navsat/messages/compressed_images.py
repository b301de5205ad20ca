# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pixels of compressed ROS images: each message is an image file."""

from __future__ import annotations

import io
import re
from typing import Any

import cv2
import numpy as np
import PIL.Image
from visual_navsat.errors import ImageError
from visual_navsat.image_file import as_rgb, decode, grey_samples, open_image
from visual_navsat.messages.images import PACKED

_VIDEO = re.compile(r'h\W?26[45]|hevc|avc|vp[89]|av1|mpeg-?[1-4]|theora|ffmpeg', re.IGNORECASE)
_START_CODES = (b'\0\0\0\1', b'\0\0\1')  # of the units of H.264 and H.265
_CHEAP_PX = 4_000_000
_MOST_PX_PER_BYTE = 2000  # a black frame has up to 1000 as a PNG, a photo about 10
_PNG_DEPTH = 24  # byte of the header
_MONO = PACKED['mono8']


def rgb_from_compressed(message: Any) -> np.ndarray:
    """
    Return the pixels of a sensor_msgs/CompressedImage, which holds a JPEG, PNG or other file.

    The content says what kind of file it is. They are the pixels as stored: an EXIF orientation
    does not turn them, because camera_info describes the sensor's rows and columns. Samples of
    more than 8 bits are scaled as those of a raw image are.

    :return: (H, W, 3) uint8 RGB.
    :raises ImageError: if it cannot be read, or its header claims too many pixels.
    """
    if not len(message.data):
        raise ImageError('compressed image is empty: check what publishes it')
    stated = ' '.join(message.format.split())[:60]
    name = f'compressed image of {len(message.data)} bytes, format {stated!r},'
    if 'compresseddepth' in stated.lower():
        raise ImageError(f'{name} holds distances: subscribe to the images of a camera')
    data = bytes(message.data)
    try:
        image = open_image(io.BytesIO(data))
    except PIL.Image.DecompressionBombError as error:
        raise ImageError(f'{name} is too large: {error}; publish smaller ones') from error
    except Exception as error:  # Pillow's decoders raise what they stumble over
        is_video = _VIDEO.search(stated) or data.startswith(_START_CODES)
        what = 'is video, of which no image stands alone' if is_video else 'cannot be read'
        raise ImageError(
            f'{name} {what}: publish JPEG or PNG, as image_transport does ({type(error).__name__})'
        ) from error
    with image:
        _check_claim(image.width, image.height, len(data), name)
        decode(image, name, remedy='check the driver and the network between')
        samples = grey_samples(image, name)
        if samples is not None:
            # A Bayer mosaic may be compressed as it comes: then it is the encoding that is stated.
            layout = PACKED.get(stated.partition(';')[0].strip(), _MONO)
            layout = layout if layout.channels == 1 else _MONO
            return layout.rgb(samples[:, :, np.newaxis])
        if image.format == 'PNG' and data[_PNG_DEPTH] == 16:
            return _rgb_from_deep_png(data, name)
        return as_rgb(image, upright=False)


def _check_claim(width: int, height: int, num_bytes: int, name: str) -> None:
    """Raise ImageError before memory is spent on a header that promises too much."""
    if width * height > max(_CHEAP_PX, _MOST_PX_PER_BYTE * num_bytes):
        raise ImageError(
            f'{name} claims {width} x {height} px, which no camera packs into so few bytes: '
            'check the driver and the network between'
        )


def _rgb_from_deep_png(data: bytes, name: str) -> np.ndarray:
    """Return the colours of a PNG with 16 bits, of which Pillow keeps only the upper 8."""
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise ImageError(f'{name} is damaged: check the driver and the network between')
    if samples.shape[2] == 4:  # as as_rgb has it, transparent parts are black
        alpha = samples[:, :, 3:].astype(np.float32) / 65535
        samples = np.rint(samples[:, :, :3] * alpha).astype(np.uint16)
    return PACKED['bgr16'].rgb(samples)
