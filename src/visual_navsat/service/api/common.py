# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What several routes share: the running service, its threads, an upload, filters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from functools import partial
from http import HTTPStatus
import re
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from starlette.datastructures import FormData, UploadFile
from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.service.api.multipart import read_form
from visual_navsat.service.api.problem import ProblemError
from visual_navsat.service.running import Running
from visual_navsat.service.store.pictures import StagedPicture
from visual_navsat.service.store.records import Filters

_BLOCK_BYTES = 1 << 20
_MAX_NAME = 255  # characters of a file name
# Control characters, halves of characters, and those that turn the direction of the text.
_UNSEEN = re.compile('[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]')
_MAX_TAGS = 32
Result = TypeVar('Result')


def _is_date(value: object) -> object:
    """Refuse a bare number, which pydantic takes as seconds since 1970."""
    if isinstance(value, str) and not re.match(r'\d{4}-\d\d', value):
        raise ValueError('must be a time such as 2026-05-01T12:00:00Z')
    return value


Moment = Annotated[datetime, BeforeValidator(_is_date)]

# Bodies that FastAPI does not read itself, as they are read while they come.
UPLOAD_BODY = {
    'requestBody': {
        'required': True,
        'content': {
            'multipart/form-data': {
                'schema': {
                    'type': 'object',
                    'required': ['file'],
                    'properties': {'file': {'type': 'string', 'format': 'binary'}},
                }
            }
        },
    }
}


def running_of(request: Request) -> Running:
    """Return the service of a request."""
    running: Running = request.app.state.running
    return running


async def require_ready(request: Request) -> Running:
    """Return the service; raise NotReadyError while it loads."""
    running = running_of(request)
    running.library  # noqa: B018 (raises)
    return running


Ready = Annotated[Running, Depends(require_ready)]


async def in_thread(request: Request, function: Callable[..., Result], *args: Any) -> Result:
    """Run what waits for the disk, beside the event loop."""
    limiter: CapacityLimiter = request.app.state.threads
    return await to_thread.run_sync(partial(function, *args), limiter=limiter)


async def with_model(request: Request, function: Callable[..., Result], *args: Any) -> Result:
    """Run what decodes an image and waits for the model: short work has other threads."""
    limiter: CapacityLimiter = request.app.state.model_threads
    return await to_thread.run_sync(partial(function, *args), limiter=limiter)


@asynccontextmanager
async def uploaded_form(request: Request, running: Running) -> AsyncIterator[FormData]:
    """Read a body with an image, and admit it to the work; raise BusyError if it is too much."""
    with running.receiving():
        form = await read_form(request, running.settings.max_file_size)
        try:
            with running.admission():
                yield form
        finally:
            await form.close()


def stage(running: Running, file: UploadFile) -> StagedPicture:
    """Return an upload as a staged picture; raise ImageError or UploadTooLargeError."""
    name = shown_name(file.filename)
    staging = running.library.stage(running.settings.max_file_size)
    try:
        while block := file.file.read(_BLOCK_BYTES):
            staging.write(block)
    except BaseException:
        staging.discard()
        raise
    return staging.finish(name)


class FileNameError(VisualNavsatError):
    """A client gave a file a name that only an attacker would."""


def shown_name(name: str | None) -> str:
    """
    Return the name that a client gave a file, as it is shown: never a path on this machine.

    :raises FileNameError: if it leads upwards, is too long, or holds what cannot be seen.
    """
    parts = (name or 'unnamed').replace('\\', '/').split('/')
    last = parts[-1].strip() or 'unnamed'
    fault = None
    if '..' in parts:
        fault = 'leads to another folder'
    elif len(last) > _MAX_NAME:
        fault = f'has more than {_MAX_NAME} characters'
    elif last.startswith('"'):  # of a head that was cut
        fault = 'begins with a quotation mark'
    elif _UNSEEN.search(''.join(parts)):
        fault = 'holds characters that cannot be seen'
    if fault is not None:
        raise FileNameError(f'the name {name!a:.60} of the file {fault}: rename it')
    return last


def tags_of(fields: dict[str, str]) -> tuple[str, ...]:
    """Return the tags of a form: words between commas."""
    words = dict.fromkeys(word.strip() for word in fields.get('tags', '').split(','))
    tags = tuple(word for word in words if word)
    if len(tags) > _MAX_TAGS:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f'tags: at most {_MAX_TAGS}, got {len(tags)}'
        )
    return tags


def read_filters(
    request: Request,
    filename: Annotated[
        str | None, Query(max_length=255, description='A part of the name, in any case')
    ] = None,
    upload_after: Moment | None = None,
    upload_before: Moment | None = None,
    taken_after: Moment | None = None,
    taken_before: Moment | None = None,
    min_file_size: Annotated[int | None, Query(ge=0, le=2**62, description='Bytes')] = None,
    max_file_size: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    bbox: Annotated[
        str | None,
        Query(
            max_length=200,
            description='west,south,east,north in degrees; EXPOSE_LOCATION',
            json_schema_extra={'format': 'bbox'},
        ),
    ] = None,
    tag: Annotated[list[str] | None, Query(max_length=32, description='All of them')] = None,
    tags: Annotated[
        str | None, Query(max_length=1000, description='The same, between commas')
    ] = None,
) -> Filters:
    """Return which images are asked for."""
    if bbox is not None and not running_of(request).settings.expose_location:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            'bbox: positions are not given out; the service must be started with '
            'EXPOSE_LOCATION=true',
        )
    words = [*(tag or ()), *(tags or '').split(',')]
    return Filters(
        filename=filename,
        upload_after=_utc(upload_after),
        upload_before=_utc(upload_before),
        taken_after=_utc(taken_after),
        taken_before=_utc(taken_before),
        min_file_size=min_file_size,
        max_file_size=max_file_size,
        bbox=None if bbox is None else GeoBox.parse(bbox, 'bbox'),
        tags=tuple(word.strip() for word in words if word.strip()),
    )


Wanted = Annotated[Filters, Depends(read_filters)]


def _utc(moment: datetime | None) -> datetime | None:
    """Return a moment with a zone; UTC if it names none."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except OverflowError:  # in the first or last hours that there are
        return moment.replace(tzinfo=timezone.utc)
