# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The connection to an autopilot: it reconnects by itself, and says what is odd about it."""

from __future__ import annotations

import logging
import time
from typing import Any

from visual_navsat.autopilot.dialect import Dialect
from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.transport import Endpoint, Transport
from visual_navsat.errors import reason_of

_LOGGER = logging.getLogger(__name__)
_RETRY_S = 1.0


class NoLink:
    """Where an autopilot is heard by ROS topics alone."""

    error = ''

    def receive(self, timeout_s: float = 0.0) -> list[Any]:
        """Return nothing."""
        return []

    def send(self, message: MavlinkMessage) -> bool:
        """Send nothing."""
        return False

    def peers(self) -> list[str]:
        """Return nobody."""
        return []

    def close(self) -> None:
        """Do nothing."""


class Link:
    """Messages to and from one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.dialect = Dialect()
        self.error = 'not connected yet'  # '' while connected
        self._transport: Transport | None = None
        self._tried_at = -_RETRY_S  # on the monotonic clock

    @property
    def is_connected(self) -> bool:
        """Whether the transport is open."""
        return self._transport is not None

    def receive(self, timeout_s: float = 0.0) -> list[Any]:
        """
        Return the messages that have arrived, after waiting for the first of them.

        Connects where there is no connection; a lost one is no exception, but :attr:`error`.
        """
        transport = self._transport or self._connect()
        if transport is None:
            time.sleep(timeout_s)
            return []
        try:
            return self.dialect.parse(transport.read(timeout_s))
        except OSError as error:
            self._lose(error)
            return []

    def send(self, message: MavlinkMessage) -> bool:
        """Send a message; return whether there was a connection to send it on."""
        return self.pass_on(self.dialect.pack(message))

    def pass_on(self, data: bytes) -> bool:
        """Send whole messages that somebody else packed; return whether there was a connection."""
        if self._transport is None:
            return False
        try:
            self._transport.write(data)
        except OSError as error:
            self._lose(error)
            return False
        return True

    def peers(self) -> list[str]:
        """Return who has sent datagrams since the last call; empty for what has one peer only."""
        return self._transport.peers() if self._transport else []

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _connect(self) -> Transport | None:
        now = time.monotonic()
        if now - self._tried_at < _RETRY_S:
            return None
        self._tried_at = now
        try:
            self._transport = self.endpoint.connect()
        except OSError as error:
            self.error = f'cannot open {self.endpoint}: {error.strerror or reason_of(error)}'
            return None
        self.error = ''
        self.dialect = Dialect()  # half a message of before is none of now
        return self._transport

    def _lose(self, error: OSError) -> None:
        self.error = f'lost {self.endpoint}: {error.strerror or reason_of(error)}'
        _LOGGER.warning('%s; trying again', self.error)
        self.close()
