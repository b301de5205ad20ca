# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Bytes to and from an autopilot over UDP, TCP or a serial line."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path
import select
import socket
from typing import Any, Literal, Protocol

from visual_navsat.errors import ConfigError
from visual_navsat.optional import import_optional

_READ_BYTES = 65536
_MAX_READS = 16
_CONNECT_TIMEOUT_S = 2.0
_BAUD = 921_600
_FORMS = 'udp:HOST:PORT (listens), udpout:HOST:PORT, tcp:HOST:PORT or /dev/NAME,BAUD'


class Transport(Protocol):
    """A way for bytes; what goes wrong with it is an OSError."""

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, after waiting for it; nothing where nothing came."""

    def write(self, data: bytes) -> None:
        """Send bytes; without a peer yet they are dropped."""

    def peers(self) -> list[str]:
        """Return who has sent something since the last call."""

    def close(self) -> None:
        """Let go of the device or port."""


@dataclass(frozen=True)
class Endpoint:
    """Where an autopilot is reached."""

    kind: Literal['udp', 'udpout', 'tcp', 'serial']
    place: str  # host or device
    number: int  # port or baud

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """
        Return the endpoint of ``udp:0.0.0.0:14550``, ``tcp:...`` or ``/dev/ttyTHS1,921600``.

        :raises ConfigError: if it is none of those.
        """
        kind, _, rest = text.partition(':')
        kind = {'udpin': 'udp'}.get(kind, kind)
        if kind in ('udp', 'udpout', 'tcp'):
            host, _, number = rest.rpartition(':')
        elif kind == 'serial' or text.startswith('/'):
            kind = 'serial'
            host, _, number = text.removeprefix('serial:').partition(',')
            number = number or str(_BAUD)
        else:
            host, number = '', ''
        in_range = number.isascii() and number.isdecimal() and int(number) > 0
        if not host or not in_range or (kind != 'serial' and int(number) > 65535):
            raise ConfigError(f'an endpoint must be {_FORMS}, got {text!r}')
        return cls(kind, host, int(number))  # type: ignore[arg-type]

    def __str__(self) -> str:
        if self.kind == 'serial':
            return f'{self.place},{self.number}'
        return f'{self.kind}:{self.place}:{self.number}'

    def connect(self) -> Transport:
        """
        Return the opened transport.

        :raises OSError: if it cannot be opened now.
        """
        if self.kind == 'serial':
            return SerialTransport(self.place, self.number)
        if self.kind == 'tcp':
            return TcpTransport(self.place, self.number)
        return UdpTransport(self.place, self.number, does_listen=self.kind == 'udp')


class UdpTransport:
    """A UDP socket, which answers the first that spoke to it."""

    def __init__(self, host: str, port: int, does_listen: bool) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._peer: tuple[str, int] | None = None
        self._heard: dict[tuple[str, int], None] = {}
        try:
            if does_listen:
                self._socket.bind((host, port))
            else:
                self._peer = (socket.gethostbyname(host), port)
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)

    @property
    def port(self) -> int:
        """Return the port that it is bound to."""
        return int(self._socket.getsockname()[1])

    def read(self, timeout_s: float) -> bytes:
        """Return the datagrams that have arrived of one peer; those of others are only noted."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return b''
        parts: list[bytes] = []
        while True:
            try:
                data, peer = self._socket.recvfrom(_READ_BYTES)
            except BlockingIOError:
                return b''.join(parts)
            except ConnectionRefusedError:  # of a datagram of ours: nobody listens yet
                continue
            self._peer = self._peer or peer
            self._heard[peer] = None
            if peer == self._peer:
                parts.append(data)

    def write(self, data: bytes) -> None:
        """Send a datagram."""
        if self._peer is not None:
            self._socket.sendto(data, self._peer)

    def peers(self) -> list[str]:
        """Return who has sent something since the last call."""
        heard, self._heard = self._heard, {}
        return [f'{host}:{port}' for host, port in heard]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class TcpTransport:
    """A TCP connection to a listening autopilot."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return b''
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionResetError('the other side closed the connection')
        return data

    def write(self, data: bytes) -> None:
        """Send bytes; one that takes none for two seconds is an error."""
        self._socket.sendall(data)

    def peers(self) -> list[str]:
        """Return nobody: there is only one."""
        return []

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class SerialTransport:
    """A serial line, by pyserial."""

    def __init__(self, device: str, baud: int) -> None:
        serial = import_optional(
            'serial', "a serial line needs pyserial: pip install 'visual_navsat[autopilot]'"
        )
        self._device = Path(device)
        try:
            self._port: Any = serial.Serial(device, baud, timeout=0, write_timeout=1.0)
        except ValueError as error:
            raise ConfigError(f'{device} cannot be set to {baud} baud: {error}') from error

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived; a device that was unplugged is an OSError."""
        if not select.select([self._port], [], [], timeout_s)[0]:
            if not self._device.exists():
                raise OSError(f'{self._device} is gone')
            return b''
        parts: list[bytes] = []
        while select.select([self._port], [], [], 0.0)[0] and len(parts) < _MAX_READS:
            parts.append(os.read(self._port.fileno(), _READ_BYTES))  # the kernel gives a page
            if not parts[-1]:
                raise OSError(f'{self._device} is gone')
        return b''.join(parts)

    def write(self, data: bytes) -> None:
        """Send bytes; a line that takes none for a second is an error."""
        self._port.write(data)

    def peers(self) -> list[str]:
        """Return nobody: there is only one."""
        return []

    def close(self) -> None:
        """Close the device."""
        self._port.close()
