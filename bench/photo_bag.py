# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Make a rosbag2 of photos whose true positions are known, as if a drone had recorded it.

    python -m bench.photo_bag --data DIR --out BAG

The data folder holds queries/ and queries.csv with Filename, Yaw, Altitude and the truth. Each
photo becomes a raw and a compressed image, after its heading, height, camera and true position.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

from bench.record import add_photo_arguments, make_parser
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
from visual_navsat.evaluation.queries_csv import Query, read_queries
from visual_navsat.image_file import read_image
from visual_navsat.photo_metadata import read_photo_metadata

TOPICS = {
    'raw': ('/camera/image_raw', 'sensor_msgs/msg/Image'),
    'compressed': ('/camera/image_raw/compressed', 'sensor_msgs/msg/CompressedImage'),
    'camera': ('/camera/camera_info', 'sensor_msgs/msg/CameraInfo'),
    'heading': ('/heading', 'std_msgs/msg/Float64'),
    'altitude': ('/altitude', 'std_msgs/msg/Float64'),
    'truth': ('/fix', 'sensor_msgs/msg/NavSatFix'),
}
START_S = 1_730_000_000
_FRAME = 'camera'


def write_photo_bag(
    out: Path, queries: list[Query], heights_m: list[float], period_s: float, storage: str
) -> None:
    """
    Write the photos in their order.

    :param heights_m: above ground, one per photo.
    :param period_s: between photos; longer than the node needs, so that it drops none.
    :param storage: sqlite3 or mcap.
    """
    store = get_typestore(Stores.ROS2_HUMBLE)
    with Writer(out, version=8, storage_plugin=StoragePlugin[storage.upper()]) as writer:
        connections = {
            key: writer.add_connection(topic, kind, typestore=store)
            for key, (topic, kind) in TOPICS.items()
        }
        for number, (query, height_m) in enumerate(zip(queries, heights_m, strict=True)):
            stamp_ns = START_S * 1_000_000_000 + round(number * period_s * 1e9)
            for key, message in _messages(store.types, query, height_m, stamp_ns):
                raw = store.serialize_cdr(message, TOPICS[key][1])
                # Sensors come first, as they are faster than a camera.
                late_ns = 20_000_000 if key in ('raw', 'compressed') else 0
                writer.write(connections[key], stamp_ns + late_ns, raw)


def _messages(types, query: Query, height_m: float, stamp_ns: int):
    """Yield what a drone would have published about a photo."""
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    time = types['builtin_interfaces/msg/Time'](sec=seconds, nanosec=nanoseconds)
    header = types['std_msgs/msg/Header'](stamp=time, frame_id=_FRAME)
    pixels = read_image(query.path)
    height, width = pixels.shape[:2]
    hfov_deg = read_photo_metadata(query.path).hfov_deg
    yield 'camera', _camera_info(types, header, width, height, hfov_deg)
    yield 'heading', types['std_msgs/msg/Float64'](data=query.known.heading_deg % 360.0)
    yield 'altitude', types['std_msgs/msg/Float64'](data=height_m)
    yield (
        'truth',
        types['sensor_msgs/msg/NavSatFix'](
            header=header,
            status=types['sensor_msgs/msg/NavSatStatus'](status=0, service=1),
            latitude=query.true_lat,
            longitude=query.true_long,
            altitude=math.nan,
            position_covariance=np.zeros(9),
            position_covariance_type=0,
        ),
    )
    yield (
        'raw',
        types['sensor_msgs/msg/Image'](
            header=header,
            height=height,
            width=width,
            encoding='rgb8',
            is_bigendian=0,
            step=3 * width,
            data=pixels.reshape(-1),
        ),
    )
    content = np.frombuffer(query.path.read_bytes(), np.uint8)
    yield (
        'compressed',
        types['sensor_msgs/msg/CompressedImage'](header=header, format='jpeg', data=content),
    )


def _camera_info(types, header, width: int, height: int, hfov_deg: float):
    focal_px = width / 2 / math.tan(math.radians(hfov_deg) / 2)
    center = ((width - 1) / 2, (height - 1) / 2)
    matrix = np.array([focal_px, 0, center[0], 0, focal_px, center[1], 0, 0, 1], float)
    projection = np.insert(matrix.reshape(3, 3), 3, 0, axis=1).ravel()
    return types['sensor_msgs/msg/CameraInfo'](
        header=header,
        height=height,
        width=width,
        distortion_model='',  # the drone has rectified its photos
        d=np.zeros(0),
        k=matrix,
        r=np.eye(3).ravel(),
        p=projection,
        binning_x=0,
        binning_y=0,
        roi=types['sensor_msgs/msg/RegionOfInterest'](
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
        ),
    )


def read_photos(data: Path, truth_columns: str) -> tuple[list[Query], list[float]]:
    """Return the photos of a data folder, and each one's height above ground in metres."""
    table = data / 'queries.csv'
    queries = read_queries(table, data / 'queries', tuple(truth_columns.split(',')))
    with table.open(newline='') as file:
        heights_m = {row['Filename']: float(row['Altitude']) for row in csv.DictReader(file)}
    return queries, [heights_m[query.filename] for query in queries]


def main() -> None:
    parser = make_parser(__doc__)
    add_photo_arguments(parser)
    parser.add_argument('--period-s', type=float, default=3.0, metavar='S')
    parser.add_argument('--storage', choices=('sqlite3', 'mcap'), default='mcap')
    args = parser.parse_args()
    queries, heights_m = read_photos(args.data, args.truth_columns)
    write_photo_bag(args.out, queries, heights_m, args.period_s, args.storage)


if __name__ == '__main__':
    main()
