# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The fake autopilot behind a port, on the clock of the machine."""

from __future__ import annotations

from contextlib import suppress
import select
import socket
import time

from visual_navsat.autopilot.transport import Transport
from visual_navsat.lives_within import LivesWithin
from visual_navsat_sim.autopilot.fake_autopilot import FakeAutopilot

_STEP_S = 0.02
_MAX_BEHIND_S = 1.0  # more is not caught up with


class TcpServer:
    """A TCP port of this machine that talks with one client."""

    def __init__(self) -> None:
        self._listener = socket.create_server(('127.0.0.1', 0))
        self._client: socket.socket | None = None

    @property
    def endpoint(self) -> str:
        """Return what --connect takes."""
        return f'tcp:127.0.0.1:{self._listener.getsockname()[1]}'

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, after waiting for a client and for it."""
        waiting = [self._listener, *([self._client] if self._client else [])]
        ready = select.select(waiting, [], [], timeout_s)[0]
        if self._listener in ready:
            self._drop()
            self._client = self._listener.accept()[0]
        elif self._client in ready and self._client is not None:
            data = self._client.recv(65536)
            if not data:
                self._drop()
            return data
        return b''

    def write(self, data: bytes) -> None:
        """Send bytes; without a client they are dropped."""
        if self._client is not None:
            try:
                self._client.sendall(data)
            except OSError:  # it has gone
                self._drop()

    def peers(self) -> list[str]:
        """Return nobody: there is only one."""
        return []

    def close(self) -> None:
        """Close the port."""
        self._drop()
        self._listener.close()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


class ServedAutopilot(LivesWithin):
    """Let an autopilot live in a thread and talk over a transport; a context manager."""

    def __init__(
        self,
        autopilot: FakeAutopilot,
        transport: Transport | None = None,
        slower: float = 1.0,
    ) -> None:
        """
        Prepare; it lives within ``with``.

        :param transport: the autopilot's end; a TCP port of its own if there is none.
        :param slower: how many times slower than the clock on the wall it lives.
        """
        super().__init__('autopilot')
        self._slower = slower
        self._autopilot = autopilot
        self._transport = transport or TcpServer()

    @property
    def endpoint(self) -> str:
        """Return what --connect takes, of a TCP port."""
        assert isinstance(self._transport, TcpServer)
        return self._transport.endpoint

    def _close(self) -> None:
        self._transport.close()

    def _live(self) -> None:
        lived_at = time.monotonic()
        while not self._has_ended.is_set():
            try:
                self._autopilot.receive(self._transport.read(_STEP_S))
            except OSError:  # the other side has gone
                self._has_ended.wait(_STEP_S)
            lived_at = max(lived_at, time.monotonic() - _MAX_BEHIND_S)
            while lived_at < time.monotonic():
                speed = self._autopilot.parameters.get('SIM_SPEEDUP', 1.0)
                lived_at += self._slower * _STEP_S / speed
                self._autopilot.advance(_STEP_S)
            with suppress(OSError):
                self._transport.write(self._autopilot.transmit())
