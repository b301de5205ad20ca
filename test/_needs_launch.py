# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Imported by test files that need ros2 launch: they are skipped where it is absent."""

import pytest

# Not launch itself, for which our folder of that name would be taken.
pytest.importorskip('launch_ros', reason='launch comes with a ROS distribution')
pytest.importorskip('ros2launch', reason='ros2 launch comes with a ROS distribution')
