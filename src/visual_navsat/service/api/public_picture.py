# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pictures as they are given out: without where they were taken, unless that is wanted."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from visual_navsat.files import write_bytes
from visual_navsat.image_file import as_rgb, open_image
from visual_navsat.service.library import Library
from visual_navsat.service.store.records import ImageRecord

_QUALITY = 95


class PublicPictures:
    """
    The pictures of a library as others may see them.

    A picture whose metadata hold a position is copied without metadata, upright, once; the copy is
    kept beside the thumbnails.
    """

    def __init__(self, library: Library, expose_location: bool) -> None:
        self._library, self._is_exposed = library, expose_location

    def etag(self, record: ImageRecord) -> str:
        """Return what changes whenever the content would."""
        kind = '-public' if self._is_hidden(record) else ''
        return f'"{record.sha256[:32]}{kind}"'

    def read(self, record: ImageRecord) -> tuple[Path | None, bytes]:
        """Return the path of what is given out, or else its content."""
        if self._is_hidden(record):
            path = self._path(record)
            if not path.is_file():
                write_bytes(path, self._without_metadata(record))
            return path, b''
        found = self._library.picture_path(record)
        if found is not None and found.is_file():
            return found, b''
        with self._library.open_picture(record) as file:
            return None, file.read()

    def forget(self, record: ImageRecord) -> None:
        """Remove the copy of a picture that is deleted."""
        self._path(record).unlink(missing_ok=True)

    def _is_hidden(self, record: ImageRecord) -> bool:
        return record.latitude is not None and not self._is_exposed

    def _path(self, record: ImageRecord) -> Path:
        folder = self._library.pictures.thumbnails.with_name('public')
        return folder / record.picture_name

    def _without_metadata(self, record: ImageRecord) -> bytes:
        with self._library.open_picture(record) as file, open_image(file) as image:
            kind = image.format or 'PNG'
            pixels = np.asarray(as_rgb(image))
        out = io.BytesIO()
        plain = Image.fromarray(pixels)
        if kind in ('JPEG', 'MPO'):
            plain.save(out, 'JPEG', quality=_QUALITY, subsampling=0)
        else:
            plain.save(out, kind)
        return out.getvalue()
