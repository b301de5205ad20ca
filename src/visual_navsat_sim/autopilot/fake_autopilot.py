# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An autopilot as far as a bridge can see one: MAVLink in and out, and an estimator behind it."""

from __future__ import annotations

from collections.abc import Callable
import math
import struct
from typing import Any, ClassVar

import numpy as np
from visual_navsat.autopilot.dialect import Dialect
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.vehicle import ARDUPILOT, PX4
from visual_navsat_sim.autopilot.small_ekf import SmallEkf
from visual_navsat_sim.autopilot.wind_flight import WindFlight

# As after a reset of all parameters, but for what turns the EKF on.
DEFAULTS = {
    ARDUPILOT: {
        'AHRS_EKF_TYPE': 3.0,
        'EK3_ENABLE': 1.0,
        'VISO_TYPE': 0.0,
        'VISO_DELAY_MS': 10.0,
        'VISO_POS_M_NSE': 0.2,
        'VISO_QUAL_MIN': 0.0,
        'EK3_SRC1_POSXY': 3.0,
        'EK3_SRC1_VELXY': 3.0,
        'EK3_SRC1_VELZ': 3.0,
        'EK3_SRC1_POSZ': 1.0,
        'EK3_SRC2_POSXY': 0.0,
        'EK3_SRC2_VELXY': 0.0,
        'EK3_SRC2_POSZ': 1.0,
        'EK3_SRC2_VELZ': 0.0,
        'EK3_SRC2_YAW': 0.0,
        'GPS1_TYPE': 1.0,
        'GPS1_DELAY_MS': 0.0,
        'ARMING_SKIPCHK': 0.0,
    },
    PX4: {
        'EKF2_AGP0_CTRL': 0.0,
        'EKF2_AGP0_ID': 1.0,
        'EKF2_AGP0_DELAY': 0.0,
        'EKF2_AGP0_NOISE': 1.0,
        'EKF2_AGP0_GATE': 3.0,
    },
}
_PX4_FLOATS = ('EKF2_AGP0_DELAY', 'EKF2_AGP0_NOISE', 'EKF2_AGP0_GATE')
_ACCEPTED, _DENIED, _UNSUPPORTED, _FAILED = 0, 2, 3, 4  # MAV_RESULT
_AIDING_S = {ARDUPILOT: 7.0, PX4: 5.0}  # after which it stops without a position
_MIN_INTERVAL_S = 0.02
_GLOBAL_FRAMES = (0, 5)  # MAV_FRAME in which ArduPilot takes 43003
_EXTERNAL_NAV, _GPS_SOURCE = 6, 3  # EK3_SRCn_POSXY
_GATE = 5.0


