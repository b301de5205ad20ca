# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Domains are reserved: no two callers get the same, and none gets one that is in use."""

import subprocess
import sys

import rclpy
from rclpy.context import Context
from rclpy.node import Node
from visual_navsat.ros import domain
from visual_navsat.ros.domain import reserve_domain_id


def test_no_domain_is_given_twice():
    program = 'from visual_navsat.ros.domain import reserve_domain_id as r; print(r(), r())'
    ours = [reserve_domain_id(), reserve_domain_id()]
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert len({*ours, *map(int, done.stdout.split())}) == 4
    assert all(1 <= number <= 101 for number in ours)


def test_a_domain_with_a_participant_is_not_given(monkeypatch):
    context = Context()
    in_use = reserve_domain_id()
    rclpy.init(context=context, domain_id=in_use)
    node = Node('participant', context=context)
    try:
        # Nobody holds the token of the domain: its participant alone says that it is in use.
        for reservation in domain._reservations:
            if reservation.getsockname()[1] == 7400 + 250 * in_use:
                reservation.close()
        monkeypatch.setattr(domain, '_reservations', [])
        assert not domain._reserve(in_use)
    finally:
        node.destroy_node()
        context.try_shutdown()
    assert domain._reserve(in_use)
