# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A bridge that hears its autopilot by topics alone."""

import math
from types import SimpleNamespace

import _needs_pymavlink  # noqa: F401
import numpy as np
from px4_topics import HEARERS, TopicRehearsal
import pytest
from rehearsed_flight import FixMaker, switched_on
from visual_navsat.autopilot.link import NoLink
from visual_navsat.autopilot.messages import Posture
from visual_navsat.autopilot.topic_telemetry import TELEMETRY
from visual_navsat.autopilot.vehicle import Vehicle
from visual_navsat.errors import ShapeError

MAVROS = {heard.topic.name: heard.hear for heard in TELEMETRY['mavros']}
NOW = 1_800_000_000_000_000_000


def test_px4_by_dds_alone_is_followed_and_its_silence_is_named():
    rehearsal = TopicRehearsal(switched_on('px4', 'sensor'))
    maker = FixMaker(rehearsal, refused=0.0, late_s=(0.3, 0.6))
    assert 'no_telemetry' in rehearsal.state_names()
    maker.run(10.0)
    assert rehearsal.state_names() == ['fused']
    assert rehearsal.autopilot.error_m < 10.0
    assert rehearsal.bridge.sender.newest is not None and rehearsal.bridge.last.is_carried
    assert rehearsal.bridge.vehicle.posture.yaw_rad == pytest.approx(0.7)
    rehearsal.is_heard = False
    maker.run(4.0)
    assert rehearsal.state_names()[0] == 'no_telemetry'
    assert rehearsal.bridge.sender.silence == 'no_motion'


def test_px4_that_rejects_is_named():
    rehearsal = TopicRehearsal(switched_on('px4', 'sensor'))
    maker = FixMaker(rehearsal, refused=0.0, late_s=(0.3, 0.6))
    maker.run(8.0)
    maker.shift_en_m = np.array([200.0, 0.0])
    maker.run(3.0)
    assert 'rejected' in rehearsal.state_names()


def test_gnss_of_px4_is_one_of_the_watch():
    vehicle = Vehicle()
    fields = {'latitude_deg': 47.0, 'longitude_deg': 8.0, 'altitude_msl_m': 400.0, 'eph': 1.5}
    gps = SimpleNamespace(**fields, fix_type=3)
    HEARERS['fmu/out/vehicle_gps_position'](vehicle, gps, NOW)
    assert (vehicle.gnss.latitude, vehicle.gnss.sigma_m, vehicle.gnss.fix_type) == (47.0, 1.5, 3)


def test_an_ekf_without_a_source_of_positions_has_none():
    vehicle = Vehicle()
    flags = SimpleNamespace(cs_gnss_pos=False, cs_aux_gpos=False)  # as PX4 1.16 calls them
    HEARERS['fmu/out/estimator_status_flags'](vehicle, flags, NOW)
    assert not vehicle.estimator.has_position and math.isnan(vehicle.estimator.pos_horiz_ratio)


def stamped(**fields):
    stamp = SimpleNamespace(sec=NOW // 10**9, nanosec=0)
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp), **fields)


YAW_08 = (0.0, 0.0, math.sin(0.4), math.cos(0.4))


def odometry(quaternion_xyzw=YAW_08):
    orientation = SimpleNamespace(**dict(zip('xyzw', quaternion_xyzw, strict=True)))
    position = SimpleNamespace(x=30.0, y=40.0, z=50.0)
    linear = SimpleNamespace(x=8.0, y=0.0, z=0.0)  # forward
    pose = SimpleNamespace(position=position, orientation=orientation)
    twist = SimpleNamespace(linear=linear)
    return stamped(pose=SimpleNamespace(pose=pose), twist=SimpleNamespace(twist=twist))


def test_odometry_of_mavros_is_motion_place_and_posture():
    vehicle = Vehicle()
    MAVROS['mavros/local_position/odom'](vehicle, odometry(), NOW)
    expected = 8.0 * np.array([math.cos(0.8), math.sin(0.8)])  # yaw counts from east
    np.testing.assert_allclose(vehicle.motion.velocity_en(NOW), expected)
    np.testing.assert_allclose(vehicle.local_ned[1], [40.0, 30.0, -50.0])
    assert vehicle.posture == Posture(-50.0, 0.0, 0.0, pytest.approx(math.pi / 2 - 0.8))
    with pytest.raises(ShapeError, match='quaternion'):
        MAVROS['mavros/local_position/odom'](vehicle, odometry((0.0, 0.0, 0.0, 0.0)), NOW)


@pytest.mark.parametrize(
    ('axis', 'roll', 'pitch'),
    [((1.0, 0.0, 0.0), 0.2, 0.0), ((0.0, 1.0, 0.0), 0.0, -0.2)],  # left up rolls right; nose down
)
def test_angles_of_mavros_have_their_signs(axis, roll, pitch):
    vehicle = Vehicle()
    x, y, z = np.sin(0.1) * np.array(axis)
    MAVROS['mavros/local_position/odom'](vehicle, odometry((x, y, z, math.cos(0.1))), NOW)
    found = vehicle.posture
    assert (found.roll_rad, found.pitch_rad) == pytest.approx((roll, pitch))


def test_status_origin_and_gnss_of_mavros():
    vehicle = Vehicle()
    status = SimpleNamespace(pos_horiz_abs_status_flag=True, const_pos_mode_status_flag=True)
    MAVROS['mavros/estimator_status'](vehicle, status, NOW)
    assert not vehicle.estimator.has_position
    status.const_pos_mode_status_flag = False
    MAVROS['mavros/estimator_status'](vehicle, status, NOW)
    assert vehicle.estimator.has_position
    at = SimpleNamespace(latitude=47.0, longitude=8.0, altitude=400.0)
    MAVROS['mavros/global_position/gp_origin'](vehicle, SimpleNamespace(position=at), NOW)
    assert vehicle.origin.latitude == 47.0
    fix = stamped(
        status=SimpleNamespace(status=0), latitude=47.1, longitude=8.1,
        position_covariance=[4.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0], position_covariance_type=2,
    )  # fmt: skip
    MAVROS['mavros/global_position/raw/fix'](vehicle, fix, NOW)
    assert (vehicle.gnss.sigma_m, vehicle.gnss.fix_type) == (2.0, 3)
    fix.status.status = -1
    MAVROS['mavros/global_position/raw/fix'](vehicle, fix, NOW)
    assert vehicle.gnss.fix_type == 0


def test_no_link_says_and_takes_nothing():
    link = NoLink()
    assert link.receive(1.0) == [] and link.peers() == [] and not link.send(None)
