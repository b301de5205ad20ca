# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Callbacks that never raise: rclpy would end the node, or swallow the error without a word."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from rclpy.node import Node
from visual_navsat.errors import one_line, traceback_text, VisualNavsatError

LOG_PERIOD_S = 5.0  # a camera repeats its faults at its frame rate

Given = ParamSpec('Given')
Returned = TypeVar('Returned')


class Guard:
    """Turn what a callback raises into one line, and the traceback of a fault into the log."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def wrap(
        self, callback: Callable[Given, Returned], failed: Callable[[str], Returned]
    ) -> Callable[Given, Returned]:
        """
        Return the callback, guarded.

        :param failed: takes the line about what was raised; returns what is returned instead.
        """

        @wraps(callback)
        def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
            try:
                return callback(*args, **kwargs)
            except Exception as error:
                return failed(self.explain(error))

        return guarded

    def explain(self, error: Exception) -> str:
        """Return one line about an error that is handled; log the traceback of a fault."""
        if not isinstance(error, VisualNavsatError):
            self.log_fault(traceback_text(error))
        return one_line(error)

    def log_fault(self, text: str) -> None:
        """Log a traceback, unless the node met its own shutdown."""
        if self._node.context.ok():
            self._node.get_logger().error(text, throttle_duration_sec=LOG_PERIOD_S)
