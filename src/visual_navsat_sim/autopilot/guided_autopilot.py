# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A fake autopilot that flies where it is told, on what its estimator believes."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any, ClassVar

from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.messages import Posture, quaternion_wxyz
from visual_navsat.autopilot.vehicle import ARDUPILOT, PX4
from visual_navsat_sim.autopilot.fake_autopilot import FakeAutopilot
from visual_navsat_sim.autopilot.guided_flight import GuidedFlight
from visual_navsat_sim.autopilot.position_controller import PositionController
from visual_navsat_sim.autopilot.small_ekf import SmallEkf

_ACCEPTED, _DENIED, _UNSUPPORTED, _FAILED = 0, 2, 3, 4  # MAV_RESULT
_SET_MODE, _ARM, _TAKEOFF, _SPEED, _REPOSITION, _FAILURE = 176, 400, 22, 178, 192, 420  # MAV_CMD
_GUIDED, _LAND = 4, 9  # custom modes of ArduPilot's copters
_GNSS_UNIT, _OFF = 4, 1  # FAILURE_UNIT, FAILURE_TYPE
_POSITION_ONLY = 0x0DF8  # POSITION_TARGET_TYPEMASK: all but position is ignored
_RELATIVE_ALT_INT = 6  # MAV_FRAME
_SIMULATION = {
    ARDUPILOT: {'SIM_GPS1_ENABLE': 1.0, 'SIM_SPEEDUP': 1.0},
    PX4: {'SYS_FAILURE_EN': 1.0, 'SIM_GPS_USED': 10.0},
}
_FIX_SATELLITES = 4  # with fewer PX4's simulated receiver has no fix
_CRITICAL = 2  # MAV_SEVERITY
_VISION_CHECK = 1 << 18  # of ARMING_SKIPCHK
_HEALTHY_S = 0.3  # since the last message of vision
_BIAS_SIGMA = 0.08  # m/s^2, of an accelerometer of its class and half a degree of tilt


