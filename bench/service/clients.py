# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Clients that ask at once: half uploads, a third searches, the rest what else there is."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
import itertools
import random
from typing import Any

from bench.service.photos import photo_bytes
import httpx

_UPLOADS, _SEARCHES = 1 / 2, 1 / 3  # of all requests
_TIMEOUT_S = 60.0
_LONGEST_RETRY_S = 5.0


@dataclass
class Tally:
    """What the clients were told."""

    stored: dict[str, str] = field(default_factory=dict)  # sha256 by id, of acknowledged uploads
    deleted: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)  # asked to be deleted, without an answer
    answers: Counter[str] = field(default_factory=Counter)  # by kind and status
    faults: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)  # by kind

    @property
    def kept(self) -> dict[str, str]:
        """Return what must be there."""
        gone = self.deleted | self.unsure
        return {key: value for key, value in self.stored.items() if key not in gone}


class Clients:
    """
    Some clients with one tally.

    :param first_photo: number of the first photo that is uploaded; each is uploaded once.
    """

    def __init__(self, address: str, first_photo: int = 0, seed: int = 0) -> None:
        self.tally = Tally()
        self._address, self._random = address, random.Random(seed)
        self._numbers = itertools.count(first_photo)

    def run(self, count: int, seconds: float) -> Tally:
        """Let clients ask for some seconds, or until the service is gone."""
        asyncio.run(self._run(count, seconds))
        return self.tally

    async def _run(self, count: int, seconds: float) -> None:
        limits = httpx.Limits(max_connections=count)
        async with httpx.AsyncClient(
            base_url=self._address, timeout=_TIMEOUT_S, limits=limits
        ) as client:
            end = asyncio.get_running_loop().time() + seconds
            await asyncio.gather(*(self._client(client, end) for _ in range(count)))

    async def _client(self, client: httpx.AsyncClient, end: float) -> None:
        clock = asyncio.get_running_loop().time
        while clock() < end:
            kind = self._random.random()
            try:
                if kind < _UPLOADS:
                    await self._upload(client)
                elif kind < _UPLOADS + _SEARCHES:
                    await self._similar(client)
                else:
                    await self._other(client)
            except httpx.TransportError as error:
                # The service is gone, or hung up.
                self.tally.answers[f'no answer: {type(error).__name__}'] += 1
                return

    async def _ask(
        self, client: httpx.AsyncClient, kind: str, method: str, path: str, **options: Any
    ) -> httpx.Response:
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            answer = await client.request(method, path, **options)
            self.tally.answers[f'{kind} {answer.status_code}'] += 1
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                self.tally.seconds.setdefault(kind, []).append(clock() - started)
                if answer.is_server_error:
                    self.tally.faults.append(f'{kind}: {answer.status_code} {answer.text:.200}')
                return answer
            if 'retry-after' not in answer.headers:
                self.tally.faults.append(f'{kind}: 429 without Retry-After')
            await asyncio.sleep(min(float(answer.headers.get('retry-after', 1)), _LONGEST_RETRY_S))

    async def _upload(self, client: httpx.AsyncClient) -> None:
        number = next(self._numbers)
        files = {'file': (f'photo_{number:06d}.jpg', photo_bytes(number), 'image/jpeg')}
        answer = await self._ask(client, 'upload', 'POST', '/api/v1/upload', files=files)
        if answer.is_success:
            told = answer.json()
            self.tally.stored[told['file_id']] = told['sha256']

    async def _similar(self, client: httpx.AsyncClient) -> None:
        file_id = self._some()
        if file_id is None:
            return
        gone = set(self.tally.deleted)
        path = f'/api/v1/similarity/{file_id}'
        answer = await self._ask(client, 'similarity', 'POST', path, params={'top_k': 10})
        if answer.is_success:
            found = [one['image_id'] for one in answer.json()['similar_images']]
            if file_id in found or gone & set(found) or len(set(found)) != len(found):
                self.tally.faults.append(f'similarity to {file_id} returned {found}')

    async def _other(self, client: httpx.AsyncClient) -> None:
        kind = self._random.choice(('stats', 'search', 'delete', 'thumbnail'))
        file_id = self._some()
        if kind == 'stats' or file_id is None:
            await self._ask(client, 'stats', 'GET', '/api/v1/database/stats')
        elif kind == 'search':
            await self._ask(client, 'search', 'GET', '/api/v1/search', params={'filename': '7'})
        elif kind == 'thumbnail':
            await self._ask(client, kind, 'GET', f'/api/v1/uploads/{file_id}/thumbnail')
        else:
            self.tally.unsure.add(file_id)
            answer = await self._ask(client, kind, 'DELETE', f'/api/v1/uploads/{file_id}')
            if answer.is_success:
                self.tally.deleted.add(file_id)

    def _some(self) -> str | None:
        """Return one of the last that were stored and not deleted."""
        last = list(itertools.islice(reversed(self.tally.stored), 200))
        kept = [each for each in last if each not in self.tally.unsure]
        return self._random.choice(kept) if kept else None
