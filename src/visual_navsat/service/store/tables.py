# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The tables of a library; a change of one needs a step in ``migrations/versions``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    JSON,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

# SQLite counts rows up by itself only where the type is INTEGER.
_RowNumber = BigInteger().with_variant(Integer, 'sqlite')


class UtcTime(TypeDecorator[datetime]):
    """A moment, in UTC in the database and in Python."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the moment as the database keeps it."""
        return None if value is None else value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the moment with its zone."""
        return None if value is None else value.replace(tzinfo=timezone.utc)


class Base(DeclarativeBase):
    """Base of all tables."""


class LibraryRow(Base):
    """The one row that says what made the descriptors; whoever writes locks it first."""

    __tablename__ = 'library'

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # noqa: A003
    identity: Mapped[dict[str, Any]] = mapped_column(JSON)
    dimension: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)  # of the last change of images
    created: Mapped[datetime] = mapped_column(UtcTime)


class ChunkRow(Base):
    """A file of descriptors."""

    __tablename__ = 'feature_chunks'

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    capacity: Mapped[int] = mapped_column(Integer)  # rows
    used: Mapped[int] = mapped_column(Integer)  # rows given away; none is given twice
    is_retired: Mapped[bool] = mapped_column(default=False)  # takes no more rows


class ImageRow(Base):
    """A picture, and where its descriptor is."""

    __tablename__ = 'images'
    __table_args__ = (
        UniqueConstraint('chunk', 'row'),
        Index('ix_images_place', 'latitude', 'longitude'),
        {'sqlite_autoincrement': True},  # so that the number of a deleted image never returns
    )

    id: Mapped[int] = mapped_column(_RowNumber, primary_key=True)  # noqa: A003
    file_id: Mapped[str] = mapped_column(String(32), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    filename: Mapped[str] = mapped_column(Text)
    search_name: Mapped[str] = mapped_column(Text)  # without regard to case
    extension: Mapped[str] = mapped_column(String(8))
    file_size: Mapped[int] = mapped_column(BigInteger, index=True)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    upload_time: Mapped[datetime] = mapped_column(UtcTime, index=True)
    taken: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    tags: Mapped[str] = mapped_column(Text, default='[]')  # a JSON list
    metadata_json: Mapped[str] = mapped_column(Text, default='{}')
    chunk: Mapped[int] = mapped_column(ForeignKey('feature_chunks.number'))
    row: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(BigInteger, index=True)


class RemovalRow(Base):
    """A row of a chunk that no image has any more, for the processes that still know it."""

    __tablename__ = 'removals'

    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    chunk: Mapped[int] = mapped_column(Integer)
    row: Mapped[int] = mapped_column(Integer)
    removed: Mapped[datetime] = mapped_column(UtcTime, index=True)
    is_cleared: Mapped[bool] = mapped_column(default=False)  # by a sweep


class SearchRow(Base):
    """A search that was answered."""

    __tablename__ = 'search_history'

    id: Mapped[int] = mapped_column(_RowNumber, primary_key=True)  # noqa: A003
    kind: Mapped[str] = mapped_column(String(16))
    time: Mapped[datetime] = mapped_column(UtcTime, index=True)
    milliseconds: Mapped[float] = mapped_column(Float)
    query_file_id: Mapped[str | None] = mapped_column(String(32))
    top_k: Mapped[int | None] = mapped_column(Integer)
    found: Mapped[int] = mapped_column(Integer)


class ImportRow(Base):
    """A folder, archive or index that is being taken in."""

    __tablename__ = 'imports'

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # noqa: A003
    kind: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), index=True)
    message: Mapped[str] = mapped_column(Text, default='')
    total: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    added: Mapped[int] = mapped_column(Integer, default=0)
    known: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    owner: Mapped[str] = mapped_column(Text, default='')  # the process that works on it
    heartbeat: Mapped[datetime | None] = mapped_column(UtcTime)
    created: Mapped[datetime] = mapped_column(UtcTime)
    updated: Mapped[datetime] = mapped_column(UtcTime)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
