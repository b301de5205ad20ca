# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Compare rows, pictures and descriptors of a library; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
import operator

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from visual_navsat.errors import LibraryError
from visual_navsat.service.library import Library
from visual_navsat.service.store.records import ImageRecord
from visual_navsat.service.store.tables import ChunkRow, ImageRow

_NORM_TOLERANCE = 1e-3  # of a sum of squares of up to 98,304 float32 numbers


def check_library(library: Library) -> list[str]:
    """Return what is wrong with a library, a line each; it may be in use."""
    # Nobody else is between a picture and its row while we hold the lock.
    with library.database.writing() as session:
        records = [ImageRecord.of(row) for row in session.scalars(select(ImageRow))]
        chunks = {row.number: row for row in session.scalars(select(ChunkRow))}
        sizes = dict(library.pictures.store.sizes())
        faults = [
            *_database_faults(session, library.database.is_sqlite),
            *_place_faults(records, {number: row.used for number, row in chunks.items()}),
            *(f'{path.name} has no record' for path in library.chunks.strays(set(chunks))),
        ]
    suspects = [*_picture_faults(records, sizes), *_descriptor_faults(library, records)]
    # What was deleted or moved while we looked is no fault.
    return faults + [line for record, line in suspects if record is None or _is(library, record)]


def _is(library: Library, record: ImageRecord) -> bool:
    """Return whether a record is still as it was."""
    try:
        now = library.get(record.file_id)
    except LibraryError:
        return False
    return (now.chunk, now.row) == (record.chunk, record.row)


def _database_faults(session: Session, is_sqlite: bool) -> Iterator[str]:
    if not is_sqlite:
        return
    for (line,) in session.execute(text('PRAGMA quick_check')):
        if line != 'ok':
            yield f'the database is damaged ({line}): restore a backup'
    for row in session.execute(text('PRAGMA foreign_key_check')):
        yield f'row {row[1]} of {row[0]} names a row of {row[2]} that is not there'


def _place_faults(records: list[ImageRecord], used: dict[int, int]) -> Iterator[str]:
    for record in records:
        if record.row >= used.get(record.chunk, 0):
            yield f'{record.file_id}: row {record.row} of chunk {record.chunk} was not given away'


def _picture_faults(
    records: list[ImageRecord], sizes: dict[str, int]
) -> Iterator[tuple[ImageRecord | None, str]]:
    for record in records:
        size = sizes.pop(record.picture_name, None)
        if size is None:
            yield record, f'{record.file_id}: the picture {record.picture_name} is missing'
        elif size != record.file_size:
            yield record, f'{record.file_id}: {size} bytes instead of {record.file_size}'
    for name in sizes:
        yield None, f'{name} among the pictures has no record'


def _descriptor_faults(
    library: Library, records: list[ImageRecord]
) -> Iterator[tuple[ImageRecord, str]]:
    by_chunk = operator.attrgetter('chunk')
    for number, group in groupby(sorted(records, key=lambda r: (r.chunk, r.row)), by_chunk):
        of_chunk = list(group)
        try:
            codes = library.chunks.read_codes(number, np.array([one.row for one in of_chunk]))
        except LibraryError as error:
            yield of_chunk[0], str(error)
            continue
        for record, code in zip(of_chunk, codes, strict=True):
            descriptor = library.chunks.read(number, record.row)
            norm = float(np.linalg.norm(descriptor))
            if not (abs(norm - 1) < _NORM_TOLERANCE or norm == 0):
                yield record, f'{record.file_id}: its descriptor has length {norm:g} instead of 1'
            elif not np.array_equal(library.chunks.coder.encode(descriptor)[0], code):
                yield record, f'{record.file_id}: its code is not that of its descriptor'
