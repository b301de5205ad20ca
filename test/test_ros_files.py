# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""config/ and launch/ against config.py, without ROS."""

import ast
import math
from pathlib import Path
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from visual_navsat.config import Config
from visual_navsat.ros.launch_values import SENSOR_TOPICS
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]


def test_localizer_yaml_lists_every_setting_in_order_with_its_default():
    text = (REPOSITORY / 'config/localizer.yaml').read_text()
    sections = yaml.safe_load(text)['/**']['ros__parameters']
    listed = [
        (f'{section}.{name}', value)
        for section, entries in sections.items()
        for name, value in entries.items()
    ]
    expected = [(path, default) for path, _, default in Config().items()]
    assert [path for path, _ in listed] == [path for path, _ in expected]
    for (path, value), (_, default) in zip(listed, expected, strict=True):
        both_nan = default != default and math.isnan(value)
        # rclpy refuses a whole number for a float parameter, so the type counts as well.
        assert (type(value), value) == (type(default), default) or both_nan, path


def test_localizer_yaml_explains_every_setting_and_names_its_unit():
    lines = (REPOSITORY / 'config/localizer.yaml').read_text().splitlines()
    for path, field, _ in Config().items():
        name, unit = path.split('.')[1], field.metadata['unit']
        at = next(i for i, line in enumerate(lines) if line.strip().startswith(f'{name}:'))
        comment = lines[at - 1].strip() + ' ' + lines[at - 2].strip()
        assert lines[at - 1].strip().startswith('#'), path
        assert re.search(rf'(?<!\w){unit}(?!\w)', comment), path


def test_large_image_profile_replaces_the_small_shared_memory_segment():
    root = ElementTree.parse(REPOSITORY / 'config/fastdds_large_images.xml').getroot()
    space = {'dds': root.tag[1:].partition('}')[0]}
    transports = {
        entry.find('dds:transport_id', space).text: entry
        for entry in root.iterfind('.//dds:transport_descriptor', space)
    }
    used = [entry.text for entry in root.iterfind('.//dds:userTransports/*', space)]
    kinds = {name: transports[name].find('dds:type', space).text for name in used}
    assert sorted(kinds.values()) == ['SHM', 'UDPv4']
    shared_memory = next(transports[name] for name, kind in kinds.items() if kind == 'SHM')
    assert shared_memory.find('dds:segment_size', space).text == str(128 * 2**20)
    assert shared_memory.find('dds:port_queue_capacity', space).text == '2048'
    assert root.find('.//dds:useBuiltinTransports', space).text == 'false'


def test_every_input_of_the_node_has_a_launch_argument():
    tree = ast.parse((REPOSITORY / 'src/visual_navsat/ros/sensor_inputs.py').read_text())
    (sensors,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'SENSORS'
    )
    names = [node.value for node in ast.walk(sensors) if isinstance(node, ast.Constant)]
    assert sorted(names) == sorted(SENSOR_TOPICS)


def test_robot_localization_takes_lagged_positions_and_no_height():
    text = (REPOSITORY / 'config/robot_localization.yaml').read_text()
    (node, content), *rest = yaml.safe_load(text).items()
    assert not rest
    assert node == '/**'  # in any namespace
    parameters = content['ros__parameters']
    assert parameters['smooth_lagged_data'] is True
    assert parameters['history_length'] >= 2.0
    assert parameters['world_frame'] == parameters['map_frame'] == Config().node.map_frame_id
    assert parameters['base_link_frame'] == Config().node.base_frame_id
    assert parameters['odom0'] == 'localizer/odometry'
    assert [i for i, fused in enumerate(parameters['odom0_config']) if fused] == [0, 1]
    topics = [parameters[name] for name in ('odom0', 'odom1', 'imu0')]
    assert not any(topic.startswith('/') for topic in topics)  # so that a namespace moves them
    for name, value in parameters.items():
        if name.endswith('_config'):
            assert len(value) == 15 and all(type(flag) is bool for flag in value), name
    variances = np.reshape(parameters['initial_estimate_covariance'], (15, 15)).diagonal()
    assert (variances[:2] >= 1e8).all()  # a map of 10 km and more


# What ekf_node declares, as its source has it (Humble, and the branch ros2 of March 2024).
EKF_PARAMETERS = {
    *('frequency', 'sensor_timeout', 'two_d_mode', 'publish_tf', 'publish_acceleration'),
    *('map_frame', 'odom_frame', 'base_link_frame', 'base_link_frame_output', 'world_frame'),
    *('smooth_lagged_data', 'history_length', 'initial_estimate_covariance', 'initial_state'),
    *('process_noise_covariance', 'dynamic_process_noise_covariance', 'print_diagnostics'),
}
EKF_OF_AN_INPUT = {
    'odom': {
        *('config', 'queue_size', 'differential', 'relative', 'pose_use_child_frame'),
        *('pose_rejection_threshold', 'twist_rejection_threshold'),
    },
    'pose': {'config', 'queue_size', 'differential', 'relative', 'rejection_threshold'},
    'imu': {
        *('config', 'queue_size', 'differential', 'relative', 'pose_rejection_threshold'),
        *('twist_rejection_threshold', 'linear_acceleration_rejection_threshold'),
        'remove_gravitational_acceleration',
    },
}


def test_robot_localization_knows_every_parameter_and_reads_every_input():
    text = (REPOSITORY / 'config/robot_localization.yaml').read_text()
    parameters = yaml.safe_load(text)['/**']['ros__parameters']
    inputs = {name for name in parameters if re.fullmatch(r'(odom|pose|twist|imu)\d', name)}
    for kind in ('odom', 'pose', 'twist', 'imu'):
        # It counts up and stops at the first number that is missing.
        count = sum(name.startswith(kind) for name in inputs)
        assert {f'{kind}{number}' for number in range(count)} <= inputs
    for name in parameters.keys() - inputs - EKF_PARAMETERS:
        input_name, _, rest = name.partition('_')
        assert input_name in inputs and rest in EKF_OF_AN_INPUT[input_name[:-1]], name
    # Humble takes all 225 numbers only, later ones the diagonal as well.
    assert len(parameters['initial_estimate_covariance']) == 225
    assert all(type(v) is float for v in parameters['initial_estimate_covariance'])
