# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What attackers and broken clients send: each refused in a line, and the service lives on."""

import io
import socket
import struct
import zipfile
import zlib

from http_service import picture, serving, upload, upload_id, wait_until
from PIL import Image
import pytest

MAX_BYTES = 200_000


@pytest.fixture(scope='module')
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp('hostile')
    with serving(data_dir=folder, max_file_size=MAX_BYTES) as found:
        found.folder = folder
        yield found


def png_bomb(width: int, height: int) -> bytes:
    """Return a PNG that claims many pixels and has the bytes of few."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack('>I', zlib.crc32(kind + content))
        return struct.pack('>I', len(content)) + kind + content + crc

    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b'\0' * 100_000)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', data) + chunk(b'IEND', b'')


def plain_sheet() -> bytes:
    """Return a whole PNG that has few bytes for its many pixels."""
    out = io.BytesIO()
    Image.new('L', (5000, 5000)).save(out, 'PNG', optimize=True)
    return out.getvalue()


JPEG = picture(1, 'JPEG')
REFUSED = {
    'nothing': b'',
    'text': b'hello, this is no picture',
    'html': b'<!doctype html><script>alert(1)</script>',
    'svg': b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    'postscript': b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n',
    'pdf': b'%PDF-1.4\n1 0 obj\n',
    'elf': b'\x7fELF' + bytes(200),
    'zip': b'PK\x03\x04' + bytes(200),
    'head of a JPEG': JPEG[:20],
    'half a JPEG': JPEG[: len(JPEG) // 2],
    'half a PNG': picture(1)[:400],
    'pixel bomb': png_bomb(60_000, 60_000),
    'wide bomb': png_bomb(2_000_000_000, 1),
    'few of many pixels': png_bomb(9_000, 9_000),
    'a plain sheet of 25 megapixels': plain_sheet(),
    'one pixel': picture(1, size=(1, 1)),
    'a flat TIFF of lies': b'II*\0\x08\0\0\0' + b'\xff' * 300,
    'GIF of nothing': b'GIF89a\xff\xff\xff\xff\0\0\0',
    'WebP of nothing': b'RIFF\x10\0\0\0WEBPVP8 \0\0\0\0',
}


@pytest.mark.parametrize('content', REFUSED.values(), ids=REFUSED)
def test_what_is_no_picture_is_refused_in_a_line(client, content):
    before = client.get('/api/v1/database/stats').json()['total_images']
    for url in ('/api/v1/upload', '/api/v1/similarity'):
        response = client.post(url, files={'file': ('a.jpg', content)})
        assert response.status_code in (400, 413, 415), response.text
        assert response.headers['content-type'] == 'application/problem+json'
        assert '\n' not in response.json()['detail']
        assert str(client.folder) not in response.text
    assert client.get('/api/v1/database/stats').json()['total_images'] == before
    incoming = (client.folder / 'incoming').rglob('*')
    assert not [path for path in incoming if path.is_file() and path.name != 'lock']


@pytest.mark.parametrize(
    'name',
    [
        '../../../../etc/passwd',
        '..\\..\\windows\\system.ini',
        '/etc/shadow',
        'a\0b.png',
        'n' * 4096 + '.png',
        '\u202egnp.exe',
        '.',
        '..',
        'con.png',
        'a\r\nX-Injected: 1.png',
        '🛩' * 300,
        '%2e%2e%2fescape.png',
        '',
    ],
)
def test_names_never_become_paths(client, name):
    seed = 1000 + sum(name.encode('utf-8', 'replace')[:50]) + len(name)
    response = upload(client, picture(seed), name)
    # An empty name is no file to some clients.
    assert response.status_code in (200, 422), response.text
    if response.status_code == 200:
        answer = response.json()
        assert '/' not in answer['filename'] and '\\' not in answer['filename']
        assert len(answer['filename']) <= 255 and answer['filename'].isprintable()
    outside = [path.name for path in client.folder.parent.iterdir() if path != client.folder]
    assert 'escape.png' not in outside and 'passwd' not in outside
    stored = {path.suffix for path in (client.folder / 'uploads').iterdir()}
    assert stored <= {'.png', '.jpg'}


def zipped(content: bytes) -> bytes:
    """Return a picture with a zip behind it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as archive:
        archive.writestr('run.js', 'alert(1)')
    return content + out.getvalue()


@pytest.mark.parametrize(
    ('content', 'kind'),
    [
        (JPEG + b'<script>alert(1)</script>', 'a page or a script'),
        (picture(50, 'GIF') + b'<html><body>', 'a page or a script'),
        (picture(50) + b'<?php system($_GET[0]); ?>', 'a page or a script'),
        (zipped(JPEG), 'a zip'),
        (JPEG[:2] + b'\xff\xfe\x00\x0c%PDF-1.4\n\n' + JPEG[2:], 'a PDF'),
    ],
)
def test_a_polyglot_is_refused(client, content, kind):
    response = upload(client, content, 'a.jpg')
    assert response.status_code == 415, response.text
    assert f'is a picture and {kind} in one file' in response.json()['detail']


