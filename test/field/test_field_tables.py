# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Metadata CSVs as people have them: separators, decimal commas, encodings, swapped columns."""

import shutil

from field_maps import DATA, EAST, is_in_place, NORTH, opened, SOUTH, WEST
import pytest
from visual_navsat.errors import MapError
from visual_navsat.maps.apart import apart_notes
from visual_navsat.maps.metadata_csv import read_tiles

HEADER = ('Filename', 'Top_left_lat', 'Top_left_long', 'Bottom_right_lat', 'Bottom_right_long')
VALUES = ('a.jpg', f'{NORTH}', f'{WEST}', f'{SOUTH}', f'{EAST}')


@pytest.fixture
def folder(tmp_path):
    shutil.copy(DATA / 'csv-semicolon' / 'a.jpg', tmp_path / 'a.jpg')
    return tmp_path


def write(folder, content):
    (folder / 'map.csv').write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / 'map.csv'


def table(separator=',', values=VALUES, end='\n', header=HEADER):
    return end.join([separator.join(header), separator.join(values), ''])


def test_semicolons_and_decimal_commas():
    assert is_in_place(opened(DATA / 'csv-semicolon' / 'map.csv'))


@pytest.mark.parametrize('separator', [',', ';', '\t', '|', ' ; '])
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'latin-1'])
def test_separators_ends_and_encodings(folder, separator, end, encoding):
    assert is_in_place(opened(write(folder, table(separator, end=end).encode(encoding))))


@pytest.mark.parametrize(
    'text',
    [
        table(';', [value.replace('.', ',') if value[0] != 'a' else value for value in VALUES]),
        table(',', [f'"{v.replace(".", ",")}"' if v[0] != 'a' else v for v in VALUES]),
        table(',', [f'" {value} "' for value in VALUES]),
        'sep=;\n' + table(';'),
        '"sep=\t"\r\n' + table('\t', end='\r\n'),
        '\n\n' + table(),
        table(values=('.\\a.jpg', *VALUES[1:])),
        table(values=('C:\\maps\\june\\a.jpg', *VALUES[1:])),
        table(values=('june/a.jpg', *VALUES[1:])),
        table(header=[name.upper().replace('LONG', 'LON') for name in HEADER]),
    ],
)
def test_ways_to_write_the_same_tile(folder, text):
    imagery = opened(write(folder, text))
    assert is_in_place(imagery)
    imagery.read(imagery.tiles[0])


def test_names_in_western_letters(folder):
    (folder / 'a.jpg').rename(folder / 'größe é.jpg')
    text = table(values=('größe é.jpg', *VALUES[1:]))
    for encoding in ('utf-8', 'cp1252', 'utf-16'):
        assert is_in_place(opened(write(folder, text.encode(encoding))))


def test_latitudes_in_the_columns_of_longitudes():
    with pytest.raises(MapError, match='are latitude and longitude swapped') as caught:
        opened(DATA / 'csv-latlonswapped' / 'map.csv')
    message = str(caught.value)
    # Both ways out, with the places that they lead to.
    assert 'latitude 47.856' in message and 'latitude 9.006' in message
    assert 'or the corners' in message


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ((35.7, 139.7, 35.6, 139.8), None),
        ((139.7, 35.7, 139.8, 35.6), r"got '139.7': are latitude and longitude swapped\?"),
        ((-35.7, 151.2, -35.8, 151.3), None),
        ((151.2, -35.7, 151.3, -35.8), 'swapped'),
        ((47.85, 9.0, 47.86, 9.01), 'is not north of .*: swap the corners'),
        ((47.86, 9.01, 47.85, 9.0), 'is not west of .*: swap the corners'),
        ((47.86, 9.0, 47.86 - 1e-11, 9.01), r'is 1.1e-06 m high, at least 0.1 m'),
        ((47.86, 9.0, 47.85, 9.0 + 1e-12), 'm wide, at least 0.1 m'),
        ((90.0, 9.0, 90.0 - 1e-9, 10.0), 'm high'),
        (('47°51\'25"N', 9.0, 47.85, 9.01), 'write decimal degrees'),
        (('N47.86', 9.0, 47.85, 9.01), 'write decimal degrees'),
        (('1_0.5', 9.0, 47.85, 9.01), "got '1_0.5'"),
        (('٤٧', 9.0, 47.85, 9.01), 'must be -90 to 90'),
        (('1e400', 9.0, 47.85, 9.01), 'must be -90 to 90'),
    ],
)
def test_corners(folder, values, message):
    path = write(folder, table(';', ['a.jpg', *map(str, values)]))
    if message is None:
        assert len(read_tiles(path)) == 1
        return
    with pytest.raises(MapError, match=message) as caught:
        read_tiles(path)
    assert '\n' not in str(caught.value)


def test_decimal_commas_that_also_separate(folder):
    values = ['a.jpg', *(value.replace('.', ',') for value in VALUES[1:])]
    with pytest.raises(MapError, match=r'has 9 cells for 5 columns.*decimals with a point'):
        read_tiles(write(folder, table(',', values)))


def test_a_name_of_5000_characters_is_one_short_line(folder):
    path = write(folder, table(values=('x' * 5000, *VALUES[1:])))
    with pytest.raises(MapError, match='1 of 1 images are missing') as caught:
        opened(path)
    assert len(str(caught.value)) < 1000


def test_two_names_of_one_file(folder):
    lines = [','.join((name, *VALUES[1:])) for name in ('may/a.jpg', 'june/a.jpg')]
    with pytest.raises(MapError, match=r'are both found as .*a\.jpg'):
        opened(write(folder, '\n'.join([','.join(HEADER), *lines])))


def test_a_tile_that_lies_apart_is_said(folder):
    shutil.copy(folder / 'a.jpg', folder / 'b.jpg')
    wrong = ('b.jpg', '48.8569407', VALUES[2], '48.8533413', VALUES[4])
    text = '\n'.join(','.join(row) for row in (HEADER, VALUES, wrong))
    notes = apart_notes(opened(write(folder, text)).tiles)
    # A degree of latitude is 111 km.
    assert len(notes) == 1 and '1 tile lies 111 km from the other 1' in notes[0]
    assert 'b.jpg' in notes[0]


def test_slippy_names_that_say_another_place(folder):
    (folder / 'a.jpg').rename(folder / '18_137630_91280.jpg')
    path = write(folder, table(values=('18_137630_91280.jpg', *VALUES[1:])))
    assert not any('slippy' in note for note in opened(path).notes)
    (folder / '18_137630_91280.jpg').rename(folder / '18_147630_91280.jpg')
    path = write(folder, table(values=('18_147630_91280.jpg', *VALUES[1:])))
    assert any('is called as slippy tiles are' in note for note in opened(path).notes)
