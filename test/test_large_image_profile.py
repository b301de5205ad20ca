# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which variable gives Fast DDS the profile for large images."""

from pathlib import Path

import pytest
from visual_navsat.ros.large_images import large_image_environment

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
