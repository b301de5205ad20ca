# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Raw images that no driver should send, and messages that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.fire.scene import as_array, raw_image, Shot
import numpy as np
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

_UINT32_MAX = 2**32 - 1


def _changed(**fields: Any) -> Callable[[Shot], Image]:
    """Return a good image with some fields set, by what they are or by a function of the image."""

    def make(shot: Shot) -> Image:
        message = shot.good
        for name, value in fields.items():
            setattr(message, name, value(message) if callable(value) else value)
        return message

    return make


def _stamped(sec: int, nanosec: int) -> Callable[[Shot], Image]:
    def make(shot: Shot) -> Image:
        message = shot.good
        message.header.stamp.sec, message.header.stamp.nanosec = sec, nanosec
        return message

    return make


def _moved(seconds: float) -> Callable[[Shot], Image]:
    return lambda shot: shot.scene.image(max(shot.stamp_ns + round(seconds * 1e9), 0))


def _framed(frame_id: str) -> Callable[[Shot], Image]:
    def make(shot: Shot) -> Image:
        message = shot.good
        message.header.frame_id = frame_id
        return message

    return make


def _floats(encoding: str, dtype: type, value: float) -> Callable[[Shot], Image]:
    def make(shot: Shot) -> Image:
        channels = int(encoding[-1])
        return raw_image(np.full((480, 640, channels), value, dtype), encoding, shot.stamp_ns)

    return make


def _flat(value: int) -> Callable[[Shot], Image]:
    return lambda shot: raw_image(np.full((480, 640, 3), value, np.uint8), 'rgb8', shot.stamp_ns)


def _noise(height: int, width: int, encoding: str, channels: int) -> Callable[[Shot], Image]:
    def make(shot: Shot) -> Image:
        return raw_image(shot.noise(height, width, channels), encoding, shot.stamp_ns)

    return make


def _stripes(shot: Shot) -> Image:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[:, ::8] = 255
    return raw_image(pixels, 'rgb8', shot.stamp_ns)


def _serialised(change: Callable[[bytes, Shot], bytes]) -> Callable[[Shot], bytes]:
    return lambda shot: change(serialize_message(shot.good), shot)


def _bad_text(data: bytes, _: Shot) -> bytes:
    return data.replace(b'camera', b'\xff\xfe\xfd\xfc\xfb\xfa', 1)


def _endless(data: bytes, _: Shot) -> bytes:
    # The last sequence of the message is the pixels: its length stands before them.
    length = (480 * 640 * 3).to_bytes(4, 'little')
    return data.replace(length, b'\xff\xff\xff\xff', 1)


RAW: dict[str, Callable[[Shot], Image | bytes]] = {
    'step too small': _changed(step=lambda m: m.step - 1),
    'step zero': _changed(step=0),
    'step huge': _changed(step=_UINT32_MAX),
    'step no multiple of a pixel': _changed(step=lambda m: m.step + 1),
    'data half': _changed(data=lambda m: m.data[: len(m.data) // 2]),
    'data empty': _changed(data=as_array(b'')),
    'data twice': _changed(data=lambda m: m.data + m.data),
    'data one byte short': _changed(data=lambda m: m.data[:-1]),
    'width zero': _changed(width=0),
    'height zero': _changed(height=0),
    'width huge': _changed(width=_UINT32_MAX),
    'height huge': _changed(height=_UINT32_MAX),
    'sides and step huge': _changed(width=_UINT32_MAX, height=_UINT32_MAX, step=_UINT32_MAX),
    'sides of 100 gigapixels': _changed(width=316_228, height=316_228, step=948_684),
    'encoding unknown': _changed(encoding='rgb7'),
    'encoding empty': _changed(encoding=''),
    'encoding long': _changed(encoding='rgb8' * 25_000),
    'encoding with line ends': _changed(encoding='rgb8\n\r\t{}%s'),
    'encoding of other pixels': _changed(encoding='bgra8'),
    'encoding of depth': _changed(encoding='32FC1'),
    'encoding of 16 bits, big-endian': _changed(encoding='mono16', is_bigendian=1),
    'encoding of many channels': _changed(encoding='8UC99'),
    'floats nan': _floats('32FC1', np.float32, np.nan),
    'floats infinite': _floats('32FC3', np.float32, np.inf),
    'floats 1e308': _floats('64FC1', np.float64, 1e308),
    'Bayer with odd sides': _noise(479, 639, 'bayer_rggb8', 1),
    'NV12 with an odd height': _noise(479, 640, 'nv12', 1),
    'YUV with an odd width': _noise(480, 639, 'yuv422', 2),
    'one pixel': _noise(1, 1, 'rgb8', 3),
    'one row': _noise(1, 100_000, 'rgb8', 3),
    'one column': _noise(100_000, 1, 'rgb8', 3),
    '12 megapixels of noise': _noise(3000, 4000, 'mono8', 1),
    'noise': _noise(480, 640, 'rgb8', 3),
    'stripes': _stripes,
    'black': _flat(0),
    'white': _flat(255),
    'stamp negative': _stamped(-1, 0),
    'stamp most negative': _stamped(-(2**31), 0),
    'stamp with too many nanoseconds': _stamped(1, 4_000_000_000),
    'stamp zero': _stamped(0, 0),
    'stamp of 2038': _stamped(2**31 - 1, 999_999_999),
    'stamp a thousand seconds back': _moved(-1000.0),
    'stamp a little back': _moved(-0.5),
    'stamp an hour ahead': _moved(3600.0),
    'frame empty': _framed(''),
    'frame long': _framed('frame' * 20_000),
    'frame with line ends': _framed('/camera\n\t'),
    'frame in Arabic': _framed('كاميرا'),
    'serialised: empty': _serialised(lambda data, _: b''),
    'serialised: one byte': _serialised(lambda data, _: data[:1]),
    'serialised: cut': _serialised(lambda data, shot: data[: shot.rng.randrange(4, 200)]),
    'serialised: noise': _serialised(lambda data, shot: data[:4] + shot.rng.randbytes(500)),
    'serialised: text that is none': _serialised(_bad_text),
    'serialised: endless': _serialised(_endless),
}
