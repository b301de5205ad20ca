# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The messages of ROS 2 in an MCAP file, whatever else is in it.

Its summary is used where it is whole; a file without one, or one that was cut off, is scanned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from visual_navsat.errors import reason_of
from visual_navsat.optional import import_optional
from visual_navsat.replay.recording import NEEDS_ROSBAGS, RecordingError

_MESSAGE_DEFINITIONS = {'ros2msg': 'MSG', 'ros2idl': 'IDL', 'omgidl': 'IDL', '': 'NONE'}
SERIALIZATION = 'cdr'  # of the messages of ROS 2


class McapStorage:
    """An MCAP file, read as rosbags reads storages: connections, and messages in order."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is read before it is opened."""
        self._path = path
        self._stream: BinaryIO | None = None
        self._summary: Any = None
        self.connections: list[Any] = []  # of messages of ROS 2
        self.foreign: dict[str, str] = {}  # what other topics hold
        self.damage = ''  # what ends the file before its end

    def open(self) -> None:  # noqa: A003
        """Read what the file holds; raise whatever shows that it is no MCAP."""
        records = import_optional('mcap.records', NEEDS_ROSBAGS)
        reader = import_optional('mcap.reader', NEEDS_ROSBAGS)
        self._stream = self._path.open('rb')
        seeking = reader.SeekingReader(self._stream)
        try:
            summary = seeking.get_summary()
        except Exception:  # cut off: there is no footer
            summary = None
        if summary is None or not _is_whole(summary):
            summary = self._scanned(records)
        self._summary = summary
        counts = summary.statistics.channel_message_counts
        for channel in summary.channels.values():
            self._add(channel, summary.schemas.get(channel.schema_id), counts.get(channel.id, 0))
        if self.damage and not summary.channels:
            raise RecordingError(self.damage)

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def messages(self, connections: Collection[Any]) -> Iterator[tuple[Any, int, bytes]]:
        """
        Yield connection, time of arrival in nanoseconds and serialised message, in order.

        :raises RecordingError: at the end of what is whole in a damaged file.
        """
        reader = import_optional('mcap.reader', NEEDS_ROSBAGS)
        by_id = {connection.id: connection for connection in connections}
        assert self._stream is not None
        self._stream.seek(0)
        seeking = reader.SeekingReader(self._stream)
        seeking._summary = self._summary  # that of a scan, where the file has none
        # Without chunks, the order of the file is kept: sorting would take all of it at once.
        in_order = bool(self._summary.chunk_indexes)
        topics = sorted({connection.topic for connection in connections})
        try:
            for _, channel, message in seeking.iter_messages(topics, log_time_order=in_order):
                if channel.id in by_id:
                    yield by_id[channel.id], message.log_time, message.data
        except GeneratorExit:
            raise
        except Exception:
            if not self.damage:
                raise
        if self.damage:
            raise RecordingError(self.damage)

    def _add(self, channel: Any, schema: Any, count: int) -> None:
        interfaces = import_optional('rosbags.interfaces', NEEDS_ROSBAGS)
        encoding = '' if schema is None else schema.encoding
        is_ros2 = channel.message_encoding == SERIALIZATION and encoding in _MESSAGE_DEFINITIONS
        if not is_ros2 or schema is None:
            kind = 'no schema' if schema is None else schema.name
            self.foreign[channel.topic] = f'{channel.message_encoding or "unknown"}, {kind}'
            return
        formats = interfaces.MessageDefinitionFormat
        definition = interfaces.MessageDefinition(
            formats[_MESSAGE_DEFINITIONS[encoding]], schema.data.decode('utf-8', 'replace')
        )
        ext = interfaces.ConnectionExtRosbag2(SERIALIZATION, [])
        self.connections.append(
            interfaces.Connection(
                channel.id, channel.topic, schema.name, definition, '', count, ext, self
            )
        )

    def _scanned(self, records: Any) -> Any:
        """Return the summary that the file should have, from all of it; note where it ends."""
        stream_reader = import_optional('mcap.stream_reader', NEEDS_ROSBAGS)
        stream = self._stream
        assert stream is not None
        summary = import_optional('mcap.summary', NEEDS_ROSBAGS).Summary()
        counts: Counter[int] = Counter()
        stream.seek(0)
        reader = stream_reader.StreamReader(stream, emit_chunks=True)
        start = _MAGIC_BYTES
        try:
            for record in reader.records:
                inside = [record]
                if isinstance(record, records.Chunk):
                    # Looked into first: a chunk that is cut off is none.
                    inside = stream_reader.breakup_chunk(record, validate_crc=True)
                    summary.chunk_indexes.append(_chunk_index(records, record, start))
                for one in inside:
                    _note(records, summary, counts, one)
                start = stream.tell()
        except Exception as error:
            reason = reason_of(error) if str(error) else 'it ends within a record'
            self.damage = f'whole up to byte {start}: {reason}'
        summary.statistics = records.Statistics(
            attachment_count=0,
            channel_count=len(summary.channels),
            channel_message_counts=dict(counts),
            chunk_count=len(summary.chunk_indexes),
            message_count=sum(counts.values()),
            message_end_time=0,
            message_start_time=0,
            metadata_count=0,
            schema_count=len(summary.schemas),
        )
        return summary


_MAGIC_BYTES = 8


def _is_whole(summary: Any) -> bool:
    """Return whether a summary names every channel that has messages, and where they are."""
    if summary.statistics is None:
        return False
    counts = summary.statistics.channel_message_counts
    channels = [summary.channels.get(number) for number, count in counts.items() if count]
    return (
        sum(counts.values()) == summary.statistics.message_count
        and len(summary.chunk_indexes) == summary.statistics.chunk_count
        and all(
            channel is not None
            and (channel.schema_id == 0 or channel.schema_id in summary.schemas)
            for channel in channels
        )
    )


def _note(records: Any, summary: Any, counts: Counter[int], record: Any) -> None:
    if isinstance(record, records.Schema):
        summary.schemas[record.id] = record
    elif isinstance(record, records.Channel):
        summary.channels[record.id] = record
    elif isinstance(record, records.Message):
        counts[record.channel_id] += 1


def _chunk_index(records: Any, chunk: Any, start: int) -> Any:
    """Return where a chunk is; without offsets, as nothing asks for single messages."""
    return records.ChunkIndex(
        chunk_length=0,
        chunk_start_offset=start,
        compression=chunk.compression,
        compressed_size=len(chunk.data),
        message_end_time=chunk.message_end_time,
        message_index_length=0,
        message_index_offsets={},
        message_start_time=chunk.message_start_time,
        uncompressed_size=chunk.uncompressed_size,
    )
