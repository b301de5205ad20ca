"""ROS messages to plain data and back: images in, fixes and candidates out."""

from __future__ import annotations

import array
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from sensor_msgs.msg import CompressedImage, Image, NavSatFix, PointCloud2, PointField
from std_msgs.msg import Header

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.messages.images import check_layout, rgb_from_compressed, rgb_from_image
from visual_navsat.messages.sensors import STATUS_NO_FIX
from visual_navsat.retrieval.result import RetrievalResult

try:
    from cv_bridge import CvBridge, CvBridgeError
except Exception:  # also where it was built for another numpy: that is no ImportError
    CvBridge = None

# Plain numbers: distributions differ in which constants sensor_msgs/NavSatStatus has.
STATUS_FIX = 0
SERVICE_NONE = 0
COVARIANCE_UNKNOWN = 0
COVARIANCE_APPROXIMATED = 1


def rgb_from_message(message: Image | CompressedImage) -> np.ndarray:
    """
    Return the pixels of an image message; cv_bridge converts raw ones where it is installed.

    :return: (H, W, 3) uint8 RGB.
    :raises ImageError: if the message contradicts itself or its encoding is not known.
    """
    if isinstance(message, CompressedImage):
        return rgb_from_compressed(message)
    check_layout(message)
    if CvBridge is not None:
        with suppress(CvBridgeError):  # an encoding that only we know
            return CvBridge().imgmsg_to_cv2(message, 'rgb8')
    return rgb_from_image(message)


def fix_message(header: Header, estimate: PositionEstimate, altitude_m: float) -> NavSatFix:
    """
    Return a fix with the estimate's position and covariance.

    :param header: stamp of the image, frame of the camera or vehicle.
    :param altitude_m: above the ellipsoid; used where the estimate has no altitude of its own.
    """
    fix = NavSatFix(header=header)
    fix.status.status = STATUS_FIX
    fix.status.service = SERVICE_NONE
    fix.latitude = float(estimate.latitude)
    fix.longitude = float(estimate.longitude)
    known = np.isfinite(estimate.altitude_m)
    fix.altitude = float(estimate.altitude_m if known else altitude_m)
    fix.position_covariance = np.asarray(estimate.covariance_enu_m2, np.float64).ravel()
    fix.position_covariance_type = COVARIANCE_APPROXIMATED
    return fix


def no_fix_message(header: Header) -> NavSatFix:
    """Return the message that says that the image of this header gave no position."""
    fix = NavSatFix(header=header)
    fix.status.status = STATUS_NO_FIX
    fix.status.service = SERVICE_NONE
    fix.latitude = fix.longitude = fix.altitude = float('nan')
    fix.position_covariance_type = COVARIANCE_UNKNOWN
    return fix


# The columns of ~/candidates. Aligned as C would, so that readers may overlay a struct.
CANDIDATE = np.dtype(
    [
        ('rank', np.uint32),
        ('similarity', np.float32),
        ('latitude', np.float64),
        ('longitude', np.float64),
        ('east', np.float32),
        ('north', np.float32),
        ('tile_index', np.uint32),
    ],
    align=True,
)
_POINT_FIELD_TYPES = {
    'uint32': PointField.UINT32,
    'float32': PointField.FLOAT32,
    'float64': PointField.FLOAT64,
}


def candidates_message(header: Header, candidates: Sequence[RetrievalResult]) -> PointCloud2:
    """
    Return the ranked tiles as a cloud of one point per tile, best first.

    ``latitude`` and ``longitude`` are the tile's centre in degrees, ``east`` and ``north`` the
    metres from the best tile's centre to it, ``tile_index`` is the tile's row in the index.
    """
    tiles = [candidate.tile_metadata for candidate in candidates]
    points = np.zeros(len(tiles), CANDIDATE)
    points['rank'] = [candidate.rank for candidate in candidates]
    points['similarity'] = [candidate.similarity_score for candidate in candidates]
    points['latitude'] = [tile.center_lat for tile in tiles]
    points['longitude'] = [tile.center_long for tile in tiles]
    points['tile_index'] = [candidate.descriptor_idx for candidate in candidates]
    if tiles:
        frame = LocalFrame(tiles[0].center_lat, tiles[0].center_long)
        enu = frame.enu_from_geodetic(points['latitude'], points['longitude'])
        points['east'], points['north'] = enu[:, 0], enu[:, 1]
    cloud = PointCloud2(header=header, height=1, width=len(points), is_dense=True)
    cloud.fields = [
        PointField(name=name, offset=offset, datatype=_POINT_FIELD_TYPES[kind.name], count=1)
        for name, (kind, offset) in CANDIDATE.fields.items()
    ]
    cloud.point_step = CANDIDATE.itemsize
    cloud.row_step = CANDIDATE.itemsize * len(points)
    # rclpy takes an array.array as it is; it would check a list or ndarray byte by byte.
    cloud.data = array.array('B', points.tobytes())
    return cloud
