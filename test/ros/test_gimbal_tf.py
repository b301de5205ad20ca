# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""TF is optional: only ROS distributions have it."""

import ast
import importlib.util
import inspect

import pytest
from visual_navsat.errors import ConfigError
from visual_navsat.ros import gimbal_tf


@pytest.mark.skipif(
    importlib.util.find_spec('tf2_ros') is not None, reason='this machine has tf2_ros'
)
def test_without_tf_the_remedy_is_named():
    with pytest.raises(ConfigError, match='needs tf2_ros, which is not installed'):
        gimbal_tf.GimbalTf(None, 'base_link')


def test_tf_is_imported_only_where_it_is_used():
    tree = ast.parse(inspect.getsource(gimbal_tf))
    at_import = [
        name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names
    ]
    assert 'tf2_ros' not in at_import


def test_every_name_of_tf_is_one_that_it_has():
    """Names of tf2_ros_py, the same in Humble, Jazzy and Kilted."""
    tree = ast.parse(inspect.getsource(gimbal_tf))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == 'tf2_ros'
    }
    assert used == {'Buffer', 'TransformListener', 'TransformException'}
