# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The files of a bag, read as one: rosbag2 (sqlite3 or MCAP, also split or compressed) or ROS 1.

The files themselves say what they hold; ``metadata.yaml`` only says which of them belong together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
import heapq
from pathlib import Path
import re
import shutil
import sqlite3
import tempfile
from typing import Any

from visual_navsat.files import read_input
from visual_navsat.optional import import_optional
from visual_navsat.replay.mcap_storage import McapStorage, SERIALIZATION
from visual_navsat.replay.recording import NEEDS_ROSBAGS, RecordingError
import yaml

METADATA = 'metadata.yaml'
_ROS1, _UNFINISHED = '.bag', '.active'
_STORAGES = ('.db3', '.mcap')
SUFFIXES = (_ROS1, *_STORAGES, _UNFINISHED)
_COMPRESSED = '.zstd'
_ZSTD = b'\x28\xb5\x2f\xfd'  # begins what is compressed; no message of ROS 2 begins so
# What SQLite leaves beside a database that was not closed.
_LEFTOVERS = ('-wal', '-journal')


@dataclass(frozen=True)
class Topic:
    """A topic of a bag."""

    msgtype: str
    count: int  # messages


def is_bag(path: Path) -> bool:
    """Return whether a path looks like a bag: a file of its kinds, or a folder of rosbag2."""
    return path.suffix in SUFFIXES or (path / METADATA).is_file() or bool(_storages_in(path))


