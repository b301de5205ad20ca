# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the vehicle's sensors say about how an image was taken."""

from __future__ import annotations

from dataclasses import dataclass, field

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
from visual_navsat.tracking.time_buffer import interpolate_linear, TimeBuffer, Value
from visual_navsat.tracking.timed_image import TimedImage

USED, TOO_OLD = 'used', 'too old'
NO_MOUNT = 'unknown to TF'
# Of the heading at which correlation finds an image: on procedural worlds 0.3 with an unknown tilt
# of 3 degrees, to which the errors of the map's orientation and of the camera's mount add.
FOUND_HEADING_SIGMA_DEG = 1.0
# However exact a range finder is, ground is not flat.
MIN_HEIGHT_SIGMA = 0.02
_LEVEL = Attitude(np.array([0.0, 0.0, 0.0, 1.0]))  # facing east


@dataclass(frozen=True)
class MatchedInputs:
    """What was known at the moment of an image."""

    view: View
    attitude: Attitude | None  # of the vehicle
    body_from_camera: np.ndarray | None = None  # (3, 3) the mount
    used: dict[str, str] = field(default_factory=dict)  # input -> what became of it, for people

    def attitude_by(self, found_heading_deg: float | None) -> Attitude | None:
        """
        Return the vehicle's attitude as measured, or else by the heading found by correlation.

        :param found_heading_deg: of the image's up direction; None if it was not found.
        """
        if self.attitude is not None or found_heading_deg is None:
            return self.attitude
        return _vehicle_attitude(
            None, found_heading_deg, self.body_from_camera, FOUND_HEADING_SIGMA_DEG
        )


