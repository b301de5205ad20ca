# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is written into a photo is read from it."""

from datetime import datetime

from PIL import Image
import pytest
from visual_navsat.photo_exif import position_exif
from visual_navsat.photo_metadata import read_photo_metadata


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP'])
@pytest.mark.parametrize(('lat', 'long'), [(47.3977, 8.5456), (-33.5, -70.25)])
def test_a_position_is_read_as_it_was_written(tmp_path, kind, lat, long):
    path = tmp_path / 'a'
    Image.new('RGB', (64, 48)).save(path, kind, exif=position_exif(lat, long))
    photo = read_photo_metadata(path)
    # Seconds are kept to a millionth: 0.1 m.
    assert photo.latitude == pytest.approx(lat, abs=1e-6)
    assert photo.longitude == pytest.approx(long, abs=1e-6)


def test_a_time_stands_where_cameras_write_it(tmp_path):
    exif = position_exif(1.0, 2.0, datetime(2026, 5, 2, 10, 7))
    Image.new('RGB', (64, 48)).save(tmp_path / 'a.jpg', exif=exif)
    with Image.open(tmp_path / 'a.jpg') as image:
        assert image.getexif().get_ifd(0x8769)[0x9003] == '2026:05:02 10:07:00'
