# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the autopilot has said: its motion, posture, position, origin, estimator, parameters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
import math
import struct
from typing import Any

import numpy as np
from visual_navsat.autopilot.clock_offset import ClockOffset
from visual_navsat.autopilot.dialect import is_mavlink_1
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.messages import Posture
from visual_navsat.autopilot.motion_buffer import MotionBuffer

ARDUPILOT, PX4 = 'ardupilot', 'px4'
_KINDS = {3: ARDUPILOT, 12: PX4}  # MAV_AUTOPILOT
# EKF_STATUS_FLAGS of ArduPilot and ESTIMATOR_STATUS_FLAGS are the same here.
POS_HORIZ_ABS, CONST_POS_MODE = 16, 128
_INT_TYPES = {1: '<B3x', 2: '<b3x', 3: '<H2x', 4: '<h2x', 5: '<I', 6: '<i'}  # MAV_PARAM_TYPE
_MAX_TEXTS = 20
FIX_3D = 3  # GPS_FIX_TYPE
_ARMED = 128  # MAV_MODE_FLAG
_TOLD_NS = 1_000_000_000


@dataclass(frozen=True)
class Estimator:
    """What an EKF says of itself."""

    heard_ns: int
    flags: int
    pos_horiz_ratio: float  # innovations of position over what was expected; above 1: rejected

    @property
    def has_position(self) -> bool:
        """Whether it holds an absolute horizontal position."""
        return bool(self.flags & POS_HORIZ_ABS) and not self.flags & CONST_POS_MODE


@dataclass(frozen=True)
class Located:
    """A position with its time."""

    heard_ns: int
    latitude: float
    longitude: float
    altitude_msl_m: float
    sigma_m: float = math.nan
    fix_type: int = 0  # GPS_FIX_TYPE


