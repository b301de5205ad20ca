"""A replayed flight as a rosbag2, with the topics that the node publishes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from visual_navsat.optional import import_optional
from visual_navsat.replay.fix_record import FixRecord, ImageRecord

_NEEDS_ROSBAGS = "bags are written with rosbags: pip install 'visual_navsat[replay]'"
TOPICS = {'fix': '/localizer/fix', 'tracked': '/localizer/fix_tracked'}
_TYPE = 'sensor_msgs/msg/NavSatFix'
# As in the node: plain numbers, because distributions differ in the constants.
_STATUS_FIX, _STATUS_NO_FIX, _SERVICE_NONE = 0, -1, 0
_COVARIANCE_UNKNOWN, _COVARIANCE_APPROXIMATED = 0, 1


def write_fixes_bag(folder: Path, records: Iterable[ImageRecord]) -> None:
    """
    Write both topics as MCAP, each message with the time of its publishing.

    :param folder: does not exist yet.
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
        for record in sorted(records, key=lambda record: record.published_ns):
            for kind, connection in connections.items():
                message = _message(store.types, getattr(record, kind))
                raw = store.serialize_cdr(message, _TYPE)
                writer.write(connection, record.published_ns, raw)


def _message(types, fix: FixRecord):
    seconds, nanoseconds = divmod(fix.stamp_ns, 1_000_000_000)
    stamp = types['builtin_interfaces/msg/Time'](sec=seconds, nanosec=nanoseconds)
    covariance = fix.covariance_enu_m2
    return types[_TYPE](
        header=types['std_msgs/msg/Header'](stamp=stamp, frame_id=fix.frame_id),
        status=types['sensor_msgs/msg/NavSatStatus'](
            status=_STATUS_FIX if fix.is_fix else _STATUS_NO_FIX, service=_SERVICE_NONE
        ),
        latitude=fix.latitude,
        longitude=fix.longitude,
        altitude=fix.altitude_m,
        position_covariance=np.zeros(9) if covariance is None else np.ravel(covariance),
        position_covariance_type=(
            _COVARIANCE_UNKNOWN if covariance is None else _COVARIANCE_APPROXIMATED
        ),
    )
