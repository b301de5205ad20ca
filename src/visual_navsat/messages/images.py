# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pixels of ROS image messages, whether ROS or a bag reader decoded the message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import io
from typing import Any

import cv2
import numpy as np
import PIL.Image
from visual_navsat.errors import ImageError
from visual_navsat.image_file import as_rgb, FORMATS, scale_16_to_8_bit


@dataclass(frozen=True)
class Encoding:
    """How the pixels of a sensor_msgs/Image lie in memory, and how they become RGB."""

    channels: int
    to_rgb: Callable[[np.ndarray], np.ndarray]  # (H, W, channels) -> (H, W, 3) uint8
    bits: int = 8


def _cv(code: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: cv2.cvtColor(pixels, code)


def _rgb_from_mono16(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(scale_16_to_8_bit(pixels), cv2.COLOR_GRAY2RGB)


_MONO = Encoding(1, _cv(cv2.COLOR_GRAY2RGB))
_BGR = Encoding(3, _cv(cv2.COLOR_BGR2RGB))
_UYVY = Encoding(2, _cv(cv2.COLOR_YUV2RGB_UYVY))
_YUYV = Encoding(2, _cv(cv2.COLOR_YUV2RGB_YUY2))

ENCODINGS = {
    'mono8': _MONO,
    '8UC1': _MONO,
    'mono16': Encoding(1, _rgb_from_mono16, bits=16),
    'rgb8': Encoding(3, np.array),
    'bgr8': _BGR,
    '8UC3': _BGR,  # untyped colour is BGR by OpenCV's custom
    'rgba8': Encoding(4, _cv(cv2.COLOR_RGBA2RGB)),
    'bgra8': Encoding(4, _cv(cv2.COLOR_BGRA2RGB)),
    # ROS names a Bayer pattern by its first four pixels, OpenCV by the pixel at (1, 1) and the
    # next: the two names of the same pattern never agree.
    'bayer_rggb8': Encoding(1, _cv(cv2.COLOR_BayerBG2RGB)),
    'bayer_bggr8': Encoding(1, _cv(cv2.COLOR_BayerRG2RGB)),
    'bayer_gbrg8': Encoding(1, _cv(cv2.COLOR_BayerGR2RGB)),
    'bayer_grbg8': Encoding(1, _cv(cv2.COLOR_BayerGB2RGB)),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
}


def rgb_from_image(message: Any) -> np.ndarray:
    """
    Return the pixels of a sensor_msgs/Image.

    :return: (H, W, 3) uint8 RGB.
    :raises ImageError: if the message contradicts itself or its encoding is not known.
    """
    encoding = _check_layout(message)
    row_bytes = message.width * encoding.channels * encoding.bits // 8
    rows = np.frombuffer(message.data, np.uint8)[: message.step * message.height]
    rows = np.ascontiguousarray(rows.reshape(message.height, message.step)[:, :row_bytes])
    if encoding.bits == 16:
        rows = rows.view('>u2' if message.is_bigendian else '<u2')
    return encoding.to_rgb(rows.reshape(message.height, message.width, encoding.channels))


def rgb_from_compressed(message: Any) -> np.ndarray:
    """
    Return the pixels of a sensor_msgs/CompressedImage, which holds a JPEG, PNG or other file.

    :return: (H, W, 3) uint8 RGB.
    :raises ImageError: if it cannot be read.
    """
    if not len(message.data):
        raise ImageError('compressed image is empty: check what publishes it')
    try:
        image = PIL.Image.open(io.BytesIO(message.data), formats=FORMATS)
    except Exception as error:  # Pillow's decoders raise what they stumble over
        raise ImageError(
            f'compressed image of {len(message.data)} bytes, format {message.format!r}, cannot be '
            f'read: publish JPEG or PNG ({type(error).__name__})'
        ) from error
    return as_rgb(image)


def _check_layout(message: Any) -> Encoding:
    """Return the message's encoding, or raise ImageError if its numbers contradict each other."""
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        raise ImageError(
            f'image encoding {message.encoding!r} is not known: publish one of '
            f'{", ".join(ENCODINGS)}'
        )
    width, height, step = message.width, message.height, message.step
    if width == 0 or height == 0:
        raise ImageError(f'image is {width} x {height} px: check the camera driver')
    if encoding in (_UYVY, _YUYV) and width % 2:
        raise ImageError(
            f'image is {width} px wide, but {message.encoding} holds pairs of pixels: crop it to '
            'an even width'
        )
    row_bytes = width * encoding.channels * encoding.bits // 8
    if step < row_bytes:
        raise ImageError(
            f'image step is {step} bytes, but a row of {width} {message.encoding} pixels takes '
            f'{row_bytes}: check the camera driver'
        )
    if len(message.data) < step * height:
        raise ImageError(
            f'image data is {len(message.data)} bytes, but {height} rows of step {step} take '
            f'{step * height}: check the camera driver'
        )
    return encoding
