"""ROS messages to plain data and back: images in, fixes and candidates out."""

from __future__ import annotations

import array
import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
import PIL.Image
from sensor_msgs.msg import CompressedImage, Image, NavSatFix, PointCloud2, PointField
from std_msgs.msg import Header

from visual_navsat.errors import ImageError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.imagery import FORMATS, as_rgb, scale_16_to_8_bit
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.retrieval.result import RetrievalResult

try:
    from cv_bridge import CvBridge, CvBridgeError
except Exception:  # also where it was built for another numpy: that is no ImportError
    CvBridge = None

# Plain numbers: distributions differ in which constants sensor_msgs/NavSatStatus has.
STATUS_NO_FIX = -1
STATUS_FIX = 0
SERVICE_NONE = 0
COVARIANCE_UNKNOWN = 0
COVARIANCE_APPROXIMATED = 1


@dataclass(frozen=True)
class Encoding:
    """How the pixels of a sensor_msgs/Image lie in memory, and how they become RGB."""

    channels: int
    to_rgb: Callable[[np.ndarray], np.ndarray]  # (H, W, channels) -> (H, W, 3) uint8
    bits: int = 8


def _cv(code: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: cv2.cvtColor(pixels, code)


def _rgb_from_mono16(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(scale_16_to_8_bit(pixels), cv2.COLOR_GRAY2RGB)


_MONO = Encoding(1, _cv(cv2.COLOR_GRAY2RGB))
_BGR = Encoding(3, _cv(cv2.COLOR_BGR2RGB))
_UYVY = Encoding(2, _cv(cv2.COLOR_YUV2RGB_UYVY))
_YUYV = Encoding(2, _cv(cv2.COLOR_YUV2RGB_YUY2))

ENCODINGS = {
    'mono8': _MONO,
    '8UC1': _MONO,
    'mono16': Encoding(1, _rgb_from_mono16, bits=16),
    'rgb8': Encoding(3, np.array),
    'bgr8': _BGR,
    '8UC3': _BGR,  # untyped colour is BGR by OpenCV's custom
    'rgba8': Encoding(4, _cv(cv2.COLOR_RGBA2RGB)),
    'bgra8': Encoding(4, _cv(cv2.COLOR_BGRA2RGB)),
    # ROS names a Bayer pattern by its first four pixels, OpenCV by the pixel at (1, 1) and the
    # next: the two names of the same pattern never agree.
    'bayer_rggb8': Encoding(1, _cv(cv2.COLOR_BayerBG2RGB)),
    'bayer_bggr8': Encoding(1, _cv(cv2.COLOR_BayerRG2RGB)),
    'bayer_gbrg8': Encoding(1, _cv(cv2.COLOR_BayerGR2RGB)),
    'bayer_grbg8': Encoding(1, _cv(cv2.COLOR_BayerGB2RGB)),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
}


def rgb_from_message(message: Image | CompressedImage) -> np.ndarray:
    """
    Return the pixels of an image message.

    :return: (H, W, 3) uint8 RGB.
    :raises ImageError: if the message contradicts itself or its encoding is not known.
    """
    if isinstance(message, CompressedImage):
        return rgb_from_compressed(message)
    _check_layout(message)
    if CvBridge is not None:
        with suppress(CvBridgeError):  # it knows fewer encodings than we do
            return CvBridge().imgmsg_to_cv2(message, 'rgb8')
    return rgb_from_image(message)


def rgb_from_image(message: Image) -> np.ndarray:
    """Return (H, W, 3) uint8 RGB pixels without cv_bridge; see :func:`rgb_from_message`."""
    encoding = _check_layout(message)
    row_bytes = message.width * encoding.channels * encoding.bits // 8
    rows = np.frombuffer(message.data, np.uint8)[: message.step * message.height]
    rows = np.ascontiguousarray(rows.reshape(message.height, message.step)[:, :row_bytes])
    if encoding.bits == 16:
        rows = rows.view('>u2' if message.is_bigendian else '<u2')
    return encoding.to_rgb(rows.reshape(message.height, message.width, encoding.channels))


def rgb_from_compressed(message: CompressedImage) -> np.ndarray:
    """Return (H, W, 3) uint8 RGB pixels of a JPEG, PNG or other image file in a message."""
    if not len(message.data):
        raise ImageError('compressed image is empty: check what publishes it')
    try:
        image = PIL.Image.open(io.BytesIO(message.data), formats=FORMATS)
    except Exception as error:  # Pillow's decoders raise what they stumble over
        raise ImageError(
            f'compressed image of {len(message.data)} bytes, format {message.format!r}, cannot be '
            f'read: publish JPEG or PNG ({type(error).__name__})'
        ) from error
    return as_rgb(image)


def _check_layout(message: Image) -> Encoding:
    """Return the message's encoding, or raise ImageError if its numbers contradict each other."""
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        raise ImageError(
            f'image encoding {message.encoding!r} is not known: publish one of '
            f'{", ".join(ENCODINGS)}'
        )
    width, height, step = message.width, message.height, message.step
    if width == 0 or height == 0:
        raise ImageError(f'image is {width} x {height} px: check the camera driver')
    if encoding in (_UYVY, _YUYV) and width % 2:
        raise ImageError(
            f'image is {width} px wide, but {message.encoding} holds pairs of pixels: crop it to '
            'an even width'
        )
    row_bytes = width * encoding.channels * encoding.bits // 8
    if step < row_bytes:
        raise ImageError(
            f'image step is {step} bytes, but a row of {width} {message.encoding} pixels takes '
            f'{row_bytes}: check the camera driver'
        )
    if len(message.data) < step * height:
        raise ImageError(
            f'image data is {len(message.data)} bytes, but {height} rows of step {step} take '
            f'{step * height}: check the camera driver'
        )
    return encoding


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
