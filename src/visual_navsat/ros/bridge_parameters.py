# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The bridge's settings as ROS parameters; one of them may change while it runs."""

from __future__ import annotations

from collections.abc import Iterable
import sys
from typing import Any

from rclpy.node import Node
from rclpy.parameter import Parameter
from visual_navsat.autopilot.settings import BridgeSettings
from visual_navsat.config import check_value
from visual_navsat.errors import ConfigError
from visual_navsat.ros.parameter_overrides import warn_of_unknown_parameters
from visual_navsat.ros.parameters import describe

_AT_ANY_TIME = ('loop',)


def declare_settings(node: Node) -> BridgeSettings:
    """
    Declare every setting on the node, and return what they are set to.

    :raises ConfigError: if one is out of range.
    """
    for name, field in BridgeSettings.fields():
        descriptor = describe(field)
        descriptor.dynamic_typing = name == 'loop'
        node.declare_parameter(name, field.default, descriptor)
    warn_of_unknown_parameters(node, sys.argv)
    names = [name for name, _ in BridgeSettings.fields()]
    return BridgeSettings.checked(
        {name: setting(name, node.get_parameter(name).value) for name in names}
    )


def setting(name: str, value: Any) -> Any:
    """Return what a parameter sets: ROS takes ``loop:=off`` for a boolean, as YAML has it."""
    return 'off' if name == 'loop' and value is False else value


def explain_rejection(parameters: Iterable[Parameter]) -> str:
    """Return why one of the parameters cannot be set now, or an empty string if all can."""
    fields = dict(BridgeSettings.fields())
    for name, value in ((parameter.name, parameter.value) for parameter in parameters):
        if name not in fields:
            continue
        try:
            check_value(name, fields[name], setting(name, value))
        except ConfigError as error:
            return str(error)
        if name not in _AT_ANY_TIME:
            return f'{name} takes effect at the start: start the node again'
    return ''
