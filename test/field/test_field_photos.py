# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Photos and folders of them as cameras and computers leave them."""

import json
import math
from pathlib import Path
import shutil

from makers import write_photo
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
import pytest
from visual_navsat.errors import ImageError
from visual_navsat.geometry.view import View
from visual_navsat.image_file import read_image
from visual_navsat.photo_knowledge import Knowledge, UnusedMetadata
from visual_navsat.photo_metadata import read_photo_metadata
from visual_navsat.photo_time import taken_ns
from visual_navsat.replay.photos import PhotoFolder
from visual_navsat.replay.recording import RecordingError

DATA = Path(__file__).parent / 'data'
LAT, LONG = 47.854871, 9.008957
SECOND = 1_000_000_000


def located(command, index, path, *flags):
    done = command('locate', path, '--map', index, '--format', 'json', *flags)
    return json.loads(done.out), done.err


@pytest.mark.parametrize(
    ('name', 'hfov_deg', 'said'),
    [
        ('ph-dzoom2/photo.jpg', 39.7, ''),
        ('ph-calib-mm/photo.jpg', 71.6, 'CalibratedFocalLength: it is no focal length in pixels'),
    ],
)
def test_the_photo_is_found_by_what_it_says(name, hfov_deg, said, field_index, command):
    assert read_photo_metadata(DATA / name).hfov_deg == pytest.approx(hfov_deg, abs=0.1)
    answer, err = located(command, field_index, DATA / name)
    assert answer['latitude'] == pytest.approx(LAT, abs=1e-5)  # 1.1 m
    assert answer['longitude'] == pytest.approx(LONG, abs=1.5e-5)
    assert said in err and err.count('\n') == bool(said)


def test_of_a_dng_the_picture_is_taken_and_not_its_preview(field_index, command):
    path = DATA / 'ph-dng' / 'photo.dng'
    assert read_image(path).shape == (480, 640, 3)
    photo = read_photo_metadata(path)
    assert (photo.width, photo.height) == (640, 480)
    answer, _ = located(command, field_index, path, '--hfov-deg', 71.6, '--height-m', 100)
    assert answer['latitude'] == pytest.approx(LAT, abs=1e-5)


@pytest.mark.parametrize('suffix', ['.nef', '.arw', '.dng', '.cr2'])
def test_sensor_data_are_refused_in_a_line(tmp_path, suffix):
    path = tmp_path / f'photo{suffix}'
    path.write_bytes(b'II*\0' + bytes(2000))
    with pytest.raises(ImageError, match=r'is (a raw photo|damaged)'):
        read_image(path)
    if suffix != '.dng':  # others hide their sensor data behind a preview
        Image.new('RGB', (160, 120)).save(path, format='TIFF')
        with pytest.raises(ImageError, match='is a raw photo, of which only a preview'):
            read_image(path)


def test_heif_is_named(tmp_path):
    (tmp_path / 'photo.HEIC').write_bytes(b'\0\0\0\x18ftypheic' + bytes(200))
    with pytest.raises(ImageError, match='is HEIF, which is not read: export it as JPEG'):
        read_image(tmp_path / 'photo.HEIC')


@pytest.fixture
def photo(tmp_path):
    """Return a function that writes a JPEG with EXIF and XMP, and returns what it says."""

    def write(size=(400, 300), *entries, **named):
        return read_photo_metadata(write_photo(tmp_path / 'photo.jpg', size, *entries, **named))

    return write


# 50 mm before 400 x 300 px, whose diagonal is 500 px: 577.8 px.
EQUIVALENT_50_DEG = 2 * math.degrees(math.atan(200 / (50 / math.hypot(36, 24) * 500)))


