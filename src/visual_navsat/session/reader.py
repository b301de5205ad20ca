# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read a session back, also one whose end a crash has cut off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from visual_navsat.errors import shortened, VisualNavsatError
from visual_navsat.files import check_input, read_input
from visual_navsat.localization.answer import Answer
from visual_navsat.session.records import answer_of, FORMAT, Record, Whose

_START = b'{"kind":"session"'


class SessionError(VisualNavsatError, ValueError):
    """A file is no session, or a damaged one."""


@dataclass(frozen=True)
class Session:
    """A flight as it was seen."""

    name: str
    records: tuple[Record, ...]
    damage: str = ''  # what of the file is lost, in a line

    def of_kind(self, kind: str, whose: str | None = None) -> list[Record]:
        """Return the records of a kind, of one part or position if it is named."""
        return [
            record
            for record in self.records
            if record['kind'] == kind and whose in (None, record.get('of'))
        ]

    def answers(self) -> list[Answer]:
        """
        Return what was answered, in order.

        :raises SessionError: if a record of an answer lacks something.
        """
        try:
            reasons = {one['stamp_s']: one['reason'] for one in self.of_kind('refusal')}
            return [answer_of(_with_reason(record, reasons)) for record in self.of_kind('answer')]
        except (KeyError, TypeError, ValueError) as error:
            raise SessionError(f'{self.name}: an answer is damaged: {error}') from error

    def places(self, whose: Whose) -> list[tuple[float, float, float]]:
        """Return time, latitude and longitude of each position that somebody told."""
        return [
            (record['time_s'], record['latitude'], record['longitude'])
            for record in self.of_kind('position', whose)
        ]


def is_session(path: str | Path) -> bool:
    """Return whether a file begins as a session does."""
    try:
        check_input(path)
        with Path(path).open('rb') as file:
            return file.read(len(_START)) == _START
    except OSError:
        return False


def read_session(path: str | Path) -> Session:
    """
    Return a session.

    :raises SessionError: if it cannot be read, is something else, or is damaged before its end.
    """
    try:
        content = read_input(path)
    except OSError as error:
        raise SessionError(f'cannot read session {path}: {error.strerror}') from error
    if not content.startswith(_START):
        raise SessionError(f'{path} is no session: it was not written with --session')
    *lines, rest = content.split(b'\n')
    records = tuple(_records(lines, str(path)))
    if records[0].get('format') != FORMAT:
        raise SessionError(
            f'{path} is a session of format {records[0].get("format")!r}, this reads {FORMAT}: '
            'use the version that wrote it'
        )
    damage = f'{path}: its last line is cut off; {len(lines)} are whole' if rest else ''
    return Session(Path(path).stem, records, damage)


def _with_reason(record: Record, reasons: Mapping[float, str]) -> Record:
    """Return the record of an answer with what was said of it later."""
    reason = reasons.get(record['stamp_s']) if record['status'] != 'fix' else None
    return {**record, 'reason': reason} if reason else record


def _records(lines: list[bytes], where: str) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        try:
            record: Any = json.loads(line)
        except ValueError as error:
            raise SessionError(f'{where}, line {number}: {error}') from error
        if not isinstance(record, dict) or not isinstance(record.get('time_s'), int | float):
            got = shortened(line.decode(errors='replace'), 60)
            raise SessionError(f'{where}, line {number} is no record, got {got}')
        yield record
