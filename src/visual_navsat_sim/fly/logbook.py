# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What happens on a flight goes into its session, and what changes also to the terminal."""

from __future__ import annotations

import threading

from visual_navsat.session.records import Record
from visual_navsat.session.writer import SessionWriter


class Logbook:
    """Takes records from every thread."""

    def __init__(self, writer: SessionWriter) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._start_s: float | None = None
        self._states: dict[str, str] = {}
        self.num_fixes = 0

    def take(self, record: Record) -> None:
        """Write a record."""
        self._writer.add(record)
        with self._lock:
            if record['kind'] == 'event':
                self._say(record, record['what'])
            elif record['kind'] == 'answer':
                self.num_fixes += record['status'] == 'fix'
            elif record['kind'] == 'state' and self._states.get(record['of']) != record['state']:
                self._states[record['of']] = record['state']
                self._say(record, f'{record["of"]}: {record["words"]}')

    def take_heard(self, record: Record) -> None:
        """Write what nodes say; positions by the bridge are left out: they come at first hand."""
        if record['kind'] != 'position':
            self.take(record)

    def _say(self, record: Record, words: str) -> None:
        if self._start_s is None:
            self._start_s = record['time_s']
        print(f'   {record["time_s"] - self._start_s:6.1f} s  {words}', flush=True)
