# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What this computer is called, for the diagnostics of a fleet."""

from __future__ import annotations

from pathlib import Path
import platform

# A Jetson or a Raspberry Pi says it in the first, a PC in the second.
_BOARD_FILES = ('/proc/device-tree/model', '/sys/class/dmi/id/product_name')


def hardware_name() -> str:
    """Return the host name and, where the kernel knows it, the model of the board."""
    return ' '.join(filter(None, (platform.node(), _board())))


def _board() -> str:
    for path in _BOARD_FILES:
        try:
            text = Path(path).read_text(encoding='utf-8', errors='replace').strip(' \0\n')
        except OSError:
            continue
        if text:
            return text
    return ''
