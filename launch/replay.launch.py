# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Play a bag to the localizer on simulated time, and look at it in RViz."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, RegisterEventHandler
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare
from visual_navsat.ros.launch_replay import ReplayEnding

# The node's optional inputs, and what they are called in the bag.
SENSORS = ('camera_info', 'imu', 'attitude', 'heading', 'altitude', 'range', 'odom', 'gnss')


def generate_launch_description():
    """Return what ``ros2 launch visual_navsat replay.launch.py bag:=BAG map:=DIR`` runs."""
    share = FindPackageShare('visual_navsat')
    default_params = PathJoinSubstitution([share, 'config', 'localizer.yaml'])
    image_topic = LaunchConfiguration('image_topic')
    ending = ReplayEnding()
    localizer = LifecycleNode(
        package='visual_navsat',
        executable='localizer',
        name='localizer',
        namespace='',
        output='screen',
        parameters=[
            LaunchConfiguration('params_file'),
            {
                'node.map': ParameterValue(LaunchConfiguration('map'), value_type=str),
                'use_sim_time': True,
            },
        ],
        remappings=[
            ('image', image_topic),
            ('image/compressed', [image_topic, '/compressed']),
            *((sensor, LaunchConfiguration(f'{sensor}_topic')) for sensor in SENSORS),
        ],
    )
    play = ExecuteProcess(
        cmd=[
            *('ros2', 'bag', 'play', LaunchConfiguration('bag'), '--clock', '100'),
            *('--rate', LaunchConfiguration('rate')),
        ],
        output='screen',
        on_exit=ending.on_player_exit,
    )
    rviz = Node(
        package='rviz2',
        executable='rviz2',
        arguments=['-d', PathJoinSubstitution([share, 'config', 'localizer.rviz'])],
        parameters=[{'use_sim_time': True}],
        condition=IfCondition(LaunchConfiguration('rviz')),
        on_exit=ending.on_rviz_exit,
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument('bag', description='rosbag2 folder'),
            DeclareLaunchArgument(
                'map', description='Index folder made by visual-navsat build-map'
            ),
            DeclareLaunchArgument('rate', default_value='1.0', description='Times the real speed'),
            DeclareLaunchArgument(
                'image_topic', default_value='/image', description='Topic of the images in the bag'
            ),
            *(
                DeclareLaunchArgument(
                    f'{sensor}_topic',
                    default_value=f'/{sensor}',
                    description=f'Topic in the bag for the input {sensor}',
                )
                for sensor in SENSORS
            ),
            DeclareLaunchArgument(
                'params_file', default_value=default_params, description='YAML file of parameters'
            ),
            DeclareLaunchArgument('rviz', default_value='true', description='Open RViz'),
            # Messages that are played while the node loads its map would be lost.
            RegisterEventHandler(
                OnStateTransition(
                    target_lifecycle_node=localizer, goal_state='active', entities=[play]
                )
            ),
            localizer,
            rviz,
        ]
    )