@pytest.mark.parametrize(
    ('exif', 'hfov_deg'),
    [
        ({0xA405: 50, 0xA404: 0.0}, EQUIVALENT_50_DEG),
        ({0xA405: 50, 0xA404: IFDRational(0, 0)}, EQUIVALENT_50_DEG),
        ({0xA405: 50, 0xA404: 0.5}, EQUIVALENT_50_DEG),
        ({0xA405: 0}, None),
        # 8.8 mm over pixels of 400 / 12.8 mm: a sensor 12.8 mm wide, in each unit of EXIF.
        ({0xA405: 0, 0x920A: 8.8, 0xA20E: 400 / 12.8 * 25.4, 0xA210: 2}, 72.05),
        ({0x920A: 8.8, 0xA20E: 400 / 1.28, 0xA210: 3}, 72.05),
        ({0x920A: 8.8, 0xA20E: 400 / 12.8, 0xA210: 4}, 72.05),
        ({0x920A: 8.8, 0xA20E: 400 / 12800, 0xA210: 5}, 72.05),
        ({0x920A: 8.8, 0xA20E: 400 / 12.8, 0xA210: 9}, None),
        ({0x920A: 8.8, 0xA20E: IFDRational(0, 0), 0xA210: 3}, None),
        ({0x920A: IFDRational(0, 0), 0xA20E: 400 / 12.8, 0xA210: 4}, None),
        ({0x920A: 0.1, 0xA20E: 400 / 12.8, 0xA210: 4}, None),  # no lens is so wide
    ],
)  # fmt: skip
def test_lenses(photo, exif, hfov_deg):
    found = photo(photo=exif).hfov_deg
    assert found == (hfov_deg if hfov_deg is None else pytest.approx(hfov_deg, abs=0.05))


SIZE = {0xA002: 400, 0xA003: 300}


@pytest.mark.parametrize('focal', ['8.6', '0', '-3', '1e9', 'nan', '2400'])
def test_a_calibrated_focal_length_that_is_none(photo, focal):
    said = photo(photo={**SIZE, 0xA405: 50}, xmp=f'drone-dji:CalibratedFocalLength="{focal}"')
    assert said.hfov_deg == pytest.approx(EQUIVALENT_50_DEG)
    said = photo(photo=SIZE, xmp='drone-dji:CalibratedFocalLength="8.6"')
    assert said.hfov_deg is None and 'CalibratedFocalLength' in said.unused[0]


SKYDIO = (
    '<rdf:Description xmlns:drone-skydio="https://www.skydio.com/drone-skydio/1.0/" '
    'drone-skydio:RelativeAltitude="80.5">'
)
SKYDIO_PARTS = {'Yaw': 127.4, 'Pitch': -88.5, 'Roll': 0.2}
XMP = {
    'DJI': 'drone-dji:GimbalYawDegree="+127.4" drone-dji:GimbalPitchDegree="-88.5" '
    'drone-dji:GimbalRollDegree="0.2" drone-dji:RelativeAltitude="+80.5"',
    'Autel': 'xmlns:drone="http://x/" drone:GimbalYawDegree="127.4" '
    'drone:GimbalPitchDegree="-88.5" drone:GimbalRollDegree="0.2" drone:RelativeAltitude="80.5"',
    'Autel, old': '<Camera:Yaw>127.4</Camera:Yaw><Camera:Pitch>1.5</Camera:Pitch>'
    '<Camera:Roll>0.2</Camera:Roll><Camera:AboveGroundAltitude>161/2</Camera:AboveGroundAltitude>',
    'Parrot': '<drone-parrot:CameraYawDegree>127.4</drone-parrot:CameraYawDegree>'
    '<drone-parrot:CameraPitchDegree>-88.5</drone-parrot:CameraPitchDegree>'
    '<drone-parrot:CameraRollDegree>0.2</drone-parrot:CameraRollDegree>'
    '<Camera:AboveGroundAltitude>80.5</Camera:AboveGroundAltitude>',
    'senseFly': 'xmlns:Camera="http://ns.sensefly.com/Camera/1.0/" Camera:Yaw="127.4" '
    'Camera:Pitch="1.5" Camera:Roll="-0.2" Camera:AboveGroundAltitude="80.5"',
    'Skydio': f'{SKYDIO}<drone-skydio:CameraOrientationNED '
    + ' '.join(f'drone-skydio:{name}="{value}"' for name, value in SKYDIO_PARTS.items())
    + '/>',
    'Skydio, newer': f'{SKYDIO}<drone-skydio:CameraOrientationNED rdf:parseType="Resource">'
    + ''.join(f'<drone-skydio:{k}>{v}</drone-skydio:{k}>' for k, v in SKYDIO_PARTS.items())
    + '</drone-skydio:CameraOrientationNED><drone-skydio:CameraOrientationFLU '
    'drone-skydio:Yaw="1" drone-skydio:Pitch="2" drone-skydio:Roll="3"/>',
}


