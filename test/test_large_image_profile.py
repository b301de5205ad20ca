# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which variable gives Fast DDS the profile for large images."""

from pathlib import Path

import pytest
from visual_navsat.ros.large_images import describe_setting, large_image_environment

PROFILE = str(Path(__file__).resolve().parents[1] / 'config/fastdds_large_images.xml')


@pytest.mark.parametrize(
    ('environment', 'rclpy', 'expected'),
    [
        ({}, '3.3.16', {'FASTRTPS_DEFAULT_PROFILES_FILE': PROFILE}),  # Humble
        ({}, '7.1.6', {'FASTRTPS_DEFAULT_PROFILES_FILE': PROFILE}),  # Jazzy
        ({}, '9.1.2', {'FASTDDS_DEFAULT_PROFILES_FILE': PROFILE}),  # Kilted
        ({'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp'}, '9.1.2', {}),
        ({'RMW_IMPLEMENTATION': 'rmw_zenoh_cpp'}, '7.1.6', {}),
        (
            {'RMW_IMPLEMENTATION': 'rmw_fastrtps_cpp'},
            '10.0.0',
            {'FASTDDS_DEFAULT_PROFILES_FILE': PROFILE},
        ),
        ({'FASTRTPS_DEFAULT_PROFILES_FILE': 'mine.xml'}, '9.1.2', {}),
        ({'FASTDDS_DEFAULT_PROFILES_FILE': 'mine.xml'}, '9.1.2', {}),
    ],
)
def test_the_profile_is_used_unless_a_person_has_decided(environment, rclpy, expected):
    assert large_image_environment(environment, rclpy) == expected


@pytest.mark.parametrize(
    ('environment', 'rclpy', 'found', 'remedy'),
    [
        ({}, '9.1.2', 'is not set', f'export FASTDDS_DEFAULT_PROFILES_FILE={PROFILE}'),
        ({}, '7.1.6', 'is not set', f'export FASTRTPS_DEFAULT_PROFILES_FILE={PROFILE}'),
        ({'FASTDDS_DEFAULT_PROFILES_FILE': PROFILE}, '9.1.2', f'is {PROFILE}', ''),
        # Fast DDS 2 does not look there.
        ({'FASTDDS_DEFAULT_PROFILES_FILE': PROFILE}, '7.1.6', 'is not set', 'export FASTRTPS'),
        ({'FASTDDS_DEFAULT_PROFILES_FILE': '/no.xml'}, '9.1.2', 'is no file', 'export FASTDDS'),
        ({'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp'}, '9.1.2', 'not Fast DDS', ''),
    ],
)
def test_doctor_says_what_a_camera_that_is_started_here_would_do(
    environment, rclpy, found, remedy
):
    line, command = describe_setting(environment, rclpy)
    assert found in line
    assert command.startswith(remedy) and bool(command) == bool(remedy)
