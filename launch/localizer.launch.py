# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Start the localizer, which configures and activates itself."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Return what ``ros2 launch visual_navsat localizer.launch.py map:=DIR`` runs."""
    default_params = PathJoinSubstitution(
        [FindPackageShare('visual_navsat'), 'config', 'localizer.yaml']
    )
    return LaunchDescription(
        [
            # If map or model is empty, params_file decides.
            DeclareLaunchArgument(
                'map', default_value='', description='Index folder made by visual-navsat build-map'
            ),
            DeclareLaunchArgument(
                'model', default_value='', description='Backbone; empty uses that of the index'
            ),
            DeclareLaunchArgument(
                'image_topic', default_value='image', description='Topic of the camera images'
            ),
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace of the node'
            ),
            DeclareLaunchArgument(
                'params_file', default_value=default_params, description='YAML file of parameters'
            ),
            OpaqueFunction(function=_localizer),
        ]
    )


def _localizer(context):
    given = {
        'node.map': LaunchConfiguration('map').perform(context),
        'model.name': LaunchConfiguration('model').perform(context),
    }
    image_topic = LaunchConfiguration('image_topic')
    return [
        Node(
            package='visual_navsat',
            executable='localizer',
            name='localizer',
            namespace=LaunchConfiguration('namespace'),
            output='screen',
            parameters=[
                LaunchConfiguration('params_file'),
                *({name: ParameterValue(v, value_type=str)} for name, v in given.items() if v),
            ],
            remappings=[
                ('image', image_topic),
                ('image/compressed', [image_topic, '/compressed']),
            ],
        )
    ]
