# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the routes answer; clients of anyloc-similarity-service know most of these names."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from visual_navsat.service.store.records import ImageRecord


class ImageInfo(BaseModel):
    """A stored picture."""

    image_id: str
    image_path: str = Field(description='Of the picture in the folder of uploads')
    original_filename: str
    upload_time: datetime
    file_size: int = Field(description='Bytes')
    width: int = Field(description='Pixels')
    height: int
    sha256: str
    metadata: dict[str, Any] = Field(
        description='As uploaded; taken (by EXIF), and latitude and longitude if EXPOSE_LOCATION'
    )
    tags: list[str]

    @classmethod
    def values_of(cls, record: ImageRecord, expose_location: bool) -> dict[str, Any]:
        """Return the values of a record, with its position only if that may be given out."""
        metadata = dict(record.metadata)
        if record.taken is not None:
            metadata['taken'] = record.taken.isoformat()
        if expose_location and record.latitude is not None:
            metadata.update(latitude=record.latitude, longitude=record.longitude)
        return {
            'image_id': record.file_id,
            'image_path': record.picture_name,
            'original_filename': record.filename,
            'upload_time': record.upload_time,
            'file_size': record.file_size,
            'width': record.width,
            'height': record.height,
            'sha256': record.sha256,
            'metadata': metadata,
            'tags': list(record.tags),
        }


class SimilarImage(ImageInfo):
    """A stored picture and its likeness."""

    similarity_score: float = Field(description='Cosine, -1 to 1')


class Uploaded(BaseModel):
    """A picture that was taken in."""

    file_id: str
    filename: str
    file_size: int = Field(description='Bytes')
    upload_time: datetime
    message: str
    sha256: str
    is_new: bool = Field(description='False where the same bytes were there already')
    width: int
    height: int
    taken: datetime | None = Field(description='By its EXIF, as if that were UTC')
    latitude: float | None = Field(description='By its EXIF, if EXPOSE_LOCATION')
    longitude: float | None


class Refused(BaseModel):
    """A picture of several that was not taken in."""

    filename: str
    status: int
    detail: str


class UploadAnswer(Uploaded):
    """The first picture's, and those of all."""

    uploads: list[Uploaded]
    refused: list[Refused] = Field(description='Of several pictures those that were refused')


class SimilarityAnswer(BaseModel):
    """The images most like one, best first."""

    query_file_id: str | None
    query_filename: str
    processing_time_ms: float
    total_similar: int
    similar_images: list[SimilarImage]


class SearchAnswer(BaseModel):
    """A page of images."""

    total_found: int = Field(description='On all pages')
    images: list[ImageInfo]
    query_time_ms: float
    next_cursor: str | None = Field(description='For the next page; null on the last')


class DeleteAnswer(BaseModel):
    """What was deleted."""

    success: bool
    message: str
    deleted_file_id: str


class DatabaseStats(BaseModel):
    """What is in the library, and how it was used; times of the last 1,000 searches."""

    total_images: int
    total_chunks: int
    total_searches: int
    total_storage_bytes: int
    recent_uploads_24h: int
    recent_searches_24h: int
    avg_processing_time_ms: float
    max_processing_time_ms: float
    p50_processing_time_ms: float
    p95_processing_time_ms: float
    device: str
    feature_dimension: int
    max_images_per_chunk: int


class QueueState(BaseModel):
    """Requests with an image."""

    waiting: int
    limit: int


class Disk(BaseModel):
    """The disk with the library."""

    total_bytes: int
    free_bytes: int


class HealthAnswer(BaseModel):
    """Whether the service works, and on what."""

    status: Literal['healthy', 'loading', 'failed']
    detail: str = Field(description='Why it failed')
    database_stats: DatabaseStats | None
    gpu_available: bool
    version: str
    uptime_seconds: float
    model: str
    device: str
    total_images: int | None
    queue: QueueState
    disk: Disk | None
    is_live: bool = Field(description='Whether a flight is watched: WebSocket /api/v1/live')


class StateAnswer(BaseModel):
    """One word for orchestrators."""

    status: str


class CandidateInfo(BaseModel):
    """A place where the photo may have been taken; null where nothing is known."""

    rank: int
    probability: float | None
    latitude: float
    longitude: float
    heading_deg: float | None
    gsd_m_per_px: float | None
    center_latitude: float | None
    center_longitude: float | None
    filename: str
    tile_index: int | None
    similarity: float | None
    retrieval_rank: int | None


class LocateAnswer(BaseModel):
    """Where a photo was taken, or why that is not said."""

    image: str
    map: str  # noqa: A003
    status: Literal['fix', 'no_fix']
    reason: str | None
    detail: str | None
    latitude: float | None
    longitude: float | None
    covariance_enu_m2: list[float] | None = Field(description='3 x 3, east-north-up, row by row')
    confidence: float | None = Field(description='Probability of the best place')
    heading_deg: float | None = Field(description="Of the photo's up direction")
    gsd_m_per_px: float | None
    footprint: dict[str, Any] | None = Field(
        description="GeoJSON polygon of the photo's corners, top left first, clockwise"
    )
    candidates: list[CandidateInfo]
    notes: list[str]
    timings_ms: dict[str, float]
    processing_time_ms: float


class MapInfo(BaseModel):
    """A map that photos can be located on."""

    name: str
    bounds: tuple[float, float, float, float] = Field(description='West, south, east, north')
    tiles: str = Field(description='Template of its tiles, relative to the page')
    min_zoom: int
    max_zoom: int
    num_tiles: int
    gsd_m_per_px: float | None


class MapsAnswer(BaseModel):
    """All maps."""

    maps: list[MapInfo]


class ImportOrder(BaseModel):
    """What to take in."""

    path: str = Field(
        min_length=1, max_length=1024, description='Of a folder, a zip or an index, in IMPORT_DIR'
    )
    tags: list[str] = Field(default_factory=list, max_length=32)


class ImportState(BaseModel):
    """A job that takes pictures in."""

    id: str  # noqa: A003
    kind: str
    path: str
    state: Literal['waiting', 'running', 'done', 'failed', 'cancelled']
    message: str = Field(description='Of the last picture that was refused, or why it failed')
    total: int
    done: int
    added: int
    known: int
    failed: int
    created: datetime
    updated: datetime


class ImportsAnswer(BaseModel):
    """The newest jobs."""

    imports: list[ImportState]
