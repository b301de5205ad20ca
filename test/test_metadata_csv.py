# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The metadata CSV as found in the wild is read, and every wrong value is named with its line."""

import pytest
from visual_navsat.errors import MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.metadata_csv import MetadataManager, read_tiles, write_tiles
from visual_navsat.maps.open_map import open_image_folder

HEADER = (
    'Filename,Top_left_lat,Top_left_long,Bottom_right_lat,Bottom_right_long,'
    'zoom_level,spatial_resolution'
)


@pytest.fixture
def csv_of(tmp_path):
    """Return a function that writes text as a CSV and returns its path."""

    def write(text, encoding='utf-8'):
        (tmp_path / 'map.csv').write_text(text, encoding=encoding)
        return tmp_path / 'map.csv'

    return write


def line_with(**values):
    """Return one good CSV line with some values replaced."""
    good = {
        'name': 'a.jpg',
        'top': '24.3',
        'left': '120.7',
        'bottom': '24.2',
        'right': '120.8',
        'zoom': '18',
        'gsd': '0.16',
    }
    return ','.join((good | values).values())


def test_plain_csv(csv_of):
    tiles = read_tiles(csv_of(f'{HEADER}\na.jpg,24.3,120.7,24.2,120.8,18,0.16\n'))
    assert tiles == [TileMetadata('a.jpg', 24.3, 120.7, 24.2, 120.8, 18, 0.16)]


def test_spaces_and_lon_and_absent_last_columns(csv_of):
    text = (
        'Filename, Top_left_lat, Top_left_lon, Bottom_right_lat, Bottom_right_lon\n'
        ' sat_map_00.jpg , 60.403962, 22.460441 , 60.402409, 22.464059 \n'
    )
    tiles = read_tiles(csv_of(text))
    assert tiles == [TileMetadata('sat_map_00.jpg', 60.403962, 22.460441, 60.402409, 22.464059)]


def test_byte_order_mark_blank_lines_quotes_and_empty_ends(csv_of):
    text = (
        f'\n{HEADER},note\r\n\r\n"a, b.jpg", 24.3,120.7,24.2,120.8\r\n,,,\r\n'
        'größe.jpg,24.3,120.7,24.2,120.8,,,,,\r\n\r\n'
    )
    tiles = read_tiles(csv_of(text, encoding='utf-8-sig'))
    assert [tile.filename for tile in tiles] == ['a, b.jpg', 'größe.jpg']
    assert (tiles[1].zoom_level, tiles[1].spatial_resolution) == (None, None)


def test_antimeridian_tile(csv_of):
    line = line_with(left='179.95', right='-179.85')
    tile = read_tiles(csv_of(f'{HEADER}\n{line}\n'))[0]
    assert tile.span_long == pytest.approx(0.2)
    assert tile.center_long == pytest.approx(-179.95)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'top': '24.2', 'bottom': '24.3'}, 'line 3 .*24.2 is not north of .*24.3: swap'),
        ({'bottom': '24.3'}, '24.3 is not north of'),
        ({'left': '120.8', 'right': '120.7'}, '120.8 is not west of .*120.7: swap'),
        ({'left': '120.8'}, 'is not west of'),
        ({'left': '-179.85', 'right': '179.95'}, 'is not west of'),
        ({'top': '95.0'}, r"line 3 \(a.jpg\): Top_left_lat must be -90 to 90 degrees, got '95.0'"),
        ({'right': '190'}, "Bottom_right_long must be -180 to 180 degrees, got '190'"),
        ({'top': 'nan'}, "Top_left_lat must be -90 to 90 degrees, got 'nan'"),
        ({'top': 'north'}, "Top_left_lat must be -90 to 90 degrees, got 'north'"),
        ({'top': ''}, "Top_left_lat must be -90 to 90 degrees, got ''"),
        ({'name': ''}, "line 3: Filename must be the name of an image, got ''"),
        ({'zoom': '18.5'}, "zoom_level must be a whole number, 0 to 30, got '18.5'"),
        ({'gsd': '-1'}, "spatial_resolution must be metres per pixel above 0, got '-1'"),
        ({'gsd': '0.16,0.2'}, 'line 3 has 8 cells for 7 columns: quote'),
    ],
)
def test_wrong_values_are_named(csv_of, values, message):
    text = f'{HEADER}\n{line_with(name="good.jpg")}\n{line_with(**values)}\n'
    with pytest.raises(MapError, match=message):
        read_tiles(csv_of(text))


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'no column Filename, .*its columns are nothing'),
        (f'{HEADER}\n', 'lists no tile'),
        ('Filename,lat\na.jpg,3\n', 'no column Top_left_lat, .*its columns are Filename, lat'),
        (f'{HEADER}\n{line_with()}\n\n{line_with()}\n', "line 4 repeats 'a.jpg' of line 2"),
    ],
)
def test_wrong_files_are_named(csv_of, text, message):
    with pytest.raises(MapError, match=message):
        read_tiles(csv_of(text))


def test_unreadable_files(csv_of, tmp_path):
    with pytest.raises(MapError, match=r'none.csv: No such file'):
        read_tiles(tmp_path / 'none.csv')
    with pytest.raises(MapError, match='its columns are größe'):
        read_tiles(csv_of('größe', encoding='utf-16'))
    with pytest.raises(MapError, match='not a CSV in UTF-8'):
        read_tiles(csv_of('größe', encoding='latin-1'))


def test_written_tiles_read_back_exactly(tmp_path):
    tiles = [
        TileMetadata('a "b", c.jpg', 1 / 3, -0.1 + 1e-16, -2 / 7, 1e-9, 18, 0.1 + 0.2),
        TileMetadata('sub/d.png', 89.999999999999986, 179.9, 0.0, -180.0),
    ]
    write_tiles(tmp_path / 'map.csv', tiles)
    assert read_tiles(tmp_path / 'map.csv') == tiles


def test_manager_finds_tiles_by_name_and_stem(csv_of):
    lines = [line_with(name=name) for name in ('sub/a.jpg', 'b.jpg', 'b.png')]
    manager = MetadataManager.from_csv(csv_of('\n'.join([HEADER, *lines])))
    assert len(manager) == 3
    assert manager.get('sub/a.jpg') is manager.get_metadata('sub/a') is manager.tiles[0]
    assert manager.get('b.png') is manager.tiles[2]
    assert manager.get('b') is None  # two files have this stem
    assert manager.get('c.jpg') is None


def test_missing_images_are_counted(csv_of, tmp_path):
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images' / 'b.jpg').touch()
    lines = [line_with(name=name) for name in ('b.jpg', 'c.jpg', 'd.jpg')]
    tiles = MetadataManager.from_csv(csv_of('\n'.join([HEADER, *lines]))).tiles
    with pytest.raises(MapError, match=r'2 of 3 images are missing in .*the first is c.jpg'):
        open_image_folder(tiles, tmp_path / 'images')
    with pytest.raises(MapError, match=r'nowhere does not exist'):
        open_image_folder(tiles, tmp_path / 'nowhere')
