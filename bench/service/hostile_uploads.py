# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Uploads that an attacker or a broken client sends; each must be refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import io
import struct
import zipfile
import zlib

from bench.service.photos import photo_bytes
import numpy as np

_BOUNDARY = b'a-boundary'
_TYPES = {
    'text': b'hello, this is no picture',
    'html': b'<!doctype html><script>alert(1)</script>',
    'svg': b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>',
    'postscript': b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\nshowpage\n',
    'pdf': b'%PDF-1.4\n1 0 obj\n<<>>\nendobj\n',
    'elf': b'\x7fELF' + bytes(500),
    'zip': b'PK\x03\x04' + bytes(500),
    'gzip': b'\x1f\x8b' + bytes(500),
    'nothing': b'',
    'zeros': bytes(5000),
}
_NAMES = (
    *('../../etc/passwd', '..\\..\\windows\\win.ini', 'a/../../b.jpg', '....//../c.jpg', '..'),
    *('a\0.jpg', '\0', 'a\r\nX-Injected: 1.jpg', '\x1b[2J.jpg', 'a\tb.jpg'),
    *('n' * 4096, '\U0001f6e9' * 1024, 'a.' * 2000 + 'jpg', '/' + 'd' * 300, 'x' * 256),
    *('\u202egpj.exe', 'a\u2066b.jpg', '\u202dabc.jpg', 'a\x85b.jpg', 'a\u2069.jpg'),
)


@dataclass(frozen=True)
class HostileUpload:
    """A request as bytes."""

    kind: str
    content: bytes
    is_whole: bool = True  # an answer is owed
    pause_s: float = 0.0  # before its second half


def hostile_uploads(count: int = 200, seed: int = 0) -> Iterator[HostileUpload]:
    """Yield hostile uploads of all kinds in turn."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        yield (_bomb, _polyglot, _truncated, _wrong_type, _name, _lie)[number % 6](
            number // 6, rng
        )


def _bomb(number: int, rng: np.random.Generator) -> HostileUpload:
    sizes = (
        (60_000, 60_000),
        (2_000_000_000, 1),
        (20_000, 20_000),
        (1, 2**31 - 1),
        (9_000, 9_000),
    )
    return HostileUpload('bomb', _form(_png(*sizes[number % len(sizes)]), 'bomb.png'))


def _polyglot(number: int, rng: np.random.Generator) -> HostileUpload:
    photo = photo_bytes(5_000_000 + number)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, 'w') as members:
        members.writestr('run.js', 'alert(1)')
    made = (
        photo + archive.getvalue(),
        photo + b'<script>alert(1)</script>',
        photo[:2] + b'\xff\xfe\x00\x0c%PDF-1.4\n\n' + photo[2:],
        photo + b'<?php system($_GET[0]); ?>',
        photo + b'<html><body onload=alert(1)>',
    )
    return HostileUpload('polyglot', _form(made[number % len(made)], 'a.jpg'))


def _truncated(number: int, rng: np.random.Generator) -> HostileUpload:
    photo = photo_bytes(6_000_000 + number)
    return HostileUpload('truncated', _form(photo[: rng.integers(2, len(photo) // 2)], 'a.jpg'))


def _wrong_type(number: int, rng: np.random.Generator) -> HostileUpload:
    kind = list(_TYPES)[number % len(_TYPES)]
    return HostileUpload('wrong type', _form(_TYPES[kind] + bytes(number // len(_TYPES)), 'a.jpg'))


def _name(number: int, rng: np.random.Generator) -> HostileUpload:
    name = _NAMES[number % len(_NAMES)]
    return HostileUpload('name', _form(photo_bytes(7_000_000 + number), name))


def _lie(number: int, rng: np.random.Generator) -> HostileUpload:
    """Return a body that is not as long as it says, or comes slowly and never ends."""
    part = _part(photo_bytes(8_000_000 + number), 'a.jpg')
    lies = (
        _head(f'Content-Length: {len(part) + 100_000}') + part,
        _head('Content-Length: 10') + part,
        _head('Content-Length: abc') + part,
        _head('Content-Length: -5') + part,
        _head('Transfer-Encoding: chunked') + b'ffffffff\r\n' + part,
        _head('Transfer-Encoding: chunked') + b'zz\r\n' + part,
        _head('Transfer-Encoding: chunked') + b'5\r\n' + part[:3],
        _head('Content-Length: 999999999999') + part,
        _head(f'Content-Length: {len(part)}').replace(b'a-boundary', b'another') + part,
    )
    pause_s = 1.0 if number % 7 == 6 else 0.0
    return HostileUpload('lie', lies[number % len(lies)], False, pause_s)


def _form(content: bytes, name: str) -> bytes:
    body = _part(content, name) + b'\r\n--' + _BOUNDARY + b'--\r\n'
    return _head(f'Content-Length: {len(body)}') + body


def _part(content: bytes, name: str) -> bytes:
    quoted = name.encode('utf-8', 'surrogatepass').replace(b'"', b'%22')
    head = b'--' + _BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="'
    return head + quoted + b'"\r\nContent-Type: image/jpeg\r\n\r\n' + content


def _head(length: str) -> bytes:
    lines = (
        'POST /api/v1/upload HTTP/1.1',
        'Host: 127.0.0.1',
        f'Content-Type: multipart/form-data; boundary={_BOUNDARY.decode()}',
        'Connection: close',
        length,
    )
    return '\r\n'.join(lines).encode() + b'\r\n\r\n'


def _png(width: int, height: int) -> bytes:
    """Return a PNG that claims many pixels and has few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack('>I', zlib.crc32(kind + content))
        return struct.pack('>I', len(content)) + kind + content + crc

    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', data) + chunk(b'IEND', b'')
