# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fast DDS for images of many megabytes."""

from __future__ import annotations

import os

from visual_navsat.files import find_shared_file

PROFILE = 'config/fastdds_large_images.xml'
# Fast DDS 3 (Kilted) reads the first, Fast DDS 2 (Humble, Jazzy) the second.
PROFILE_VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')


def prepare_for_large_images() -> None:
    """Use the profile that ships, unless one is set. Call it before this process joins ROS."""
    profile = find_shared_file(PROFILE)
    if profile is not None:
        for variable in PROFILE_VARIABLES:
            os.environ.setdefault(variable, str(profile))
