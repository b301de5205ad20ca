# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fast DDS for images of many megabytes."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
import os
from pathlib import Path

from visual_navsat.files import find_shared_file

PROFILE = 'config/fastdds_large_images.xml'
# Fast DDS 3 (Kilted) reads the first, Fast DDS 2 (Humble, Jazzy) the second. Kilted takes the
# second too: with both it loads the profile twice, which Fast DDS calls an error.
PROFILE_VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
_FIRST_RCLPY_WITH_FAST_DDS_3 = 8
_FAST_DDS = 'fastrtps'  # in the names of its middlewares


def prepare_for_large_images() -> None:
    """Use the profile that ships, unless one is set. Call it before this process joins ROS."""
    os.environ.update(large_image_environment(os.environ))


def large_image_environment(
    environment: Mapping[str, str], rclpy_version: str | None = None
) -> dict[str, str]:
    """
    Return the variable that makes Fast DDS use the profile that ships; none if that is unwanted.

    :param environment: in which a person may have set a profile, or another middleware.
    :param rclpy_version: tells the distribution; None looks it up.
    """
    profile = find_shared_file(PROFILE)
    is_set = any(environment.get(name) for name in PROFILE_VARIABLES)
    if profile is None or is_set or _FAST_DDS not in _middleware(environment):
        return {}
    return {profile_variable(rclpy_version or version('rclpy')): str(profile)}


def profile_variable(rclpy_version: str) -> str:
    """Return the variable that this distribution's Fast DDS reads."""
    major = int(rclpy_version.partition('.')[0])
    return PROFILE_VARIABLES[0 if major >= _FIRST_RCLPY_WITH_FAST_DDS_3 else 1]


def describe_setting(
    environment: Mapping[str, str], rclpy_version: str | None = None
) -> tuple[str, str]:
    """Return in a line whether large images are sent, and the command that mends it, if not."""
    if _FAST_DDS not in _middleware(environment):
        return f'{_middleware(environment)} is in use, not Fast DDS', ''
    variable = profile_variable(rclpy_version or version('rclpy'))
    given = environment.get(variable, '')
    if Path(given).is_file():
        return f'{variable} is {given}', ''
    dropped = 'Fast DDS drops most raw images over 512 kB of a camera that is started here'
    why = f'{variable} is {given}, which is no file' if given else f'{variable} is not set'
    profile = find_shared_file(PROFILE) or PROFILE
    return f'{dropped}: {why}', f'export {variable}={profile}'


def _middleware(environment: Mapping[str, str]) -> str:
    return environment.get('RMW_IMPLEMENTATION', 'rmw_fastrtps_cpp')
