# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Kill the service at random moments of the load: what was acknowledged is there afterwards."""

from __future__ import annotations

from pathlib import Path
import random
import subprocess
import threading
from typing import Any

from bench.record import rounded, VISUAL_NAVSAT
from bench.service.clients import Clients
from bench.service.load import compare
from bench.service.service_process import ServiceProcess
import httpx

_CLIENTS = 16
_MOMENT_S = 0.2, 3.0  # of the load, after which it is killed
_LONGEST_S = 60.0
_ASKED = 20  # of the acknowledged, whether a search finds them


def measure_kills(scratch: Path, kills: int, seed: int = 0) -> dict[str, Any]:
    """Kill the service again and again; return what was wrong after each start."""
    rng = random.Random(seed)
    service = ServiceProcess(scratch / 'kills')
    kept: dict[str, str] = {}
    deleted: set[str] = set()
    faults: list[str] = []
    starts: list[float] = []
    for number in range(kills):
        starts.append(service.start())
        faults += [f'after kill {number}: {fault}' for fault in _look(service, kept, deleted, rng)]
        clients = Clients(service.address, first_photo=number * 100_000, seed=rng.randrange(2**31))
        killer = threading.Timer(rng.uniform(*_MOMENT_S), service.kill)
        killer.start()
        tally = clients.run(_CLIENTS, _LONGEST_S)
        killer.join()
        faults += tally.faults
        kept = kept | tally.stored
        deleted |= tally.deleted
        for each in tally.deleted | tally.unsure:
            kept.pop(each, None)
    starts.append(service.start())
    faults += [f'at the end: {fault}' for fault in _look(service, kept, deleted, rng)]
    service.stop()
    return {
        'what': f'kill -9 at {kills} random moments of the load of {_CLIENTS} clients',
        'acknowledged_uploads_kept': len(kept),
        'acknowledged_deletions': len(deleted),
        'seconds_to_start': {
            'median': rounded(sorted(starts)[len(starts) // 2]),
            'max': rounded(max(starts)),
        },
        'faults': faults[:20],
        'num_faults': len(faults),
    }


def _look(
    service: ServiceProcess, kept: dict[str, str], deleted: set[str], rng: random.Random
) -> list[str]:
    """Return what is wrong with a library that was just opened, a line each."""
    faults = compare(service.address, kept, deleted)
    with httpx.Client(base_url=service.address, timeout=60.0) as client:
        for file_id in rng.sample(sorted(kept), min(_ASKED, len(kept))):
            content = client.get(f'/api/v1/uploads/{file_id}/image').raise_for_status().content
            answer = client.post(
                '/api/v1/similarity', files={'file': ('query.jpg', content)}, params={'top_k': 5}
            )
            found = [one['image_id'] for one in answer.raise_for_status().json()['similar_images']]
            if file_id not in found:
                faults.append(f'{file_id} is not found by its own picture')
    faults += _orphans(service.folder, _ids(service))
    done = subprocess.run(
        [*VISUAL_NAVSAT, 'service', '--data', str(service.folder), 'check'],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        faults.append(f'service check: {done.stdout}{done.stderr}')
    return faults


def _ids(service: ServiceProcess) -> set[str]:
    found: set[str] = set()
    cursor: str | None = None
    while True:
        params = {'limit': '1000', **({} if cursor is None else {'cursor': cursor})}
        page = httpx.get(f'{service.address}/api/v1/uploads', params=params, timeout=60.0).json()
        found |= {one['image_id'] for one in page['images']}
        cursor = page['next_cursor']
        if cursor is None:
            return found


def _orphans(folder: Path, ids: set[str]) -> list[str]:
    """Return the files without a record; nobody uploads meanwhile."""
    pictures = [path for path in (folder / 'uploads').iterdir() if path.stem not in ids]
    incoming = [
        path for path in (folder / 'incoming').rglob('*') if path.is_file() and path.name != 'lock'
    ]
    return [f'{path.name} has no record' for path in pictures + incoming]
