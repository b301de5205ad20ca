# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pictures: taken in, listed, shown, deleted."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.datastructures import UploadFile
from visual_navsat.errors import one_line, VisualNavsatError
from visual_navsat.service.api.common import (
    in_thread,
    Ready,
    shown_name,
    stage,
    tags_of,
    UPLOAD_BODY,
    uploaded_form,
    Wanted,
    with_model,
)
from visual_navsat.service.api.multipart import fields_of, files_of
from visual_navsat.service.api.problem import responses, status_of
from visual_navsat.service.api.public_picture import PublicPictures
from visual_navsat.service.api.schemas import (
    DeleteAnswer,
    ImageInfo,
    SearchAnswer,
    UploadAnswer,
)
from visual_navsat.service.intake import take_in
from visual_navsat.service.running import Running
from visual_navsat.service.store.picture_facts import MEDIA_TYPES
from visual_navsat.service.store.records import Added, Filters, Page

router = APIRouter(prefix='/api/v1', tags=['pictures'])
Sort = Literal[
    'upload_time',
    '-upload_time',
    'filename',
    '-filename',
    'file_size',
    '-file_size',
    'taken',
    '-taken',
]
_MAX_SHOWN = 80  # characters of a name that was refused
Cursor = Annotated[str | None, Query(max_length=2000, description='next_cursor of a page')]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post(
    '/upload',
    response_model=UploadAnswer,
    openapi_extra=UPLOAD_BODY,
    responses=responses(400, 408, 413, 415, 429, 507),
)
async def upload(request: Request, running: Ready) -> Response | dict[str, Any]:
    """
    Take pictures in: one or more parts called file, and tags between commas.

    The same bytes again answer with the id that they have. Of several pictures those that are
    refused are named; if none is taken in, the answer is the refusal of the first.
    """
    async with uploaded_form(request, running) as form:
        fields = fields_of(form)
        tags = tags_of(fields)
        added: list[Added] = []
        faults: list[tuple[str, VisualNavsatError]] = []
        for file in files_of(form):
            name = ascii(file.filename or '')[:_MAX_SHOWN]
            try:
                name = shown_name(file.filename)
                added.append(await with_model(request, _take, running, file, name, tags))
            except VisualNavsatError as error:
                faults.append((name, error))
    if not added:
        raise faults[0][1]
    uploads = [_uploaded(one, running) for one in added]
    refused = [
        {'filename': name, 'status': int(status_of(error)), 'detail': one_line(error)}
        for name, error in faults
    ]
    return {**uploads[0], 'uploads': uploads, 'refused': refused}


def _take(running: Running, file: UploadFile, name: str, tags: tuple[str, ...]) -> Added:
    return take_in(running.library, running.queue, stage(running, file), name, tags)


def _uploaded(added: Added, running: Running) -> dict[str, Any]:
    record = added.record
    is_shown = running.settings.expose_location
    return {
        'file_id': record.file_id,
        'filename': record.filename,
        'file_size': record.file_size,
        'upload_time': record.upload_time,
        'message': 'taken in' if added.is_new else 'the same bytes are in the library already',
        'sha256': record.sha256,
        'is_new': added.is_new,
        'width': record.width,
        'height': record.height,
        'taken': record.taken,
        'latitude': record.latitude if is_shown else None,
        'longitude': record.longitude if is_shown else None,
    }


async def _page(
    request: Request, running: Running, filters: Filters, sort: str, cursor: str | None, limit: int
) -> dict[str, Any]:
    from_ms = running.uptime_s
    found: Page = await in_thread(request, running.library.search, filters, sort, cursor, limit)
    is_shown = running.settings.expose_location
    return {
        'total_found': found.total,
        'images': [ImageInfo.values_of(record, is_shown) for record in found.records],
        'query_time_ms': 1e3 * (running.uptime_s - from_ms),
        'next_cursor': found.next_cursor,
    }


@router.get('/search', response_model=SearchAnswer, responses=responses(403, 404))
async def search(
    request: Request,
    running: Ready,
    filters: Wanted,
    sort: Sort = '-upload_time',
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Return the pictures that fulfil all filters, a page at a time."""
    return await _page(request, running, filters, sort, cursor, limit)


@router.get('/uploads', response_model=SearchAnswer, responses=responses(404))
async def uploads(
    request: Request,
    running: Ready,
    sort: Sort = '-upload_time',
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Return all pictures, a page at a time."""
    return await _page(request, running, Filters(), sort, cursor, limit)


@router.get('/uploads/{file_id}', response_model=ImageInfo, responses=responses(404))
async def record(request: Request, running: Ready, file_id: str) -> dict[str, Any]:
    """Return what is known of a picture."""
    found = await in_thread(request, running.library.get, file_id)
    return ImageInfo.values_of(found, running.settings.expose_location)


@router.get(
    '/uploads/{file_id}/image',
    response_class=Response,
    responses={
        **responses(404, 416),
        200: {'content': {'image/*': {}}, 'description': 'The picture'},
        206: {'content': {'image/*': {}}, 'description': 'The range that was asked for'},
        304: {'description': 'As the client has it'},
    },
)
async def image(request: Request, running: Ready, file_id: str) -> Response:
    """
    Return a picture as it was uploaded; ranges and ETags work.

    Unless EXPOSE_LOCATION is set, of a picture with a position the metadata are left out.
    """
    found = await in_thread(request, running.library.get, file_id)
    public = PublicPictures(running.library, running.settings.expose_location)
    etag = public.etag(found)
    headers = {'ETag': etag, 'Cache-Control': 'private, no-cache'}
    if _is_known(request, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    kind = MEDIA_TYPES[found.extension]
    path, content = await in_thread(request, public.read, found)
    if path is not None:
        return FileResponse(path, media_type=kind, headers=headers)
    return Response(content, media_type=kind, headers=headers)


@router.get(
    '/uploads/{file_id}/thumbnail',
    response_class=Response,
    responses={
        **responses(404),
        200: {'content': {'image/jpeg': {}}, 'description': 'A small JPEG'},
        304: {'description': 'As the client has it'},
    },
)
async def thumbnail(request: Request, running: Ready, file_id: str) -> Response:
    """Return a small JPEG of a picture."""
    found = await in_thread(request, running.library.get, file_id)
    etag = f'"{found.sha256[:32]}-thumbnail"'
    headers = {'ETag': etag, 'Cache-Control': 'private, max-age=86400'}
    if _is_known(request, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    content = await in_thread(request, running.library.thumbnail, found)
    return Response(content, media_type='image/jpeg', headers=headers)


@router.delete('/uploads/{file_id}', response_model=DeleteAnswer, responses=responses(404))
async def delete(request: Request, running: Ready, file_id: str) -> Response:
    """Delete a picture, its record and its descriptor; no later search returns it."""
    found = await in_thread(request, running.library.delete, file_id)
    PublicPictures(running.library, False).forget(found)
    return JSONResponse(
        {
            'success': True,
            'message': f'{found.filename} is deleted',
            'deleted_file_id': found.file_id,
        }
    )


def _is_known(request: Request, etag: str) -> bool:
    given = request.headers.get('if-none-match', '')
    return etag in {word.strip().removeprefix('W/') for word in given.split(',')}
