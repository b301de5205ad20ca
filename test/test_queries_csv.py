# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import pytest
from visual_navsat.errors import MapError
from visual_navsat.evaluation.queries_csv import read_queries
from visual_navsat.photo_knowledge import Knowledge

HEADER = 'Filename,Latitude,Longitude,Yaw,GSD'


@pytest.fixture
def read(tmp_path):
    """Return a function that reads the queries of a CSV with the given text."""
    for name in ('a.jpg', 'b, c.jpg'):
        (tmp_path / name).touch()

    def read_text(text, **options):
        (tmp_path / 'queries.csv').write_text(text, encoding='utf-8')
        return read_queries(tmp_path / 'queries.csv', tmp_path, **options)

    return read_text


def test_all_columns(read):
    (query,) = read(f'{HEADER}\na.jpg,24.5,-120.25,152.1,0.131\n')
    assert (query.filename, query.path.name) == ('a.jpg', 'a.jpg')
    assert (query.true_lat, query.true_long) == (24.5, -120.25)
    assert (query.known.heading_deg, query.known.gsd_m_per_px) == (152.1, 0.131)


def test_columns_of_height_attitude_and_time(read):
    header = 'Filename,Latitude,Longitude,Height,Pitch,Roll,DateTime'
    first, second = read(
        f'{header}\na.jpg,1,2,120.5,-88,-3.5,2024:10:30 10:05:15\n"b, c.jpg",1,2,,,,\n'
    )
    known = first.known
    assert (known.height_agl_m, known.pitch_deg, known.roll_deg) == (120.5, -88.0, -3.5)
    assert second.known == Knowledge()
    assert second.stamp_s is None


@pytest.mark.parametrize(
    ('text', 'seconds'),
    [
        ('1970-01-02T00:00:00.25', 86400.25),
        ('1970:01:02 00:00:00', 86400.0),
        ('1970-01-02T01:00:00+01:00', 86400.0),
        ('1970-01-02 00:00:00Z', 86400.0),
        ('1970-01-02T00:00:00.2500000009Z', 86400.25),
        ('12.75', 12.75),
    ],
)
def test_times(read, text, seconds):
    (query,) = read(f'Filename,Latitude,Longitude,Time\na.jpg,1,2,{text}\n')
    assert query.stamp_s == seconds


def test_as_found_in_the_wild(read):
    header = '\ufeff filename , LATITUDE, longitude ,Other,yaw'
    first, second = read(f'{header}\n "b, c.jpg", 1.5 , 2.5,x,\n\na.jpg,1,2\n')
    assert first.filename == 'b, c.jpg'
    assert (first.true_lat, first.known) == (1.5, Knowledge())
    assert (second.true_long, second.known) == (2.0, Knowledge())


def test_longitudes_among_the_latitudes_are_asked_about(read):
    with pytest.raises(MapError, match='give --truth-columns Longitude,Latitude'):
        read(f'{HEADER}\na.jpg,-120.25,24.5,,\n')
    with pytest.raises(MapError, match=r"got '-120.25'$"):
        read(f'{HEADER}\na.jpg,-120.25,124.5,,\n')


def test_truth_columns(read):
    text = 'Filename,Latitude,Longitude,Center_lat,Center_lon\na.jpg,1,2,3,4\n'
    (query,) = read(text, truth_columns=('center_lat', 'Center_long'))
    assert (query.true_lat, query.true_long) == (3.0, 4.0)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'no column Filename, .*nothing'),
        ('Filename,Latitude\na.jpg,1\n', 'no column Longitude'),
        (f'{HEADER}\n', 'has no rows'),
        (f'{HEADER}\na.jpg,1,2\nno.jpg,1,2\n', r"line 3 \(no.jpg\): no image 'no.jpg'"),
        (f'{HEADER}\n,1,2\n', "line 2: no image ''"),
        (f'{HEADER}\na.jpg,91,2\n', "Latitude must be -90 to 90 degrees, got '91'"),
        (f'{HEADER}\na.jpg,1,east\n', "Longitude must be -180 to 180 degrees, got 'east'"),
        (f'{HEADER}\na.jpg,1,nan\n', "Longitude must be -180 to 180 degrees, got 'nan'"),
        (f'{HEADER}\na.jpg,1,2,north\n', "Yaw must be -360 to 360 degrees, got 'north'"),
        (f'{HEADER}\na.jpg,1,2,0,0\n', "GSD must be 0.0001 to 100 m, got '0'"),
        (
            'Filename,Latitude,Longitude,Height\na.jpg,1,2,-5\n',
            "0.1 to 100000 m, got '-5'",
        ),
        (
            'Filename,Latitude,Longitude,Time\na.jpg,1,2,noon\n',
            "must be seconds, .* got 'noon'",
        ),
        (
            'Filename,Latitude,Longitude,Time\na.jpg,1,2,nan\n',
            "must be seconds, .* got 'nan'",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(read, text, message):
    with pytest.raises(MapError, match=message) as caught:
        read(text)
    assert '\n' not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(MapError, match='cannot read'):
        read_queries(tmp_path / 'none.csv', tmp_path)


def test_not_text(tmp_path):
    (tmp_path / 'queries.csv').write_bytes(b'\xff\xd8\xff\xe0 a photo')
    with pytest.raises(MapError, match='not a CSV in UTF-8'):
        read_queries(tmp_path / 'queries.csv', tmp_path)


def test_sigmas_of_single_lines(read):
    header = 'Filename,Latitude,Longitude,YawSigma,GSDSigma,HeightSigma,TruthSigma'
    first, second = read(f'{header}\na.jpg,1,2,8,0.1,0.15,1.65\n"b, c.jpg",1,2,,,,\n')
    known = first.known
    assert (known.heading_sigma_deg, known.gsd_sigma, known.height_sigma) == (8.0, 0.1, 0.15)
    assert (first.truth_sigma_m, second.truth_sigma_m) == (1.65, None)
    with pytest.raises(MapError, match=r'HeightSigma.*15'):
        read(f'{header}\na.jpg,1,2,8,0.1,15,1.65\n')