@pytest.mark.parametrize('maker', XMP)
def test_height_and_angles_of_every_maker(photo, maker):
    said = photo(main={0x010F: maker.partition(',')[0]}, xmp=XMP[maker])
    angles = (said.camera_yaw_deg, said.camera_pitch_deg, said.camera_roll_deg)
    assert angles == pytest.approx((127.4, -88.5, 0.2))
    assert said.height_above_takeoff_m == 80.5
    assert said.unused == ()
    known = Knowledge().completed_by(said)
    # Straight down, a roll turns the image as a yaw does.
    assert known.heading_deg == pytest.approx(127.6, abs=0.01)


def test_what_is_not_used_is_said_once(photo):
    said = photo(
        main={0x0112: 6},
        gps={5: b'\0', 6: 560.0, 17: 40.0},
        xmp='xmlns:drone-acme="http://x/" drone-acme:Yaw="3" xmlns:Camera="http://y/"',
    )
    assert [text.partition(':')[0] for text in said.unused] == [
        'XMP of drone-acme',
        'GPSImgDirection',
        'GPSAltitude',
    ]
    unused = UnusedMetadata()
    assert len(unused.of(said)) == 3 and unused.of(said) == []


def test_a_panorama_has_no_lens(photo):
    said = photo(photo={0xA405: 24}, xmp=f'GPano:ProjectionType="equirectangular" {XMP["DJI"]}')
    assert (said.hfov_deg, said.camera_pitch_deg, said.flight_yaw_deg) == (None, None, None)
    assert 'lens, angles: it is a panorama' in said.unused


def test_a_photo_with_another_inside_is_the_first(tmp_path):
    first, second = (Image.new('RGB', (64, 48), colour) for colour in ('red', 'blue'))
    first.save(tmp_path / 'a.jpg', format='MPO', save_all=True, append_images=[second])
    assert read_image(tmp_path / 'a.jpg')[0, 0].tolist() == pytest.approx([255, 0, 0], abs=3)
    assert read_photo_metadata(tmp_path / 'a.jpg').width == 64


@pytest.mark.parametrize('orientation', range(1, 9))
def test_the_lens_is_that_of_the_upright_photo_and_angles_are_not_guessed(photo, orientation):
    said = photo((400, 300), {0x0112: orientation}, {0xA405: 50}, xmp=XMP['DJI'])
    upright = (300, 400) if orientation > 4 else (400, 300)
    assert (said.width, said.height) == upright
    focal_px = said.width / 2 / math.tan(math.radians(said.hfov_deg) / 2)
    assert focal_px == pytest.approx(50 / math.hypot(36, 24) * 500)
    assert (said.camera_pitch_deg is None) == (orientation != 1)
    assert said.flight_yaw_deg is None
    assert ('the photo is stored turned' in ' '.join(said.unused)) == (orientation != 1)


def test_a_turned_photo_is_found_with_its_heading(field_index, command, tmp_path):
    path = tmp_path / 'turned.jpg'
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90 degrees clockwise to see it upright
    with Image.open(DATA / 'query.jpg') as image:
        image.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    flags = ('--hfov-deg', 71.6, '--height-m', 100, '--heading-deg', 40)
    answer, _ = located(command, field_index, path, *flags)
    assert answer['latitude'] == pytest.approx(LAT, abs=1e-5)
    assert answer['longitude'] == pytest.approx(LONG, abs=1.5e-5)


def folder_of(path):
    folder = PhotoFolder(path, lambda photo: View())
    events = list(folder.events())
    begin_ns = events[0].stamp_ns
    times_s = [(event.stamp_ns - begin_ns) / SECOND for event in events]
    return [event.name for event in events], times_s, folder.notes


