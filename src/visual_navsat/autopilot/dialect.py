# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""MAVLink 2 as pymavlink has it, with bytes in and out but no connection of its own."""

from __future__ import annotations

from typing import Any

from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.optional import import_optional

_MAVLINK_1 = 0xFE  # the first byte of its messages
_ONBOARD_COMPUTER = 191  # MAV_COMP_ID


class Dialect:
    """
    Pack our messages, and take apart what arrives.

    The version is MAVLink 2 by construction, whatever MAVLINK20 says: under version 1 the ids over
    255 do not exist, and what only sends would never be answered in version 2.
    """

    def __init__(self, system: int = 1, component: int = _ONBOARD_COMPUTER) -> None:
        """:param system: ours, that of the vehicle by custom."""
        self.mavlink = import_optional(
            'pymavlink.dialects.v20.ardupilotmega',
            "the bridge needs pymavlink: pip install 'visual_navsat[autopilot]'",
        )
        self._mav = self.mavlink.MAVLink(None, srcSystem=system, srcComponent=component)
        self._mav.robust_parsing = True

    def pack(self, message: MavlinkMessage) -> bytes:
        """Return the bytes of a message."""
        encode = getattr(self._mav, f'{message.name}_encode')
        return bytes(encode(**message.fields).pack(self._mav))

    def parse(self, data: bytes) -> list[Any]:
        """Return the messages that end in these bytes; damaged ones are left out."""
        parsed = self._mav.parse_buffer(data) or []
        return [message for message in parsed if message.get_type() != 'BAD_DATA']


def is_mavlink_1(message: Any) -> bool:
    """Return whether a message that arrived was of version 1."""
    return bool(message.get_msgbuf()[0] == _MAVLINK_1)
