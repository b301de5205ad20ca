# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the vehicle's sensors should not say."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

from bench.fire.scene import header, Shot
from geometry_msgs.msg import PoseWithCovarianceStamped, Quaternion, QuaternionStamped
from nav_msgs.msg import Odometry
import numpy as np
from sensor_msgs.msg import CameraInfo, Imu, NavSatFix, Range
from std_msgs.msg import Float64

NAN, INF, BIG = math.nan, math.inf, 1e308
Make = Callable[[Shot], Any]


def _camera(**fields: Any) -> Make:
    def make(shot: Shot) -> CameraInfo:
        info = shot.scene.camera_info()
        for name, value in fields.items():
            setattr(info, name, value)
        return info

    return make


def _region(shot: Shot) -> CameraInfo:
    info = shot.scene.camera_info()
    info.roi.x_offset, info.roi.y_offset, info.roi.width = 10_000, 10_000, 2**32 - 1
    return info


def _imu(quaternion: list[float], variance: float = 0.0, sec: int | None = None) -> Make:
    def make(shot: Shot) -> Imu:
        message = Imu(header=header(shot.stamp_ns), orientation=_quaternion(quaternion))
        message.orientation_covariance = (np.eye(3) * variance).ravel()
        if sec is not None:
            message.header.stamp.sec = sec
        return message

    return make


def _quaternion(values: list[float]) -> Quaternion:
    return Quaternion(**dict(zip('xyzw', values, strict=True)))


def _number(value: float) -> Make:
    return lambda _: Float64(data=value)


def _range(value: float, low: float = 0.0, high: float = 100.0) -> Make:
    return lambda shot: Range(
        header=header(shot.stamp_ns), range=value, min_range=low, max_range=high
    )


def _odometry(east: float, quaternion: list[float], sec: int | None = None) -> Make:
    def make(shot: Shot) -> Odometry:
        message = Odometry(header=header(shot.stamp_ns))
        message.pose.pose.position.x = east
        message.pose.pose.orientation = _quaternion(quaternion)
        if sec is not None:
            message.header.stamp.sec = sec
        return message

    return make


def _gnss(lat: float, long: float, variance: float = 4.0) -> Make:
    def make(shot: Shot) -> NavSatFix:
        message = NavSatFix(header=header(shot.stamp_ns), latitude=lat, longitude=long)
        message.position_covariance = (np.eye(3) * variance).ravel()
        message.position_covariance_type = 2
        return message

    return make


def _pose(east: float, variance: float, frame_id: str = 'map') -> Make:
    def make(shot: Shot) -> PoseWithCovarianceStamped:
        message = PoseWithCovarianceStamped(header=header(shot.stamp_ns, frame_id))
        message.pose.pose.position.x = east
        message.pose.covariance = (np.eye(6) * variance).ravel()
        return message

    return make


_FLAT, _FACING = [0.0] * 9, [0.0, 0.0, 0.0, 1.0]

FAULTS: dict[str, tuple[str, Make]] = {
    'camera_info of zeros': ('camera_info', _camera(k=_FLAT)),
    'camera_info nan': ('camera_info', _camera(k=[NAN] * 9)),
    'camera_info infinite': ('camera_info', _camera(k=[INF] * 9)),
    'camera_info with a focal length of 1e308': ('camera_info', _camera(k=[BIG] * 9)),
    'camera_info with a focal length of 1e-300': ('camera_info', _camera(k=[1e-300] * 9)),
    'camera_info with 3 coefficients': (
        'camera_info',
        _camera(distortion_model='plumb_bob', d=[0.1] * 3),
    ),
    'camera_info with a coefficient nan': (
        'camera_info',
        _camera(distortion_model='plumb_bob', d=[NAN] * 5),
    ),
    'camera_info with coefficients of 1e9': (
        'camera_info',
        _camera(distortion_model='plumb_bob', d=[1e9] * 5),
    ),
    'camera_info of an unknown model': ('camera_info', _camera(distortion_model='fov', d=[1.0])),
    'camera_info without a size': ('camera_info', _camera(width=0, height=0)),
    'camera_info of another aspect ratio': ('camera_info', _camera(height=4000)),
    'camera_info with huge binning': ('camera_info', _camera(binning_x=2**32 - 1)),
    'camera_info with a region outside': ('camera_info', _region),
    'imu nan': ('imu', _imu([NAN] * 4)),
    'imu zero': ('imu', _imu([0.0] * 4)),
    'imu of 1e308': ('imu', _imu([BIG] * 4)),
    'imu with variance nan': ('imu', _imu(_FACING, NAN)),
    'imu with variance 1e308': ('imu', _imu(_FACING, BIG)),
    'imu before 1970': ('imu', _imu(_FACING, sec=-7)),
    'imu upside down': ('imu', _imu([1.0, 0.0, 0.0, 0.0])),
    'attitude nan': (
        'attitude',
        lambda shot: QuaternionStamped(
            header=header(shot.stamp_ns), quaternion=_quaternion([NAN] * 4)
        ),
    ),
    'heading nan': ('heading', _number(NAN)),
    'heading infinite': ('heading', _number(-INF)),
    'heading of 1e308': ('heading', _number(BIG)),
    'altitude nan': ('altitude', _number(NAN)),
    'altitude infinite': ('altitude', _number(INF)),
    'altitude of 1e308': ('altitude', _number(BIG)),
    'altitude of -1e308': ('altitude', _number(-BIG)),
    'altitude of 1e-308': ('altitude', _number(1e-308)),
    'range nan': ('range', _range(NAN)),
    'range infinite without a limit': ('range', _range(INF, high=INF)),
    'range negative': ('range', _range(-5.0, low=-10.0)),
    'odom nan': ('odom', _odometry(NAN, _FACING)),
    'odom of 1e308': ('odom', _odometry(BIG, _FACING)),
    'odom that jumps': ('odom', _odometry(1e7, _FACING)),
    'odom zero': ('odom', _odometry(0.0, [0.0] * 4)),
    'odom before 1970': ('odom', _odometry(0.0, _FACING, sec=-1)),
    'gnss nan': ('gnss', _gnss(NAN, NAN)),
    'gnss infinite': ('gnss', _gnss(INF, 0.0)),
    'gnss off the earth': ('gnss', _gnss(91.0, 400.0)),
    'gnss with variance 1e308': ('gnss', _gnss(47.4, 8.5, BIG)),
    'gnss with variance 0': ('gnss', _gnss(47.4, 8.5, 0.0)),
    'gnss antipodal': ('gnss', _gnss(-47.4, -171.5)),
    'initialpose nan': ('initialpose', _pose(NAN, 25.0)),
    'initialpose of 1e308': ('initialpose', _pose(BIG, 25.0)),
    'initialpose with variance nan': ('initialpose', _pose(0.0, NAN)),
    'initialpose with variance -1': ('initialpose', _pose(0.0, -1.0)),
    'initialpose in another frame': ('initialpose', _pose(0.0, 25.0, 'odom')),
    'initialpose far off': ('initialpose', _pose(1e6, 1e-12)),
}
