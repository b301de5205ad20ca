# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Many clients at once: no fault, nothing lost or doubled, health answers at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
from pathlib import Path
import time
from typing import Any

from bench.record import rounded
from bench.service.clients import Clients
from bench.service.service_process import running_service
import httpx
import numpy as np

_EVERY_S = 0.1


def measure_load(
    scratch: Path, seconds: float, clients: int = 32, workers: int = 1
) -> dict[str, Any]:
    """Let clients upload, search and delete for some seconds; return what came of it."""
    with (
        running_service(scratch / 'load', {'WORKERS': str(workers)}) as service,
        ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool,
    ):
        watching = pool.submit(watch_health, service.address, seconds)
        tally = Clients(service.address).run(clients, seconds)
        health_ms = np.array(watching.result())
        faults = [*tally.faults, *compare(service.address, tally.kept)]
        return {
            'what': f'{clients} clients for {seconds:g} s, half uploads, a third searches',
            'workers': workers,
            'requests': dict(sorted(tally.answers.items())),
            'requests_per_s': rounded(sum(tally.answers.values()) / seconds),
            'milliseconds': {
                kind: {
                    'p50': rounded(1e3 * float(np.percentile(times, 50))),
                    'p95': rounded(1e3 * float(np.percentile(times, 95))),
                }
                for kind, times in sorted(tally.seconds.items())
            },
            'health_ms': {
                'p50': rounded(float(np.percentile(health_ms, 50))),
                'p99': rounded(float(np.percentile(health_ms, 99))),
                'max': rounded(float(health_ms.max())),
            },
            'server_errors': sum(
                count for key, count in tally.answers.items() if key.split()[-1].startswith('5')
            ),
            'faults': faults[:20],
            'num_faults': len(faults),
        }


def watch_health(address: str, seconds: float) -> list[float]:
    """Return how long health took, milliseconds, asked again and again; from another process."""
    times: list[float] = []
    with httpx.Client(base_url=address, timeout=60.0) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            started = time.monotonic()
            client.get('/api/v1/health').raise_for_status()
            times.append(1e3 * (time.monotonic() - started))
            time.sleep(_EVERY_S)
    return times


def compare(address: str, kept: dict[str, str], sure: set[str] | None = None) -> list[str]:
    """
    Return what is lost or doubled, a line each.

    :param kept: sha256 by id of what must be there.
    :param sure: ids that must not be there.
    """
    faults: list[str] = []
    found: Counter[str] = Counter()
    shas: Counter[str] = Counter()
    with httpx.Client(base_url=address, timeout=60.0) as client:
        cursor: str | None = None
        while True:
            params = {'limit': '1000', **({} if cursor is None else {'cursor': cursor})}
            page = client.get('/api/v1/uploads', params=params).raise_for_status().json()
            found.update(one['image_id'] for one in page['images'])
            shas.update(one['sha256'] for one in page['images'])
            cursor = page['next_cursor']
            if cursor is None:
                break
    faults += [f'{each} is lost' for each in kept if each not in found]
    faults += [f'{each} is there again' for each in sure or () if each in found]
    faults += [f'{each} is doubled' for each, count in (found + shas).items() if count > 1]
    return faults
