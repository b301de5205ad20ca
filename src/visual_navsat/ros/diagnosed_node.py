# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the nodes share: faults outside of their callbacks are noted, diagnostics end with them."""

from __future__ import annotations

from rclpy.node import Node
from visual_navsat.ros.diagnostics_publisher import DiagnosticsPublisher
from visual_navsat.ros.guard import Guard


class DiagnosedNode(Node):
    """A node that :func:`.run_node` can run, but for its start and end."""

    guard: Guard
    _diagnostics: DiagnosticsPublisher | None = None  # a node that fails to start has none

    def note_stray(self, error: Exception) -> None:
        """Note what was raised outside of our callbacks, and live on."""
        self._report(self.guard.explain(error), 'executor')

    def destroy_node(self) -> None:
        """End the diagnostics, then take the node down."""
        if self._diagnostics is not None:
            self._diagnostics.stop()
        super().destroy_node()

    def _report(self, line: str, source: str) -> None:
        """Keep a line about what is wrong for the diagnostics, and log it."""
        raise NotImplementedError
