# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Reserve a ROS domain that nobody on this machine uses."""

from __future__ import annotations

import os
import socket

from visual_navsat.errors import VisualNavsatError

_LAST_DOMAIN_ID = 101  # those above meet the ports of outgoing connections on Linux
# The ports of a domain by the DDS interoperability protocol (DDSI-RTPS 9.6.1).
_FIRST_PORT, _PORTS_PER_DOMAIN, _FIRST_PARTICIPANT = 7400, 250, 10

_reservations: list[socket.socket] = []  # held until this process ends


def reserve_domain_id() -> int:
    """
    Return a domain in which no participant runs on this machine; no other call returns it.

    :raises VisualNavsatError: if every domain is in use.
    """
    for offset in range(_LAST_DOMAIN_ID):
        # Processes that start at once begin at different domains.
        domain_id = 1 + (os.getpid() + offset) % _LAST_DOMAIN_ID
        if _reserve(domain_id):
            return domain_id
    raise VisualNavsatError(
        f'the ROS domains 1 to {_LAST_DOMAIN_ID} are all in use: stop a node or set ROS_DOMAIN_ID'
    )


def _reserve(domain_id: int) -> bool:
    """Reserve a domain unless somebody has reserved it or its first participant is there."""
    port = _FIRST_PORT + _PORTS_PER_DOMAIN * domain_id
    # DDS itself uses UDP: the TCP port is a token between processes that call this function.
    reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        reservation.bind(('127.0.0.1', port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
            participant.bind(('', port + _FIRST_PARTICIPANT))
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    return True
