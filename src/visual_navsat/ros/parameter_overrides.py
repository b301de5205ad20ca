# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Say what was set from outside and has no effect: ROS takes unknown parameters without a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
import difflib
import itertools
import re
from typing import Any

from rclpy.node import Node
import yaml

# Declared by rclpy when it needs them, whether or not it has done so yet.
_OF_ROS = ('use_sim_time', 'qos_overrides.', 'start_type_description_service')


def warn_of_unknown_parameters(node: Node, arguments: Sequence[str]) -> None:
    """
    Warn of parameters that were given to the node and that it has not declared.

    :param arguments: of the process, in which the parameter files are named.
    """
    known = list(node._parameters)  # rclpy tells them by prefix only
    for name in node._parameter_overrides:  # and the overrides not at all
        if name not in known and not name.startswith(_OF_ROS):
            node.get_logger().warning(unknown_parameter(name, known))
    for path in parameter_files(arguments):
        line = unheard_file(path, node.get_fully_qualified_name())
        if line:
            node.get_logger().warning(line)


def unknown_parameter(name: str, known: Iterable[str]) -> str:
    """Return one line about an unknown parameter, with the one that was probably meant."""
    names = sorted(known)
    last = name.rpartition('.')[2]
    # A name without its section, or in the wrong one, is like only the last part of another.
    same = [other for other in names if other.rpartition('.')[2] == last]
    near = same or difflib.get_close_matches(name, names, n=1, cutoff=0.0)
    return f'there is no parameter {name}: did you mean {" or ".join(near)}? It has no effect'


def parameter_files(arguments: Sequence[str]) -> list[str]:
    """Return the paths that follow ``--params-file``."""
    pairs = itertools.pairwise(arguments)
    return [path for flag, path in pairs if flag == '--params-file']


def unheard_file(path: str, node_name: str) -> str:
    """
    Return one line about a parameter file that says nothing to a node; empty if it does.

    :param node_name: fully qualified, such as ``/uav1/localizer``.
    """
    with open(path, encoding='utf-8') as file:  # noqa: PTH123 (rcl has read it)
        nodes = list(_nodes_of(yaml.safe_load(file)))
    if any(_matches(name, node_name) for name in nodes):
        return ''
    found = ', '.join(nodes) or 'none'
    return (
        f'{path} has no parameters for the node {node_name}, only for {found}: name it '
        f'{node_name}, or /** for any node'
    )


def _nodes_of(content: Any, namespace: str = '') -> Iterator[str]:
    """Yield the names of the nodes, which may be nested in their namespaces."""
    if not isinstance(content, dict):
        return
    for name, inside in content.items():
        if name == 'ros__parameters':
            yield namespace or '/'
        else:
            yield from _nodes_of(inside, f'{namespace}/{str(name).lstrip("/")}')


def _matches(pattern: str, node_name: str) -> bool:
    """Return whether a name in a parameter file is this node's, by the rules of rcl."""
    expression = re.escape(pattern).replace(r'/\*\*', r'(/\w+)*').replace(r'/\*', r'/\w+')
    return re.fullmatch(expression, node_name) is not None