@pytest.mark.parametrize(
    ('entries', 'after_s'),
    [
        ({0x9003: '2024:05:01 10:00:01'}, 1.0),
        ({0x9003: '2024:05:01 10:00:01', 0x9291: '25'}, 1.25),
        ({0x9003: '2024:05:01 10:00:01', 0x9291: 'x'}, 1.0),
        ({0x9003: '2024-05-01T10:00:01'}, 1.0),
        ({0x9003: '2024:05:01 10:00:01+02:00', 0x9011: '+02:00'}, 1.0),
        ({0x9003: '', 0x9004: '2024:05:01 10:00:01'}, 1.0),
        ({0x9003: '2024:05:01 10:00:01\0'}, 1.0),
        ({0x9003: '0000:00:00 00:00:00'}, None),
        ({0x9003: '    :  :     :  :  '}, None),
        ({}, None),
    ],
)
def test_times_as_cameras_write_them(tmp_path, entries, after_s):
    exif = Image.Exif()
    exif[0x8769] = entries
    Image.new('RGB', (30, 30)).save(tmp_path / 'a.jpg', exif=exif)
    begin_ns = 1_714_557_600 * SECOND  # 2024-05-01 10:00:00 UTC
    expected = None if after_s is None else begin_ns + round(after_s * SECOND)
    assert taken_ns(tmp_path / 'a.jpg') == expected


WRAPPED = ['DJI_0998.JPG', 'DJI_0999.JPG', 'DJI_0001.JPG', 'DJI_0002.JPG']


def test_a_folder_from_a_mac():
    names, times_s, notes = folder_of(DATA / 'pf-appledouble')
    assert names == WRAPPED and times_s == [0, 4, 8, 12]
    assert notes == ['left out: 1 file (._DJI_0998.JPG) of macOS']


def undated(path, names):
    for name in names:
        Image.new('RGB', (30, 30)).save(path / name)


def test_numbers_that_begin_anew(tmp_path):
    undated(tmp_path, WRAPPED)
    names, times_s, notes = folder_of(tmp_path)
    assert names == WRAPPED and times_s == [0, 1, 2, 3] and notes == []
    undated(tmp_path, ['DJI_0010.JPG'])  # between no gap and another
    assert folder_of(tmp_path)[0] == [*WRAPPED, 'DJI_0010.JPG']


def test_numbers_without_zeros_before(tmp_path):
    undated(tmp_path, ['img10.jpg', 'img9.jpg', 'img100.jpg'])
    assert folder_of(tmp_path)[0] == ['img9.jpg', 'img10.jpg', 'img100.jpg']


def test_what_else_is_in_a_folder(tmp_path):
    for path in (DATA / 'pf-appledouble').iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    undated(tmp_path, ['map.png'])
    for name in ('Thumbs.db', 'flight.MP4', 'DJI_0003.DNG', '.hidden.jpg', 'notes.txt'):
        (tmp_path / name).write_bytes(b'')
    names, times_s, notes = folder_of(tmp_path)
    assert names == WRAPPED and times_s == [0, 4, 8, 12]
    assert notes == [
        'left out: 1 file (._DJI_0998.JPG) of macOS',
        'left out: 1 hidden file (.hidden.jpg)',
        'left out: 1 photo (DJI_0003.DNG) of formats that are not read: export them as JPEG',
        'left out: 2 files (flight.MP4, notes.txt) of other kinds',
        'left out: 1 photo (map.png) without a time in the EXIF',
    ]


def test_a_folder_of_which_nothing_is_read(tmp_path):
    (tmp_path / 'a.HEIC').write_bytes(b'')
    with pytest.raises(RecordingError, match=r'has no photos .* 1 photo \(a.HEIC\) of formats'):
        PhotoFolder(tmp_path, lambda photo: View())
    (tmp_path / 'a.HEIC').unlink()
    (tmp_path / '100MEDIA').mkdir()
    with pytest.raises(RecordingError, match=r'folders below it are not looked at: .*100MEDIA'):
        PhotoFolder(tmp_path, lambda photo: View())
