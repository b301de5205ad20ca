# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What can be taken in at once: a folder of pictures, a zip of them, the tiles of a map index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import errno
import io
from pathlib import Path
from typing import Any, BinaryIO, Protocol
import zipfile

from PIL import Image
from visual_navsat.errors import ImageError, LibraryError, reason_of
from visual_navsat.files import check_input, is_input
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.imagery import open_imagery
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.versions import CURRENT
from visual_navsat.photo_exif import position_exif

_SUFFIXES = frozenset(
    (
        *('.jpg', '.jpeg', '.jpe', '.png', '.tif', '.tiff', '.webp', '.bmp', '.ppm', '.pgm'),
        *('.gif', '.jp2', '.j2k'),
    )
)
# Of a path that leads to nothing.
_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


class SourceError(LibraryError):
    """What was named cannot be taken in."""


class MissingSourceError(SourceError):
    """There is nothing at the path that was named."""


class OutsideSourceError(SourceError):
    """The path that was named lies outside of the folder for imports."""


@dataclass(frozen=True)
class Entry:
    """One picture to take in; ``open`` may raise OSError or ImageError."""

    name: str
    open: Any  # noqa: A003 (() -> BinaryIO)


class Source(Protocol):
    """Pictures in an order that is the same whenever it is opened."""

    kind: str

    def __len__(self) -> int: ...

    def entries(self, start: int) -> Iterator[Entry]:
        """Yield the pictures from a number on."""


def open_source(path: Path) -> Source:
    """Return what lies at a path; raise SourceError if it is none of these."""
    try:
        check_input(path, or_folder=True)
        if path.is_dir():
            return _IndexTiles(path) if is_input(path / CURRENT) else _Folder(path)
        if zipfile.is_zipfile(path):
            return _Zip(path)
    except OSError as error:
        if error.errno in _MISSING:
            raise MissingSourceError(f'there is no {path.name!r:.80} in IMPORT_DIR') from error
        raise SourceError(f'cannot read {path.name!r}: {reason_of(error)}') from error
    except zipfile.BadZipFile as error:
        raise SourceError(f'cannot read {path.name!r}: {reason_of(error)}') from error
    raise SourceError(f'{path.name!r} is neither a folder, a zip nor an index of build-map')


class _Folder:
    kind = 'folder'

    def __init__(self, path: Path) -> None:
        self._paths = sorted(
            one
            for one in path.rglob('*')
            if one.suffix.lower() in _SUFFIXES
            and not any(part.startswith('.') for part in one.relative_to(path).parts)
            and one.is_file()
        )
        self._root = path

    def __len__(self) -> int:
        return len(self._paths)

    def entries(self, start: int) -> Iterator[Entry]:
        for path in self._paths[start:]:
            yield Entry(str(path.relative_to(self._root)), lambda path=path: _open(path))


class _Zip:
    kind = 'zip'

    def __init__(self, path: Path) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive:
            self._names = sorted(
                info.filename
                for info in archive.infolist()
                if not info.is_dir()
                and Path(info.filename).suffix.lower() in _SUFFIXES
                and not info.filename.startswith('__MACOSX/')
            )

    def __len__(self) -> int:
        return len(self._names)

    def entries(self, start: int) -> Iterator[Entry]:
        with zipfile.ZipFile(self._path) as archive:
            for name in self._names[start:]:
                yield Entry(name, lambda name=name: _open_member(archive, name))


class _IndexTiles:
    kind = 'index'

    def __init__(self, path: Path) -> None:
        folder = IndexFolder.open(path)
        self._tiles = folder.tiles
        self._imagery = open_imagery(folder.tiles, folder.manifest)

    def __len__(self) -> int:
        return len(self._tiles)

    def entries(self, start: int) -> Iterator[Entry]:
        for number in range(start, len(self._tiles)):
            tile = self._tiles[number]
            yield Entry(tile.filename, lambda tile=tile: self._picture(tile))

    def _picture(self, tile: TileMetadata) -> BinaryIO:
        """Return a tile as a PNG that says where its middle is."""
        content = io.BytesIO()
        image = Image.fromarray(self._imagery.read(tile).pixels)
        image.save(content, 'PNG', exif=position_exif(tile.center_lat, tile.center_long))
        content.seek(0)
        return content


def _open(path: Path) -> BinaryIO:
    check_input(path)
    return path.open('rb')


def _open_member(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    try:
        return archive.open(name)  # type: ignore[return-value]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise ImageError(f'{name} cannot be read from the zip: {reason_of(error)}') from error
