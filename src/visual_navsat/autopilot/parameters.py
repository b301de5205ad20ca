# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an autopilot's parameters should be, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import struct

from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.vehicle import PX4

_REAL32, _INT32 = 9, 6  # MAV_PARAM_TYPE


@dataclass(frozen=True)
class Wanted:
    """One parameter as it should be."""

    names: tuple[str, ...]  # in the order of versions, the newest first
    value: float  # what --set writes
    why: str
    low: float | None = None  # what else is fine; without it the value itself
    high: float | None = None
    switches_on: bool = False  # with another value nothing is fused at all
    is_float: bool = False  # a PX4 parameter that is no integer
    is_bits: bool = False  # the value's bits must be set, whatever others are
    for_arming: bool = False  # of no matter once the vehicle is armed

    def accepts(self, value: float) -> bool:
        """Return whether a value is as it should be."""
        if self.is_bits:
            return int(value) & int(self.value) == int(self.value)
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        return low <= value <= high

    def name(self, parameters: Mapping[str, float]) -> str:
        """Return what this autopilot calls it; the newest name where it has told none."""
        return next((name for name in self.names if name in parameters), self.names[0])

    def found(self, parameters: Mapping[str, float]) -> float | None:
        """Return the value that an autopilot has told, None if it has not."""
        return parameters.get(self.name(parameters))

    def to_write(self, parameters: Mapping[str, float]) -> float:
        """Return what --set writes over the value that an autopilot has told."""
        if self.is_bits:
            return float(int(self.found(parameters) or 0) | int(self.value))
        return self.value

    @property
    def should(self) -> str:
        """Return what it should be, for people."""
        if self.is_bits:
            return f'with {int(self.value)}'
        if self.low is None or self.high is None:
            return f'{self.value:g}'
        return f'{self.low:g} to {self.high:g}'


def _on(name: str, value: float, why: str) -> Wanted:
    return Wanted((name,), value, why, switches_on=True)


_VISION_CHECK = 1 << 18  # of ARMING_SKIPCHK
_EKF3 = (
    _on('AHRS_EKF_TYPE', 3, 'EKF3 is what fuses positions'),
    _on('EK3_ENABLE', 1, 'EKF3 is what fuses positions'),
)
ARDUPILOT_VISION = (
    *_EKF3,
    _on('VISO_TYPE', 1, 'without it every message of vision is dropped (reboot)'),
    _on('EK3_SRC2_POSXY', 6, 'horizontal position from external navigation, in source set 2'),
    Wanted(('EK3_SRC2_VELXY',), 0, 'no velocity is sent'),
    Wanted(('EK3_SRC2_POSZ',), 1, 'height from the barometer: z is only its own, sent back'),
    Wanted(('EK3_SRC2_VELZ',), 0, 'no velocity is sent'),
    Wanted(('EK3_SRC2_YAW',), 1, 'yaw from the compass: that of the message is its own'),
    Wanted(
        ('VISO_DELAY_MS',), 30, 'fixes come carried to now: only the way is left', low=0, high=100
    ),
    Wanted(('VISO_POS_M_NSE',), 0.5, 'the floor of the sigmas that are sent', low=0.01, high=3.0),
    Wanted(('VISO_QUAL_MIN',), 0, 'quality is sent as 100', low=-1, high=100),
    Wanted(
        ('ARMING_SKIPCHK',),
        _VISION_CHECK,
        'else it does not arm before fixes come: VisOdom: not healthy',
        is_bits=True,
        for_arming=True,
    ),
)
ARDUPILOT_GPS = (
    *_EKF3,
    Wanted(('GPS1_TYPE', 'GPS_TYPE'), 14, 'a GPS over MAVLink (reboot)', switches_on=True),
    _on('EK3_SRC1_POSXY', 3, 'horizontal position from GPS'),
    Wanted(('EK3_SRC1_VELXY',), 0, 'no velocity is sent'),
    Wanted(('EK3_SRC1_VELZ',), 0, 'no velocity is sent'),
    Wanted(('EK3_SRC1_POSZ',), 1, 'height from the barometer: no altitude is known'),
    Wanted(
        ('GPS1_DELAY_MS', 'GPS_DELAY_MS'),
        30,
        'fixes come carried to now: only the way is left; 0 means a guess of 200',
        low=1,
        high=100,
    ),
)
PX4_SENSOR = (
    Wanted(
        ('EKF2_AGP0_CTRL', 'EKF2_AGP_CTRL'),
        1,
        'horizontal fusion of global positions is off by default',
        switches_on=True,
    ),
    Wanted(('EKF2_AGP0_ID',), 1, 'the sensor id that is sent', switches_on=True),
    Wanted(
        ('EKF2_AGP0_DELAY', 'EKF2_AGP_DELAY'),
        30,
        'fixes come carried to now: only the way is left (reboot)',
        low=0,
        high=100,
        is_float=True,
    ),
    Wanted(
        ('EKF2_AGP0_NOISE', 'EKF2_AGP_NOISE'),
        1.0,
        'the floor of the sigmas that are sent',
        low=0.1,
        high=3.0,
        is_float=True,
    ),
    Wanted(
        ('EKF2_AGP0_GATE', 'EKF2_AGP_GATE'),
        5.0,
        'sigmas beyond which a fix is rejected',
        low=3.0,
        high=10.0,
        is_float=True,
    ),
)


def read_request(name: str, target: tuple[int, int]) -> MavlinkMessage:
    """Return the request for one parameter."""
    return MavlinkMessage(
        'param_request_read',
        {
            'target_system': target[0],
            'target_component': target[1],
            'param_id': name.encode(),
            'param_index': -1,
        },
    )


def set_request(
    name: str, value: float, kind: str, target: tuple[int, int], is_float: bool = False
) -> MavlinkMessage:
    """
    Return the message that writes the value of a parameter.

    :param kind: of autopilot; an integer of PX4 is a bit pattern in the float.
    :param is_float: whether PX4 has it as a float.
    """
    code = _REAL32
    if kind == PX4 and not is_float:
        value, code = struct.unpack('<f', struct.pack('<i', int(value)))[0], _INT32
    return MavlinkMessage(
        'param_set',
        {
            'target_system': target[0],
            'target_component': target[1],
            'param_id': name.encode(),
            'param_value': value,
            'param_type': code,
        },
    )
