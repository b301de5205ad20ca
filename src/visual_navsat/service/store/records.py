# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the library gives out: records of images, pages of them, likenesses, statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
from typing import Any

from visual_navsat.errors import LibraryError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.service.store.tables import ImageRow


class UnknownImageError(LibraryError, KeyError):
    """No image has this id."""

    def __init__(self, file_id: str) -> None:
        super().__init__(f'no image has the id {file_id!r:.80}')

    __str__ = Exception.__str__


@dataclass(frozen=True)
class ImageRecord:
    """A stored picture."""

    id: int  # noqa: A003 (of the row)
    file_id: str
    sha256: str
    filename: str  # as the client named it
    extension: str
    file_size: int  # bytes
    width: int  # px, upright
    height: int
    upload_time: datetime
    taken: datetime | None  # by its EXIF, as if that were UTC
    latitude: float | None  # of the camera, by its EXIF
    longitude: float | None
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    chunk: int  # where its descriptor is
    row: int

    @property
    def picture_name(self) -> str:
        """Name of its file in the folder of pictures."""
        return f'{self.file_id}.{self.extension}'

    @classmethod
    def of(cls, row: ImageRow) -> ImageRecord:
        """Return the record of a row."""
        return cls(
            id=row.id,
            file_id=row.file_id,
            sha256=row.sha256,
            filename=row.filename,
            extension=row.extension,
            file_size=row.file_size,
            width=row.width,
            height=row.height,
            upload_time=row.upload_time,
            taken=row.taken,
            latitude=row.latitude,
            longitude=row.longitude,
            tags=tuple(json.loads(row.tags)),
            metadata=json.loads(row.metadata_json),
            chunk=row.chunk,
            row=row.row,
        )


@dataclass(frozen=True)
class Filters:
    """Which images are asked for: those that fulfil all that is given."""

    filename: str | None = None  # a part of it, without regard to case
    upload_after: datetime | None = None
    upload_before: datetime | None = None
    taken_after: datetime | None = None
    taken_before: datetime | None = None
    min_file_size: int | None = None  # bytes
    max_file_size: int | None = None
    bbox: GeoBox | None = None
    tags: tuple[str, ...] = ()  # all of them

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Added:
    """A picture that was taken in, or was there before."""

    record: ImageRecord
    is_new: bool


@dataclass(frozen=True)
class Similar:
    """An image with its likeness to another."""

    record: ImageRecord
    similarity: float  # cosine, -1 to 1


@dataclass(frozen=True)
class Page:
    """Some of the images that were asked for, in order."""

    records: tuple[ImageRecord, ...]
    total: int  # of all pages
    next_cursor: str | None  # None: this is the last page


@dataclass(frozen=True)
class Stats:
    """What is in a library, and how it was used; times of the last 1,000 searches."""

    total_images: int
    total_chunks: int
    total_searches: int
    total_storage_bytes: int  # pictures and descriptors
    recent_uploads_24h: int
    recent_searches_24h: int
    avg_processing_time_ms: float
    max_processing_time_ms: float
    p50_processing_time_ms: float
    p95_processing_time_ms: float
    feature_dimension: int
    max_images_per_chunk: int
    identity: Mapping[str, Any] = field(default_factory=dict)
