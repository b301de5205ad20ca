# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Files on disk: find those that come with the package, and write new ones.

Whatever is written here is complete or absent: it is made under another name beside its target,
which it replaces in one step.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import errno
import hashlib
from importlib import resources
import json
import os
from pathlib import Path
import shutil
import stat
import sys
import time
from typing import Any

from visual_navsat.errors import ConfigError, FileWriteError, VisualNavsatError

_READER_TIMEOUT_S = 5.0  # of a FIFO that is written into
_MAX_INPUT_BYTES = 1_000_000_000  # of files that are read as a whole: tables, settings, routes
_STRANGE_KINDS = (
    (stat.S_ISFIFO, 'a FIFO'),
    (stat.S_ISCHR, 'a character device'),
    (stat.S_ISBLK, 'a block device'),
    (stat.S_ISSOCK, 'a socket'),
)


def find_shared_file(relative: str) -> Path | None:
    """
    Return an installed data file such as ``models/c_centers.pt``, or None if there is none.

    Searches the source checkout (editable installs), each sourced ROS prefix, and where pip puts
    data files.
    """
    checkout = Path(__file__).resolve().parents[2]
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    # share/ of a colcon workspace or of a virtual environment, whichever holds this module.
    prefixes += [parent for parent in Path(__file__).resolve().parents if parent.name != 'src']
    prefixes.append(Path(sys.prefix))
    folders = [checkout, *(prefix / 'share' / 'visual_navsat' for prefix in prefixes)]
    return next((f / relative for f in folders if (f / relative).is_file()), None)


def read_package_json(package: str, name: str) -> Any:
    """Return a JSON file of a package's own; raise ConfigError if it is missing or damaged."""
    try:
        return json.loads(resources.files(package).joinpath(name).read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f'{name} of {package} is missing or damaged: install visual_navsat again'
        ) from error


def check_input(path: str | os.PathLike[str], or_folder: bool = False) -> None:
    """
    Raise OSError, whose ``strerror`` says what is there, unless a path is a regular file.

    Whoever opens a file that people name asks this first: a FIFO would wait for ever, and a device
    may never end.

    :param or_folder: a folder is right too.
    """
    try:
        mode = Path(path).stat().st_mode
    except ValueError as error:
        raise OSError(
            errno.EINVAL, f'a name cannot hold this: {error}', os.fspath(path)
        ) from error
    if stat.S_ISREG(mode) or (or_folder and stat.S_ISDIR(mode)):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    kind = next((name for is_kind, name in _STRANGE_KINDS if is_kind(mode)), 'something else')
    raise OSError(errno.EINVAL, f'it is {kind}, not a regular file', os.fspath(path))


def is_input(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a regular file that may be opened; False whatever is wrong."""
    try:
        check_input(path)
    except OSError:
        return False
    return True


def is_there(path: str | os.PathLike[str]) -> bool:
    """Return whether a file, a folder or anything else is at a path; False if that is unknown."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def read_input(path: str | os.PathLike[str]) -> bytes:
    """
    Return the content of a regular file of up to 1 GB.

    :raises OSError: if there is none, it is unreadable, something else, or larger.
    """
    check_input(path)
    size = Path(path).stat().st_size
    if size > _MAX_INPUT_BYTES:
        limit = f'it has {size} bytes, at most {_MAX_INPUT_BYTES} are read'
        raise OSError(errno.EFBIG, limit, os.fspath(path))
    return Path(path).read_bytes()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal; raise OSError if it is unreadable."""
    check_input(path)
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return where fetched models are kept: ``$XDG_CACHE_HOME/visual_navsat`` or ``~/.cache``."""
    root = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(root) / 'visual_navsat'


def state_folder() -> Path:
    """Return where a run leaves notes: ``$XDG_STATE_HOME/visual_navsat`` or ``~/.local/state``."""
    root = os.environ.get('XDG_STATE_HOME') or Path.home() / '.local' / 'state'
    return Path(root) / 'visual_navsat'


def write_bytes(path: str | os.PathLike[str], content: bytes, durable: bool = False) -> None:
    """
    Write a file, or replace it, whole or not at all; folders above it are made.

    :param durable: wait for the disk, so that not even a power failure leaves half of it.
    :raises FileWriteError: if the disk refuses; an earlier file does not change.
    """
    path = Path(path)
    with _explained(path):
        if '\0' in str(path):
            raise OSError(errno.EINVAL, 'a name cannot hold a null character')
        if path.exists() and not path.is_file():
            _write_into(path, content)
            return
        path = path.resolve()  # a link stays a link
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = _partial(path)
        try:
            partial.write_bytes(content)
            if durable:
                sync(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        if durable:
            sync(path.parent)


def write_text(path: str | os.PathLike[str], text: str, durable: bool = False) -> None:
    """Write a UTF-8 file as :func:`write_bytes` does; lines end as they do in ``text``."""
    write_bytes(path, text.encode(), durable)


def write_json(
    path: str | os.PathLike[str], content: Any, durable: bool = False, indent: int | None = 2
) -> None:
    """Write a JSON file as :func:`write_bytes` does; raise ValueError if a number is NaN."""
    write_text(path, json.dumps(content, allow_nan=False, indent=indent) + '\n', durable)


@contextlib.contextmanager
def write_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """
    Give a folder to fill, which gets its name when the block ends, and is removed if it fails.

    :raises VisualNavsatError: if something is at ``path`` already.
    :raises FileWriteError: if the disk refuses.
    """
    path = Path(path)
    check_absent(path)
    partial = _partial(path)
    with _explained(path):
        try:
            partial.mkdir(parents=True)
            yield partial
            partial.rename(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def check_absent(path: str | os.PathLike[str]) -> None:
    """Raise VisualNavsatError if something is at ``path`` already."""
    if Path(path).exists():
        raise VisualNavsatError(f'{path} exists: choose another name, or remove it')


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_into(path: Path, content: bytes) -> None:
    """Write into a terminal or a pipe such as /dev/stdout, which is never replaced."""
    # A FIFO that nobody reads would wait for ever; who reads one may open it a little later.
    give_up = time.monotonic() + _READER_TIMEOUT_S
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > give_up:
                raise
        time.sleep(0.02)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, 'wb') as file:
        file.write(content)


def _partial(path: Path) -> Path:
    """Return the name under which a file or folder is made; two processes never share one."""
    return path.with_name(f'{path.name}.{os.getpid()}.partial')


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the disk says into one line."""
    try:
        yield
    except OSError as error:
        raise FileWriteError(error.errno, error.strerror or str(error), str(path)) from error
