# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ports of this machine for a bridge under test."""

from __future__ import annotations

import socket


def free_udp_port() -> int:
    """Return one that nobody has bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(('127.0.0.1', 0))
        return found.getsockname()[1]
