# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Hostile uploads over real sockets: all are refused in a line, and the service lives on."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
import contextlib
import json
from pathlib import Path
import socket
import time
from typing import Any

from bench.record import rounded
from bench.service.hostile_uploads import hostile_uploads, HostileUpload
from bench.service.photos import photo_bytes
from bench.service.service_process import running_service
import httpx

_AT_ONCE = 8
_TIMEOUT_S = 60.0


def measure_hostile(scratch: Path, count: int = 200) -> dict[str, Any]:
    """Send hostile uploads; return how each kind was answered, and what was wrong."""
    with running_service(scratch / 'hostile') as service:
        files = {'file': ('good.jpg', photo_bytes(0))}
        for _ in range(2):
            # All of it once before memory is looked at.
            httpx.post(f'{service.address}/api/v1/upload', files=files, timeout=_TIMEOUT_S)
            _send_all(service.port, 60, 1)
        before_mb = service.rss_mb()
        answers = _send_all(service.port, count, 0)
        after_mb = service.rss_mb()
        health = httpx.get(f'{service.address}/api/v1/health', timeout=_TIMEOUT_S).json()
    faults = [f'{kind}: {line}' for kind, line in answers if not line.startswith('4')]
    if health['database_stats']['total_images'] != 1:
        faults.append(f'{health["database_stats"]["total_images"] - 1} were taken in')
    kinds = Counter(f'{kind}: {line.partition(" ")[0]}' for kind, line in answers)
    return {
        'what': f'{count} hostile uploads',
        'answers': dict(sorted(kinds.items())),
        'rss_mb': {'before': rounded(before_mb), 'after': rounded(after_mb)},
        'status_afterwards': health['status'],
        'faults': faults[:20],
        'num_faults': len(faults),
    }


def _send_all(port: int, count: int, seed: int) -> list[tuple[str, str]]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda one: send(port, one), hostile_uploads(count, seed)))


def send(port: int, upload: HostileUpload) -> tuple[str, str]:
    """Return the kind, and the status with the line that the service answered."""
    received = b''
    with socket.create_connection(('127.0.0.1', port), _TIMEOUT_S) as connection:
        half = len(upload.content) // 2
        with contextlib.suppress(OSError):
            connection.sendall(upload.content[:half])
            time.sleep(upload.pause_s)
            connection.sendall(upload.content[half:])
            if not upload.is_whole:
                connection.shutdown(socket.SHUT_WR)  # nothing more comes
        with contextlib.suppress(OSError):
            while block := connection.recv(65536):
                received += block
    return upload.kind, answer_line(received)


def answer_line(received: bytes) -> str:
    """Return status and detail of an answer; 499 where the client had hung up in its body."""
    if not received:
        return '499 the body never came'
    head, _, body = received.decode('utf-8', 'replace').partition('\r\n\r\n')
    status = head.split(' ', 2)[1]
    if 'application/problem+json' not in head.lower():
        return f'{status} {body.strip()[:200]}'
    detail = str(json.loads(body)['detail'])
    return f'{status} {detail}' if '\n' not in detail else f'0 several lines: {detail}'
