# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The good photo of the small map and what is true of it."""

from __future__ import annotations

import array
import csv
from dataclasses import dataclass
import random

from bench.record import ROOT
from bench.small_map import CAMERA
import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from visual_navsat.ros.conversions import stamp_message

MAP = ROOT / 'maps/small/map.tif'
_PHOTOS = ROOT / 'maps/small/photos.csv'


@dataclass(frozen=True)
class Scene:
    """One photo, which every good image shows, and its truth."""

    pixels: np.ndarray  # (480, 640, 3) uint8 RGB
    jpeg: bytes
    latitude: float
    longitude: float
    heading_deg: float
    height_agl_m: float

    @classmethod
    def load(cls) -> Scene:
        """Read the first photo of maps/small."""
        with _PHOTOS.open(newline='') as stream:
            row = next(csv.DictReader(stream))
        path = _PHOTOS.parent / 'photos' / row['Filename']
        pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        names = 'Latitude', 'Longitude', 'Yaw', 'Height'
        return cls(pixels, path.read_bytes(), *(float(row[name]) for name in names))

    def camera_info(self) -> CameraInfo:
        """Return the camera that took it."""
        height, width = self.pixels.shape[:2]
        focal = CAMERA.focal_length_px
        info = CameraInfo(width=width, height=height)
        info.k = [focal, 0.0, (width - 1) / 2, 0.0, focal, (height - 1) / 2, 0.0, 0.0, 1.0]
        return info

    def image(self, stamp_ns: int) -> Image:
        """Return it as a raw image."""
        return raw_image(self.pixels, 'rgb8', stamp_ns)

    def compressed(self, stamp_ns: int) -> CompressedImage:
        """Return it as it is stored."""
        return CompressedImage(header=header(stamp_ns), format='jpeg', data=as_array(self.jpeg))


@dataclass(frozen=True)
class Shot:
    """What a kind of malformed message is made of."""

    scene: Scene
    stamp_ns: int  # now
    rng: random.Random

    @property
    def good(self) -> Image:
        """Return a good raw image of now."""
        return self.scene.image(self.stamp_ns)

    def noise(self, height: int, width: int, channels: int = 3) -> np.ndarray:
        """Return pixels that show nothing."""
        values = self.rng.randbytes(height * width * channels)
        return np.frombuffer(values, np.uint8).reshape(height, width, channels)


def header(stamp_ns: int, frame_id: str = 'camera') -> Header:
    """Return the header of an image."""
    return Header(stamp=stamp_message(stamp_ns), frame_id=frame_id)


def raw_image(pixels: np.ndarray, encoding: str, stamp_ns: int) -> Image:
    """Return an array of whatever type as a message."""
    height, width = pixels.shape[:2]
    message = Image(header=header(stamp_ns), height=height, width=width, encoding=encoding)
    message.step = pixels.nbytes // height
    message.data = as_array(pixels.tobytes())
    return message


def as_array(data: bytes) -> array.array:
    """Return bytes as rclpy takes them unchecked."""
    return array.array('B', data)