def test_what_phones_append_to_a_photo_is_let_through(client):
    film = picture(51, 'JPEG') + b'\0\0\0\x18ftypmp42' + bytes(5000)
    file_id = upload_id(client, film, 'page.html')
    image = client.get(f'/api/v1/uploads/{file_id}/image')
    assert image.headers['content-type'] == 'image/jpeg'
    assert image.headers['x-content-type-options'] == 'nosniff'
    assert "default-src 'none'" in image.headers['content-security-policy']


def test_a_file_over_the_limit_is_refused_as_it_comes(client):
    response = upload(client, b'\xff\xd8\xff' + bytes(MAX_BYTES + 10), 'large.jpg')
    assert response.status_code == 413
    assert 'MAX_FILE_SIZE' in response.json()['detail']
    just_fits = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert('RGB').save(just_fits, 'PNG')
    assert upload(client, just_fits.getvalue()[:MAX_BYTES], 'b.png').status_code in (200, 415)


def test_bodies_that_are_no_forms(client):
    for headers, content, status in (
        ({'content-type': 'application/json'}, b'{}', 415),
        ({'content-type': 'multipart/form-data'}, b'x', 400),
        ({'content-type': 'multipart/form-data; boundary=x'}, b'no such boundary', 400),
        ({'content-type': 'multipart/form-data; boundary=x'}, b'--x\r\n\r\n', 400),
        ({'content-type': 'multipart/form-data; boundary=x'}, b'--x--\r\n', 422),
        ({}, b'', 415),
    ):
        response = client.post('/api/v1/upload', headers=headers, content=content)
        assert response.status_code in (status, 400, 422), (content, response.text)
        assert response.headers['content-type'] == 'application/problem+json'
    fields = {f'f{number}': 'x' for number in range(100)}
    many = client.post('/api/v1/upload', files={'file': ('a.png', picture(60))}, data=fields)
    assert many.status_code == 400


def raw(client, text: bytes, then_close: bool = True) -> bytes:
    """Send bytes as they are, and return what comes back."""
    with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
        connection.sendall(text)
        if then_close:
            connection.shutdown(socket.SHUT_WR)
        received = b''
        while block := connection.recv(65536):
            received += block
            if not then_close:
                break
        return received


def test_lengths_that_lie(client):
    kind = b'Content-Type: multipart/form-data; boundary=b\r\n'
    head = b'POST /api/v1/upload HTTP/1.1\r\nHost: x\r\n' + kind
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    raw(client, head + b'Content-Length: 100000\r\n\r\n' + part + picture(70)[:50])
    raw(client, head + b'Content-Length: abc\r\n\r\n')
    raw(client, head + b'Content-Length: -5\r\n\r\n')
    raw(client, head + b'Transfer-Encoding: chunked\r\n\r\nffffffff\r\nabc')
    raw(client, head + b'Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n')
    raw(client, b'\0\1\2\3 nonsense\r\n\r\n')
    assert client.get('/livez').status_code == 200
    wait_until(lambda: client.get('/api/v1/health').json()['queue']['waiting'] == 0)


def test_unknown_routes_and_methods_are_problems(client):
    for method, url, status in (
        ('GET', '/api/v1/nothing', 404),
        ('PUT', '/api/v1/upload', 405),
        ('GET', '/api/v1/uploads/..%2f..%2fetc%2fpasswd', 404),
        ('GET', '/console/../../etc/passwd', 404),
        ('GET', '/console/%2e%2e/%2e%2e/setup.py', 404),
    ):
        response = client.request(method, url)
        assert response.status_code == status, url
        assert response.headers['content-type'] == 'application/problem+json'


def test_the_pages_need_no_network_and_have_a_policy(client):
    page = client.get('/')
    assert "script-src 'self'" in page.headers['content-security-policy']
    assert page.headers['x-frame-options'] == 'DENY'
    assert (
        'access-control-allow-origin'
        not in client.get(
            '/api/v1/health', headers={'Origin': 'https://elsewhere.example'}
        ).headers
    )


def test_slow_clients_keep_nobody_out(client):
    head = (
        b'POST /api/v1/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n'
        b'Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n'
    )
    place = client.base_url.host, client.base_url.port
    slow = [socket.create_connection(place, 30) for _ in range(80)]
    try:
        for connection in slow:
            connection.sendall(head)
        assert upload(client, picture(90), 'quick.png').status_code == 200
    finally:
        for connection in slow:
            connection.close()
