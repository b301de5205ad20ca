# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import math

from makers import write_photo
import numpy as np
from PIL.TiffImagePlugin import IFDRational
import pytest
from visual_navsat.photo_metadata import PhotoMetadata, read_photo_metadata

DJI = {
    'AbsoluteAltitude': '+375.62',
    'RelativeAltitude': '+119.70',
    'GimbalRollDegree': '+0.00',
    'GimbalYawDegree': '-27.90',
    'GimbalPitchDegree': '-89.90',
    'FlightYawDegree': '-30.10',
}
ATTRIBUTES = ' '.join(f'drone-dji:{name}="{value}"' for name, value in DJI.items())
ELEMENTS = ''.join(f'<drone-dji:{name}>{value}</drone-dji:{name}>' for name, value in DJI.items())


@pytest.fixture
def photo(tmp_path):
    """Return a function that writes a JPEG with EXIF and XMP and returns its path."""

    def write(size=(360, 240), *entries, **named):
        return write_photo(tmp_path / 'photo.jpg', size, *entries, **named)

    return write


def test_a_photo_that_says_nothing(photo):
    assert read_photo_metadata(photo()) == PhotoMetadata(width=360, height=240)


@pytest.mark.parametrize(
    ('size', 'orientation', 'expected_mm'),
    [
        ((360, 240), 1, 36.0),  # full frame
        ((360, 240), 6, 24.0),  # upright it is 24 mm wide
        ((240, 360), 1, 24.0),
        ((400, 300), 1, 43.2666 * 4 / 5),  # sides of 3, 4 and 5
        ((400, 225), 1, 43.2666 * 4 / 5),  # as wide as the 4:3 sensor that it was cut from
    ],
)
def test_field_of_view_from_the_35_mm_equivalent(photo, size, orientation, expected_mm):
    metadata = read_photo_metadata(photo(size, {0x0112: orientation}, {0xA405: 24}))
    expected_deg = 2 * math.degrees(math.atan(expected_mm / 2 / 24))
    assert metadata.hfov_deg == pytest.approx(expected_deg, abs=1e-3)
    is_turned = orientation == 6
    assert (metadata.width, metadata.height) == (size[::-1] if is_turned else size)


def test_a_calibrated_focal_length_goes_before_the_equivalent(photo):
    taken = {0xA002: 2000, 0xA003: 1500, 0xA405: 50}
    path = photo((400, 300), photo=taken, xmp='drone-dji:CalibratedFocalLength="1000.0"')
    assert read_photo_metadata(path).hfov_deg == pytest.approx(90.0)


def test_a_photo_that_was_cut_has_no_field_of_view(photo):
    taken = {0xA002: 4000, 0xA003: 3000, 0xA405: 24}
    assert read_photo_metadata(photo((400, 300), photo=taken)).hfov_deg is not None
    assert read_photo_metadata(photo((300, 300), photo=taken)).hfov_deg is None


def test_position(photo):
    gps = {1: 'S', 2: (24.0, 15.0, 36.0), 3: 'W', 4: (120.0, 43.0, 12.0), 5: b'\x01', 6: 5.5}
    metadata = read_photo_metadata(photo(gps=gps))
    assert (metadata.latitude, metadata.longitude) == pytest.approx((-24.26, -120.72))
    assert metadata.altitude_amsl_m == -5.5


@pytest.mark.parametrize('xmp', [ATTRIBUTES, ELEMENTS])
def test_dji_xmp_as_attributes_and_as_elements(photo, xmp):
    metadata = read_photo_metadata(photo(xmp=xmp))
    assert metadata.height_above_takeoff_m == 119.7
    assert (metadata.camera_yaw_deg, metadata.camera_pitch_deg) == (-27.9, -89.9)
    assert (metadata.camera_roll_deg, metadata.flight_yaw_deg) == (0.0, -30.1)


def test_a_turned_photo_has_no_camera_angles(photo):
    metadata = read_photo_metadata(photo(main={0x0112: 3}, xmp=ATTRIBUTES))
    assert (metadata.camera_yaw_deg, metadata.camera_pitch_deg) == (None, None)
    assert metadata.height_above_takeoff_m == 119.7


@pytest.mark.parametrize(
    'wrong',
    [
        {'photo': {0xA405: 0}},
        {'photo': {0xA405: 65000}},
        {'gps': {1: 'N', 2: (24.0, 15.0), 3: 'E', 4: (120.0, 43.0, 12.0)}},
        {'gps': {1: 'N', 2: (94.0, 15.0, 0.0), 3: 'E', 4: (120.0, 43.0, 12.0)}},
        {'gps': {1: 'N', 2: (IFDRational(0, 0), 15.0, 0.0), 3: 'E', 4: (120.0, 43.0, 12.0)}},
        {'gps': {1: 'N', 2: (0.0, 0.0, 0.0), 3: 'E', 4: (0.0, 0.0, 0.0)}},
        {'gps': {1: 'N', 2: (24.0, 15.0, 0.0)}},
        {'xmp': 'drone-dji:RelativeAltitude="high" drone-dji:GimbalYawDegree="nan"'},
        {'xmp': 'drone-dji:RelativeAltitude="'},
    ],
)
def test_what_cannot_be_is_unknown(photo, wrong):
    assert read_photo_metadata(photo(**wrong)) == PhotoMetadata(width=360, height=240)


def test_damaged_files_never_raise(photo):
    gps = {1: 'N', 2: (24.0, 15.0, 36.0), 3: 'E', 4: (120.0, 43.0, 12.0), 6: 5.5}
    path = photo(photo={0xA405: 24}, gps=gps, xmp=ATTRIBUTES)
    content = np.frombuffer(path.read_bytes(), np.uint8)
    rng = np.random.default_rng(1)
    for _ in range(200):
        damaged = content.copy()
        where = rng.integers(2, 600, 5)
        damaged[where] = rng.integers(0, 256, 5)
        path.write_bytes(damaged.tobytes())
        metadata = read_photo_metadata(path)
        assert metadata.hfov_deg is None or 0 < metadata.hfov_deg < 180
        assert metadata.latitude is None or -90 <= metadata.latitude <= 90


def test_no_image_says_nothing(tmp_path):
    assert read_photo_metadata(tmp_path / 'none.jpg') == PhotoMetadata()
    (tmp_path / 'text.jpg').write_text('no image')
    assert read_photo_metadata(tmp_path / 'text.jpg') == PhotoMetadata()
