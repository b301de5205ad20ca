# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The settings of the bridge, and the runner that turns it."""

from pathlib import Path
import re

import numpy as np
import pytest
from rehearsed_flight import place
from visual_navsat.autopilot.bridge import Bridge
from visual_navsat.autopilot.runner import Runner
from visual_navsat.autopilot.settings import BridgeSettings
from visual_navsat.autopilot.target import find_target
from visual_navsat.errors import ConfigError
import yaml

ROOT = Path(__file__).resolve().parents[1]


def test_the_yaml_lists_every_setting_in_order_with_default_and_unit():
    text = (ROOT / 'config/autopilot_bridge.yaml').read_text(encoding='utf-8')
    listed = yaml.safe_load(text)['/**']['ros__parameters']
    assert list(listed.items()) == [(name, e.default) for name, e in BridgeSettings.fields()]
    lines = [line.strip() for line in text.splitlines()]
    for name, field in BridgeSettings.fields():
        at = next(i for i, line in enumerate(lines) if line.startswith(f'{name}:'))
        assert lines[at - 1].startswith('#'), name
        unit = field.metadata['unit']
        assert re.search(rf'(?<!\w){unit}(?!\w)', f'{lines[at - 2]} {lines[at - 1]}'), name


def test_settings_become_a_bridge():
    settings = BridgeSettings.checked(
        {'connect': 'tcp:h:5760', 'autopilot': 'px4', 'loop': 'closed', 'max_fix_age_s': 5}
    )
    assert str(settings.endpoint) == 'tcp:h:5760'
    assert settings.target is find_target('px4', 'sensor')
    config = settings.bridge_config
    assert (config.loop, config.rate_hz, config.sender.max_fix_age_s) == ('closed', None, 5.0)


def test_without_a_port_all_goes_by_topics():
    values = {'autopilot': 'px4', 'way': 'dds_1_18', 'telemetry': 'px4'}
    settings = BridgeSettings.checked(values)
    assert settings.endpoint is None and settings.bridge_config.telemetry == 'px4'


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ({}, 'connect is empty'),
        ({'telemetry': 'px4', 'autopilot': 'px4'}, 'connect is empty'),  # to send by
        ({'telemetry': 'none', 'connect': 'tcp:h:1'}, 'motion must be odometry'),
        ({'connect': 'tcp:h'}, 'connect: an endpoint must be'),
        ({'connect': 'tcp:h:1', 'way': 'sensor'}, 'the way into ardupilot must be'),
        ({'connect': 'tcp:h:1', 'autopilot': 'inav'}, 'one of ardupilot, px4'),
        ({'connect': 'tcp:h:1', 'rate_hz': 99.0}, 'rate_hz must be 0.0 to 40.0'),
    ],
)
def test_what_makes_no_sense_is_named(values, words):
    with pytest.raises(ConfigError, match=words):
        settings = BridgeSettings.checked(values)
        assert settings.endpoint and settings.target and settings.bridge_config


class SilentLink:
    """A link on which nobody speaks."""

    error = ''

    def receive(self, timeout_s=0.0):
        return []

    def send(self, message):
        return True

    def peers(self):
        return []


def test_what_is_submitted_is_done_in_the_turn_and_looked_at():
    looks = []
    bridge = Bridge(SilentLink(), find_target('px4'))
    runner = Runner(bridge, lambda states, now_ns: looks.append((states, now_ns)), lambda: 10**18)
    runner.submit(lambda bridge, now_ns: bridge.offer(place(np.zeros(2)), now_ns, now_ns))
    runner.turn()
    assert bridge.sender.newest is not None
    assert looks[0][0][0].name == 'no_heartbeat' and looks[0][1] == 10**18
    assert bridge.numbers(10**18)['silence'] == ''


def test_a_change_of_the_loop_drops_what_was_held():
    bridge = Bridge(SilentLink(), find_target('px4'))
    bridge.offer(place(np.zeros(2)), 10**18, 10**18)
    bridge.set_loop('open')
    assert bridge.sender.newest is None
    bridge.offer(place(np.zeros(2)), 10**18, 10**18)
    assert bridge.sender.newest is None  # an open loop takes no fixes
    bridge.set_loop('closed')
    bridge.offer(place(np.zeros(2)), 10**18, 10**18)
    assert bridge.sender.newest is not None
