# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A vehicle over a procedural world whose compass, height and camera mount are off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.small_map import CAMERA
import cv2
import numpy as np
from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.rotation import (
    about_up,
    body_from_mounted_camera,
    quaternion_from_matrix,
)
from visual_navsat.localization.corrections import Corrections
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.odometry_drift import drift_step
from visual_navsat.tracking.odometry_leg import OdometryPose
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import Epoch

# What is to be found: what has to be added to what the vehicle says.
HEADING_DEG, SCALE, TILT_DEG = 8.0, 1 / 1.12, 2.0
# Beside that every image has errors of its own, standard deviations.
HEADING_NOISE_DEG, SCALE_NOISE, TILT_NOISE_DEG = 1.0, 0.01, 0.5
ODOMETRY_DRIFT = 0.03
SECONDS_PER_IMAGE = 10.0
LENS = CameraModel.from_hfov(
    CAMERA.width, CAMERA.height, 2 * np.arctan(CAMERA.width / 2 / CAMERA.focal_length_px)
)
_MOUNT = body_from_mounted_camera(0.0, -90.0, 0.0)  # that of the node by default


@dataclass(frozen=True)
class Exposure:
    """One image of a flight, what the vehicle says of it, and what is true."""

    stamp_ns: int
    image: np.ndarray  # (H, W, 3) uint8 RGB
    attitude: Attitude  # as the vehicle has it
    height_m: float  # as the vehicle has it
    odometry_m: np.ndarray  # (2,) where odometry has taken the vehicle
    place: tuple[float, float]  # true, degrees
    heading_deg: float  # true

    def put_into(self, flight: Flight) -> None:
        """Give the flight what the node would have heard."""
        level = np.array([0.0, 0.0, 0.0, 1.0])
        flight.sensors.camera = LENS
        flight.sensors.attitude.add(self.stamp_ns, self.attitude)
        flight.sensors.altitude_m.add(self.stamp_ns, self.height_m)
        flight.track.add_odometry(self.stamp_ns, OdometryPose(self.odometry_m, level))


def true_corrections(tilt_towards_deg: float) -> Corrections:
    """Return what is to be found, the tilt towards a direction clockwise from the image's up."""
    towards = np.radians(tilt_towards_deg)
    right, up = TILT_DEG * np.sin(towards), TILT_DEG * np.cos(towards)
    return Corrections(HEADING_DEG, SCALE, float(right), float(up))


def fly(
    site: Site, epoch: Epoch, poses: Sequence[CameraPose], off: Corrections, seed: int
) -> Iterator[Exposure]:
    """
    Yield the images of a flight.

    :param poses: of a camera that is mounted as it should be.
    :param off: what the vehicle does not know.
    """
    rng = np.random.default_rng([83, seed])
    drift = rng.normal(0.0, 1.0, 2)
    places_m = np.array([[pose.east_m, pose.north_m] for pose in poses])
    odometry_m = places_m[0]
    for number, pose in enumerate(poses):
        if number:
            leg_m = places_m[number] - places_m[number - 1]
            step = drift_step(leg_m, ODOMETRY_DRIFT)
            white_m = rng.normal(0.0, step.white_sigma_m, 2)
            odometry_m = odometry_m + leg_m + step.lasting_m @ drift + white_m
        # A camera that looks further to the right is rolled the other way.
        taken = CameraPose(
            *(pose.east_m, pose.north_m, pose.height_agl_m, pose.heading_deg),
            pose.pitch_deg + off.tilt_up_deg,
            pose.roll_deg - off.tilt_right_deg,
        )
        body = taken.enu_from_camera @ off.tilt.T @ _MOUNT.T
        tilt_rad = np.radians(rng.normal(0.0, TILT_NOISE_DEG, 2))
        tilted, _ = cv2.Rodrigues(np.array([*tilt_rad, 0.0]))
        heading_deg = off.heading_offset_deg + rng.normal(0.0, HEADING_NOISE_DEG)
        told = about_up(np.radians(heading_deg)) @ tilted @ body
        yield Exposure(
            stamp_ns=round((number + 1) * SECONDS_PER_IMAGE * 1e9),
            image=photograph(site.world, epoch, taken, CAMERA, exposure_key=number).image,
            attitude=Attitude(quaternion_from_matrix(told), tilt_sigma_deg=TILT_NOISE_DEG),
            height_m=pose.height_agl_m / off.scale_factor * (1 + rng.normal(0.0, SCALE_NOISE)),
            odometry_m=odometry_m.copy(),
            place=site.geodetic(pose.east_m, pose.north_m),
            heading_deg=pose.heading_deg,
        )
