# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One ROS parameter per setting of config.py, declared with its description and range."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter
from visual_navsat.config import check_value, Config, RENAMED
from visual_navsat.errors import ConfigError

# Names that other packages gave to what is a setting of ours.
COMMON_NAMES = {'image_transport': 'node.image_transport'}
SETTINGS = {path: field for path, field, _ in Config().items()}


def declare_parameters(node: Node) -> None:
    """Declare every setting on the node under its dotted name, such as ``retrieval.top_k``."""
    for path, field, default in Config().items():
        node.declare_parameter(path, default, _describe(field))
    for other, ours in (RENAMED | COMMON_NAMES).items():
        same = ParameterDescriptor(description=f'Sets {ours}', dynamic_typing=True)
        node.declare_parameter(other, None, same)


def read_config(node: Node) -> Config:
    """Return the node's parameters as a Config."""
    config = Config()
    for path in SETTINGS:
        config = config.replace(path, node.get_parameter(path).value)
    for other, ours in (RENAMED | COMMON_NAMES).items():
        value = node.get_parameter(other).value
        if value is None:
            continue
        if other in RENAMED:
            node.get_logger().warning(f'{other} is now called {ours}: set that instead')
        config = config.replace(ours, value)
    return config


def explain_rejection(parameters: Iterable[Parameter], state: str) -> str:
    """
    Return why one of the parameters cannot be set, or an empty string if all can.

    :param state: of the node's lifecycle.
    """
    ours = [parameter for parameter in parameters if parameter.name in SETTINGS]
    try:
        for parameter in ours:
            check_value(parameter.name, SETTINGS[parameter.name], parameter.value)
    except ConfigError as error:
        return str(error)
    if ours and state != 'unconfigured':
        return (
            f'{ours[0].name} takes effect in configure and the node is {state}: deactivate and '
            'clean up first'
        )
    return ''


def _describe(field: Field[Any]) -> ParameterDescriptor:
    unit = field.metadata['unit']
    choices = field.metadata['choices']
    descriptor = ParameterDescriptor(
        description=field.metadata['description'] + (f' [{unit}]' if unit else ''),
        additional_constraints=f'One of: {", ".join(choices)}' if choices else '',
    )
    low, high = field.metadata['low'], field.metadata['high']
    if low is not None and isinstance(field.default, int):
        descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=1)]
    elif low is not None:
        # A step of zero allows every value of the range.
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(low), to_value=float(high), step=0.0)
        ]
    return descriptor
