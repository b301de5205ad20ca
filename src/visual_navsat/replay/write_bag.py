"""A replayed flight as a rosbag2, with the topics that the node publishes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.fix import fix_fields, status_fields
from visual_navsat.optional import import_optional

_NEEDS_ROSBAGS = "bags are written with rosbags: pip install 'visual_navsat[replay]'"
TOPICS = {'fix': '/localizer/fix', 'tracked': '/localizer/fix_tracked'}
_TYPE = 'sensor_msgs/msg/NavSatFix'


def write_fixes_bag(
    folder: Path, answers: Iterable[ScoredAnswer], altitude_m: float = math.nan
) -> None:
    """
    Write both topics as MCAP, each message with the time of its publishing.

    :param folder: does not exist yet.
    :param altitude_m: above the ellipsoid, of positions without an altitude of their own.
    """
    rosbag2 = import_optional('rosbags.rosbag2', _NEEDS_ROSBAGS)
    typesys = import_optional('rosbags.typesys', _NEEDS_ROSBAGS)
    store = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE)
    mcap = rosbag2.StoragePlugin.MCAP
    with rosbag2.Writer(folder, version=8, storage_plugin=mcap) as writer:
        connections = {
            kind: writer.add_connection(topic, _TYPE, typestore=store)
            for kind, topic in TOPICS.items()
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
