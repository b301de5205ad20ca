# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The pictures most like one that is stored, or one that is sent."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
import numpy as np
from starlette.datastructures import UploadFile
from visual_navsat.service.api.common import (
    in_thread,
    Ready,
    shown_name,
    stage,
    UPLOAD_BODY,
    uploaded_form,
    Wanted,
    with_model,
)
from visual_navsat.service.api.multipart import files_of
from visual_navsat.service.api.problem import responses
from visual_navsat.service.api.schemas import ImageInfo, SimilarityAnswer
from visual_navsat.service.intake import prepare
from visual_navsat.service.running import Running
from visual_navsat.service.store.records import Filters, ImageRecord, Similar

router = APIRouter(prefix='/api/v1', tags=['similarity'])
TopK = Annotated[int, Query(ge=1, le=100, description='How many at most')]


@router.post(
    '/similarity/{file_id}', response_model=SimilarityAnswer, responses=responses(403, 404)
)
async def of_stored(
    request: Request, running: Ready, filters: Wanted, file_id: str, top_k: TopK = 5
) -> dict[str, Any]:
    """Return the pictures most like a stored one, itself left out."""
    started = time.perf_counter()
    record, found = await in_thread(request, _like_stored, running, file_id, top_k, filters)
    answer = _answer(running, found, started, record.filename, record.file_id)
    return await _noted(request, running, answer, top_k)


@router.post(
    '/similarity',
    response_model=SimilarityAnswer,
    openapi_extra=UPLOAD_BODY,
    responses=responses(400, 403, 408, 413, 415, 429, 507),
)
async def of_sent(
    request: Request, running: Ready, filters: Wanted, top_k: TopK = 5
) -> dict[str, Any]:
    """Return the pictures most like one that is sent, as the part called file, and not stored."""
    started = time.perf_counter()
    async with uploaded_form(request, running) as form:
        file = files_of(form)[0]
        descriptor = await with_model(request, _describe, running, file)
        found = await in_thread(request, running.library.similar, descriptor, top_k, filters)
    answer = _answer(running, found, started, shown_name(file.filename), None)
    return await _noted(request, running, answer, top_k)


async def _noted(
    request: Request, running: Running, answer: dict[str, Any], top_k: int
) -> dict[str, Any]:
    """Return an answer once its time is remembered, which may wait for the database."""
    milliseconds, found = answer['processing_time_ms'], answer['total_similar']
    of = answer['query_file_id']
    await in_thread(
        request, running.library.note_search, 'similarity', milliseconds, found, top_k, of
    )
    return answer


def _like_stored(
    running: Running, file_id: str, top_k: int, filters: Filters
) -> tuple[ImageRecord, list[Similar]]:
    record = running.library.get(file_id)
    descriptor = running.library.descriptor(file_id)
    return record, running.library.similar(descriptor, top_k, filters, file_id)


def _describe(running: Running, file: UploadFile) -> np.ndarray:
    staged = stage(running, file)
    try:
        return running.queue.describe(
            prepare(running.queue, staged.path, shown_name(file.filename))
        ).result()
    finally:
        staged.discard()


def _answer(
    running: Running,
    found: list[Similar],
    started: float,
    filename: str,
    file_id: str | None,
) -> dict[str, Any]:
    milliseconds = 1e3 * (time.perf_counter() - started)
    is_shown = running.settings.expose_location
    return {
        'query_file_id': file_id,
        'query_filename': filename,
        'processing_time_ms': milliseconds,
        'total_similar': len(found),
        'similar_images': [
            {
                **ImageInfo.values_of(one.record, is_shown),
                'similarity_score': one.similarity,
            }
            for one in found
        ],
    }
