# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether the autopilot follows, and where it does not, why: each with what to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import math

import numpy as np
from visual_navsat.autopilot.health_facts import Facts, State
from visual_navsat.autopilot.health_frames import frame_states
from visual_navsat.autopilot.health_gnss import gnss_states
from visual_navsat.autopilot.near_frame import en_m
from visual_navsat.autopilot.sender import UNCARRIED_MAX_AGE_S
from visual_navsat.autopilot.vehicle import FIX_3D

_SECOND_NS = 1_000_000_000
_HEARTBEAT_NS = 3 * _SECOND_NS
_FRESH_NS = 2 * _SECOND_NS  # positions older than this are not compared
_ORIGIN_OFF_M = 3.0
_FAR_ORIGIN_M = 100_000.0
# Since the image of the last fix; until then the EKF follows fixes that come late or are missing.
_COASTING_S = 5.0
_NEAR_M = 5.0  # what agrees whatever the sigmas say
_NEAR_SIGMAS = 4.0

# Why a fix was refused, or nothing is sent, for people.
SILENCES = {
    'no_fix': ('no fix has come', 'look at the localizer'),
    'fix_too_old': ('the last fix is too old to be carried on', 'look at the localizer'),
    'no_motion': (
        "the vehicle's own motion is unknown, so that no fix can be carried to now",
        'SRn_POSITION, or the rate of LOCAL_POSITION_NED of this port; the topic '
        'fmu/out/vehicle_local_position, mavros/local_position/odom; odom with motion: odometry',
    ),
}
_STATUS_BY = {
    'mavlink': 'SRn_EXTRA3 of this port',
    'px4': 'fmu/out/estimator_status_flags among the topics of its DDS client',
    'mavros': 'mavros/estimator_status, and its mavros_msgs sourced',
    'none': 'telemetry px4 or mavros, or a port of the autopilot: connect',
}
REFUSED = {
    'nan_covariance': 'a fix whose covariance is NaN or not positive was not sent: NaN poisons '
    'the EKF',
    'nan_position': 'a fix whose position is NaN was not sent',
    'stamp_ahead': 'a fix has a stamp of the future: the clocks of camera and bridge differ',
    'too_late': 'a fix came later than it can be carried on: lower the time an image takes',
}


def diagnose(facts: Facts) -> list[State]:
    """Return all that holds, the first cause first; never empty."""
    return [state for rule in _RULES for state in rule(facts)]


def _link(facts: Facts) -> Iterator[State]:
    vehicle = facts.vehicle
    if facts.link_error:
        yield State('unplugged', 'error', facts.link_error, 'plug it in; the bridge tries again')
        return
    if facts.telemetry != 'mavlink':
        yield from _topics(facts)
        return
    if len(facts.peers) > 1:
        yield State(
            'two_peers',
            'error',
            f'{" and ".join(facts.peers)} send to this port, and only the first is heard',
            'give each its own port',
        )
    alive = [
        system
        for system, heard_ns in vehicle.systems.items()
        if facts.now_ns - heard_ns < _HEARTBEAT_NS
    ]
    if len(alive) > 1:
        yield State(
            'two_peers',
            'error',
            f'autopilots {" and ".join(map(str, sorted(alive)))} are both on this link',
            'SYSID_THISMAV (MAV_SYSID, MAV_SYS_ID), or a link of its own',
        )
    heard_ns = vehicle.heartbeat_ns
    if heard_ns is None or facts.now_ns - heard_ns > _HEARTBEAT_NS:
        yield State(
            'no_heartbeat',
            'error',
            'no autopilot is heard; a UDP link of PX4 keeps to the first who spoke to it',
            'SERIALn_PROTOCOL 2, SERIALn_BAUD (PX4: MAV_n_CONFIG, SER_..._BAUD)',
        )
        return
    yield from _version(facts)


