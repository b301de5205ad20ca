# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""ROS messages to plain data and back: images in; fixes, candidates, poses and pictures out."""

from __future__ import annotations

import array
from collections.abc import Sequence
import math

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, PoseWithCovarianceStamped, Quaternion
from nav_msgs.msg import Odometry
import numpy as np
from sensor_msgs.msg import (
    CompressedImage,
    Image,
    NavSatFix,
    NavSatStatus,
    PointCloud2,
    PointField,
)
from std_msgs.msg import Header
from visual_navsat.errors import ImageError
from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.compressed_images import rgb_from_compressed
from visual_navsat.messages.fix import fix_fields, status_fields
from visual_navsat.messages.images import ENCODINGS, rgb_from_image

try:
    from cv_bridge import CvBridge
except Exception:  # also where it was built for another numpy: that is no ImportError
    CvBridge = None


def rgb_from_message(message: Image | CompressedImage) -> np.ndarray:
    """
    Return the pixels of an image message.

    cv_bridge, where it is installed, converts only the encodings that we do not know: it shears
    rows whose step is not a multiple of the pixel, and fails on big-endian images under numpy 2.

    :return: (H, W, 3) uint8 RGB.
    :raises ImageError: if the message contradicts itself or its encoding is not known.
    """
    if isinstance(message, CompressedImage):
        return rgb_from_compressed(message)
    if message.encoding in ENCODINGS or CvBridge is None:
        return rgb_from_image(message)
    try:
        return CvBridge().imgmsg_to_cv2(message, 'rgb8')
    except Exception as error:  # it raises what numpy and OpenCV stumble over
        reason = ' '.join(f'{type(error).__name__}: {error}'.split())  # OpenCV's are of many lines
        raise ImageError(
            f'image encoding {message.encoding!r} is not known, and cv_bridge cannot convert it '
            f'({reason}): publish one of {", ".join(ENCODINGS)}'
        ) from error


def stamp_message(stamp_ns: int) -> Time:
    """Return nanoseconds since 1970 as the stamp of a header."""
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    return Time(sec=seconds, nanosec=nanoseconds)


def fix_message(
    header: Header, position: PositionEstimate | Refusal | None, altitude_m: float
) -> NavSatFix:
    """
    Return a fix with a position and its covariance, or one that says that there is none.

    :param header: stamp of the image, frame of the camera or vehicle.
    :param altitude_m: above the ellipsoid, for a position without an altitude of its own.
    """
    status = NavSatStatus(**status_fields(position))
    return NavSatFix(header=header, status=status, **fix_fields(position, altitude_m))


# The columns of ~/candidates. Aligned as C would, so that readers may overlay a struct.
CANDIDATE = np.dtype(
    [
        ('rank', np.uint32),
        ('probability', np.float32),
        ('latitude', np.float64),
        ('longitude', np.float64),
        ('east', np.float32),
        ('north', np.float32),
        ('heading', np.float32),
        ('gsd', np.float32),
        ('similarity', np.float32),
        ('retrieval_rank', np.uint32),
        ('tile_index', np.uint32),
    ],
    align=True,
)
NO_TILE = 2**32 - 1  # tile_index of a place that no ranked tile shows
_POINT_FIELD_TYPES = {
    'uint32': PointField.UINT32,
    'float32': PointField.FLOAT32,
    'float64': PointField.FLOAT64,
}


def candidates_message(header: Header, candidates: Sequence[Candidate]) -> PointCloud2:
    """
    Return the candidates as a cloud of one point each, the likeliest first.

    ``latitude`` and ``longitude`` are degrees, ``east`` and ``north`` the metres from the first
    candidate, ``heading`` (degrees) and ``gsd`` (metres per pixel) those of the image there.
    ``probability``, ``heading`` and ``gsd`` are NaN for a tile that only retrieval ranked;
    ``similarity``, ``retrieval_rank`` (0: none) and ``tile_index``, a row of the index, are of the
    tile that shows the place.
    """
    points = np.array([_candidate_values(candidate) for candidate in candidates], CANDIDATE)
    if candidates:
        frame = LocalFrame(candidates[0].latitude, candidates[0].longitude)
        enu = frame.enu_from_geodetic(points['latitude'], points['longitude'])
        points['east'], points['north'] = enu[:, 0], enu[:, 1]
    cloud = PointCloud2(header=header, height=1, width=len(points), is_dense=True)
    cloud.fields = [
        PointField(name=name, offset=field[1], datatype=_POINT_FIELD_TYPES[field[0].name], count=1)
        for name, field in (CANDIDATE.fields or {}).items()
    ]
    cloud.point_step = CANDIDATE.itemsize
    cloud.row_step = CANDIDATE.itemsize * len(points)
    cloud.data = _bytes(points)
    return cloud


