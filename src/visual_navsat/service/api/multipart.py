# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read multipart bodies as they come: within the limits, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from visual_navsat.service.api.problem import ProblemError
from visual_navsat.service.store.pictures import UploadTooLargeError

MAX_FILES = 64  # of one request
_MAX_FIELDS = 64
_MAX_FIELD_BYTES = 16_384
_WAIT_S = 20.0  # for the next bytes
_SLOWEST_BYTES_PER_S = 4_096
_GRACE_S = 30.0  # before slowness counts


class _LimitedParser(MultiPartParser):
    """Starlette's parser, which stops as soon as a file is too large."""

    spool_max_size = 65_536  # bytes of a file in memory before it goes to the disk

    def __init__(self, *args: Any, max_file_size: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit, self._bytes = max_file_size, 0

    def on_part_begin(self) -> None:
        """Begin to count."""
        self._bytes = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Count, and take the bytes."""
        self._bytes += end - start
        if self._current_part.file is not None and self._bytes > self._limit:
            raise UploadTooLargeError(
                f'the file has more than {self._limit} bytes: make it smaller, or raise '
                'MAX_FILE_SIZE'
            )
        super().on_part_data(data, start, end)


async def read_form(request: Request, max_file_size: int) -> FormData:
    """
    Return the fields and files of a request; close it when they are read.

    :raises ProblemError: if the body is not what it says, or comes too slowly.
    :raises UploadTooLargeError: if a file has more bytes than are allowed.
    """
    kind = request.headers.get('content-type', '').partition(';')[0].strip().lower()
    if kind != 'multipart/form-data':
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f'the body must be multipart/form-data with a part called file, got {kind!r:.60}',
        )
    parser = _LimitedParser(
        request.headers,
        _paced(request),
        max_files=MAX_FILES,
        max_fields=_MAX_FIELDS,
        max_part_size=_MAX_FIELD_BYTES,
        max_file_size=max_file_size,
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, f'the body is no valid multipart: {error.message}'
        ) from error
    except UploadTooLargeError:
        raise
    except (KeyError, ValueError) as error:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, 'the body is no valid multipart: send it again'
        ) from error


def files_of(form: FormData) -> list[UploadFile]:
    """Return the files of a form, at least one; raise ProblemError if there is none."""
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, 'file: send an image as the part called file'
        )
    return files


def fields_of(form: FormData) -> dict[str, str]:
    """Return the fields that are not files; of equal names the last, none that are empty."""
    return {key: value for key, value in form.multi_items() if isinstance(value, str) and value}


async def _paced(request: Request) -> AsyncIterator[bytes]:
    """Yield the body; raise ProblemError if it stops, or comes too slowly."""
    loop = asyncio.get_running_loop()
    started, total = loop.time(), 0
    stream = request.stream().__aiter__()
    while True:
        try:
            block = await asyncio.wait_for(stream.__anext__(), _WAIT_S)
        except StopAsyncIteration:
            return
        except asyncio.TimeoutError as error:
            raise ProblemError(
                HTTPStatus.REQUEST_TIMEOUT, f'nothing came for {_WAIT_S:g} s: send it again'
            ) from error
        total += len(block)
        seconds = loop.time() - started - _GRACE_S
        if seconds > 0 and total < seconds * _SLOWEST_BYTES_PER_S:
            raise ProblemError(
                HTTPStatus.REQUEST_TIMEOUT,
                f'the body comes at less than {_SLOWEST_BYTES_PER_S} bytes a second: send it '
                'over a faster connection',
            )
        yield block