def _topics(facts: Facts) -> Iterator[State]:
    told_ns = facts.vehicle.told_ns
    if facts.telemetry == 'none' or (told_ns and facts.now_ns - told_ns < _HEARTBEAT_NS):
        return
    yield State(
        'no_telemetry',
        'error',
        f'nothing is heard of the autopilot on the topics of {facts.telemetry}',
        'mavros, or the DDS agent of PX4; its namespace; ROS_DOMAIN_ID',
    )


def _version(facts: Facts) -> Iterator[State]:
    vehicle = facts.vehicle
    old_ns, new_ns = vehicle.mavlink_1_ns, vehicle.mavlink_2_ns
    is_old = old_ns is not None and facts.now_ns - old_ns < _HEARTBEAT_NS
    if is_old and (new_ns is None or facts.now_ns - new_ns > _HEARTBEAT_NS):
        yield State(
            'mavlink_1',
            'error',
            'the link speaks MAVLink 1, in which messages over 255 and extensions vanish',
            'SERIALn_PROTOCOL 2 (PX4: MAV_PROTO_VER 2)',
        )
    if vehicle.kind != facts.target.autopilot:
        yield State(
            'other_autopilot',
            'error',
            f'this is {vehicle.kind}, not {facts.target.autopilot}',
            f'autopilot (--autopilot) {vehicle.kind}',
        )


def _origin(facts: Facts) -> Iterator[State]:
    if not facts.target.needs_origin:
        return
    origin = facts.vehicle.origin
    if origin is None:
        yield State(
            'no_origin',
            'error',
            'the EKF has no origin and drops positions without a word',
            'the bridge sets it from the first fix (SET_GPS_GLOBAL_ORIGIN) where it may send',
        )
        return
    implied = facts.origins.origin(facts.now_ns)
    if implied is not None:
        off_m = math.hypot(*origin.ned_from_geodetic(implied.latitude, implied.longitude))
        if off_m > _ORIGIN_OFF_M:
            yield State(
                'wrong_origin',
                'error',
                f'the EKF counts from {off_m:.0f} m beside the origin that it told',
                'something else set the origin: the bridge asks for it again',
            )
    last = facts.last
    if last is not None:
        away = origin.ned_from_geodetic(last.position.latitude, last.position.longitude)
        if math.hypot(*away) > _FAR_ORIGIN_M:
            yield State(
                'wrong_origin',
                'error',
                f'the EKF origin is {math.hypot(*away) / 1e3:.0f} km from the fix',
                'restart the autopilot, or set the origin where the vehicle is',
            )


def _parameters(facts: Facts) -> Iterator[State]:
    parameters = facts.vehicle.parameters
    for wanted in facts.target.wanted:
        value = wanted.found(parameters)
        is_past = wanted.for_arming and facts.vehicle.is_armed
        if value is None or wanted.accepts(value) or is_past:
            continue
        name = wanted.name(parameters)
        kind = 'late_by_parameter' if name.endswith(('DELAY', 'DELAY_MS')) else 'parameter'
        yield State(
            'not_switched_on' if wanted.switches_on else kind,
            'error' if wanted.switches_on else 'warn',
            f'{name} is {value:g}: {wanted.why}',
            f'{name} {wanted.should}',
        )


def _fixes(facts: Facts) -> Iterator[State]:
    if facts.refused in REFUSED:
        yield State(facts.refused, 'error', REFUSED[facts.refused], 'look at the localizer')
    if facts.silence:
        words, remedy = SILENCES[facts.silence]
        yield State('silent', 'error', f'nothing is sent: {words}', remedy)
        return
    topic = facts.target.topic
    if facts.is_unheard and topic is not None:
        yield State(
            'nobody_listens',
            'error',
            f'nobody subscribes to {topic.name} ({topic.kind})',
            'the DDS agent of PX4 and way for its version, or mavros with that plugin',
        )
        return
    last = facts.last
    if last is not None and not last.is_carried and last.age_s > UNCARRIED_MAX_AGE_S / 2:
        yield State(
            'too_late',
            'warn',
            f'fixes are sent {last.age_s:.2f} s after their image and not carried to now',
            'SRn_POSITION, or the rate of LOCAL_POSITION_NED of this port',
        )
    if facts.is_sending and facts.send_rate_hz < facts.target.min_rate_hz:
        yield State(
            'too_slow',
            'error',
            f'{facts.send_rate_hz:.1f} positions a second are sent, {facts.target.min_rate_hz:g} '
            'keep the EKF aided',
            'rate_hz (--rate-hz)',
        )


