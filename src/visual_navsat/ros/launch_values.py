# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the launch files make of their arguments; plain text in, plain text out."""

from __future__ import annotations

import os
from pathlib import Path

from visual_navsat.errors import ConfigError

# The node's inputs beside the images, and what they are called unless a launch argument says so.
SENSOR_TOPICS = (
    *('camera_info', 'imu', 'attitude', 'heading', 'altitude', 'range', 'odom', 'gnss'),
    'initialpose',
)
# The parameter that a launch argument sets.
PARAMETERS = {
    'map': 'node.map',
    'model': 'model.name',
    'calibration_file': 'node.calibration_file',
    'use_sim_time': 'use_sim_time',
}
_TRUTHS = {'true': True, '1': True, 'false': False, '0': False}


def base_topic(image_topic: str) -> str:
    """Return the topic of the raw images, also of one that ends in ``/compressed``."""
    topic = image_topic.strip()
    if topic in ('', '/'):
        raise ConfigError(
            f'image_topic must name a topic, such as /camera/image_raw, got {image_topic!r}'
        )
    return topic.rstrip('/').removesuffix('/compressed')


def camera_info_topic(image_topic: str) -> str:
    """Return ``camera_info`` in the namespace of the images, where image_transport expects it."""
    namespace, slash, _ = base_topic(image_topic).rpartition('/')
    return f'{namespace}{slash}camera_info'


def expand_home(path: str) -> str:
    """Return a path with ``~`` expanded: no shell does that behind ``:=`` or in a file."""
    return os.path.expanduser(path)  # noqa: PTH111 (pathlib raises where there is no such user)


def existing_file(argument: str, value: str) -> str:
    """
    Return the path of a file that a launch argument names, ``~`` expanded.

    :raises ConfigError: if there is no such file.
    """
    path = Path(expand_home(value))
    if not path.is_file():
        what = 'is a folder' if path.is_dir() else 'does not exist'
        raise ConfigError(f'{argument} must name a file, and {path} {what}')
    return str(path)


def truth(argument: str, value: str) -> bool:
    """Return the boolean that a launch argument holds."""
    if value.strip().lower() not in _TRUTHS:
        raise ConfigError(f'{argument} must be true or false, got {value!r}')
    return _TRUTHS[value.strip().lower()]
