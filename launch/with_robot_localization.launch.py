# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Start the localizer and robot_localization, which fuses its track with odometry and an IMU."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Return what ``ros2 launch visual_navsat with_robot_localization.launch.py`` runs."""
    share = FindPackageShare('visual_navsat')
    localizer = PathJoinSubstitution([share, 'launch', 'localizer.launch.py'])
    default_params = PathJoinSubstitution([share, 'config', 'robot_localization.yaml'])
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'map', default_value='', description='Index folder made by visual-navsat build-map'
            ),
            DeclareLaunchArgument(
                'image_topic', default_value='image', description='Topic of the camera images'
            ),
            DeclareLaunchArgument(
                'filter_params_file',
                default_value=default_params,
                description='YAML file of parameters of robot_localization',
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(localizer),
                launch_arguments={
                    'map': LaunchConfiguration('map'),
                    'image_topic': LaunchConfiguration('image_topic'),
                }.items(),
            ),
            # Its topics are in filter_params_file; the package is ros-DISTRO-robot-localization.
            Node(
                package='robot_localization',
                executable='ekf_node',
                name='ekf_map',
                output='screen',
                parameters=[LaunchConfiguration('filter_params_file')],
            ),
        ]
    )
