# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every error as application/problem+json (RFC 9457): one line that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from visual_navsat.errors import (
    FileWriteError,
    ImageError,
    LibraryError,
    one_line,
    traceback_text,
    VisualNavsatError,
)
from visual_navsat.service.import_sources import (
    MissingSourceError,
    OutsideSourceError,
    SourceError,
)
from visual_navsat.service.importer import UnknownImportError
from visual_navsat.service.map_shelf import UnknownMapError
from visual_navsat.service.running import BusyError, NotReadyError, RETRY_AFTER_S
from visual_navsat.service.store.pictures import UploadTooLargeError
from visual_navsat.service.store.queries import UnknownPageError
from visual_navsat.service.store.records import UnknownImageError

MEDIA_TYPE = 'application/problem+json'
_log = logging.getLogger(__name__)

# Of the errors that are the client's, or the machine's, the status; the first that fits.
_STATUS: tuple[tuple[type[VisualNavsatError], HTTPStatus], ...] = (
    (UnknownImageError, HTTPStatus.NOT_FOUND),
    (UnknownMapError, HTTPStatus.NOT_FOUND),
    (UnknownImportError, HTTPStatus.NOT_FOUND),
    (UnknownPageError, HTTPStatus.NOT_FOUND),
    (MissingSourceError, HTTPStatus.NOT_FOUND),
    (OutsideSourceError, HTTPStatus.FORBIDDEN),
    (SourceError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UploadTooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (BusyError, HTTPStatus.TOO_MANY_REQUESTS),
    (NotReadyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (FileWriteError, HTTPStatus.INSUFFICIENT_STORAGE),
    (ImageError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (LibraryError, HTTPStatus.SERVICE_UNAVAILABLE),
    (VisualNavsatError, HTTPStatus.UNPROCESSABLE_ENTITY),
)


class Problem(BaseModel):
    """What went wrong."""

    type: str = 'about:blank'  # noqa: A003
    title: str = Field(description='Name of the status')
    status: int
    detail: str = Field(description='What was wrong, with which value, what to do')


class ProblemError(Exception):
    """An answer that is a problem."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem as a response."""
    title = HTTPStatus(status).phrase
    problem = Problem(title=title, status=status, detail=detail)
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)


def status_of(error: VisualNavsatError) -> HTTPStatus:
    """Return the status of an error of ours."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI describes the problems of a route; every route may be refused."""
    content = {MEDIA_TYPE: {'schema': Problem.model_json_schema()}}
    return {
        status: {'description': HTTPStatus(status).phrase, 'content': content}
        for status in sorted({401, 422, 503, *statuses})
    }


def add_problem_handlers(app: FastAPI) -> None:
    """Turn all that routes raise into problems."""

    @app.exception_handler(ProblemError)
    def known(_: Request, error: ProblemError) -> Response:
        return problem_response(error.status, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    def of_framework(request: Request, error: HTTPException) -> Response:
        detail, headers = str(error.detail), dict(error.headers or {})
        if error.status_code == HTTPStatus.NOT_FOUND and detail == 'Not Found':
            detail = f'there is no {request.url.path!r:.120}: see /docs for what there is'
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            detail = f'{request.method} is not for {request.url.path!r:.120}: see /docs'
            headers['Allow'] = ', '.join(_methods(app, request)) or headers.get('Allow', '')
        return problem_response(error.status_code, detail, headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        return problem_response(
            HTTPStatus.UNPROCESSABLE_ENTITY, '; '.join(map(_sentence, error.errors()[:3]))
        )

    @app.exception_handler(VisualNavsatError)
    def ours(_: Request, error: VisualNavsatError) -> Response:
        status = status_of(error)
        waits = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
        headers = {'Retry-After': str(RETRY_AFTER_S)} if waits else None
        return problem_response(status, one_line(error), headers)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        _log.error('%s %s: %s', request.method, request.url.path, traceback_text(error))
        return problem_response(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            f'{type(error).__name__}, a fault of the service: its log has the traceback',
        )


def _methods(app: FastAPI, request: Request) -> list[str]:
    """Return the methods of all routes of a path: Starlette names those of the first."""
    templates = app.openapi()['paths'].items()
    return sorted(
        method.upper()
        for template, operations in templates
        if compile_path(template)[0].match(request.url.path)
        for method in operations
    )


def _sentence(error: Mapping[str, Any]) -> str:
    place = '.'.join(str(part) for part in error['loc'][1:]) or str(error['loc'][0])
    got = error.get('input')
    shown = f', got {got!r:.80}' if isinstance(got, str | int | float) else ''
    message = str(error['msg'])
    return f'{place}: {message[:1].lower()}{message[1:]}{shown}'
