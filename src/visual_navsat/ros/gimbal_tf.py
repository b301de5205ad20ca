# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The mount of a camera that moves, from TF."""

from __future__ import annotations

import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.rotation import matrix_from_quaternion
from visual_navsat.messages.sensors import quaternion_from_message

# A gimbal's transform comes a moment after the image that it belongs to.
_WAIT_S = 0.05


class GimbalTf:
    """Ask TF which way the camera looked on the vehicle when an image was taken."""

    def __init__(self, node: Node, base_frame_id: str) -> None:
        """
        Start listening to TF.

        :raises ConfigError: if tf2_ros is not installed.
        """
        try:
            import tf2_ros  # noqa: PLC0415 (only a ROS distribution has it)
        except ImportError as error:
            raise ConfigError(
                'node.mount_from_tf needs tf2_ros, which is not installed: install the package '
                'tf2_ros of your ROS distribution, or set node.mount_roll_deg, mount_pitch_deg '
                'and mount_yaw_deg instead'
            ) from error
        self._base_frame_id = base_frame_id
        self._transform_error = tf2_ros.TransformException
        self._buffer = tf2_ros.Buffer()
        self._listener = tf2_ros.TransformListener(self._buffer, node)

    def body_from_camera(self, stamp_ns: int, frame_id: str) -> np.ndarray | None:
        """
        Return the (3, 3) rotation of the image's optical frame, or None if TF does not know it.

        Waits a moment for it, so it must not be called on the executor's thread.
        """
        try:
            transform = self._buffer.lookup_transform(
                self._base_frame_id,
                frame_id,
                Time(nanoseconds=stamp_ns),
                timeout=Duration(seconds=_WAIT_S),
            )
        except self._transform_error:
            return None
        return matrix_from_quaternion(quaternion_from_message(transform.transform.rotation))

    def close(self) -> None:
        """Stop listening."""
        self._listener.unregister()
