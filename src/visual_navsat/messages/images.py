# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pixels of ROS image messages, whether ROS or a bag reader decoded the message."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from visual_navsat.errors import ImageError
from visual_navsat.image_file import check_num_pixels
from visual_navsat.messages.image_layouts import Packed, SemiPlanar

# ROS names a Bayer pattern by its first four pixels, OpenCV by the pixel at (1, 1) and the next:
# the two names of the same pattern never agree.
_COLOURS = {
    'mono': (1, cv2.COLOR_GRAY2RGB),
    'rgb': (3, None),
    'bgr': (3, cv2.COLOR_BGR2RGB),
    'rgba': (4, None),
    'bgra': (4, cv2.COLOR_BGR2RGB),
    'bayer_rggb': (1, cv2.COLOR_BayerBG2RGB),
    'bayer_bggr': (1, cv2.COLOR_BayerRG2RGB),
    'bayer_gbrg': (1, cv2.COLOR_BayerGR2RGB),
    'bayer_grbg': (1, cv2.COLOR_BayerGB2RGB),
}
# Of matrices that do not say what they hold: colour is BGR by OpenCV's custom.
_UNTYPED = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGR2RGB}
_UNTYPED_SAMPLES = {'8U': 'u1', '16U': 'u2', '16S': 'i2', '32S': 'i4', '32F': 'f4'}

PACKED = {
    **{
        f'{name}{bits}': Packed(channels, code, sample)
        for bits, sample in ((8, 'u1'), (16, 'u2'))
        for name, (channels, code) in _COLOURS.items()
    },
    **{
        f'{kind}C{channels}': Packed(channels, code, sample)
        for kind, sample in _UNTYPED_SAMPLES.items()
        for channels, code in _UNTYPED.items()
    },
    'uyvy': Packed(2, cv2.COLOR_YUV2RGB_UYVY, group=2),
    'yuv422': Packed(2, cv2.COLOR_YUV2RGB_UYVY, group=2),  # its name until Iron
    'yuyv': Packed(2, cv2.COLOR_YUV2RGB_YUY2, group=2),
    'yuv422_yuy2': Packed(2, cv2.COLOR_YUV2RGB_YUY2, group=2),
}
ENCODINGS: dict[str, Packed | SemiPlanar] = {
    **PACKED,
    'nv12': SemiPlanar(2, cv2.COLOR_YUV2RGB_NV12),
    'nv21': SemiPlanar(2, cv2.COLOR_YUV2RGB_NV21),
    'nv24': SemiPlanar(1),
}


def rgb_from_image(message: Any) -> np.ndarray:
    """
    Return the pixels of a sensor_msgs/Image.

    Samples of more than 8 bits are scaled by :func:`.pixel_depth.to_8_bit`. Alpha is left out.

    :return: (H, W, 3) uint8 RGB; where the message holds just that, it is its own memory.
    :raises ImageError: if the message contradicts itself or its encoding is not known.
    """
    layout = ENCODINGS.get(message.encoding)
    if layout is None:
        raise ImageError(
            f'image encoding {message.encoding!r} is not known: publish one of '
            f'{", ".join(ENCODINGS)}'
        )
    width, height = message.width, message.height
    if width == 0 or height == 0:
        raise ImageError(f'image is {width} x {height} px: check the camera driver')
    check_num_pixels(width, height, 'image')
    data = np.frombuffer(message.data, np.uint8)
    step = _checked_step(message, layout, len(data))
    return layout.read(data, width, height, step, bool(message.is_bigendian))


def _checked_step(message: Any, layout: Packed | SemiPlanar, num_bytes: int) -> int:
    """Return the bytes from each row to the next; raise ImageError if they contradict the rest."""
    width, height, step, name = message.width, message.height, message.step, message.encoding
    row_bytes = layout.row_bytes(width)
    if isinstance(layout, SemiPlanar) and num_bytes == layout.num_bytes(height, row_bytes, width):
        return row_bytes  # some drivers state the bytes of a row in both planes
    if step < row_bytes and width % layout.group:
        raise ImageError(
            f'image is {width} px wide, but {name} holds pairs of pixels and a step of {step} '
            'bytes cuts the last pair: crop it to an even width'
        )
    if step < row_bytes:
        raise ImageError(
            f'image step is {step} bytes, but a row of {width} {name} pixels takes {row_bytes}: '
            'check the camera driver'
        )
    taken = layout.num_bytes(height, step, width)
    if num_bytes < taken:
        raise ImageError(
            f'image data is {num_bytes} bytes, but {height} rows of step {step} take {taken} as '
            f'{name}: check the camera driver'
        )
    return step
