# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Keep what is seen of a flight: its records, and the map where it flies."""

from __future__ import annotations

from visual_navsat.session.flown_map import FlownMap
from visual_navsat.session.records import Record
from visual_navsat.session.writer import SessionWriter

_KINDS = ('answer', 'position')  # that say where it flies


class SessionRecorder:
    """Writes each record, and after one that has a place the map around it."""

    def __init__(self, writer: SessionWriter, flown_map: FlownMap | None) -> None:
        """:param flown_map: None where the imagery of the map is not at hand."""
        self._writer, self._map = writer, flown_map

    def take(self, record: Record) -> None:
        """Write a record; from one thread at a time."""
        self._writer.add(record)
        lat, long = record.get('latitude'), record.get('longitude')
        if self._map is None or record['kind'] not in _KINDS or lat is None or long is None:
            return
        for tile in self._map.records_near(record['time_s'], lat, long):
            self._writer.add(tile)
