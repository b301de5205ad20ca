# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A real service for the tests: uvicorn on a free port, in a thread of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import io
import threading
import time
from typing import Any

import httpx
import numpy as np
from PIL import Image
import uvicorn
from visual_navsat.service.api.app import create_app
from visual_navsat.service.live_feed import LiveFeed
from visual_navsat.service.settings import Settings

_TIMEOUT_S = 120.0


@contextmanager
def serving(feed: LiveFeed | None = None, **settings: Any) -> Iterator[httpx.Client]:
    """
    Give a client of a service with these settings, once it is ready.

    :param feed: of a flight that is watched.
    """
    app = create_app(Settings.load(**settings), feed)
    config = uvicorn.Config(app, host='127.0.0.1', port=0, log_level='warning')
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _TIMEOUT_S
    while not server.started and time.monotonic() < deadline and thread.is_alive():
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f'http://127.0.0.1:{port}', timeout=_TIMEOUT_S) as client:
        client.app = app  # type: ignore[attr-defined]
        try:
            wait_until(lambda: client.get('/readyz').status_code == 200)
            yield client
        finally:
            server.should_exit = True
            thread.join(_TIMEOUT_S)


def wait_until(holds, timeout_s: float = _TIMEOUT_S) -> None:
    """Wait for an event; fail after a generous time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, 'it did not happen'
        time.sleep(0.02)


def picture(seed: int, kind: str = 'PNG', size: tuple[int, int] = (96, 80), **options) -> bytes:
    """Return a small picture of its own; equal seeds give equal bytes."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 8, 3), np.uint8)
    image = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_position(seed: int, lat: float, long: float) -> bytes:
    """Return a JPEG whose EXIF says where and when it was taken."""
    exif = Image.Exif()
    exif[0x9003] = '2024:10:30 10:05:15'
    exif.get_ifd(0x8769)[0x9003] = '2024:10:30 10:05:15'
    exif.get_ifd(0x8825).update(
        {
            1: 'N',
            2: (float(int(lat)), lat % 1 * 60, 0.0),
            3: 'E',
            4: (float(int(long)), long % 1 * 60, 0.0),
        }
    )
    return picture(seed, 'JPEG', exif=exif, quality=95)


def upload(client: httpx.Client, content: bytes, name: str = 'a.png', **fields) -> httpx.Response:
    """Upload one picture."""
    return client.post('/api/v1/upload', files={'file': (name, content)}, data=fields)


def upload_id(client: httpx.Client, content: bytes, name: str = 'a.png', **fields) -> str:
    """Upload one picture and return its id."""
    response = upload(client, content, name, **fields)
    assert response.status_code == 200, response.text
    return response.json()['file_id']
