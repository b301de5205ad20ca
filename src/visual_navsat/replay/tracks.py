"""The three lines that a replayed flight draws on a map: fixes, tracked fixes and the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from visual_navsat.replay.fix_record import ImageRecord

TRACKS = {'fix': 'fixes of single images', 'tracked': 'tracked fixes', 'truth': 'truth'}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Place(NamedTuple):
    """Where one of the three puts the vehicle at an image."""

    name: str
    stamp_ns: int
    latitude: float  # degrees
    longitude: float


def point_of(record: ImageRecord, kind: str) -> Place | None:
    """Return where one of ``TRACKS`` puts the vehicle at an image, None if it says nothing."""
    if kind == 'truth':
        position = record.truth
    else:
        fix = getattr(record, kind)
        position = (fix.latitude, fix.longitude) if fix.is_fix else None
    return None if position is None else Place(record.name, record.stamp_ns, *position)


def runs_of(records: Sequence[ImageRecord], kind: str) -> Iterator[list[Place]]:
    """Yield the places of consecutive images: no line is drawn through where nothing was known."""
    run: list[Place] = []
    for record in records:
        place = point_of(record, kind)
        if place is not None:
            run.append(place)
        elif run:
            yield run
            run = []
    if run:
        yield run


def stamp_text(stamp_ns: int) -> str:
    """Return seconds with all nine decimals, which a float would round."""
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    return f'{seconds}.{nanoseconds:09d}'


def utc_text(stamp_ns: int) -> str:
    """Return a stamp as XML Schema writes a time, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=stamp_ns // 1000)
    return moment.isoformat(timespec='microseconds').replace('+00:00', 'Z')
