# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pictures as they come in, where they stay, and their thumbnails."""

from __future__ import annotations

from dataclasses import dataclass
import fcntl
import hashlib
import io
import os
from pathlib import Path
import shutil
from typing import BinaryIO
import uuid

import numpy as np
from PIL import Image
from visual_navsat.errors import FileWriteError, ImageError
from visual_navsat.files import write_bytes
from visual_navsat.image_file import as_rgb, open_image
from visual_navsat.service.store.picture_facts import inspect_picture, PictureFacts
from visual_navsat.service.store.picture_folder import open_store
from visual_navsat.service.store.records import ImageRecord

THUMBNAIL_PX = 320
_LOCK = 'lock'


class UploadTooLargeError(ImageError):
    """More bytes came than an upload may have."""


@dataclass(frozen=True)
class StagedPicture:
    """An upload that is complete and is a picture, but not yet in the library."""

    path: Path  # of the temporary file; the library moves it, :meth:`discard` removes it
    size: int  # bytes
    sha256: str
    facts: PictureFacts

    def discard(self) -> None:
        """Remove the file, if the library did not take it."""
        self.path.unlink(missing_ok=True)


class Staging:
    """
    An upload as it comes.

    :param limit: bytes; None takes any number.
    """

    def __init__(self, path: Path, limit: int | None) -> None:
        self.path, self._limit = path, limit
        self.size = 0
        self._digest = hashlib.sha256()
        self._file = path.open('xb')

    def write(self, block: bytes) -> None:
        """
        Add bytes.

        :raises UploadTooLargeError: if there are too many; the file is removed.
        :raises FileWriteError: if the disk refuses; the file is removed.
        """
        self.size += len(block)
        if self._limit is not None and self.size > self._limit:
            self.discard()
            raise UploadTooLargeError(
                f'the file has more than {self._limit} bytes: make it smaller, or raise '
                'MAX_FILE_SIZE'
            )
        try:
            self._file.write(block)
        except OSError as error:
            self.discard()
            raise FileWriteError(error.errno, error.strerror, str(self.path)) from error
        self._digest.update(block)

    def finish(self, name: str = 'the file') -> StagedPicture:
        """
        Return the picture, on the disk.

        :param name: for the message: what the client calls it.
        :raises ImageError: if it is none that is read; the file is removed.
        """
        try:
            if self.size == 0:
                raise ImageError(f'{name} is empty (0 bytes): send it again')
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            facts = inspect_picture(self.path, name)
        except OSError as error:
            self.discard()
            raise FileWriteError(error.errno, error.strerror, str(self.path)) from error
        except BaseException:
            self.discard()
            raise
        return StagedPicture(self.path, self.size, self._digest.hexdigest(), facts)

    def discard(self) -> None:
        """Remove the file."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Pictures:
    """
    The pictures of a library.

    :param place: folder or URL in which they stay.
    :param data_dir: folder for uploads under way, ``incoming``, and ``thumbnails``.
    """

    def __init__(self, place: str, data_dir: Path) -> None:
        self.store = open_store(place)
        self.incoming = data_dir / 'incoming'
        self.thumbnails = data_dir / 'thumbnails'
        # Each process has a folder of its own, locked while it lives: what is in one without a
        # lock was left by a crash. Whoever opens a library does so alone.
        self._own = self.incoming / uuid.uuid4().hex
        self._own.mkdir(parents=True)
        self._lock = (self._own / _LOCK).open('xb')
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def stage(self, limit: int | None = None) -> Staging:
        """Return an upload to write into."""
        return Staging(self._own / uuid.uuid4().hex, limit)

    def abandoned(self) -> list[Path]:
        """Return the folders of uploads whose process is gone."""
        return [folder for folder in sorted(self.incoming.iterdir()) if _is_free(folder)]

    def others(self) -> int:
        """Return how many other processes of this machine have the library open."""
        folders = [folder for folder in self.incoming.iterdir() if folder != self._own]
        return sum(not _is_free(folder) for folder in folders)

    def thumbnail(self, record: ImageRecord) -> bytes:
        """Return a small JPEG of a picture, kept for the next time."""
        path = self.thumbnail_path(record.file_id)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            pass
        with self.store.open(record.picture_name) as file:
            content = make_thumbnail(file)
        write_bytes(path, content)
        return content

    def thumbnail_path(self, file_id: str) -> Path:
        """Return where a thumbnail is kept."""
        return self.thumbnails / f'{file_id}.jpg'

    def kept_thumbnails(self) -> list[Path]:
        """Return the files of all thumbnails, whole or half."""
        return sorted(self.thumbnails.iterdir()) if self.thumbnails.is_dir() else []

    def remove(self, record: ImageRecord) -> None:
        """Remove a picture and its thumbnail."""
        self.store.remove(record.picture_name)
        self.thumbnail_path(record.file_id).unlink(missing_ok=True)

    def close(self) -> None:
        """Give up uploads that are under way."""
        shutil.rmtree(self._own, ignore_errors=True)
        self._lock.close()


def make_thumbnail(file: str | os.PathLike[str] | BinaryIO) -> bytes:
    """Return a picture as a JPEG of at most ``THUMBNAIL_PX`` on a side."""
    with open_image(file) as image:
        # JPEG is decoded at a fraction of its size.
        image.draft('RGB', (2 * THUMBNAIL_PX, 2 * THUMBNAIL_PX))
        small = Image.fromarray(np.asarray(as_rgb(image)))
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    out = io.BytesIO()
    small.save(out, 'JPEG', quality=80)
    return out.getvalue()


def _is_free(folder: Path) -> bool:
    """Return whether no process holds the lock of a folder."""
    try:
        with (folder / _LOCK).open('rb') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # killed before it made its lock
    return True
