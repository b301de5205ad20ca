# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The flags that say which recorded flight is read, and how."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from pathlib import Path

from visual_navsat.cli.options import add_photo_arguments
from visual_navsat.config import Config
from visual_navsat.replay.bag_topics import TRUTH
from visual_navsat.replay.open_recording import open_recording, RecordingOptions
from visual_navsat.replay.recording import Recording

_SENSOR_TOPICS = {
    'camera-info': 'sensor_msgs/CameraInfo of the camera',
    'imu': 'sensor_msgs/Imu with an orientation',
    'attitude': 'geometry_msgs/QuaternionStamped of the vehicle',
    'heading': "std_msgs/Float64, degrees: where the image's up direction points",
    'altitude': 'std_msgs/Float64, metres; see --altitude-meaning',
    'range': 'sensor_msgs/Range of the ground below, metres',
    'odom': 'nav_msgs/Odometry',
    'initialpose': 'geometry_msgs/PoseWithCovarianceStamped in --map-frame-id',
}


def add_recording_argument(parser: argparse.ArgumentParser, more: str = '') -> None:
    """
    Add the recording.

    :param more: what else this verb takes.
    """
    parser.add_argument(
        'recording',
        metavar='RECORDING',
        help='rosbag2 (folder, .mcap or .db3), ROS 1 .bag, video, folder of geotagged photos, or '
        f'CSV of photos as --queries of evaluate{more}',
    )


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how a recording is read; each kind has flags of its own."""
    bag = parser.add_argument_group('bags', 'Which topics of a bag are used.')
    bag.add_argument(
        '--image-topic', metavar='T', help='sensor_msgs/Image or CompressedImage; a bag needs it'
    )
    bag.add_argument(
        '--truth-topic', metavar='T', help='sensor_msgs/NavSatFix: compared, never used'
    )
    for name, what in _SENSOR_TOPICS.items():
        bag.add_argument(f'--{name}-topic', metavar='T', help=what)
    other = parser.add_argument_group('videos and photos')
    other.add_argument(
        '--positions',
        metavar='FILE',
        help='captions of the drone (SRT, ASS, WebVTT), or CSV with Time (s), Latitude, Longitude '
        'and where known Height (m), Heading (deg), beside a video; without it those of the '
        "video's name, or else inside the video",
    )
    other.add_argument(
        '--step-s',
        type=float,
        default=1.0,
        metavar='S',
        help='between the frames of a video that are used; 0 uses all (default %(default)s)',
    )
    other.add_argument(
        '--images', metavar='DIR', help='folder of the photos of a CSV (default: that of the CSV)'
    )
    add_photo_arguments(other)


def open_from_args(args: argparse.Namespace, config: Config) -> AbstractContextManager[Recording]:
    """Return the recording that the flags of this file name, to be entered."""
    roles = ('image', TRUTH, *(name.replace('-', '_') for name in _SENSOR_TOPICS))
    given = {role: getattr(args, f'{role}_topic') for role in roles}
    topics = {role: topic for role, topic in given.items() if topic is not None}
    options = RecordingOptions(
        topics,
        args.positions,
        args.step_s,
        args.hfov_deg,
        use_exif=not args.no_exif,
        images=args.images,
    )
    return open_recording(Path(args.recording), config.node, options)
