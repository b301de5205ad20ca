# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map of a few tiles, and a flight over it recorded in bags of every kind."""

from __future__ import annotations

from pathlib import Path

import cv2
from makers import FRAME, photograph, SmallMap, TILE_M
import numpy as np
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from visual_navsat.geometry.rotation import quaternion_from_matrix

START_NS = 1_700_000_000_000_000_000
SECOND = 1_000_000_000

KINDS = {
    '/camera/image': 'sensor_msgs/msg/Image',
    '/camera/compressed': 'sensor_msgs/msg/CompressedImage',
    '/compass': 'std_msgs/msg/Float64',
    '/odom': 'nav_msgs/msg/Odometry',
    '/fix': 'sensor_msgs/msg/NavSatFix',
    '/attitude': 'geometry_msgs/msg/QuaternionStamped',
}
TF_KIND = 'tf2_msgs/msg/TFMessage'


def photo_over(small_map: SmallMap, east_m: float) -> np.ndarray:
    """Return what a camera sees from over (east, -200) m: a tile's width of ground, north up."""
    return photograph(small_map.ground, 200.0 / TILE_M, east_m / TILE_M)


def lat_long(east_m: float) -> tuple[float, float]:
    lat, long = FRAME.geodetic_from_enu([east_m, -200.0])
    return float(lat), float(long)


class Recorder:
    """Make the messages of a flight with the types of ROS 1 or 2, and write them."""

    def __init__(self, is_ros1: bool = False) -> None:
        self._is_ros1 = is_ros1
        self.store = get_typestore(Stores.ROS1_NOETIC if is_ros1 else Stores.ROS2_HUMBLE)
        if is_ros1:
            definition = 'geometry_msgs/TransformStamped[] transforms'
            self.store.register(get_types_from_msg(definition, TF_KIND))
        self.kinds = dict(KINDS)
        self.messages: list[tuple[str, int, object]] = []  # topic, arrival, message

    def make(self, kind: str, **fields):
        return self.store.types[kind](**fields)

    def header(self, stamp_ns: int, frame_id: str = 'belly'):
        more = {'seq': 0} if self._is_ros1 else {}
        seconds, nanoseconds = divmod(stamp_ns, SECOND)
        stamp = self.make('builtin_interfaces/msg/Time', sec=seconds, nanosec=nanoseconds)
        return self.make('std_msgs/msg/Header', stamp=stamp, frame_id=frame_id, **more)

    def add(self, topic: str, arrival_ns: int, message) -> None:
        self.messages.append((topic, arrival_ns, message))

    def add_image(self, pixels: np.ndarray, stamp_ns: int, arrival_ns: int | None = None) -> None:
        height, width = pixels.shape[:2]
        header = self.header(stamp_ns)
        message = self.make(
            KINDS['/camera/image'],
            header=header,
            height=height,
            width=width,
            encoding='rgb8',
            is_bigendian=0,
            step=3 * width,
            data=np.ascontiguousarray(pixels).reshape(-1),
        )
        self.add('/camera/image', arrival_ns or stamp_ns, message)
        png = cv2.imencode('.png', pixels[..., ::-1])[1].reshape(-1)
        compressed = self.make(KINDS['/camera/compressed'], header=header, format='png', data=png)
        self.add('/camera/compressed', arrival_ns or stamp_ns, compressed)

    def add_heading(self, heading_deg: float, arrival_ns: int) -> None:
        self.add('/compass', arrival_ns, self.make(KINDS['/compass'], data=heading_deg))

    def add_truth(self, lat: float, long: float, stamp_ns: int, status: int = 0) -> None:
        message = self.make(
            KINDS['/fix'],
            header=self.header(stamp_ns),
            status=self.make('sensor_msgs/msg/NavSatStatus', status=status, service=1),
            latitude=lat,
            longitude=long,
            altitude=50.0,
            position_covariance=np.zeros(9),
            position_covariance_type=0,
        )
        self.add('/fix', stamp_ns, message)

    def add_attitude(self, quaternion: np.ndarray, stamp_ns: int) -> None:
        message = self.make(
            KINDS['/attitude'],
            header=self.header(stamp_ns, 'base_link'),
            quaternion=self._quaternion(quaternion),
        )
        self.add('/attitude', stamp_ns, message)

    def add_tf(
        self, parent: str, child: str, rotation: np.ndarray, stamp_ns: int, arrival_ns: int
    ) -> None:
        """Add a transform; a stamp of 0 is a static one."""
        transform = self.make(
            'geometry_msgs/msg/TransformStamped',
            header=self.header(stamp_ns, parent),
            child_frame_id=child,
            transform=self.make(
                'geometry_msgs/msg/Transform',
                translation=self.make('geometry_msgs/msg/Vector3', x=0.0, y=0.0, z=0.0),
                rotation=self._quaternion(quaternion_from_matrix(rotation)),
            ),
        )
        topic = '/tf' if stamp_ns else '/tf_static'
        self.kinds[topic] = TF_KIND
        self.add(topic, arrival_ns, self.make(TF_KIND, transforms=[transform]))

    def _quaternion(self, quaternion: np.ndarray):
        parts = dict(zip('xyzw', map(float, quaternion), strict=True))
        return self.make('geometry_msgs/msg/Quaternion', **parts)

    def write(self, path: Path, storage: str = 'mcap', compression: str = '') -> Path:
        """Write what was added; topics that were not used are there too, empty."""
        if self._is_ros1:
            self._fill(Writer1(path), self.store.serialize_ros1)
            return path
        plugin = StoragePlugin.MCAP if storage == 'mcap' else StoragePlugin.SQLITE3
        writer = Writer(path, version=8, storage_plugin=plugin)
        if compression:
            writer.set_compression(CompressionMode[compression.upper()], CompressionFormat.ZSTD)
        self._fill(writer, self.store.serialize_cdr)
        return path

    def _fill(self, writer, serialise) -> None:
        with writer:
            connections = {
                topic: writer.add_connection(topic, kind, typestore=self.store)
                for topic, kind in self.kinds.items()
            }
            for topic, arrival_ns, message in self.messages:
                raw = serialise(message, self.kinds[topic])
                writer.write(connections[topic], arrival_ns, raw)


def record_flight(small_map: SmallMap, recorder: Recorder, count: int = 5) -> Recorder:
    """Add a flight east at 20 m/s, an image a second; the truth comes half a second off."""
    recorder.add_truth(*lat_long(130.0), START_NS - SECOND // 2)
    for number in range(count):
        stamp_ns = START_NS + number * SECOND
        recorder.add_heading(0.0, stamp_ns)
        recorder.add_image(photo_over(small_map, 140 + 20.0 * number), stamp_ns, stamp_ns + 10**7)
        recorder.add_truth(*lat_long(150 + 20.0 * number), stamp_ns + SECOND // 2)
    return recorder