class StoredBag:
    """A bag's topics, and their messages in the order of arrival; open it before use."""

    def __init__(self, path: Path) -> None:
        """
        Find the files of a bag.

        :raises RecordingError: if there are none that can be read.
        :raises MissingDependencyError: if the packages that read bags are not installed.
        """
        self.path = path
        self.is2 = path.suffix != _ROS1
        self.notes: list[str] = []  # about what was unusual
        self.foreign: dict[str, str] = {}  # topics without messages of ROS, and what they hold
        self.topics: dict[str, Topic] = {}
        if path.suffix == _UNFINISHED:
            raise RecordingError(
                f'{path} was not closed when it was recorded: run rosbag reindex on it, and '
                'rename it to .bag'
            )
        self._files = self._find_files()
        self._stack = ExitStack()
        self._storages: list[Any] = []
        self._decompress = import_optional('rosbags.rosbag2.reader', NEEDS_ROSBAGS).zstd.decompress
        typesys = import_optional('rosbags.typesys', NEEDS_ROSBAGS)
        self.typestore = typesys.get_typestore(typesys.Stores.EMPTY)

    def open(self) -> None:  # noqa: A003
        """Open every file; raise whatever shows that one of them cannot be read."""
        try:
            for file in self._files:
                self._open(file)
        except BaseException:
            self.close()
            raise
        for topic in sorted({one.topic for one in self._connections()}):
            same = [one for one in self._connections() if one.topic == topic]
            kinds = sorted({one.msgtype for one in same})
            self.topics[topic] = Topic(' and '.join(kinds), sum(one.msgcount for one in same))

    def close(self) -> None:
        """Close every file, and remove what was decompressed."""
        self._stack.close()
        self._storages.clear()

    def use(self, topics: Collection[str]) -> None:
        """
        Learn the types of topics from the bag, which says them; other topics may be broken.

        :raises RecordingError: if it defines a type of ROS 2 without one of its fields.
        """
        typesys = import_optional('rosbags.typesys', NEEDS_ROSBAGS)
        used = [one for one in self._connections() if one.topic in topics]
        types: dict[str, Any] = {}
        for connection in used:
            types.update(_types(typesys, connection))
        if self.is2 and not {one.msgtype for one in used} <= set(types):
            # sqlite3 bags of before Iron do not say what their types are.
            types = {**typesys.get_typestore(typesys.Stores.LATEST).fielddefs, **types}
        elif self.is2:
            self._check_types(types, typesys.get_typestore(typesys.Stores.ROS2_HUMBLE).fielddefs)
        self.typestore = typesys.get_typestore(typesys.Stores.EMPTY)
        self.typestore.register(types)

    def messages(self, topics: Collection[str]) -> Iterator[tuple[str, int, bytes]]:
        """Yield topic, time of arrival in nanoseconds and serialised message, in order."""
        sources = []
        for storage in self._storages:
            wanted = [one for one in storage.connections if one.topic in topics]
            if wanted:
                sources.append(storage.messages(wanted))
        for connection, arrival_ns, data in heapq.merge(*sources, key=lambda found: found[1]):
            raw = bytes(data)
            yield (
                connection.topic,
                arrival_ns,
                self._decompress(raw) if self.is2 and raw.startswith(_ZSTD) else raw,
            )

    def deserialize(self, raw: bytes, msgtype: str) -> Any:
        """Return a message with the fields of the ROS that recorded it."""
        if self.is2:
            return self.typestore.deserialize_cdr(raw, msgtype)
        return self.typestore.deserialize_ros1(raw, msgtype)

    @property
    def damage(self) -> str:
        """Return what ends one of the files before its end; empty where nothing does."""
        return next((s.damage for s in self._storages if getattr(s, 'damage', '')), '')

    def _connections(self) -> list[Any]:
        every = [one for storage in self._storages for one in storage.connections]
        return [one for one in every if one.topic not in self.foreign]

    def _check_types(self, types: dict[str, Any], expected: dict[str, Any]) -> None:
        for name, (_, fields) in types.items():
            has = {field for field, _ in fields}
            lacks = [field for field, _ in expected.get(name, ((), ()))[1] if field not in has]
            if lacks:
                raise RecordingError(
                    f'{self.path} defines {name} without {", ".join(lacks)}: it is damaged, or of '
                    'a type that only has the name of one of ROS 2'
                )

    def _find_files(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        found = _storages_in(self.path)
        listed = self._listed_files()
        files = [path for path in listed if path.is_file()] or found
        if not files:
            raise RecordingError(
                f'{self.path} has no {" or ".join(_STORAGES)} that can be read: copy the bag again'
            )
        missing = [path.name for path in listed if not path.is_file()]
        if missing:
            self.notes.append(
                f'{self.path} lacks {", ".join(missing)} of its {METADATA}: the other files are '
                'read'
            )
        return files

    def _listed_files(self) -> list[Path]:
        """Return the files that the metadata list, in their order; none if it says nothing."""
        path = self.path / METADATA
        what = 'has no'
        if path.is_file():
            try:
                content = yaml.safe_load(read_input(path).decode('utf-8-sig'))
                names = content['rosbag2_bagfile_information']['relative_file_paths']
                # Before version 4 they are relative to the folder above.
                return [self.path / Path(str(name)).name for name in names]
            except (yaml.YAMLError, OSError, LookupError, TypeError, ValueError):
                what = 'has a damaged'
        self.notes.append(
            f'{self.path} {what} {METADATA}: its files are read as they are; ros2 bag reindex '
            'makes it anew'
        )
        return []

    def _open(self, file: Path) -> None:
        if file.suffix == _COMPRESSED:
            file = self._decompressed(file)
        if not self.is2:
            storage = import_optional('rosbags.rosbag1', NEEDS_ROSBAGS).Reader(file)
        elif file.suffix == '.mcap':
            storage = McapStorage(file)
        else:
            module = import_optional('rosbags.rosbag2.storage_sqlite3', NEEDS_ROSBAGS)
            storage = module.Sqlite3Reader(self._closed_database(file))
        storage.open()
        self._stack.callback(storage.close)
        self._storages.append(storage)
        self.foreign |= getattr(storage, 'foreign', {})
        for one in list(storage.connections) if self.is2 else ():
            if one.ext.serialization_format != SERIALIZATION:
                self.foreign[one.topic] = f'{one.ext.serialization_format}, {one.msgtype}'

    def _temporary_folder(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix='visual_navsat')))

    def _decompressed(self, file: Path) -> Path:
        zstd = import_optional('rosbags.rosbag2.reader', NEEDS_ROSBAGS).zstd
        target = self._temporary_folder() / file.stem
        with zstd.open(file, 'rb') as source, target.open('wb') as copy:
            shutil.copyfileobj(source, copy)
        return target

    def _closed_database(self, file: Path) -> Path:
        """Return a database that is whole: a copy, where its recorder did not close it."""
        left = [file.with_name(file.name + end) for end in _LEFTOVERS]
        left = [path for path in left if path.is_file() and path.stat().st_size > 0]
        if not left:
            return file
        folder = self._temporary_folder()
        for path in (file, *left):
            shutil.copyfile(path, folder / path.name)
        database = sqlite3.connect(folder / file.name)
        try:
            database.execute('PRAGMA journal_mode = DELETE').fetchall()  # moves all into it
        finally:
            database.close()
        self.notes.append(f'{file} was not closed by its recorder: {left[0].name} is read too')
        return folder / file.name


def _storages_in(folder: Path) -> list[Path]:
    """Return the storages of a folder: their messages are put in order when they are read."""
    if not folder.is_dir():
        return []
    files = [
        path
        for path in folder.iterdir()
        if not path.name.startswith('.') and _storage_suffix(path) in _STORAGES and path.is_file()
    ]
    return sorted(files)


def _storage_suffix(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == _COMPRESSED else path.suffix


def _types(typesys: Any, connection: Any) -> dict[str, Any]:
    """Return the types that a connection defines; none where it does not, or wrongly."""
    definition = connection.msgdef
    try:
        if definition.format.name == 'MSG':
            return dict(typesys.get_types_from_msg(definition.data, connection.msgtype))
        if definition.format.name == 'IDL':
            return _types_of_idl(typesys, definition.data)
    except (typesys.TypesysError, ValueError):
        pass  # the known types serve, where it is one of them
    return {}


def _types_of_idl(typesys: Any, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    # Definitions of several types stand between lines of equals signs, each with a title.
    for part in re.split(r'^=+\n', text, flags=re.MULTILINE):
        found.update(typesys.get_types_from_idl(re.sub(r'\AIDL: .*\n', '', part)))
    return found
