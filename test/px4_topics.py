# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A fake PX4 that is heard and told by topics, with the fields that px4_msgs has."""

from __future__ import annotations

import math
from types import SimpleNamespace

from visual_navsat.autopilot.bridge import Bridge, BridgeConfig
from visual_navsat.autopilot.link import NoLink
from visual_navsat.autopilot.target import find_target
from visual_navsat.autopilot.topic_telemetry import TELEMETRY

STEP_S = 0.02
START_NS = 1_800_000_000_000_000_000
HEARERS = {heard.topic.name: heard.hear for heard in TELEMETRY['px4']}


class ToSensor:
    """What PX4's DDS client does, here to the sensor of the fake autopilot."""

    def __init__(self, autopilot):
        self.autopilot, self.has_listener, self.sent = autopilot, True, []

    def send(self, message):
        if self.has_listener:
            self.sent.append(message.fields)
            fields = message.fields
            self.autopilot._sensor(
                self.autopilot._dialect.mavlink.MAVLink_global_position_sensor_message(
                    target_system=1, target_component=1, id=1, time_usec=0, processing_time=0,
                    source=2, flags=0, lat=round(1e7 * fields['lat']),
                    lon=round(1e7 * fields['lon']), alt=math.nan, alt_ellipsoid=math.nan,
                    eph=fields['eph'], epv=math.nan,
                )
            )  # fmt: skip
        return self.has_listener


class TopicRehearsal:
    """A bridge without a link beside the fake autopilot, on one simulated clock."""

    def __init__(self, autopilot, **options):
        self.autopilot, self.now_ns = autopilot, START_NS
        self.topics = ToSensor(autopilot)
        config = BridgeConfig(loop='closed', telemetry='px4', **options)
        self.bridge = Bridge(NoLink(), find_target('px4', 'dds_1_18'), config, self.topics)
        self.is_heard = True
        self._steps = 0

    def step(self):
        self.autopilot.advance(STEP_S)
        self.now_ns += round(STEP_S * 1e9)
        self._steps += 1
        if self.is_heard and self._steps % 5 == 0:
            self.tell()
        self.bridge.step(self.now_ns)

    def tell(self):
        """Hand over what has come since the last look, ten times a second."""
        vehicle, autopilot = self.bridge.vehicle, self.autopilot
        vehicle.told_ns = self.now_ns
        boot_us = (self.now_ns - START_NS) // 1000
        east_m, north_m, east_m_s, north_m_s = map(float, autopilot.ekf.state)
        lat, long = autopilot.start.geodetic_from_ned(north_m, east_m)
        is_aided = autopilot.is_aided
        messages = {
            'vehicle_local_position': {
                'timestamp': boot_us, 'xy_valid': True, 'z_valid': True, 'v_xy_valid': True,
                'x': north_m, 'y': east_m, 'z': -100.0, 'vx': north_m_s, 'vy': east_m_s,
                'xy_global': True, 'ref_lat': autopilot.start.latitude,
                'ref_lon': autopilot.start.longitude, 'ref_alt': autopilot.start.altitude_m,
            },
            'vehicle_global_position': {
                'timestamp': boot_us, 'lat': lat, 'lon': long, 'alt': 500.0
            },
            'vehicle_attitude': {'q': [math.cos(0.35), 0.0, 0.0, math.sin(0.35)]},
            'estimator_aid_src_aux_global_position': {'test_ratio': [0.0, autopilot.ekf.ratio]},
            'estimator_status_flags': {'cs_gps': False, 'cs_aux_gpos': is_aided},
        }  # fmt: skip
        for name, fields in messages.items():
            HEARERS[f'fmu/out/{name}'](vehicle, SimpleNamespace(**fields), self.now_ns)

    def state_names(self):
        return [state.name for state in self.bridge.states(self.now_ns)]
