# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
What a session holds: records, plain values that are the same live, in the file and in a browser.

Each has ``kind`` and ``time_s``, Unix time in seconds at which it was known. Degrees are WGS 84.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
import math
from typing import Any, Literal

from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal

Record = dict[str, Any]
FORMAT = 1
# Whose position: what a simulator knows, the autopilot's estimator, its GNSS.
Whose = Literal['truth', 'autopilot', 'gnss']
Part = Literal['node', 'track', 'autopilot']  # what has a state
Level = Literal['ok', 'warn', 'error']


def start_record(time_s: float, made_by: str) -> Record:
    """Return the first record of a session."""
    return {'kind': 'session', 'format': FORMAT, 'time_s': time_s, 'made_by': made_by}


def answer_record(time_s: float, answer: Answer) -> Record:
    """Return an answer: :meth:`.Answer.to_json`, and where it takes the track."""
    return {
        'kind': 'answer',
        'time_s': time_s,
        **answer.to_json(),
        'tracked': _tracked(answer.tracked),
    }


def answer_of(record: Mapping[str, Any]) -> Answer:
    """
    Return the answer of an answer record; its ``answered_ns`` is when the record was made.

    :raises KeyError, TypeError, ValueError: if it is something else.
    """
    answer = Answer.from_json(record)
    tracked = record.get('tracked')
    position: PositionEstimate | Refusal = Refusal('')
    if tracked is not None:
        position = PositionEstimate.from_en(
            float(tracked['latitude']), float(tracked['longitude']), tracked['covariance_en_m2']
        )
    return replace(answer, tracked=position, answered_ns=round(record['time_s'] * 1e9))


def footprint_record(time_s: float, stamp_s: float, corners: Sequence[Sequence[float]]) -> Record:
    """
    Return the ground that an image shows.

    :param stamp_s: of the image.
    :param corners: latitude and longitude of each, in order.
    """
    return {
        'kind': 'footprint',
        'time_s': time_s,
        'stamp_s': stamp_s,
        'corners': [[float(lat), float(long)] for lat, long in corners],
    }


def position_record(
    time_s: float, whose: Whose, latitude: float, longitude: float, **more: float
) -> Record:
    """
    Return where the vehicle is by somebody else.

    :param more: such as ``heading_deg``; what is not finite is left out.
    """
    known = {name: float(value) for name, value in more.items() if math.isfinite(value)}
    place = {'latitude': float(latitude), 'longitude': float(longitude)}
    return {'kind': 'position', 'time_s': time_s, 'of': whose, **place, **known}


def state_record(
    time_s: float, part: Part, level: Level, state: str, words: str, values: Mapping[str, Any]
) -> Record:
    """
    Return how a part of the flight does.

    :param state: names of what holds, the first cause first.
    :param words: the reason, for people.
    :param values: what else it tells, as plain values.
    """
    return {
        'kind': 'state',
        'time_s': time_s,
        'of': part,
        'level': level,
        'state': state,
        'words': words,
        'values': dict(values),
    }


def board_record(time_s: float, **values: float | None) -> Record:
    """Return how the computer does; None: it does not tell."""
    return {'kind': 'board', 'time_s': time_s, **values}


def tile_record(time_s: float, zoom: int, column: int, row: int, picture: bytes) -> Record:
    """
    Return a web mercator tile of the map.

    :param picture: JPEG, or WebP, which is transparent where the map ends.
    """
    data = base64.b64encode(picture).decode()
    encoding = 'webp' if picture[8:12] == b'WEBP' else 'jpeg'
    return {'kind': 'tile', 'time_s': time_s, 'z': zoom, 'x': column, 'y': row, encoding: data}


def tile_picture(record: Mapping[str, Any]) -> bytes:
    """Return the picture of a tile record, as it was encoded."""
    return base64.b64decode(record['webp'] if 'webp' in record else record['jpeg'])


def refusal_record(time_s: float, stamp_s: float, reason: str) -> Record:
    """
    Return why an image has no fix, where that is known only after its answer.

    :param stamp_s: of the image, that of its answer.
    """
    return {'kind': 'refusal', 'time_s': time_s, 'stamp_s': stamp_s, 'reason': reason}


def event_record(time_s: float, what: str) -> Record:
    """Return something that happened, in words."""
    return {'kind': 'event', 'time_s': time_s, 'what': what}


def _tracked(position: PositionEstimate | Refusal | None) -> Record | None:
    if not isinstance(position, PositionEstimate):
        return None
    return {
        'latitude': float(position.latitude),
        'longitude': float(position.longitude),
        'covariance_en_m2': position.covariance_en_m2,
    }
