# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""MBTiles and sqlitedb as people have them: rows from either side, gaps, NULL, zooms inverted."""

import io
import sqlite3

from field_maps import (
    BOUNDS,
    DATA,
    is_in_place,
    opened,
    place,
    scene,
    tiles_from_north,
    write_mbtiles,
    write_sqlitedb,
    ZOOM,
)
import numpy as np
from PIL import Image
import pytest
from visual_navsat.errors import ImageError, MapError

LAST_ROW = 2**ZOOM - 1


def rows(from_south, contents=None):
    contents = contents or tiles_from_north()
    return [
        (ZOOM, column, LAST_ROW - row if from_south else row, content)
        for (column, row), content in contents.items()
    ]


def test_rows_from_the_north_are_told_by_the_bounds():
    imagery = opened(DATA / 'mbt-xyzrows' / 'map.mbtiles')
    assert is_in_place(imagery)
    assert any('fit only rows counted from the north: taken so' in note for note in imagery.notes)


@pytest.mark.parametrize(
    ('from_south', 'metadata', 'note'),
    [
        (True, {'bounds': BOUNDS}, ''),
        (True, {'bounds': BOUNDS, 'scheme': 'tms'}, ''),
        (False, {'bounds': BOUNDS, 'scheme': 'xyz'}, ''),
        (False, {'scheme': 'xyz'}, ''),
        (False, {'scheme': 'XYZ', 'bounds': '-180,-85,180,85'}, ''),
        # Bounds are right more often than a scheme is.
        (False, {'bounds': BOUNDS, 'scheme': 'tms'}, 'fit only rows counted from the north'),
        (False, {'bounds': '47.85334, 9.00668, 47.85694, 9.01203'}, 'written latitude first'),
        (True, {}, 'nothing in it tells from where its rows are counted, taken from the south'),
        (True, {'bounds': '-180,-85.05,180,85.05'}, 'nothing in it tells'),
        (True, {'bounds': 'somewhere'}, "its bounds 'somewhere' are no west,south,east,north"),
        (True, {'bounds': '9.0,47.8'}, 'are no west,south,east,north'),
        (True, {'bounds': '10.0,50.0,10.1,50.1'}, 'its tiles lie at 9.006'),
        (True, {'bounds': 7, 'format': None}, 'are no west'),
    ],
)
def test_what_tells_from_where_rows_are_counted(tmp_path, from_south, metadata, note):
    path = write_mbtiles(tmp_path / 'a.mbtiles', rows(from_south), metadata.items())
    imagery = opened(path)
    assert is_in_place(imagery)
    told = [one for one in imagery.notes if 'border' not in one and 'zoom 18' not in one][1:]
    assert (note in ' '.join(told)) if note else not told


def test_where_nothing_tells_both_places_are_said(tmp_path):
    imagery = opened(write_mbtiles(tmp_path / 'a.mbtiles', rows(from_south=False)))
    lat, _ = place(imagery)
    assert lat < 0
    said = ' '.join(imagery.notes)
    assert (
        'lies at 47.855' in said and ' S, 9.00' in said and 'if that is wrong, it is 47.8' in said
    )


def test_the_zoom_that_covers_is_read_and_shares_are_said():
    path = DATA / 'mbt-patchyzoom' / 'map.mbtiles'
    imagery = opened(path)
    said = ' '.join(imagery.notes)
    assert 'zoom 17 is read' in said and 'zoom 18 covers' in said
    # 8 of its 9 tiles lie elsewhere than the four of zoom 18.
    assert len(imagery.tiles) > 3 * len(opened(path, zoom=18).tiles)
    assert 'of what zoom 17 does' in ' '.join(opened(path, zoom=18).notes)