class Vehicle:
    """Keep the newest of everything that an autopilot sends."""

    def __init__(self, tells_motion: bool = True) -> None:
        """:param tells_motion: False: ``motion`` is filled by somebody else."""
        self.motion = MotionBuffer()
        self._tells_motion = tells_motion
        self.posture = Posture()
        self.kind = ''  # 'ardupilot' or 'px4', '' before the first heartbeat
        self.target = (1, 1)  # system and component
        self.systems: dict[int, int] = {}  # when each autopilot was last heard, ns
        self.heartbeat_ns: int | None = None
        self.is_armed = False
        self.mode = -1  # of the autopilot's own numbers; -1 before it is told
        self.mavlink_1_ns: int | None = None  # when version 1 was last heard
        self.mavlink_2_ns: int | None = None
        self.origin: Origin | None = None
        self.position: Located | None = None  # the EKF's own
        self.gnss: Located | None = None
        self.local_ned: tuple[int, np.ndarray] | None = None  # stamp ns on our clock, (3,) metres
        self.estimator: Estimator | None = None
        self.parameters: dict[str, float] = {}
        self.acks: dict[int, int] = {}  # MAV_RESULT by command
        self.texts: deque[str] = deque(maxlen=_MAX_TEXTS)
        self.clock = ClockOffset()  # of the time since its boot
        self.aux_ratio = (0, math.nan)  # heard ns
        self.told_ns: int | None = None  # when a ROS topic was last heard
        self._hearers: dict[str, Callable[[Any, int], None]] = {
            'HEARTBEAT': self._heartbeat,
            'ATTITUDE': self._attitude,
            'LOCAL_POSITION_NED': self._local_position,
            'GLOBAL_POSITION_INT': self._global_position,
            'GPS_GLOBAL_ORIGIN': self._global_origin,
            'GPS_RAW_INT': self._gps_raw,
            'EKF_STATUS_REPORT': self._ekf_status,
            'ESTIMATOR_STATUS': self._estimator_status,
            'PARAM_VALUE': self._parameter,
            'COMMAND_ACK': self._ack,
            'STATUSTEXT': self._text,
        }

    def hear(self, message: Any, now_ns: int) -> None:
        """Take a message that arrived now; those of other components are ignored."""
        hearer = self._hearers.get(message.get_type())
        if hearer is None:
            return
        sender = (message.get_srcSystem(), message.get_srcComponent())
        if message.get_type() != 'HEARTBEAT' and self.kind and sender != self.target:
            return
        if is_mavlink_1(message):
            self.mavlink_1_ns = now_ns
        else:
            self.mavlink_2_ns = now_ns
        hearer(message, now_ns)

    def move(self, stamp_ns: int, velocity_en: np.ndarray) -> None:
        """Take (2,) metres a second east and north, unless somebody else tells the motion."""
        if self._tells_motion:
            self.motion.add_velocity(stamp_ns, velocity_en)

    def place(self, stamp_ns: int, ned_m: np.ndarray) -> None:
        """Take (3,) metres from the EKF's origin; ignored if they are not finite."""
        if np.isfinite(ned_m).all():
            self.local_ned = (stamp_ns, ned_m)
            self.posture = replace(self.posture, down_m=float(ned_m[2]))

    def turn(self, roll_rad: float, pitch_rad: float, yaw_rad: float) -> None:
        """Take the attitude, yaw from north clockwise; ignored if it is not finite."""
        if all(map(math.isfinite, (roll_rad, pitch_rad, yaw_rad))):
            self.posture = Posture(self.posture.down_m, roll_rad, pitch_rad, yaw_rad)

    def aux_ratio_at(self, now_ns: int) -> float:
        """Return the ratio of innovations of PX4's auxiliary position, NaN if none was told."""
        told_ns, ratio = self.aux_ratio
        return ratio if now_ns - told_ns < _TOLD_NS else math.nan

    def forget_link(self) -> None:
        """Forget what a reboot may have changed, after the connection was lost."""
        if self._tells_motion:
            self.motion.clear()
        self.origin = self.local_ned = self.estimator = None
        self.parameters.clear()

    def _heartbeat(self, message: Any, now_ns: int) -> None:
        kind = _KINDS.get(message.autopilot)
        if kind is None:  # of a ground station, a gimbal or ourselves
            return
        sender = (message.get_srcSystem(), message.get_srcComponent())
        self.systems[sender[0]] = now_ns
        if not self.kind or sender == self.target:
            self.kind, self.target, self.heartbeat_ns = kind, sender, now_ns
            self.is_armed = bool(message.base_mode & _ARMED)
            self.mode = message.custom_mode

    def _attitude(self, message: Any, now_ns: int) -> None:
        self.turn(message.roll, message.pitch, message.yaw)
        is_told = self.local_ned is not None and now_ns - self.local_ned[0] < _TOLD_NS
        if self.kind and not self.is_armed and not is_told:
            # Before its first position an EKF tells no motion: on the ground there is none.
            self.move(now_ns, np.zeros(2))

    def _local_position(self, message: Any, now_ns: int) -> None:
        stamp_ns = self.clock.ours(message.time_boot_ms * 1_000_000, now_ns)
        self.move(stamp_ns, np.array([message.vy, message.vx]))
        self.place(stamp_ns, np.array([message.x, message.y, message.z]))

    def _global_position(self, message: Any, now_ns: int) -> None:
        if message.lat == 0 and message.lon == 0:  # before there is any
            return
        stamp_ns = self.clock.ours(message.time_boot_ms * 1_000_000, now_ns)
        self.position = Located(stamp_ns, message.lat / 1e7, message.lon / 1e7, message.alt / 1e3)

    def _global_origin(self, message: Any, now_ns: int) -> None:
        self.origin = Origin(
            message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3
        )

    def _gps_raw(self, message: Any, now_ns: int) -> None:
        sigma_m = message.h_acc / 1e3 if message.h_acc else math.nan
        self.gnss = Located(
            now_ns,
            message.lat / 1e7,
            message.lon / 1e7,
            message.alt / 1e3,
            sigma_m,
            message.fix_type,
        )

    def _ekf_status(self, message: Any, now_ns: int) -> None:
        self.estimator = Estimator(now_ns, message.flags, message.pos_horiz_variance)

    def _estimator_status(self, message: Any, now_ns: int) -> None:
        if self.kind != ARDUPILOT:  # it says the same in its own message, in other units
            self.estimator = Estimator(now_ns, message.flags, message.pos_horiz_ratio)

    def _parameter(self, message: Any, now_ns: int) -> None:
        value = float(message.param_value)
        code = _INT_TYPES.get(message.param_type)
        if self.kind == PX4 and code:
            # Its integers are bit patterns in the float.
            value = float(struct.unpack(code, struct.pack('<f', message.param_value))[0])
        self.parameters[message.param_id.rstrip('\0')] = value

    def _ack(self, message: Any, now_ns: int) -> None:
        self.acks[message.command] = message.result

    def _text(self, message: Any, now_ns: int) -> None:
        self.texts.append(message.text.rstrip('\0'))