class VehicleSensors:
    """
    Collect measurements as they arrive, and return those that belong to an image as a View.

    ``attitude`` is preferred to ``imu``, ``heading`` to the heading of either, ``range`` to
    ``altitude``, and both to the fixed height. What is missing or too old stays unknown.
    """

    def __init__(self, config: NodeConfig) -> None:
        self._config = config
        age_s = config.input_max_age_s
        self.camera: CameraModel | None = None  # the newest: intrinsics do not age
        self.hfov_rad: float | None = None  # of the camera, where no message describes it
        # Attitudes are of the vehicle, headings of the image's up direction.
        self.imu = TimeBuffer(age_s, interpolate_attitude)
        self.attitude = TimeBuffer(age_s, interpolate_attitude)
        self.heading_deg = TimeBuffer(age_s, interpolate_heading_deg)
        self.altitude_m: TimeBuffer[float] = TimeBuffer(age_s, interpolate_linear)
        # (2,) metres and their sigma, NaN if it is not stated.
        self.range_m: TimeBuffer[np.ndarray] = TimeBuffer(age_s, interpolate_linear)
        self.fixed_mount = body_from_mounted_camera(
            config.mount_roll_deg, config.mount_pitch_deg, config.mount_yaw_deg
        )

    @property
    def heading_sigma_deg(self) -> float:
        """Return the standard deviation of a heading that does not state its own."""
        return self._config.heading_sigma_deg

    def clear(self) -> None:
        """Forget all measurements but keep the camera."""
        for buffer in (self.imu, self.attitude, self.heading_deg, self.altitude_m, self.range_m):
            buffer.clear()

    def match(self, image: TimedImage, width: int, height: int) -> MatchedInputs:
        """
        Return what is known about an image; sensors without a stamp are matched by its arrival.

        :param width: of the image as it arrived, pixels.
        """
        read_mount = image.body_from_camera
        body_from_camera = self.fixed_mount if read_mount is None else read_mount()
        used: dict[str, str] = {} if body_from_camera is not None else {'mount': NO_MOUNT}
        attitude = self._find('attitude', self.attitude, image.stamp_ns, used)
        imu = self._find('imu', self.imu, image.stamp_ns, used)
        heading_deg = self._find('heading', self.heading_deg, image.arrival_ns, used)
        vehicle = _vehicle_attitude(
            attitude or imu, heading_deg, body_from_camera, self.heading_sigma_deg
        )
        is_tilt_known = vehicle is not None and np.isfinite(vehicle.tilt_sigma_deg)
        full_attitude = vehicle if is_tilt_known else None
        enu_from_camera = None
        if full_attitude is not None and body_from_camera is not None:
            enu_from_camera = full_attitude.enu_from_body @ body_from_camera
        camera = self._camera_of(width, height, used)
        known_height = self._height_agl_m(image, full_attitude, used)
        amsl_m = self._altitude_amsl_m(image)
        is_scale_from_height = camera is not None and known_height is not None
        height_m, height_sigma = known_height or (None, 0.0)
        is_ranged = used.get('range') == USED and height_m is not None
        view = View(
            camera=camera,
            enu_from_camera=enu_from_camera,
            heading_deg=heading_deg,
            height_agl_m=height_m,
            gsd_m_per_px=self._config.gsd_m_per_px or None,
            heading_sigma_deg=self.heading_sigma_deg
            if vehicle is None
            else vehicle.heading_sigma_deg,
            tilt_sigma_deg=(full_attitude or _LEVEL).tilt_sigma_deg,
            scale_sigma=height_sigma if is_scale_from_height else self._config.gsd_sigma,
            altitude_amsl_m=amsl_m,
            altitude_sigma_m=self._config.altitude_sigma_m,
            is_height_over_level=not is_ranged,
        )
        return MatchedInputs(view, vehicle, body_from_camera, used)

    def _camera_of(self, width: int, height: int, used: dict[str, str]) -> CameraModel | None:
        if self.camera is None:
            hfov_rad = self.hfov_rad
            return None if hfov_rad is None else CameraModel.from_hfov(width, height, hfov_rad)
        try:
            camera = self.camera.resized_to(width, height)
        except ShapeError as error:
            used['camera_info'] = str(error)
            return None
        used['camera_info'] = 'used'
        return camera

    def _altitude_amsl_m(self, image: TimedImage) -> float | None:
        """Return metres above the sea, where that is what the altitude means; None if unknown."""
        matched = self.altitude_m.at(image.arrival_ns)
        is_amsl = self._config.altitude_meaning == 'amsl'
        return matched.value if matched is not None and is_amsl else None

    def _height_agl_m(
        self, image: TimedImage, attitude: Attitude | None, used: dict[str, str]
    ) -> tuple[float, float] | None:
        """Return metres above ground and their sigma as a fraction; None if unknown."""
        usual = self._config.height_sigma
        heights: list[tuple[float, float]] = []
        found = self._find('range', self.range_m, image.stamp_ns, used)
        if found is not None:
            range_m, sigma_m = found
            # The beam leaves along the vehicle's down axis, and meets flat ground at a slant.
            slant = 1.0 if attitude is None else attitude.enu_from_body[2, 2]
            stated = max(sigma_m / range_m, MIN_HEIGHT_SIGMA) if range_m > 0 else np.nan
            heights.append((range_m * slant, usual if np.isnan(stated) else float(stated)))
        altitude_m = self._find('altitude', self.altitude_m, image.arrival_ns, used)
        if altitude_m is not None:
            is_agl = self._config.altitude_meaning == 'agl'
            ground_m = 0.0 if is_agl else self._config.ground_amsl_m
            if altitude_m > ground_m:
                heights.append((altitude_m - ground_m, usual))
            else:
                used['altitude'] = f'{altitude_m:.1f} m is not above the ground'
        heights.append((self._config.height_agl_m, usual))
        return next((height for height in heights if height[0] > 0), None)

    @staticmethod
    def _find(
        name: str, buffer: TimeBuffer[Value], time_ns: int, used: dict[str, str]
    ) -> Value | None:
        """Return the value at a time, and note what became of the sensor."""
        matched = buffer.at(time_ns)
        if matched is not None:
            used[name] = USED
            return matched.value
        if not buffer.is_empty:
            used[name] = TOO_OLD
        return None


def _vehicle_attitude(
    attitude: Attitude | None,
    heading_deg: float | None,
    body_from_camera: np.ndarray | None,
    heading_sigma_deg: float,
) -> Attitude | None:
    """Return the measured attitude, turned about the vertical to the heading if there is one."""
    if heading_deg is None or body_from_camera is None:
        return attitude
    # Without a measured attitude the vehicle counts as level.
    rotation = (attitude or _LEVEL).enu_from_body
    image_heading_deg = View(enu_from_camera=rotation @ body_from_camera).known_heading_deg
    if image_heading_deg is None:  # the image's up direction points at the sky
        return attitude
    # Headings count clockwise, rotations counter-clockwise.
    turned = about_up(np.radians(image_heading_deg - heading_deg)) @ rotation
    if attitude is None:
        level = about_up(yaw_rad(turned))
        return Attitude(quaternion_from_matrix(level), heading_sigma_deg, float('inf'))
    return Attitude(quaternion_from_matrix(turned), heading_sigma_deg, attitude.tilt_sigma_deg)