def test_a_finer_zoom_of_the_whole_map_is_still_read(tmp_path):
    fine = rows(from_south=True)
    coarse = {(zoom - 1, x // 2, y // 2, content) for zoom, x, y, content in fine}
    unique = {row[1:3]: row for row in coarse}.values()
    path = write_mbtiles(tmp_path / 'a.mbtiles', [*fine, *unique], [('bounds', BOUNDS)])
    assert any('zoom 18, 0.4' in note for note in opened(path).notes)


def test_null_and_empty_tiles_are_left_out_and_counted(tmp_path):
    imagery = opened(DATA / 'mbt-null' / 'map.mbtiles')
    assert is_in_place(imagery)
    assert any('1 tile is empty (0 bytes) and left out' in note for note in imagery.notes)
    contents = tiles_from_north()
    for place_of_tile, empty in zip(sorted(contents), (None, b'', None), strict=False):
        contents[place_of_tile] = empty
    path = write_mbtiles(tmp_path / 'a.mbtiles', rows(True, contents), [('bounds', BOUNDS)])
    imagery = opened(path)
    assert any('3 tiles are empty (0 bytes) and left out' in note for note in imagery.notes)
    for tile in imagery.tiles:
        imagery.read(tile)


@pytest.mark.parametrize('content', [b'junk', b'\x89PNG\r\n\x1a\n junk', 'text', 5, 1.5])
def test_a_damaged_tile_is_one_line_with_its_name(tmp_path, content):
    contents = tiles_from_north()
    damaged = sorted(contents)[12]
    contents[damaged] = content
    path = write_mbtiles(tmp_path / 'a.mbtiles', rows(True, contents), [('bounds', BOUNDS)])
    imagery = opened(path)
    with pytest.raises(ImageError, match=f'{ZOOM}/{damaged[0]}/') as caught:
        [imagery.read(tile) for tile in imagery.tiles]
    assert '\n' not in str(caught.value)


def test_numbers_that_no_zoom_has_are_passed_over(tmp_path):
    strange = [(ZOOM, -1, 5, b'x'), (ZOOM, 2**40, 1, b'x'), (99, 1, 1, b'x'), (-3, 1, 1, b'x')]
    strange += [
        (None, 1, 1, b'x'),
        ('abc', 1, 1, b'x'),
        (ZOOM, 'a', 1, b'x'),
        (ZOOM, 1.5, 1, b'x'),
    ]
    path = write_mbtiles(
        tmp_path / 'a.mbtiles', [*rows(True), *strange], [('bounds', BOUNDS), (None, None)]
    )
    assert is_in_place(opened(path))


@pytest.mark.parametrize('kind', ['webp', 'png', 'png8'])
def test_tiles_in_other_formats_and_of_512_px(tmp_path, kind):
    contents = {}
    for place_of_tile, content in tiles_from_north().items():
        image = Image.open(io.BytesIO(content)).resize((512, 512))
        target = io.BytesIO()
        if kind == 'png8':
            image.quantize(64).save(target, 'PNG')
        else:
            image.save(target, kind.upper())
        contents[place_of_tile] = target.getvalue()
    path = write_mbtiles(
        tmp_path / 'a.mbtiles', rows(True, contents), [('bounds', BOUNDS), ('format', kind)]
    )
    imagery = opened(path)
    assert is_in_place(imagery)
    assert any('0.2 m per pixel' in note for note in imagery.notes)  # half of 0.401 m


def test_a_stray_tile_far_away_is_one_line(tmp_path):
    stray = (ZOOM, 5, 200_000, next(iter(tiles_from_north().values())))
    path = write_mbtiles(tmp_path / 'a.mbtiles', [*rows(True), stray], [('bounds', BOUNDS)])
    with pytest.raises(MapError, match=r'reaches over .* km, too far .*delete what lies apart'):
        opened(path)


def test_vector_tiles_are_refused(tmp_path):
    path = write_mbtiles(tmp_path / 'a.mbtiles', rows(True), [('format', 'PBF')])
    with pytest.raises(MapError, match='holds vector tiles'):
        opened(path)


def test_a_file_without_metadata_is_read(tmp_path):
    path = write_mbtiles(tmp_path / 'a.db', rows(True))
    with sqlite3.connect(path) as database:
        database.execute('DROP TABLE metadata')
    database.close()
    assert is_in_place(opened(path))


# --- OsmAnd, Locus, MOBAC, BigPlanet ---


def test_sqlitedb_is_read():
    assert is_in_place(opened(DATA / 'sqlitedb' / 'map.sqlitedb'))


@pytest.mark.parametrize(
    ('info', 'zoom', 'from_south'),
    [
        ({'minzoom': -1, 'maxzoom': -1}, 17 - ZOOM, False),
        ({'minzoom': 1, 'tilenumbering': 'BigPlanet'}, 17 - ZOOM, False),
        ({'minzoom': 1, 'tilenumbering': ''}, ZOOM, False),
        ({'minzoom': 1, 'tilenumbering': 'simple', 'ellipsoid': 0}, ZOOM, False),
        ({'minzoom': 1, 'tilenumbering': '', 'inverted_y': 1}, ZOOM, True),
        # As written by tools that do not know of numbering: only one way fits.
        ({'minzoom': 18, 'maxzoom': 18}, ZOOM, False),
        ({'minzoom': 1, 'tilenumbering': 'BigPlanet'}, ZOOM, False),
    ],
)
@pytest.mark.parametrize('suffix', ['.sqlitedb', '.sqlite'])
def test_zooms_and_rows_of_sqlitedb(tmp_path, info, zoom, from_south, suffix):
    path = write_sqlitedb(tmp_path / f'a{suffix}', info, zoom, from_south)
    assert is_in_place(opened(path))


@pytest.mark.parametrize(
    ('info', 'message'),
    [
        ({'minzoom': 1, 'ellipsoid': 1}, 'elliptic Mercator'),
        ({'minzoom': 1, 'ellipsoid': 'true'}, 'elliptic Mercator'),
    ],
)
def test_sqlitedb_elsewhere_is_refused(tmp_path, info, message):
    path = write_sqlitedb(tmp_path / 'a.sqlitedb', info, 17 - ZOOM)
    with pytest.raises(MapError, match=message):
        opened(path)


def test_the_scene_is_what_is_read():
    """The middle of the map looks like the middle of the scene."""
    imagery = opened(DATA / 'sqlitedb' / 'map.sqlitedb')
    tile = min(
        imagery.tiles,
        key=lambda t: abs(t.center_lat - 47.855141) + abs(t.center_long - 9.009358),
    )
    x = (tile.center_long - 9.0066844) / (9.0120310 - 9.0066844) * 1000
    y = (47.8569407 - tile.center_lat) / (47.8569407 - 47.8533413) * 1000
    half = 50 / 0.4
    ground = scene().crop((round(x - half), round(y - half), round(x + half), round(y + half)))
    seen = Image.fromarray(imagery.read(tile).pixels).resize(ground.size)
    pair = [np.asarray(one.convert('L'), float).ravel() for one in (ground, seen)]
    # Of another place it is near 0; JPEG and resampling twice leave more than 0.9.
    assert np.corrcoef(pair)[0, 1] > 0.9
