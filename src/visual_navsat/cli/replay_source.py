"""The command line's way to a recording: its flags, and the recording that they mean."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from visual_navsat.cli.options import add_photo_arguments
from visual_navsat.errors import ConfigError

if TYPE_CHECKING:
    from visual_navsat.config import Config
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


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says how a recording is read."""
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
        help='SRT of the drone, or CSV with Time (s), Latitude, Longitude and where known Height '
        "(m), Heading (deg), beside a video; without it the SRT of the video's name",
    )
    other.add_argument(
        '--step-s',
        type=float,
        default=1.0,
        metavar='S',
        help='between the frames of a video that are used; 0 uses all (default %(default)s)',
    )
    add_photo_arguments(other)


def topics_from_args(args: argparse.Namespace) -> dict[str, str]:
    """Return the topics of a bag by role, as the command line names them."""
    from visual_navsat.replay.bag_topics import TRUTH

    if args.image_topic is None:
        raise ConfigError(f'{args.recording} is a bag: name its images with --image-topic')
    given = {'image': args.image_topic, TRUTH: args.truth_topic}
    for name in _SENSOR_TOPICS:
        role = name.replace('-', '_')
        given[role] = getattr(args, f'{role}_topic')
    return {role: topic for role, topic in given.items() if topic is not None}


@contextmanager
def opened_recording(args: argparse.Namespace, config: Config) -> Iterator[Recording]:
    """Yield the recording of whatever kind it is."""
    from visual_navsat.photo_knowledge import Knowledge
    from visual_navsat.photo_metadata import PhotoMetadata
    from visual_navsat.replay.bag import is_bag, open_bag
    from visual_navsat.replay.photos import PhotoFolder
    from visual_navsat.replay.recording import RecordingError, no_tf
    from visual_navsat.replay.video import SUFFIXES, Video

    path = Path(args.recording)
    given = Knowledge(
        height_agl_m=config.node.height_agl_m or None,
        gsd_m_per_px=config.node.gsd_m_per_px or None,
        hfov_deg=args.hfov_deg,
    )

    def view_of(photo: PhotoMetadata):
        if args.no_exif:
            photo = PhotoMetadata(photo.width, photo.height)
        return given.completed_by(photo).view(photo)

    if not path.exists():
        raise RecordingError(f'there is no recording {path}')
    is_video = path.suffix.lower() in SUFFIXES and not path.is_dir()
    if args.positions is not None and not is_video:
        raise ConfigError(f'--positions stand beside a video, and {path} is none')
    if args.image_topic is not None and not is_bag(path):
        raise ConfigError(f'--image-topic is of a bag, and {path} is none')
    if is_bag(path):
        with open_bag(path, topics_from_args(args), config.node) as bag:
            yield bag
    elif config.node.mount_from_tf:
        raise ConfigError(no_tf(path))
    elif path.is_dir():
        yield PhotoFolder(path, view_of)
    elif is_video:
        yield Video(path, args.positions, args.step_s)
    else:
        raise RecordingError(
            f'{path} is no recording: it takes a rosbag2, .mcap, .db3, .bag, a video '
            f'({", ".join(SUFFIXES)}) or a folder of photos'
        )
