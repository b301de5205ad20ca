# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where pictures lie: a folder of this machine, or anything that fsspec can write to."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
from pathlib import Path
import shutil
from typing import BinaryIO, cast, Protocol

import fsspec
from visual_navsat.errors import ConfigError, FileWriteError, LibraryError, reason_of
from visual_navsat.files import sync


class PictureStore(Protocol):
    """Files by name, each there as a whole or not at all."""

    def put(self, source: Path, name: str) -> None:
        """Take a local file over; durable when this returns."""

    def open(self, name: str) -> BinaryIO:  # noqa: A003
        """Return a picture, to be read and closed."""

    def path(self, name: str) -> Path | None:
        """Return where a picture is on this machine; None if it is elsewhere."""

    def remove(self, name: str) -> None:
        """Remove a picture; it may be gone already."""

    def names(self) -> Iterator[str]:
        """Yield the name of every file."""

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield name and bytes of every file."""


def open_store(place: str) -> PictureStore:
    """Return the store at a path or URL; raise ConfigError if it cannot be used."""
    if '://' not in place:
        return LocalFolder(Path(place))
    return RemoteFolder(place)


class LocalFolder:
    """Pictures in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f'UPLOAD_DIR {folder} cannot be made: {error.strerror}') from error

    def put(self, source: Path, name: str) -> None:
        """Move a local file, whose content is on the disk, to its name."""
        target = self.folder / name
        try:
            try:
                source.rename(target)
            except OSError:  # of another disk
                beside = target.with_name(f'{name}.partial')
                shutil.copyfile(source, beside)
                sync(beside)
                beside.rename(target)
                source.unlink()
            sync(self.folder)
        except OSError as error:
            raise FileWriteError(error.errno, error.strerror or str(error), str(target)) from error

    def open(self, name: str) -> BinaryIO:  # noqa: A003
        """Return a picture, to be read and closed."""
        try:
            return (self.folder / name).open('rb')
        except OSError as error:
            raise _missing(name, error) from error

    def path(self, name: str) -> Path | None:
        """Return where a picture is."""
        return self.folder / name

    def remove(self, name: str) -> None:
        """Remove a picture."""
        (self.folder / name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Yield the name of every file; to ask for sizes too takes several times as long."""
        with os.scandir(self.folder) as entries:
            yield from (entry.name for entry in entries if entry.is_file())

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield name and bytes of every file."""
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file():
                        yield entry.name, entry.stat().st_size


class RemoteFolder:
    """Pictures below a URL, such as s3://bucket/uploads."""

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
            self._files.makedirs(self._root, exist_ok=True)
        except Exception as error:  # of every kind: each store has its own
            raise ConfigError(f'UPLOAD_DIR {url} cannot be used: {reason_of(error)}') from error

    def put(self, source: Path, name: str) -> None:
        """Copy a local file, and remove it here."""
        try:
            self._files.put_file(str(source), self._place(name))
        except Exception as error:
            raise LibraryError(f'cannot store picture {name}: {reason_of(error)}') from error
        source.unlink()

    def open(self, name: str) -> BinaryIO:  # noqa: A003
        """Return a picture, to be read and closed."""
        try:
            return cast('BinaryIO', self._files.open(self._place(name), 'rb'))
        except Exception as error:
            raise _missing(name, error) from error

    def path(self, name: str) -> Path | None:
        """Return None: it is elsewhere."""
        return None

    def remove(self, name: str) -> None:
        """Remove a picture."""
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._place(name))

    def names(self) -> Iterator[str]:
        """Yield the name of every file."""
        return (name for name, _ in self.sizes())

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield name and bytes of every file."""
        self._files.invalidate_cache()
        for entry in self._files.ls(self._root, detail=True):
            if entry['type'] == 'file':
                yield entry['name'].rpartition('/')[2], int(entry['size'])

    def _place(self, name: str) -> str:
        return f'{self._root}/{name}'


def _missing(name: str, error: Exception) -> LibraryError:
    return LibraryError(
        f'picture {name} cannot be read ({reason_of(error)}): restore it, or delete its record'
    )
