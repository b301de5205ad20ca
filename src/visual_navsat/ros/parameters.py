# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One ROS parameter per setting of config.py, declared with its description and range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import Field
import sys
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter
from visual_navsat.config import check_value, Config, RENAMED
from visual_navsat.errors import ConfigError, IndexFolderError, ModelError
from visual_navsat.ros.launch_values import expand_home, PARAMETERS
from visual_navsat.ros.parameter_overrides import warn_of_unknown_parameters

# Names that other packages gave to what is a setting of ours.
COMMON_NAMES = {'image_transport': 'node.image_transport'}
SETTINGS = {path: field for path, field, _ in Config().items()}
# In these, ~ is the home folder.
PATHS = ('node.map', 'node.calibration_file', 'model.checkpoint', 'vlad.vocabulary')
_LAUNCH_ARGUMENTS = {parameter: argument for argument, parameter in PARAMETERS.items()}


def declare_parameters(node: Node) -> None:
    """Declare every setting on the node under its dotted name, such as ``retrieval.top_k``."""
    for path, field, default in Config().items():
        node.declare_parameter(path, default, describe(field))
    for other, ours in (RENAMED | COMMON_NAMES).items():
        same = ParameterDescriptor(description=f'Sets {ours}', dynamic_typing=True)
        node.declare_parameter(other, None, same)
    warn_of_unknown_parameters(node, sys.argv)


def called(parameter: str) -> str:
    """Return what to call a parameter in a message: with its launch argument, if it has one."""
    argument = _LAUNCH_ARGUMENTS.get(parameter)
    return f'{parameter} (launch argument {argument})' if argument else parameter


def read_config(node: Node) -> Config:
    """Return the node's parameters as a Config."""
    config = Config()
    for path in SETTINGS:
        value = node.get_parameter(path).value
        config = config.replace(path, expand_home(value) if path in PATHS else value)
    for other, ours in (RENAMED | COMMON_NAMES).items():
        value = node.get_parameter(other).value
        if value is None:
            continue
        if other in RENAMED:
            node.get_logger().warning(f'{other} is now called {ours}: set that instead')
        config = config.replace(ours, value)
    return config


@contextmanager
def naming_parameters(config: Config) -> Iterator[None]:
    """
    Name the parameter that is to blame, and its launch argument, where a map cannot be loaded.

    :raises IndexFolderError: if the map is missing, or what was raised within.
    :raises ModelError: as what was raised within.
    """
    if not config.node.map:
        raise IndexFolderError(
            'node.map is empty: set it, or the launch argument map, to an index folder made by '
            'visual-navsat build-map'
        )
    try:
        yield
    except IndexFolderError as error:
        raise IndexFolderError(f'{called("node.map")}: {error}') from error
    except ModelError as error:
        raise ModelError(f'{error}; see {called("model.name")}') from error


def explain_rejection(parameters: Iterable[Parameter], state: str) -> str:
    """
    Return why one of the parameters cannot be set, or an empty string if all can.

    :param state: of the node's lifecycle.
    """
    ours = [parameter for parameter in parameters if parameter.name in SETTINGS]
    for parameter in ours:
        name = parameter.name
        try:
            check_value(name, SETTINGS[name], parameter.value)
        except ConfigError as error:
            return str(error).replace(name, called(name), 1)
    if ours and state != 'unconfigured':
        return (
            f'{ours[0].name} takes effect in configure and the node is {state}: deactivate and '
            'clean up first'
        )
    return ''


def describe(field: Field[Any]) -> ParameterDescriptor:
    """Return the description, range and choices of a setting."""
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