class FakeAutopilot:
    """
    Fly on a truth, estimate, and talk.

    Time is what :meth:`advance` is told, so that a test needs none of its own.
    """

    def __init__(
        self,
        kind: str,
        flight: WindFlight,
        start: Origin,
        has_origin: bool = True,
        system: int = 1,
        speaks_mavlink_1: bool = False,
        is_plane: bool = False,
        exchanged: str = '',
    ) -> None:
        """
        Boot.

        :param start: where the truth counts from.
        :param has_origin: whether the estimator has had GNSS, and so an origin: the start.
        :param exchanged: axes of local positions that something on the way exchanges: east_north
            or down_up.
        """
        self.kind, self.flight, self.start = kind, flight, start
        self.parameters = dict(DEFAULTS[kind])
        self.ekf = SmallEkf(seed=7)
        self.origin = start if has_origin else None
        self.ekf_starts_s = 0.0
        self.gnss_checked_s = 30.0  # after which an origin is set from GNSS
        self.source_set = 1
        self.has_gnss = False
        self.gnss_noise_m = 0.0
        self.gnss_walk_en = np.zeros(2)  # metres a second, of one that is spoofed
        self._gnss_off_m = np.zeros(2)
        self._gnss_random = np.random.default_rng(11)
        self._exchanged = exchanged
        self._height_m = 100.0  # above the start
        self.dropped: list[str] = []  # why, of each position that was not fused
        self.resets = 0
        self._is_plane = is_plane
        self._speaks_mavlink_1 = speaks_mavlink_1
        self._dialect = Dialect(system=system, component=1)
        self._mav = self._dialect.mavlink
        self._out: list[bytes] = []
        self._now_s = 0.0
        self._next_s: dict[str, float] = {'heartbeat': 0.0}
        self._interval_s: dict[str, float] = {'heartbeat': 1.0}
        self._aided_s = 0.0 if has_origin else -math.inf
        self._taken_s = -math.inf  # the last message of vision
        self._counter: int | None = None

    @property
    def is_aided(self) -> bool:
        """Whether the estimator has had a position lately."""
        fresh = self._now_s - self._aided_s < _AIDING_S[self.kind]
        return fresh and self.origin is not None and not self.ekf.is_poisoned

    @property
    def error_m(self) -> float:
        """How far the estimate is from the truth."""
        return float(np.linalg.norm(self.ekf.state[:2] - self.flight.position_en_m))

    def advance(self, seconds: float) -> None:
        """Fly and estimate on."""
        self.flight.advance(seconds)
        self._now_s += seconds
        self.ekf.predict(self.flight.acceleration_en, seconds)
        self._gnss_off_m = self._gnss_off_m + seconds * self.gnss_walk_en
        if self.has_gnss and self.origin is None and self._now_s >= self.gnss_checked_s:
            self.origin = self.start
        if self.has_gnss and self.source_set == 1:
            self.ekf.fuse(self.flight.position_en_m + self._gnss_off_m, 1.0, 0.0, _GATE)
            self._aided_s = self._now_s
        for name, due_s in list(self._next_s.items()):
            if self._now_s >= due_s:
                self._next_s[name] = due_s + self._interval_s[name]
                self._tell[name](self)

    def receive(self, data: bytes) -> None:
        """Take what has arrived."""
        for message in self._dialect.parse(data):
            if self._speaks_mavlink_1 and message.get_msgId() > 255:
                self.dropped.append('no such message in MAVLink 1')
                continue
            hearer = self._hear.get(message.get_type())
            if hearer is not None:
                hearer(self, message)

    def transmit(self) -> bytes:
        """Return what was said since the last call."""
        data, self._out = b''.join(self._out), []
        return data

    # What it hears.

    def _command_long(self, message: Any) -> None:
        result = _ACCEPTED
        if message.command == 511:  # SET_MESSAGE_INTERVAL
            name = self._names.get(int(message.param1))
            if name:
                self._interval_s[name] = message.param2 / 1e6
                self._next_s.setdefault(name, self._now_s)
        elif message.command == 512 and int(message.param1) == 49:
            self._tell_origin()
        elif message.command == 42007:  # SET_EKF_SOURCE_SET
            self.source_set = int(message.param1)
        else:
            result = _UNSUPPORTED
        self._say('command_ack', command=message.command, result=result)

    def _command_int(self, message: Any) -> None:
        result = _UNSUPPORTED
        if message.command == 43003:
            result = self._external_position(message)
        self._say('command_ack', command=message.command, result=result)

    def _external_position(self, message: Any) -> int:
        if self.kind == PX4 and message.frame != 5:
            return _UNSUPPORTED
        if self.kind == ARDUPILOT:
            if math.isfinite(message.z) or message.frame not in _GLOBAL_FRAMES:
                return _DENIED
            if self.origin is None or not self._is_plane or self._now_s - self._aided_s < 1.0:
                return _FAILED
        self._reset(self._east_north(message.x / 1e7, message.y / 1e7), message.param3)
        return _ACCEPTED

    def _set_origin(self, message: Any) -> None:
        # Ones before the EKF has started, and later ones, are dropped without a word.
        if self.origin is None and self._now_s >= self.ekf_starts_s:
            lat, long = message.latitude / 1e7, message.longitude / 1e7
            self.origin = Origin(lat, long, message.altitude / 1e3)
            self._tell_origin()

    def _vision(self, message: Any) -> None:
        self._local_position(message, message.covariance)

    def _odometry(self, message: Any) -> None:
        if (message.frame_id, message.child_frame_id) != (20, 12):
            self.dropped.append('frames of ODOMETRY')
            return
        if message.quality < self.parameters.get('VISO_QUAL_MIN', 0):
            self.dropped.append('quality of ODOMETRY')
            return
        self._local_position(message, message.pose_covariance)

    def _local_position(self, message: Any, covariance: list[float]) -> None:
        why = self._why_not_vision()
        if why:
            self.dropped.append(why)
            return
        self._taken_s = self._now_s
        x, y, z = message.x, message.y, message.z
        if self._exchanged == 'east_north':
            x, y = y, x
        elif self._exchanged == 'down_up':
            z = -z
        if self.parameters[f'EK3_SRC{self.source_set}_POSZ'] == _EXTERNAL_NAV:
            self._height_m = -z
        squares = covariance[0] ** 2 + covariance[6] ** 2 + covariance[11] ** 2
        told_m = math.nan if math.isnan(squares) else squares ** (1 / 3)
        sigma_m = told_m
        if not math.isnan(told_m):
            sigma_m = min(max(told_m, self.parameters['VISO_POS_M_NSE']), 100.0)
        assert self.origin is not None
        lat, long = self.origin.geodetic_from_ned(x, y)
        is_jump = self._counter is not None and message.reset_counter != self._counter
        self._counter = message.reset_counter
        delay_s = self.parameters['VISO_DELAY_MS'] / 1e3
        self._take(self._east_north(lat, long), sigma_m, delay_s, _GATE, is_jump)

    def _why_not_vision(self) -> str:
        parameters = self.parameters
        if self.kind != ARDUPILOT:
            return 'vision is not for this'
        if self.origin is None:
            return 'no origin'
        if parameters['VISO_TYPE'] != 1:
            return 'VISO_TYPE'
        if parameters.get(f'EK3_SRC{self.source_set}_POSXY') != _EXTERNAL_NAV:
            return 'source set'
        return 'within 20 ms' if self._now_s - self._taken_s < _MIN_INTERVAL_S else ''

    def _gps_input(self, message: Any) -> None:
        if self.kind != ARDUPILOT or self.parameters['GPS1_TYPE'] != 14:
            self.dropped.append('GPS1_TYPE')
            return
        if self.parameters.get(f'EK3_SRC{self.source_set}_POSXY') != _GPS_SOURCE:
            self.dropped.append('source set')
            return
        lat, long = message.lat / 1e7, message.lon / 1e7
        if self.origin is None:
            self.origin = Origin(lat, long, message.alt)
        delay_s = (self.parameters['GPS1_DELAY_MS'] or 200.0) / 1e3
        self._take(self._east_north(lat, long), message.horiz_accuracy, delay_s, _GATE)

    def _sensor(self, message: Any) -> None:
        parameters = self.parameters
        if self.kind != PX4:
            return
        if not int(parameters['EKF2_AGP0_CTRL']) & 1:
            self.dropped.append('EKF2_AGP0_CTRL')
            return
        if message.id != parameters['EKF2_AGP0_ID']:
            self.dropped.append('EKF2_AGP0_ID')
            return
        if self.origin is None:
            self.origin = Origin(message.lat / 1e7, message.lon / 1e7)
        sigma_m = max(message.eph, parameters['EKF2_AGP0_NOISE'])
        here = self._east_north(message.lat / 1e7, message.lon / 1e7)
        gate = parameters['EKF2_AGP0_GATE']
        self._take(here, sigma_m, parameters['EKF2_AGP0_DELAY'] / 1e3, gate)

    def _parameter_read(self, message: Any) -> None:
        name = message.param_id.rstrip('\0')
        if name in self.parameters:
            self._tell_parameter(name)

    def _parameter_set(self, message: Any) -> None:
        name = message.param_id.rstrip('\0')
        if name in self.parameters:
            value = float(message.param_value)
            if self.kind == PX4 and name not in _PX4_FLOATS:
                value = float(struct.unpack('<i', struct.pack('<f', message.param_value))[0])
            self.parameters[name] = value
            self._tell_parameter(name)

    # What it makes of a position.

    def _take(
        self,
        here_m: np.ndarray,
        sigma_m: float,
        delay_s: float,
        gate: float,
        is_jump: bool = False,
    ) -> None:
        if math.isnan(sigma_m) or not np.isfinite(here_m).all():
            self.ekf.state[:] = math.nan
            return
        if is_jump or not self.is_aided:
            self._reset(here_m, sigma_m)
        elif self.ekf.fuse(here_m, sigma_m, delay_s, gate):
            self._aided_s = self._now_s
        else:
            self.dropped.append('gate')

    def _reset(self, here_m: np.ndarray, sigma_m: float) -> None:
        self.ekf.reset(here_m, sigma_m)
        self._aided_s = self._now_s
        self.resets += 1

    def _east_north(self, lat: float, long: float) -> np.ndarray:
        north_m, east_m = self.start.ned_from_geodetic(lat, long)
        return np.array([east_m, north_m])

    # What it says.

    def _say(self, name: str, **fields: Any) -> None:
        encode = getattr(self._dialect._mav, f'{name}_encode')
        packed = encode(**fields).pack(self._dialect._mav, force_mavlink1=self._speaks_mavlink_1)
        self._out.append(bytes(packed))

    @property
    def _boot_ms(self) -> int:
        return round(1e3 * self._now_s)

    def _tell_heartbeat(self) -> None:
        code = {ARDUPILOT: 3, PX4: 12}[self.kind]
        self._say(
            'heartbeat', type=2, autopilot=code, base_mode=209, custom_mode=4, system_status=4
        )

    def _tell_attitude(self) -> None:
        yaw = (self.flight.heading_rad + math.pi) % (2 * math.pi) - math.pi
        rates = dict.fromkeys(('rollspeed', 'pitchspeed', 'yawspeed'), 0.0)
        self._say('attitude', time_boot_ms=self._boot_ms, roll=0.0, pitch=0.0, yaw=yaw, **rates)

    def _tell_local(self) -> None:
        if self.origin is None:
            return
        north_m, east_m = self.origin.ned_from_geodetic(*self._geodetic())
        east_m_s, north_m_s = map(float, self.ekf.state[2:])
        self._say(
            'local_position_ned', time_boot_ms=self._boot_ms, x=north_m, y=east_m,
            z=-self._height_m, vx=north_m_s, vy=east_m_s, vz=0.0,
        )  # fmt: skip

    def _tell_global(self) -> None:
        if self.origin is None or self.ekf.is_poisoned:
            return
        lat, long = self._geodetic()
        self._say(
            'global_position_int', time_boot_ms=self._boot_ms, lat=round(1e7 * lat),
            lon=round(1e7 * long), alt=round(1e3 * (self.start.altitude_m + self._height_m)),
            relative_alt=round(1e3 * self._height_m), vx=0, vy=0, vz=0, hdg=0,
        )  # fmt: skip

    def _tell_gnss(self) -> None:
        noise_m = self.gnss_noise_m * self._gnss_random.standard_normal(2)
        east_m, north_m = map(float, self.flight.position_en_m + self._gnss_off_m + noise_m)
        lat, long = self.start.geodetic_from_ned(north_m, east_m)
        self._say(
            'gps_raw_int', time_usec=0, fix_type=3 if self.has_gnss else 0, lat=round(1e7 * lat),
            lon=round(1e7 * long), alt=500_000, eph=80, epv=100, vel=800, cog=0,
            satellites_visible=12, h_acc=1500,
        )  # fmt: skip

    def _tell_status(self) -> None:
        flags = 1 | 2 | 4 | 32 | (16 if self.is_aided else 128)
        ratio = 2.0 if self.ekf.is_poisoned else self.ekf.ratio
        rest: tuple[str, ...]
        if self.kind == ARDUPILOT:
            rest = ('velocity_variance', 'pos_vert_variance', 'compass_variance')
            self._say(
                'ekf_status_report', flags=flags, pos_horiz_variance=ratio,
                terrain_alt_variance=0.0, **dict.fromkeys(rest, 0.1),
            )  # fmt: skip
        else:
            rest = (
                'vel_ratio', 'pos_vert_ratio', 'mag_ratio', 'hagl_ratio', 'tas_ratio',
                'pos_horiz_accuracy', 'pos_vert_accuracy',
            )  # fmt: skip
            self._say(
                'estimator_status', time_usec=0, flags=flags, pos_horiz_ratio=ratio,
                **dict.fromkeys(rest, 0.1),
            )  # fmt: skip

    def _tell_origin(self) -> None:
        if self.origin is not None:
            self._say(
                'gps_global_origin', latitude=round(1e7 * self.origin.latitude),
                longitude=round(1e7 * self.origin.longitude),
                altitude=round(1e3 * self.origin.altitude_m),
            )  # fmt: skip

    def _tell_parameter(self, name: str) -> None:
        value, code = self.parameters[name], 9
        if self.kind == PX4 and name not in _PX4_FLOATS:
            value, code = struct.unpack('<f', struct.pack('<i', int(value)))[0], 6
        self._say(
            'param_value', param_id=name.encode(), param_value=value, param_type=code,
            param_count=len(self.parameters), param_index=0,
        )  # fmt: skip

    def _geodetic(self) -> tuple[float, float]:
        east_m, north_m = map(float, self.ekf.state[:2])
        return self.start.geodetic_from_ned(north_m, east_m)

    _hear: ClassVar[dict[str, Callable[[FakeAutopilot, Any], None]]] = {
        'COMMAND_LONG': _command_long,
        'COMMAND_INT': _command_int,
        'SET_GPS_GLOBAL_ORIGIN': _set_origin,
        'VISION_POSITION_ESTIMATE': _vision,
        'ODOMETRY': _odometry,
        'GPS_INPUT': _gps_input,
        'GLOBAL_POSITION_SENSOR': _sensor,
        'PARAM_REQUEST_READ': _parameter_read,
        'PARAM_SET': _parameter_set,
    }
    _tell: ClassVar[dict[str, Callable[[FakeAutopilot], None]]] = {
        'heartbeat': _tell_heartbeat,
        'attitude': _tell_attitude,
        'local': _tell_local,
        'global': _tell_global,
        'gnss': _tell_gnss,
        'status': _tell_status,
    }

    # What SET_MESSAGE_INTERVAL calls them.
    _names: ClassVar[dict[int, str]] = {
        30: 'attitude',
        32: 'local',
        33: 'global',
        24: 'gnss',
        193: 'status',
        230: 'status',
    }