def candidates_from_message(cloud: PointCloud2) -> tuple[Candidate, ...]:
    """Return the candidates of a ``~/candidates``; what they do not hold there is unknown."""
    points = np.frombuffer(bytes(cloud.data), CANDIDATE)
    return tuple(
        Candidate(
            int(point['rank']),
            _none_if_nan(point['probability']),
            float(point['latitude']),
            float(point['longitude']),
            _none_if_nan(point['heading']),
            _none_if_nan(point['gsd']),
            tile_index=None if point['tile_index'] == NO_TILE else int(point['tile_index']),
            similarity=_none_if_nan(point['similarity']),
            retrieval_rank=int(point['retrieval_rank']) or None,
        )
        for point in points
    )


def _none_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _candidate_values(candidate: Candidate) -> tuple[float | None, ...]:
    """Return a row of ``CANDIDATE``; numpy takes None as NaN. East and north are left 0."""
    return (
        candidate.rank,
        candidate.probability,
        candidate.latitude,
        candidate.longitude,
        0.0,
        0.0,
        candidate.heading_deg,
        candidate.gsd_m_per_px,
        candidate.similarity,
        candidate.retrieval_rank or 0,
        NO_TILE if candidate.tile_index is None else candidate.tile_index,
    )


# Of an angle that may be anything: uniform over the circle.
UNKNOWN_ANGLE_VARIANCE = math.pi**2 / 3
# Far over any real speed or turn rate, squared, yet no overflow in a filter.
UNKNOWN_TWIST_VARIANCE = 1e6


def pose_message(
    header: Header, estimate: PositionEstimate, attitude: Attitude | None, frame: LocalFrame
) -> PoseWithCovarianceStamped:
    """
    Return the position in metres around the map's origin, and the attitude where it is known.

    :param header: stamp of the image, frame of the map.
    """
    message = PoseWithCovarianceStamped(header=header)
    east, north = map(float, frame.enu_from_geodetic(estimate.latitude, estimate.longitude))
    # An unknown altitude is 0; the vertical variance says that it means nothing.
    up = float(estimate.altitude_m) if math.isfinite(estimate.altitude_m) else 0.0
    message.pose.pose.position = Point(x=east, y=north, z=up)
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = estimate.covariance_enu_m2
    covariance[3:, 3:] = np.eye(3) * UNKNOWN_ANGLE_VARIANCE
    if attitude is not None:
        x, y, z, w = map(float, attitude.quaternion)
        message.pose.pose.orientation = Quaternion(x=x, y=y, z=z, w=w)
        sigmas_deg = [attitude.tilt_sigma_deg] * 2 + [attitude.heading_sigma_deg]
        variances = np.minimum(np.radians(sigmas_deg) ** 2, UNKNOWN_ANGLE_VARIANCE)
        covariance[3:, 3:] = np.diag(variances)
    message.pose.covariance = covariance.ravel()
    return message


def odometry_message(pose: PoseWithCovarianceStamped, child_frame_id: str) -> Odometry:
    """Return a pose as odometry whose twist is unknown."""
    message = Odometry(header=pose.header, child_frame_id=child_frame_id, pose=pose.pose)
    message.twist.covariance = (np.eye(6) * UNKNOWN_TWIST_VARIANCE).ravel()
    return message


def image_message(header: Header, rgb: np.ndarray) -> Image:
    """Return an (H, W, 3) uint8 RGB array as a message."""
    height, width = rgb.shape[:2]
    message = Image(header=header, height=height, width=width, encoding='rgb8', step=3 * width)
    message.data = _bytes(rgb)
    return message


def _bytes(values: np.ndarray) -> array.array[int]:
    """Return the bytes of an array as rclpy takes them unchecked: of others it checks each."""
    return array.array('B', values.tobytes())
