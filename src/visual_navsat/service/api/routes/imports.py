# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Many pictures at once: a folder, a zip or a map index on the server, as a job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from visual_navsat.service.api.common import in_thread, Ready
from visual_navsat.service.api.problem import responses
from visual_navsat.service.api.schemas import ImportOrder, ImportsAnswer, ImportState
from visual_navsat.service.importer import ENDED
from visual_navsat.service.store.tables import ImportRow

router = APIRouter(prefix='/api/v1', tags=['imports'])
_EVENT_S = 0.25


@router.post(
    '/imports',
    response_model=ImportState,
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(403, 404),
)
async def start(request: Request, running: Ready, order: ImportOrder) -> dict[str, Any]:
    """Begin to take in what lies at a path below IMPORT_DIR; it goes on after a restart."""
    return _state(await in_thread(request, running.importer.add, order.path, order.tags))


@router.get('/imports', response_model=ImportsAnswer, responses=responses())
async def newest(request: Request, running: Ready) -> dict[str, Any]:
    """Return the newest jobs."""
    return {'imports': [_state(row) for row in await in_thread(request, running.importer.newest)]}


@router.get('/imports/{import_id}', response_model=ImportState, responses=responses(404))
async def state(request: Request, running: Ready, import_id: str) -> dict[str, Any]:
    """Return how far a job is."""
    return _state(await in_thread(request, running.importer.get, import_id))


@router.delete('/imports/{import_id}', response_model=ImportState, responses=responses(404))
async def cancel(request: Request, running: Ready, import_id: str) -> dict[str, Any]:
    """Stop a job; what it has taken in stays."""
    return _state(await in_thread(request, running.importer.cancel, import_id))


@router.get(
    '/imports/{import_id}/events',
    response_class=StreamingResponse,
    responses={
        **responses(404),
        200: {'content': {'text/event-stream': {}}, 'description': 'A state with each change'},
    },
)
async def events(request: Request, running: Ready, import_id: str) -> StreamingResponse:
    """Return the states of a job as server-sent events, until it ends."""
    first = await in_thread(request, running.importer.get, import_id)

    async def stream() -> AsyncIterator[str]:
        row, last = first, ''
        while True:
            text = ImportState(**_state(row)).model_dump_json()
            if text != last:
                yield f'event: state\ndata: {json.dumps(json.loads(text))}\n\n'
                last = text
            if row.state in ENDED or await request.is_disconnected():
                return
            await asyncio.sleep(_EVENT_S)
            row = await in_thread(request, running.importer.get, import_id)

    return StreamingResponse(stream(), media_type='text/event-stream')


def _state(row: ImportRow) -> dict[str, Any]:
    names = [name for name in ImportState.model_fields if name != 'path']
    return {**{name: getattr(row, name) for name in names}, 'path': row.source}
