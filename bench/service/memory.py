# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Memory after many uploads and searches: what is held grows with the images' codes alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import random
from typing import Any

from bench.record import rounded
from bench.service.photos import photo_bytes
from bench.service.service_process import running_service, ServiceProcess
import httpx

_AT_ONCE = 8
_WARM_UP = 0.2  # of the uploads and searches


def measure_memory(scratch: Path, uploads: int, searches: int) -> dict[str, Any]:
    """Upload and search; return the resident memory after the warm-up and at the end, MB."""
    with running_service(scratch / 'memory') as service:
        warm_uploads, warm_searches = int(_WARM_UP * uploads), int(_WARM_UP * searches)
        first = _upload(service, range(warm_uploads))
        _search(service, first, warm_searches)
        warm_mb = service.rss_mb()
        ids = first + _upload(service, range(warm_uploads, uploads))
        _search(service, ids, searches - warm_searches)
        end_mb = service.rss_mb()
    return {
        'what': f'{uploads} uploads and {searches} searches, {_WARM_UP:.0%} of them warm-up',
        'rss_mb': {'after_warm_up': rounded(warm_mb), 'at_the_end': rounded(end_mb)},
        'growth': rounded(end_mb / warm_mb - 1),
    }


def _upload(service: ServiceProcess, numbers: range) -> list[str]:
    with httpx.Client(base_url=service.address, timeout=120.0) as client:

        def one(number: int) -> str:
            files = {'file': (f'{number}.jpg', photo_bytes(number))}
            answer = client.post('/api/v1/upload', files=files).raise_for_status()
            return str(answer.json()['file_id'])

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(one, numbers))


def _search(service: ServiceProcess, ids: list[str], count: int) -> None:
    rng = random.Random(0)
    with httpx.Client(base_url=service.address, timeout=120.0) as client:

        def one(file_id: str) -> None:
            client.post(f'/api/v1/similarity/{file_id}?top_k=10').raise_for_status()

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(one, rng.choices(ids, k=count)))