def _following(facts: Facts) -> Iterator[State]:
    vehicle, now_ns = facts.vehicle, facts.now_ns
    estimator = vehicle.estimator
    if estimator is None or now_ns - estimator.heard_ns > _FRESH_NS:
        remedy = _STATUS_BY[facts.telemetry]
        yield State('no_status', 'warn', 'the estimator does not say how it is', remedy)
        return
    if not facts.is_sending:
        yield State('off', 'ok', 'no position is sent: the loop is off', 'loop (--loop) closed')
        return
    if facts.silence or facts.last is None:
        return
    if not estimator.has_position:
        yield State(
            'not_aiding',
            'error',
            'the EKF takes no absolute position from anything',
            'MAV_CMD_SET_EKF_SOURCE_SET 2 by an RC switch (RCn_OPTION 90), or the states above',
        )
        return
    yield from _agreement(facts, estimator.pos_horiz_ratio)


def _agreement(facts: Facts, ratio: float) -> Iterator[State]:
    off_m = autopilot_minus_ours_m(facts)
    last = facts.last
    if off_m is None or last is None:
        yield State('no_status', 'warn', 'the autopilot sends no position to compare')
        return
    away_m = float(np.linalg.norm(off_m))
    sigma_m = math.sqrt(float(np.linalg.eigvalsh(last.position.horizontal_covariance_m2)[-1]))
    if away_m <= max(_NEAR_M, _NEAR_SIGMAS * sigma_m) and not ratio > 1.0:
        if last.is_carried and last.age_s > _COASTING_S:
            yield State(
                'coasting',
                'warn',
                f"the last fix is {last.age_s:.0f} s old, and carried to now by the EKF's own "
                'motion: it agrees with itself',
                'look at the localizer',
            )
            return
        gnss = facts.vehicle.gnss
        has_gnss = gnss is not None and gnss.fix_type >= FIX_3D
        doubt = '; it has GNSS too, and may follow that' if has_gnss else ''
        yield State('fused', 'ok', f'the EKF is {away_m:.1f} m from the fix{doubt}')
        return
    yield State(
        'rejected',
        'error',
        f'the EKF is {away_m:.0f} m from the fix; its ratio of innovations is {ratio:.1f}',
        'EK3_POS_I_GATE, VISO_POS_M_NSE (PX4: EKF2_AGP0_GATE), or a wrong fix',
    )


def autopilot_minus_ours_m(facts: Facts) -> np.ndarray | None:
    """Return (2,) metres east and north of the EKF's position from ours, at its time."""
    last, position = facts.last, facts.vehicle.position
    if last is None or position is None or facts.now_ns - position.heard_ns > _FRESH_NS:
        return None
    ours = last.position
    off_m = en_m(ours.latitude, ours.longitude, position.latitude, position.longitude)
    # Of two times: the newer is carried back to the older.
    times = sorted((last.stamp_ns, position.heard_ns))
    leg = facts.vehicle.motion.leg(*times)
    if leg is None:
        return np.asarray(off_m)
    sign = 1.0 if last.stamp_ns >= position.heard_ns else -1.0
    return np.asarray(off_m + sign * leg.way_en_m)


_RULES: tuple[Callable[[Facts], Iterator[State]], ...] = (
    _link,
    _origin,
    _parameters,
    _fixes,
    frame_states,
    _following,
    gnss_states,
)
