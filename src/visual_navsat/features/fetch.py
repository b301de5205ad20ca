# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Download the official weights of a model: resumed, checked, and complete or not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import http.client
import os
from pathlib import Path
import re
import ssl
from typing import Any
import urllib.error
import urllib.parse
import urllib.request
import zipfile

from tqdm import tqdm
from visual_navsat.errors import ModelError
from visual_navsat.features.checkpoint import checkpoint_sha256, match_network, read_tensors
from visual_navsat.features.model_zoo import ModelSpec
from visual_navsat.features.official_weights import check_official
from visual_navsat.files import read_input, write_text

_TIMEOUT_S = 60.0
_CHUNK_BYTES = 1 << 20
_THIS_MACHINE = ('127.0.0.1', 'localhost', '::1')

# Errors of the network; any other OSError is the disk's.
_NETWORK_ERRORS = (
    http.client.HTTPException,
    urllib.error.URLError,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)


def fetch_model(spec: ModelSpec, folder: Path, url: str = '', progress: bool = True) -> Path:
    """
    Return the checkpoint of a model in ``folder``, downloaded unless it is there already.

    ``FILE.part`` holds what has arrived so far; the next call continues it. ``FILE.sha256``
    records the digest in the format of sha256sum; it is compared when the file is used again.

    :param url: where to download from; '' takes the model's own.
    :param progress: show a progress bar on stderr.
    :raises ModelError: if the server, the disk or the file fails; then no incomplete file has the
        checkpoint's name.
    """
    url = url or spec.url
    if not url:
        raise ModelError(f'{spec.name} comes with the package: there is nothing to fetch')
    check_url(url)
    target = folder / spec.filename
    if target.is_file():
        _verify(spec, target)
        return target
    part = target.with_name(target.name + '.part')
    with _explained_disk_errors(part):
        folder.mkdir(parents=True, exist_ok=True)
        _download(url, part, progress)
        _check_downloaded(spec, part, url)
        _record(target, checkpoint_sha256(part))
        part.replace(target)
    return target


def recorded_sha256(checkpoint: Path) -> str | None:
    """Return the digest that was recorded beside a checkpoint, or None if there is no record."""
    try:
        return read_input(_record_path(checkpoint)).decode('ascii', 'replace').split(' ')[0]
    except OSError:
        return None


def _download(url: str, part: Path, progress: bool) -> None:
    """Append to ``part`` until it has the length that the server states."""
    start = part.stat().st_size if part.is_file() else 0
    with _explained_network_errors(url):
        response = _request(url, start)
        if response is None:
            return
        with response:
            if response.status == http.HTTPStatus.PARTIAL_CONTENT:
                _check_range_start(response, start, url)
            else:
                start = 0  # the server sends the whole file, whatever was asked for
            length = _stated_length(response, url)
            total = None if length is None else start + length
            _append(response, part, start, total, progress)
    received = part.stat().st_size
    if total is not None and received != total:
        raise ModelError(
            f'{url} ended after {received} of {total} bytes: run the same command again to go on'
        )


def _append(
    response: http.client.HTTPResponse, part: Path, start: int, total: int | None, progress: bool
) -> None:
    """Write what the server sends into ``part`` from byte ``start`` on, with a progress bar."""
    sizes = tqdm(
        total=total, initial=start, unit='B', unit_scale=True, desc=part.stem, disable=not progress
    )
    with sizes as bar, part.open('ab' if start else 'wb') as file:
        while chunk := response.read(_CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))
        file.flush()
        os.fsync(file.fileno())


def _request(url: str, start: int) -> http.client.HTTPResponse | None:
    """Open ``url`` from byte ``start`` on; return None if the file ends there."""
    # Without compression the stated length is the file's.
    headers = {'Accept-Encoding': 'identity'}
    if not start:
        return _open(url, headers)
    try:
        return _open(url, {**headers, 'Range': f'bytes={start}-'})
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        error.close()
        if error.headers.get('Content-Range') == f'bytes */{start}':
            return None
    return _open(url, headers)


def _open(url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(_SafeRedirects)
    response: http.client.HTTPResponse = opener.open(request, timeout=_TIMEOUT_S)
    return response


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow a server to another place only where nobody can change the file on the way."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the next request; raise ModelError if it is not for https."""
        check_url(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def check_url(url: str) -> None:
    """Raise ModelError unless a URL is of https, or of http on this machine."""
    try:
        parts = urllib.parse.urlsplit(url)
        scheme, host = parts.scheme, parts.hostname
    except ValueError as error:
        raise ModelError(f'cannot fetch {url!r} ({error}): give a URL of https') from error
    if scheme not in ('http', 'https'):
        raise ModelError(f'cannot fetch {url!r}: give a URL of http or https')
    if scheme == 'http' and host not in _THIS_MACHINE:
        raise ModelError(
            f'cannot fetch {url!r}: over http anyone can change the file on the way; give a URL '
            'of https'
        )


def _stated_length(response: http.client.HTTPResponse, url: str) -> int | None:
    """Return how many bytes a server says will come, None if it does not say."""
    length = response.headers['Content-Length']
    if length is None:
        return None
    if not re.fullmatch(r'[0-9]{1,15}', length.strip()):
        raise ModelError(
            f'{url} answered with Content-Length {length!r:.40}, no number: give another --url'
        )
    return int(length)


def _check_range_start(response: http.client.HTTPResponse, start: int, url: str) -> None:
    stated = response.headers.get('Content-Range', '')
    if not stated.startswith(f'bytes {start}-'):
        raise ModelError(
            f'{url} answered with range {stated!r} instead of byte {start} on: '
            'delete the .part file and run the same command again'
        )


def _check_downloaded(spec: ModelSpec, part: Path, url: str) -> None:
    """Delete what has arrived and raise ModelError if it is no sound checkpoint of this model."""
    try:
        # First, so that what is not official is not even opened.
        check_official(spec, checkpoint_sha256(part), url)
        match_network(spec, read_tensors(part), url)
        if zipfile.is_zipfile(part):
            # Loading maps the file without looking at the checksums of its tensors.
            with zipfile.ZipFile(part) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                raise ModelError(f'{url} arrived damaged (at {damaged}): fetch it again')
    except ModelError:
        part.unlink()
        raise


def _verify(spec: ModelSpec, target: Path) -> None:
    """Raise ModelError if the file differs from its record; record it if there is none."""
    found, recorded = checkpoint_sha256(target), recorded_sha256(target)
    check_official(spec, found, target)
    if recorded is None:
        match_network(spec, read_tensors(target), target)
        with _explained_disk_errors(target):
            _record(target, found)
    elif found != recorded:
        raise ModelError(
            f'{target} has SHA-256 {found}, but {recorded} was recorded: delete it and fetch again'
        )


def _record(target: Path, sha256: str) -> None:
    write_text(_record_path(target), f'{sha256}  {target.name}\n')


def _record_path(checkpoint: Path) -> Path:
    return checkpoint.with_name(checkpoint.name + '.sha256')


@contextmanager
def _explained_network_errors(url: str) -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as error:
        raise ModelError(
            f'{url} answered {error.code} {error.reason}: try later, or give another --url'
        ) from error
    except (*_NETWORK_ERRORS, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f'{url} cannot be read ({error}): check the network, and run the same command again '
            'to go on'
        ) from error


@contextmanager
def _explained_disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f'cannot write {path}: {error.strerror or error}; free some space or choose another '
            'folder with --dir'
        ) from error
