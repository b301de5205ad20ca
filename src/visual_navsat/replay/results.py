# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Write everything that a replay gives as one folder, which is complete or absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import math
from pathlib import Path
from typing import Any

from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.evaluation.write_geojson import flight_geojson
from visual_navsat.evaluation.write_table import csv_lines, FLIGHT_COLUMNS
from visual_navsat.evaluation.write_tracks import gpx_text, kml_text
from visual_navsat.files import write_folder, write_json, write_text
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.fix import fix_fields, status_fields
from visual_navsat.optional import import_optional

_WRITERS: dict[str, Callable[[Sequence[ScoredAnswer]], str]] = {
    'fixes.csv': lambda answers: '\n'.join([*csv_lines(answers, FLIGHT_COLUMNS), '']),
    'fixes.geojson': flight_geojson,
    'fixes.kml': kml_text,
    'fixes.gpx': gpx_text,
}
_NEEDS_ROSBAGS = "bags are written with rosbags: pip install 'visual_navsat[replay]'"
_TOPICS = {'fix': '/localizer/fix', 'tracked': '/localizer/fix_tracked'}
_TYPE = 'sensor_msgs/msg/NavSatFix'


def write_results(
    path: str | Path,
    answers: Sequence[ScoredAnswer],
    documents: Mapping[str, Any],
    altitude_m: float = math.nan,
) -> None:
    """
    Write the fixes in every format, and documents as JSON, into a new folder.

    :param documents: content by file name; without NaN.
    :param altitude_m: above the ellipsoid, of positions without an altitude of their own.
    :raises VisualNavsatError: if something is at the path already: results are never mixed.
    :raises FileWriteError: if the folder cannot be written; then there is none.
    """
    with write_folder(path) as folder:
        for name, text_of in _WRITERS.items():
            write_text(folder / name, text_of(answers))
        for name, content in documents.items():
            write_json(folder / name, content, indent=1)
        _write_bag(folder / 'bag', answers, altitude_m)


def _write_bag(folder: Path, answers: Sequence[ScoredAnswer], altitude_m: float) -> None:
    """Write the topics that the node publishes as MCAP, each message at its publishing time."""
    rosbag2 = import_optional('rosbags.rosbag2', _NEEDS_ROSBAGS)
    typesys = import_optional('rosbags.typesys', _NEEDS_ROSBAGS)
    store = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE)
    mcap = rosbag2.StoragePlugin.MCAP
    with rosbag2.Writer(folder, version=8, storage_plugin=mcap) as writer:
        connections = {
            kind: writer.add_connection(topic, _TYPE, typestore=store)
            for kind, topic in _TOPICS.items()
        }
        for scored in sorted(answers, key=lambda scored: scored.answer.answered_ns or 0):
            answer = scored.answer
            for kind, connection in connections.items():
                position = answer.position if kind == 'fix' else answer.tracked
                message = _message(store.types, answer, position, altitude_m)
                raw = store.serialize_cdr(message, _TYPE)
                writer.write(connection, answer.answered_ns, raw)


def _message(
    types: Mapping[str, Any],
    answer: Answer,
    position: PositionEstimate | Refusal | None,
    altitude_m: float,
) -> Any:
    seconds, nanoseconds = divmod(answer.stamp_ns or 0, 1_000_000_000)
    stamp = types['builtin_interfaces/msg/Time'](sec=seconds, nanosec=nanoseconds)
    return types[_TYPE](
        header=types['std_msgs/msg/Header'](stamp=stamp, frame_id=answer.frame_id),
        status=types['sensor_msgs/msg/NavSatStatus'](**status_fields(position)),
        **fix_fields(position, altitude_m),
    )
