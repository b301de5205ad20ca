"""What the vehicle's sensors say about how an image was taken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from visual_navsat.config import NodeConfig
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.attitude import Attitude, interpolate_attitude
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.rotation import (
    about_up,
    body_from_mounted_camera,
    interpolate_heading_deg,
    quaternion_from_matrix,
    yaw_rad,
)
from visual_navsat.geometry.view import View
from visual_navsat.tracking.time_buffer import Matched, TimeBuffer, interpolate_linear

TOO_OLD = 'too old'
NO_MOUNT = 'unknown to TF'
# Of the heading at which correlation finds an image. On procedural worlds it is 0.3 with a tilt of
# 3 degrees that nobody told; the map's own turn and the camera's mount come on top.
FOUND_HEADING_SIGMA_DEG = 1.0
_LEVEL = Attitude(np.array([0.0, 0.0, 0.0, 1.0]))  # facing east


@dataclass(frozen=True)
class ImageMoment:
    """When an image was taken and when it arrived: sensors without a stamp match the latter."""

    stamp_ns: int
    arrival_ns: int


@dataclass(frozen=True)
class MatchedInputs:
    """What was known at the moment of an image."""

    view: View
    attitude: Attitude | None  # of the vehicle
    body_from_camera: np.ndarray | None = None  # (3, 3) the mount
    used: dict[str, str] = field(default_factory=dict)  # input -> what became of it, for people

    @property
    def enu_from_body(self) -> np.ndarray | None:
        """Rotation of the vehicle as a (3, 3) matrix, None if unknown."""
        return None if self.attitude is None else self.attitude.enu_from_body

    def attitude_by(self, found_heading_deg: float | None) -> Attitude | None:
        """
        Return the vehicle's attitude, by the heading at which the image was found if by nothing.

        :param found_heading_deg: of the image's up direction; None if it was not found.
        """
        if self.attitude is not None or found_heading_deg is None:
            return self.attitude
        found = _vehicle_attitude(None, found_heading_deg, self.body_from_camera)
        return found and replace(found, heading_sigma_deg=FOUND_HEADING_SIGMA_DEG)


class VehicleSensors:
    """
    Collect measurements as they arrive, and give those that belong to an image as a View.

    ``attitude`` comes before ``imu``, ``heading`` before the heading of either; ``range`` before
    ``altitude``, and both before the fixed height. What is missing or too old is left open.
    """

    def __init__(self, config: NodeConfig) -> None:
        self._config = config
        age_s = config.input_max_age_s
        self.camera: CameraModel | None = None  # the newest: intrinsics do not age
        self.hfov_rad: float | None = None  # of the camera, where no message describes it
        self.imu = TimeBuffer(age_s, interpolate_attitude)
        self.attitude = TimeBuffer(age_s, interpolate_attitude)
        self.heading_deg = TimeBuffer(age_s, interpolate_heading_deg)  # of the image's up
        self.altitude_m = TimeBuffer(age_s, interpolate_linear)
        self.range_m = TimeBuffer(age_s, interpolate_linear)
        self.fixed_mount = body_from_mounted_camera(
            config.mount_roll_deg, config.mount_pitch_deg, config.mount_yaw_deg
        )

    def clear(self) -> None:
        """Forget all measurements; the camera stays the same."""
        for buffer in (self.imu, self.attitude, self.heading_deg, self.altitude_m, self.range_m):
            buffer.clear()

    def match(
        self, moment: ImageMoment, width: int, height: int, body_from_camera: np.ndarray | None
    ) -> MatchedInputs:
        """
        Return what is known about an image.

        :param width: of the image as it arrived, pixels.
        :param body_from_camera: (3, 3) mount at that moment: :attr:`fixed_mount` or a gimbal's;
            None if unknown.
        """
        used: dict[str, str] = {} if body_from_camera is not None else {'mount': NO_MOUNT}
        attitude = self._find('attitude', self.attitude, moment.stamp_ns, used)
        imu = self._find('imu', self.imu, moment.stamp_ns, used)
        heading = self._find('heading', self.heading_deg, moment.arrival_ns, used)
        heading_deg = None if heading is None else heading.value
        vehicle = _vehicle_attitude(attitude or imu, heading_deg, body_from_camera)
        is_tilt_known = vehicle is not None and np.isfinite(vehicle.tilt_sigma_deg)
        enu_from_camera = None
        if is_tilt_known and body_from_camera is not None:
            enu_from_camera = vehicle.enu_from_body @ body_from_camera
        view = View(
            camera=self._camera_of(width, height, used),
            enu_from_camera=enu_from_camera,
            heading_deg=heading_deg,
            height_agl_m=self._height_agl_m(moment, vehicle, used),
            gsd_m_per_px=self._config.gsd_m_per_px or None,
            heading_sigma_deg=(vehicle or _LEVEL).heading_sigma_deg,
            tilt_sigma_deg=(vehicle if is_tilt_known else _LEVEL).tilt_sigma_deg,
        )
        return MatchedInputs(view, vehicle, body_from_camera, used)

    def _camera_of(self, width: int, height: int, used: dict[str, str]) -> CameraModel | None:
        if self.camera is None:
            if self.hfov_rad is None:
                return None
            return CameraModel.from_hfov(width, height, self.hfov_rad)
        try:
            camera = self.camera.resized_to(width, height)
        except ShapeError as error:
            used['camera_info'] = str(error)
            return None
        used['camera_info'] = 'used'
        return camera

    def _height_agl_m(
        self, moment: ImageMoment, vehicle: Attitude | None, used: dict[str, str]
    ) -> float | None:
        heights = []
        measured = self._find('range', self.range_m, moment.stamp_ns, used)
        if measured is not None:
            # The beam leaves along the vehicle's down axis, and meets flat ground at a slant.
            is_tilt_known = vehicle is not None and np.isfinite(vehicle.tilt_sigma_deg)
            cosine = vehicle.enu_from_body[2, 2] if is_tilt_known else 1.0
            heights.append(measured.value * cosine)
        altitude = self._find('altitude', self.altitude_m, moment.arrival_ns, used)
        if altitude is not None:
            is_agl = self._config.altitude_meaning == 'agl'
            ground_m = 0.0 if is_agl else self._config.ground_amsl_m
            if altitude.value > ground_m:
                heights.append(altitude.value - ground_m)
            else:
                used['altitude'] = f'{altitude.value:.1f} m is not above the ground'
        heights.append(self._config.height_agl_m)
        return next((height for height in heights if height > 0), None)

    @staticmethod
    def _find(name: str, buffer: TimeBuffer, time_ns: int, used: dict[str, str]) -> Matched | None:
        """Return the measurement of a moment, and note what became of it."""
        matched = buffer.at(time_ns)
        if matched is not None:
            used[name] = 'used'
        elif not buffer.is_empty:
            used[name] = TOO_OLD
        return matched


def _vehicle_attitude(
    measured: Matched[Attitude] | None,
    heading_deg: float | None,
    body_from_camera: np.ndarray | None,
) -> Attitude | None:
    """Return the vehicle's attitude, turned about the vertical to a heading where there is one."""
    attitude = None if measured is None else measured.value
    if heading_deg is None or body_from_camera is None:
        return attitude
    # Without a measured attitude, as if the vehicle were level.
    rotation = (attitude or _LEVEL).enu_from_body
    image_heading_deg = View(enu_from_camera=rotation @ body_from_camera).known_heading_deg
    if image_heading_deg is None:  # the image's up direction points at the sky
        return attitude
    # Headings count clockwise, rotations counter-clockwise.
    turned = about_up(np.radians(image_heading_deg - heading_deg)) @ rotation
    if attitude is None:
        level = about_up(yaw_rad(turned))
        return Attitude(quaternion_from_matrix(level), tilt_sigma_deg=float('inf'))
    return Attitude(quaternion_from_matrix(turned), tilt_sigma_deg=attitude.tilt_sigma_deg)
