# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The types that the topics of a bag must have, by the node's names of its inputs."""

from __future__ import annotations

from pathlib import Path

from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.stored_bag import StoredBag

RAW_IMAGE, COMPRESSED_IMAGE = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'

TYPES = {
    'image': (RAW_IMAGE, COMPRESSED_IMAGE),
    'camera_info': ('sensor_msgs/msg/CameraInfo',),
    'imu': ('sensor_msgs/msg/Imu',),
    'attitude': ('geometry_msgs/msg/QuaternionStamped',),
    'heading': ('std_msgs/msg/Float64',),
    'altitude': ('std_msgs/msg/Float64',),
    'range': ('sensor_msgs/msg/Range',),
    'odom': ('nav_msgs/msg/Odometry',),
    'initialpose': ('geometry_msgs/msg/PoseWithCovarianceStamped',),
}
TF_TOPICS = {'tf': '/tf', 'tf_static': '/tf_static'}  # the same in every bag
TF_TYPES = ('tf2_msgs/msg/TFMessage',)
TRUTH = 'truth'  # not for the node
TRUTH_TYPES = ('sensor_msgs/msg/NavSatFix',)
STAMPED_ROLES = {role for role, kinds in TYPES.items() if 'std_msgs/msg/Float64' not in kinds} | {
    TRUTH
}


def check_topic(path: Path, role: str, topic: str, stored: StoredBag, remedy: str) -> None:
    """
    Raise RecordingError unless a bag's topic holds what a role needs.

    :param remedy: what to do about a bag that is damaged.
    """
    flag = f'--{role.replace("_", "-")}-topic'
    found = stored.topics
    if topic not in found and topic in stored.foreign:
        raise RecordingError(
            f'{topic} of {path} holds no messages of ROS 2 ({stored.foreign[topic]}): {flag} '
            'needs them'
        )
    if topic not in found:
        listed = ', '.join(f'{name} ({info.msgtype})' for name, info in sorted(found.items()))
        damage = f'; it is damaged ({stored.damage}): {remedy}' if stored.damage else ''
        raise RecordingError(
            f'{path} has no topic {topic!r} for {flag}: it has '
            f'{listed or "no topics at all"}{damage}'
        )
    expected = {**TYPES, TRUTH: TRUTH_TYPES, 'tf': TF_TYPES, 'tf_static': TF_TYPES}[role]
    if found[topic].msgtype not in expected:
        raise RecordingError(
            f'{topic} of {path} is {found[topic].msgtype}: {flag} must be {" or ".join(expected)}'
        )
    if role == 'image' and found[topic].count == 0:
        raise RecordingError(f'{topic} of {path} has no images: nothing to replay')
