# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Play a bag to the localizer on simulated time, and look at it in RViz."""

from launch import LaunchDescription
from launch.actions import OpaqueFunction
from visual_navsat.ros.launch_replay import Replay, replay_arguments


def generate_launch_description():
    """Return what ``ros2 launch visual_navsat replay.launch.py bag:=BAG map:=DIR`` runs."""
    return LaunchDescription(
        [
            *replay_arguments(),
            OpaqueFunction(function=lambda context: Replay(context).actions()),
        ]
    )
