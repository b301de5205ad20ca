# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Compressed images that are cut, wrong, bombs, or something else."""

from __future__ import annotations

from collections.abc import Callable
import io
import struct
import zlib

from bench.fire.scene import as_array, header, Shot
import cv2
import numpy as np
from PIL import Image as Picture
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage


def _data(make: Callable[[Shot], bytes], kind: str = 'jpeg') -> Callable[[Shot], CompressedImage]:
    def message(shot: Shot) -> CompressedImage:
        stamped = header(shot.stamp_ns)
        return CompressedImage(header=stamped, format=kind, data=as_array(make(shot)))

    return message


def _as(kind: str) -> Callable[[Shot], CompressedImage]:
    """Return the good photo under another name."""
    return _data(lambda shot: shot.scene.jpeg, kind)


def _encoded(suffix: str, mode: str = 'RGB') -> Callable[[Shot], bytes]:
    def make(shot: Shot) -> bytes:
        stream = io.BytesIO()
        Picture.fromarray(shot.scene.pixels).convert(mode).save(stream, suffix)
        return stream.getvalue()

    return make


def _flipped(shot: Shot) -> bytes:
    data = bytearray(shot.scene.jpeg)
    for _ in range(20):
        data[shot.rng.randrange(len(data))] ^= 1 << shot.rng.randrange(8)
    return bytes(data)


def _giant_jpeg(shot: Shot) -> bytes:
    """Return the photo with sides of 65535 in its first frame header."""
    data = bytearray(shot.scene.jpeg)
    at = data.index(b'\xff\xc0') + 5
    end = at + 4
    data[at:end] = b'\xff\xff\xff\xff'
    return bytes(data)


def _png(width: int, height: int, rows: bytes, depth: int = 1, colour: int = 0) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack('>I', len(content)) + checked + struct.pack('>I', zlib.crc32(checked))

    head = struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, 0)
    parts = chunk(b'IHDR', head), chunk(b'IDAT', zlib.compress(rows, 9)), chunk(b'IEND', b'')
    return b'\x89PNG\r\n\x1a\n' + b''.join(parts)


def _black_png(side: int) -> bytes:
    return _png(side, side, bytes(side * (1 + (side + 7) // 8)))


def _wide_png(shot: Shot) -> bytes:
    pixels = np.array(shot.scene.pixels, np.uint16) * 257
    return cv2.imencode('.png', pixels[..., ::-1])[1].tobytes()


_BOMB = _black_png(12_000)  # 144 megapixels in 18 kB
_LARGE = _black_png(9_000)  # 81 megapixels, which are allowed


def _exif(shot: Shot) -> bytes:
    stream = io.BytesIO()
    exif = Picture.Exif()
    exif[274], exif[34853] = shot.rng.choice([0, 9, 99]), {1: 'N', 2: (1.0, float('nan'), 0.0)}
    try:
        Picture.fromarray(shot.scene.pixels).save(stream, 'JPEG', exif=exif)
    except Exception:  # not every Pillow writes nonsense
        exif = Picture.Exif()
        exif[274] = 99
        Picture.fromarray(shot.scene.pixels).save(stream, 'JPEG', exif=exif)
    return stream.getvalue()


def _negative(shot: Shot) -> CompressedImage:
    message = shot.scene.compressed(shot.stamp_ns)
    message.header.stamp.sec = -5
    return message


COMPRESSED: dict[str, Callable[[Shot], CompressedImage | bytes]] = {
    'JPEG cut': _data(lambda shot: shot.scene.jpeg[: shot.rng.randrange(2, 40_000)]),
    'JPEG with flipped bits': _data(_flipped),
    'JPEG that says 65535 x 65535': _data(_giant_jpeg),
    'JPEG in four inks': _data(_encoded('JPEG', 'CMYK')),
    'JPEG with senseless EXIF': _data(_exif),
    'JPEG twice': _data(lambda shot: shot.scene.jpeg * 2),
    'PNG cut': _data(lambda shot: _encoded('PNG')(shot)[:5000], 'png'),
    'PNG that says 2 gigapixels': _data(lambda _: _png(50_000, 40_000, b'\0' * 1000), 'png'),
    'PNG bomb of 144 megapixels': _data(lambda _: _BOMB, 'png'),
    'PNG of 81 black megapixels': _data(lambda _: _LARGE, 'png'),
    'PNG with sides of 0': _data(lambda _: _png(0, 0, b''), 'png'),
    'PNG of 16 bits': _data(_wide_png, 'png'),
    'PNG with alpha': _data(_encoded('PNG', 'LA'), 'png'),
    'GIF': _data(_encoded('GIF'), 'gif'),
    'BMP': _data(_encoded('BMP'), 'bmp'),
    'WebP': _data(_encoded('WEBP'), 'webp'),
    'TIFF': _data(_encoded('TIFF'), 'tiff'),
    'TIFF of nothing': _data(lambda _: b'II*\0\x08\0\0\0\xff\xff' + b'\xff' * 200, 'tiff'),
    'PostScript': _data(lambda _: b'%!PS-Adobe-3.0\n%%BoundingBox: 0 0 9999 9999\nshowpage\n'),
    'SVG': _data(lambda _: b'<svg xmlns="http://www.w3.org/2000/svg" width="1e9"/>'),
    'video': _data(lambda shot: b'\0\0\0\x01\x67' + shot.rng.randbytes(5000), 'h264'),
    'nothing': _data(lambda _: b''),
    'one byte': _data(lambda _: b'\xff'),
    'bytes of noise': _data(lambda shot: shot.rng.randbytes(50_000)),
    'a megabyte of zeros': _data(lambda _: bytes(1_000_000)),
    'format empty': _as(''),
    'format long': _as('jpeg' * 25_000),
    'format of depth': _as('16UC1; compressedDepth png'),
    'format of another image': _as('png'),
    'stamp negative (compressed)': _negative,
    'serialised: cut (compressed)': lambda shot: serialize_message(
        shot.scene.compressed(shot.stamp_ns)
    )[: shot.rng.randrange(4, 100)],
}
