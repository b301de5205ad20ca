# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The mount of a camera that moves, from the TF that a bag recorded."""

from __future__ import annotations

import bisect
from typing import Any

import numpy as np
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.rotation import matrix_from_quaternion, slerp
from visual_navsat.messages.sensors import checked_stamp_ns, quaternion_from_message

# A gimbal's transform comes a moment after its image: the node waits this long for it.
TF_WAIT_NS = 50_000_000
_HISTORY_NS = 10_000_000_000  # of a tf2 buffer
_MAX_DEPTH = 100  # frames between a camera and the root; more is a loop


class RecordedTf:
    """
    The rotations between frames over the last ten seconds, looked up as tf2 does.

    Between two transforms the rotation is interpolated, before the first and after the last there
    is none; a static one holds at all times.
    """

    def __init__(self, base_frame_id: str) -> None:
        """:param base_frame_id: the vehicle's frame, forward, left, up."""
        self._base_frame_id = base_frame_id
        self._joints: dict[str, _Joint] = {}  # by the child's frame

    def clear(self) -> None:
        """Forget all transforms."""
        self._joints.clear()

    def add(self, message: Any, is_static: bool) -> None:
        """
        Take a tf2_msgs/TFMessage; invalid transforms are left out, as tf2 does.

        :param is_static: it is from ``/tf_static``.
        """
        for transform in message.transforms:
            try:
                quaternion = quaternion_from_message(transform.transform.rotation)
                stamp = checked_stamp_ns(transform, 'tf')
            except ShapeError:
                continue
            child, parent = _name(transform.child_frame_id), _name(transform.header.frame_id)
            joint = self._joints.setdefault(child, _Joint(is_static))
            joint.add(stamp, parent, quaternion)

    def body_from_camera(self, stamp: int, camera_frame_id: str) -> np.ndarray | None:
        """
        Return the (3, 3) rotation of a camera's optical frame into the vehicle's.

        :param stamp: of the image, nanoseconds.
        :return: None if TF does not know it at that time.
        """
        # Only what lies between the two frames must be known: not where the vehicle is.
        to_base = self._ancestors(self._base_frame_id, stamp)
        to_camera = self._ancestors(camera_frame_id, stamp)
        shared = next((frame for frame in to_camera if frame in to_base), None)
        if shared is None:
            return None
        return to_base[shared].T @ to_camera[shared]

    def _ancestors(self, frame_id: str, stamp: int) -> dict[str, np.ndarray]:
        """Return the (3, 3) rotation of a frame into itself, its parent, and so on to the root."""
        rotations = {frame_id: np.eye(3)}
        for _ in range(_MAX_DEPTH):
            found = self._joints[frame_id].at(stamp) if frame_id in self._joints else None
            if found is None:
                break
            parent, quaternion = found
            rotations[parent] = matrix_from_quaternion(quaternion) @ rotations[frame_id]
            frame_id = parent
        return rotations


class _Joint:
    """How one frame stands in its parent."""

    def __init__(self, is_static: bool) -> None:
        self._is_static = is_static
        self._poses: list[tuple[int, str, np.ndarray]] = []  # stamp, parent, quaternion; by stamp

    def add(self, stamp: int, parent: str, quaternion: np.ndarray) -> None:
        pose = (stamp, parent, quaternion)
        if self._is_static:
            self._poses = [pose]
            return
        bisect.insort(self._poses, pose, key=_stamp_of)
        oldest = bisect.bisect_left(self._poses, self._poses[-1][0] - _HISTORY_NS, key=_stamp_of)
        del self._poses[:oldest]

    def at(self, stamp: int) -> tuple[str, np.ndarray] | None:
        """Return the parent and the quaternion (4,) into it; None where it is not known."""
        if self._is_static:
            return self._poses[0][1:]
        after = bisect.bisect_left(self._poses, stamp, key=_stamp_of)
        if after == len(self._poses):
            return None
        later_ns, later_parent, later = self._poses[after]
        if later_ns == stamp:
            return later_parent, later
        if after == 0:
            return None
        earlier_ns, parent, earlier = self._poses[after - 1]
        if parent != later_parent:  # moved to another parent in between
            return parent, earlier
        share = (stamp - earlier_ns) / (later_ns - earlier_ns)
        return parent, slerp(earlier, later, share)


def _stamp_of(pose: tuple[int, str, np.ndarray]) -> int:
    return pose[0]


def _name(frame_id: str) -> str:
    return frame_id.removeprefix('/')  # of ROS 1
