# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which rows are asked for: filters and order as SQL, pages by cursor."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
import json
from typing import Any
import unicodedata

from sqlalchemy import and_, ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from visual_navsat.errors import LibraryError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.service.store.records import Filters, ImageRecord, Page
from visual_navsat.service.store.tables import ImageRow

# Columns by which pages can be sorted; a minus before the name turns the order.
SORTS: dict[str, InstrumentedAttribute[Any]] = {
    'upload_time': ImageRow.upload_time,
    'filename': ImageRow.search_name,
    'file_size': ImageRow.file_size,
    'taken': ImageRow.taken,
}
_TIMES = ('upload_time', 'taken')


class UnknownPageError(LibraryError):
    """A cursor is of no page of this search."""


def search_text(text: str) -> str:
    """Return a text as it is compared: without regard to case or to how accents are composed."""
    return unicodedata.normalize('NFKC', text).casefold()


def tags_json(tags: Sequence[str]) -> str:
    """Return tags as a row holds them."""
    return json.dumps([search_text(tag) for tag in tags], ensure_ascii=False)


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a row must fulfil."""
    limits = (
        (ImageRow.upload_time, filters.upload_after, filters.upload_before),
        (ImageRow.taken, filters.taken_after, filters.taken_before),
        (ImageRow.file_size, filters.min_file_size, filters.max_file_size),
    )
    found: list[ColumnElement[bool]] = []
    for column, low, high in limits:
        found += [] if low is None else [column >= low]
        found += [] if high is None else [column <= high]
    if filters.filename:
        found.append(ImageRow.search_name.contains(search_text(filters.filename), autoescape=True))
    # With its quotation marks: a part of another tag does not match.
    found += [
        ImageRow.tags.contains(tags_json([tag])[1:-1], autoescape=True) for tag in filters.tags
    ]
    if filters.bbox is not None:
        found.append(_is_within(filters.bbox))
    return found


def read_page(
    session: Session, filters: Filters, sort: str, cursor: str | None, limit: int
) -> Page:
    """
    Return a page of images.

    :param sort: of :data:`SORTS`, with a minus for descending order; rows without a value are
        left out.
    :param cursor: of the page before.
    :raises LibraryError: if ``sort`` is none of ours.
    :raises UnknownPageError: if ``cursor`` is of no page of this search.
    """
    column, is_descending = _order(sort)
    wanted = [*conditions(filters), *([column.is_not(None)] if column is ImageRow.taken else [])]
    total = session.scalar(select(func.count()).select_from(ImageRow).where(*wanted)) or 0
    query = select(ImageRow).where(*wanted)
    if cursor is not None:
        value, number = _read_cursor(sort, cursor)
        behind = column < value if is_descending else column > value
        behind_id = ImageRow.id < number if is_descending else ImageRow.id > number
        query = query.where(or_(behind, and_(column == value, behind_id)))
    ordered = [one.desc() if is_descending else one.asc() for one in (column, ImageRow.id)]
    rows = session.scalars(query.order_by(*ordered).limit(limit + 1)).all()
    has_more = len(rows) > limit
    rows = rows[:limit]
    next_cursor = _cursor(sort, column, rows[-1]) if has_more and rows else None
    return Page(tuple(map(ImageRecord.of, rows)), total, next_cursor)


def _is_within(box: GeoBox) -> ColumnElement[bool]:
    longs: ColumnElement[bool] = ImageRow.longitude.between(box.west, box.east)
    if box.east > 180.0:
        longs = or_(longs, ImageRow.longitude <= box.east - 360.0)
    return and_(ImageRow.latitude.between(box.south, box.north), longs)


def _order(sort: str) -> tuple[InstrumentedAttribute[Any], bool]:
    name = sort.removeprefix('-')
    if name not in SORTS:
        raise LibraryError(
            f'sort must be one of {", ".join(SORTS)}, with a minus for descending, '
            f'got {sort!r:.40}'
        )
    return SORTS[name], sort.startswith('-')


def _cursor(sort: str, column: InstrumentedAttribute[Any], row: ImageRow) -> str:
    value = getattr(row, column.key)
    value = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([sort, value, row.id]).encode()).decode()


def _read_cursor(sort: str, cursor: str) -> tuple[Any, int]:
    try:
        of_sort, value, number = json.loads(base64.urlsafe_b64decode(cursor.encode('ascii')))
        name = sort.removeprefix('-')
        kind = str if name in _TIMES or name == 'filename' else int
        if of_sort != sort or type(value) is not kind or type(number) is not int:
            raise ValueError
        return (datetime.fromisoformat(str(value)) if name in _TIMES else value), number
    except (ValueError, TypeError, UnicodeError) as error:
        raise UnknownPageError(
            f'cursor {cursor!r:.40} is not of this search: take next_cursor of the page before, '
            'with the same sort'
        ) from error
