# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Service calls that make no sense, and how long those take that do."""

from __future__ import annotations

from collections.abc import Callable
import itertools
import time
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.node import Node
from std_srvs.srv import SetBool

_SERVICES = {
    'change_state': ChangeState,
    'get_state': GetState,
    'set_parameters': SetParameters,
    'get_parameters': GetParameters,
    'describe_parameters': DescribeParameters,
    'list_parameters': ListParameters,
    'set_enabled': SetBool,
}


def _set(name: str, **value: Any) -> tuple[str, Any]:
    parameter = Parameter(name=name, value=ParameterValue(**value))
    return 'set_parameters', SetParameters.Request(parameters=[parameter])


def _change(number: int, label: str = '') -> tuple[str, Any]:
    return 'change_state', ChangeState.Request(transition=Transition(id=number, label=label))


NONSENSE: tuple[tuple[str, Any], ...] = (
    _set('retrieval.top_k', type=2, integer_value=-1),
    _set('retrieval.top_k', type=3, double_value=float('nan')),
    _set('node.map', type=4, string_value='x' * 10_000),
    _set('node.gsd_m_per_px', type=3, double_value=1e308),
    _set('node.mount_from_tf', type=99),
    _set('', type=1, bool_value=True),
    _set('no.such.parameter', type=4, string_value='x'),
    _set('use_sim_time', type=2, integer_value=7),
    ('get_parameters', GetParameters.Request(names=['', 'no such', 'x' * 10_000])),
    ('describe_parameters', DescribeParameters.Request(names=['no.such.parameter'])),
    ('list_parameters', ListParameters.Request(prefixes=['x' * 10_000], depth=2**63)),
    _change(255),
    _change(0),
    _change(Transition.TRANSITION_CONFIGURE),
    _change(0, 'no such transition'),
)
SENSE: tuple[tuple[str, Any], ...] = (
    ('get_state', GetState.Request()),
    ('set_enabled', SetBool.Request(data=True)),
)


class Caller:
    """Clients of the localizer's services."""

    def __init__(self, node: Node) -> None:
        self._clients = {
            name: node.create_client(kind, f'/localizer/{name}')
            for name, kind in _SERVICES.items()
        }
        self.milliseconds: list[float] = []  # of sensible calls
        self.num_nonsense = 0
        self._nonsense, self._sense = itertools.cycle(NONSENSE), itertools.cycle(SENSE)

    def nonsense(self) -> None:
        """Make the next call without sense; nobody waits for an answer."""
        name, request = next(self._nonsense)
        self.num_nonsense += 1
        self._clients[name].call_async(request)

    def sense(self) -> None:
        """Make the next sensible call and note how long it takes."""
        name, request = next(self._sense)
        started = time.monotonic()

        def note(_: Any) -> None:
            self.milliseconds.append(1e3 * (time.monotonic() - started))

        self._clients[name].call_async(request).add_done_callback(note)

    def change_state(self, number: int, wait: Callable[[Any], bool]) -> bool:
        """
        Return whether a transition was done.

        :param wait: spins until a future is done; returns whether it is.
        """
        future = self._clients['change_state'].call_async(_change(number)[1])
        return wait(future) and bool(future.result().success)

    def set_parameter(self, name: str, text: str, wait: Callable[[Any], bool]) -> bool:
        """Return whether a parameter was set to a text."""
        _, request = _set(name, type=4, string_value=text)
        future = self._clients['set_parameters'].call_async(request)
        return wait(future) and bool(future.result().results[0].successful)
