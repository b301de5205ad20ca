# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The stamp of a serialised message that begins with a header, whose stamp comes first."""

from __future__ import annotations

import struct

# ROS 2 serialises as CDR: four bytes, of which the second says the order of bytes, then the stamp.
# In ROS 1 a header begins with a counter of four bytes, and everything is little endian.
_AT = slice(4, 12)
_UNSET = bytes(8)


def is_unstamped(raw: bytes, is_ros2: bool) -> bool:
    """Return whether the stamp of a message's header was never set: it is all zero."""
    return raw[_AT] == _UNSET and (not is_ros2 or raw[:1] == b'\0')


def stamped(raw: bytes, time_ns: int, is_ros2: bool) -> bytes:
    """Return a message with the stamp of its header set to a time in nanoseconds since 1970."""
    order = '<' if not is_ros2 or raw[1] & 1 else '>'
    return raw[:4] + struct.pack(f'{order}II', *divmod(time_ns, 1_000_000_000)) + raw[12:]
