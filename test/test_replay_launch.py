# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The launch file of the replay against the node, read without ROS."""

import ast
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def tree_of(file: str) -> ast.Module:
    return ast.parse((REPOSITORY / file).read_text())


def sensors_of(tree: ast.Module) -> list[str]:
    """Return the names in the constant SENSORS, which may stand beside their types."""
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'SENSORS'
    )
    return [node.value for node in ast.walk(value) if isinstance(node, ast.Constant)]


def test_every_input_of_the_node_can_be_remapped_but_the_pose_that_a_person_gives():
    node = sensors_of(tree_of('src/visual_navsat/ros/sensor_inputs.py'))
    assert set(sensors_of(tree_of('launch/replay.launch.py'))) == set(node) - {'initialpose'}


def test_the_bag_starts_when_the_node_is_active_and_carries_the_clock():
    tree = tree_of('launch/replay.launch.py')
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {'active', '--clock', 'use_sim_time', 'localizer.rviz'} <= constants


def test_arguments_are_declared_that_are_read():
    tree = tree_of('launch/replay.launch.py')
    names = {'DeclareLaunchArgument': set(), 'LaunchConfiguration': set()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') in names:
            names[node.func.id].add(ast.unparse(node.args[0]).replace('{s}', '{sensor}'))
    assert names['DeclareLaunchArgument'] == names['LaunchConfiguration']