class GuidedAutopilot(FakeAutopilot):
    """
    What a copter in simulation is to a ground station: arm, take off, go to, lose GNSS.

    After its failsafe it takes no orders before it is told to; where a real one would land, it
    flies on by dead reckoning.
    """

    def __init__(self, kind: str, flight: GuidedFlight, start: Origin, **options: Any) -> None:
        """Boot on the ground at the start, with GNSS; see :class:`FakeAutopilot`."""
        super().__init__(kind, flight, start, **options)  # type: ignore[arg-type]
        self.ekf = SmallEkf(seed=7, bias_sigma=_BIAS_SIGMA)
        self.vehicle, self.controller = flight, PositionController()
        self.parameters |= _SIMULATION[kind]
        self.has_gnss = True
        self.is_armed = self.is_guided = False
        self.failsafes = 0
        self.compass_error_rad = 0.0
        self._was_aided = True
        self._height_m = 0.0

    def advance(self, seconds: float) -> None:
        """Steer by the estimate, fly, estimate, talk."""
        if not self.ekf.is_poisoned:
            self.controller.steer(self.vehicle, self.ekf.state, seconds)
        super().advance(seconds)
        self._height_m = self.vehicle.height_m
        if self._was_aided and not self.is_aided and self.vehicle.is_flying:
            self.failsafes += 1
            self.is_guided = False
            self._say('statustext', severity=_CRITICAL, text=b'EKF Failsafe: dead reckoning')
        self._was_aided = self.is_aided

    def _flight_command(self, message: Any) -> None:
        handler = self._commands.get(message.command)
        if handler is None:
            super()._command_long(message)
        else:
            result = handler(self, message)
            self._say('command_ack', command=message.command, result=result)

    def _position_command(self, message: Any) -> None:
        if message.command != _REPOSITION:
            super()._command_int(message)
            return
        result = _UNSUPPORTED
        if self.kind == PX4:
            result = _ACCEPTED if self._may_go else _DENIED
        if result == _ACCEPTED:
            self._go_to(message.x / 1e7, message.y / 1e7, message.z - self.start.altitude_m)
        self._say('command_ack', command=message.command, result=result)

    def _target(self, message: Any) -> None:
        is_position = message.type_mask == _POSITION_ONLY
        if self.kind != ARDUPILOT or not self._may_go or not is_position:
            self.dropped.append('target')
        elif message.coordinate_frame == _RELATIVE_ALT_INT:
            self._go_to(message.lat_int / 1e7, message.lon_int / 1e7, message.alt)

    @property
    def _may_go(self) -> bool:
        return self.vehicle.is_flying and (self.is_guided or self.kind == PX4)

    def _go_to(self, lat: float, long: float, height_m: float) -> None:
        self.controller.target_en_m = self._east_north(lat, long)
        self.controller.height_m = height_m

    def _mode(self, message: Any) -> int:
        if self.kind != ARDUPILOT or int(message.param2) != _GUIDED or not self.is_aided:
            return _FAILED
        self.is_guided = True
        return _ACCEPTED

    def _arm(self, message: Any) -> int:
        if not self.is_aided or not self._is_vision_healthy:
            return _FAILED
        self.is_armed = message.param1 == 1
        self._maybe_take_off()
        return _ACCEPTED

    @property
    def _is_vision_healthy(self) -> bool:
        """Return whether vision, where there shall be any, comes or is not asked for."""
        parameters = self.parameters
        is_skipped = int(parameters.get('ARMING_SKIPCHK', 0)) & _VISION_CHECK
        if self.kind != ARDUPILOT or not parameters['VISO_TYPE'] or is_skipped:
            return True
        is_healthy = self._now_s - self._taken_s < _HEALTHY_S
        if not is_healthy:
            self._say('statustext', severity=_CRITICAL, text=b'Arm: VisOdom: not healthy')
        return is_healthy

    def _take_off(self, message: Any) -> int:
        above_m = message.param7 - (self.start.altitude_m if self.kind == PX4 else 0.0)
        # PX4 is told first and armed then, ArduPilot the other way round.
        if self.kind == ARDUPILOT and not (self.is_armed and self.is_guided):
            return _FAILED
        self.controller.height_m = above_m
        self._maybe_take_off()
        return _ACCEPTED

    def _maybe_take_off(self) -> None:
        if self.is_armed and self.controller.height_m > 0:
            self.vehicle.is_flying = True

    def _speed(self, message: Any) -> int:
        self.controller.speed_m_s = message.param2
        return _ACCEPTED

    def _failure(self, message: Any) -> int:
        if self.kind != PX4 or not self.parameters['SYS_FAILURE_EN']:
            return _UNSUPPORTED
        if message.param1 == _GNSS_UNIT:
            self.has_gnss = message.param2 != _OFF
        return _ACCEPTED

    def _set_parameter(self, message: Any) -> None:
        super()._parameter_set(message)
        if self.kind == ARDUPILOT:
            self.has_gnss = bool(self.parameters['SIM_GPS1_ENABLE'])
        else:
            self.has_gnss = self.parameters['SIM_GPS_USED'] >= _FIX_SATELLITES

    def _tell_heartbeat_armed(self) -> None:
        code = {ARDUPILOT: 3, PX4: 12}[self.kind]
        base_mode = 209 if self.is_armed else 81
        self._say(
            'heartbeat', type=2, autopilot=code, base_mode=base_mode,
            custom_mode=_GUIDED if self.is_guided else _LAND, system_status=4,
        )  # fmt: skip

    def _tell_compass(self) -> None:
        yaw = math.remainder(self.vehicle.heading_rad + self.compass_error_rad, 2 * math.pi)
        rates = dict.fromkeys(('rollspeed', 'pitchspeed', 'yawspeed'), 0.0)
        self._say('attitude', time_boot_ms=self._boot_ms, roll=0.0, pitch=0.0, yaw=yaw, **rates)

    def _tell_truth(self) -> None:
        east_m, north_m = map(float, self.vehicle.position_en_m)
        lat, long = self.start.geodetic_from_ned(north_m, east_m)
        yaw = math.remainder(self.vehicle.heading_rad, 2 * math.pi)
        rates = ('xacc', 'yacc', 'zacc')
        altitude_m = self.start.altitude_m + self.vehicle.height_m
        if self.kind == ARDUPILOT:
            q1, q2, q3, q4 = quaternion_wxyz(Posture(yaw_rad=yaw))
            v_east, v_north = map(float, self.vehicle.velocity_en)
            still = ('roll', 'pitch', *rates, 'xgyro', 'ygyro', 'zgyro')
            self._say(
                'sim_state', q1=q1, q2=q2, q3=q3, q4=q4, yaw=yaw, alt=altitude_m,
                # These two are floats, whose steps are metres.
                lat=1e7 * lat, lon=1e7 * long, lat_int=round(1e7 * lat), lon_int=round(1e7 * long),
                vn=v_north, ve=v_east, vd=-self.vehicle.vertical_m_s,
                **dict.fromkeys((*still, 'std_dev_horz', 'std_dev_vert'), 0.0),
            )  # fmt: skip
            return
        v_east, v_north = (round(100 * float(v)) for v in self.vehicle.velocity_en)
        self._say(
            'hil_state_quaternion', time_usec=0,
            attitude_quaternion=quaternion_wxyz(Posture(yaw_rad=yaw)),
            **dict.fromkeys(('rollspeed', 'pitchspeed', 'yawspeed'), 0.0),
            lat=round(1e7 * lat), lon=round(1e7 * long),
            alt=round(1e3 * altitude_m),
            vx=v_north, vy=v_east, vz=round(-100 * self.vehicle.vertical_m_s),
            ind_airspeed=0, true_airspeed=0, **dict.fromkeys(rates, 0),
        )  # fmt: skip

    _commands: ClassVar[dict[int, Callable[[GuidedAutopilot, Any], int]]] = {
        _SET_MODE: _mode,
        _ARM: _arm,
        _TAKEOFF: _take_off,
        _SPEED: _speed,
        _FAILURE: _failure,
    }
    _hear: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        **FakeAutopilot._hear,
        'COMMAND_LONG': _flight_command,
        'COMMAND_INT': _position_command,
        'SET_POSITION_TARGET_GLOBAL_INT': _target,
        'PARAM_SET': _set_parameter,
    }
    _tell: ClassVar[dict[str, Callable[[Any], None]]] = {
        **FakeAutopilot._tell,
        'heartbeat': _tell_heartbeat_armed,
        'attitude': _tell_compass,
        'truth': _tell_truth,
    }
    _names: ClassVar[dict[int, str]] = {**FakeAutopilot._names, 108: 'truth', 115: 'truth'}
