# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An index of which one part was edited is refused, or answers as before."""

from dataclasses import replace
import json
import shutil

from bench.index_editing import remake_checksums, remake_digests
from bench.index_edits import make_index, try_edits
from makers import make_ground, TILE_PX
import numpy as np
import pytest
from visual_navsat.cli.main import main
from visual_navsat.config import Config
from visual_navsat.engine import query
from visual_navsat.errors import IndexFolderError
from visual_navsat.index.manifest import MANIFEST
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.maps.metadata_csv import read_tiles, write_tiles


@pytest.fixture
def folder(small_map, tmp_path):
    """Return the version folder of a copy of the small map's index."""
    shutil.copytree(small_map.index, tmp_path / 'index')
    return tmp_path / 'index' / 'v0001'


def edit(folder, change):
    """Let a function change the manifest, and make the checksums fit again."""
    content = json.loads((folder / MANIFEST).read_text())
    change(content)
    (folder / MANIFEST).write_text(json.dumps(content))
    remake_checksums(folder)


def refused(folder, message):
    with pytest.raises(IndexFolderError, match=message) as caught:
        LoadedMap.open(folder.parent, Config())
    assert '\n' not in str(caught.value) and 'build it again' in str(caught.value)


@pytest.mark.parametrize(
    ('name', 'change'),
    [
        ('origin_lat', lambda value: value + 1.0),
        ('origin_lat', lambda value: -value),
        ('origin_long', lambda value: value + 2e-5),  # 1.5 m, 3 px
        ('west_m', lambda value: value - 100.0),
        ('north_m', lambda value: value + 1.0),
        ('gsd_m_per_px', lambda value: value * 1.01),
    ],
)
def test_an_area_that_does_not_hold_its_tiles(folder, capsys, name, change):
    def move(content):
        content['areas'][0][name] = change(content['areas'][0][name])

    edit(folder, move)
    refused(folder, r'lies in no area|holds no tile|reaches .* beyond the tiles')
    for words in (['info'], ['preflight']):
        assert main([*words, str(folder.parent)]) == 1
        assert capsys.readouterr().err.count('\n') == 1


def test_a_patch_elsewhere_in_a_larger_area(folder):
    def move(content):
        content['areas'][0]['rows'] += 50
        content['segments'][0]['patches'][0]['top'] += 50

    edit(folder, move)
    refused(folder, 'lies in no area|holds no tile|beyond')


def test_tiles_that_were_moved(folder):
    path = folder / '0001.tiles.csv'
    moved = [
        replace(t, top_left_long=t.top_left_long + 1, bottom_right_long=t.bottom_right_long + 1)
        for t in read_tiles(path)
    ]
    write_tiles(path, moved)
    remake_checksums(folder)
    refused(folder, r'0001\.tiles\.csv is not what manifest\.json says')
    remake_digests(folder)
    remake_checksums(folder)
    refused(folder, 'lies in no area|holds no tile')


def test_files_of_another_index_are_told_by_their_digest(folder):
    path = folder / '0001.fields.npy'
    np.save(path, np.roll(np.load(path), 1000))
    remake_checksums(folder)
    refused(folder, r'0001\.fields\.npy is not what manifest\.json says')


@pytest.mark.parametrize(
    ('name', 'change', 'message'),
    [
        ('0001.codes.npy', lambda array: array.astype(np.float32), 'must hold int8'),
        ('0001.codes.npy', lambda array: array[:-1], 'has shape'),
        ('0001.codes.npy', lambda array: array[:, :64], 'has shape'),
        ('0001.gsds.npy', lambda array: array * 2, 'were described at'),
        ('0001.gsds.npy', lambda array: array[:-1], 'has 15 numbers, its manifest says 16'),
        ('0001.fields.npy', lambda array: array.astype(np.int16), 'must hold uint8'),
        ('0001.fields.npy', lambda array: array[:-1], 'does not fit its areas'),
        ('0001.fields.npy', lambda array: array[::-1], 'a block of a field is damaged'),
        ('0001.blocks.npy', lambda array: array[::-1], 'a block of a field is damaged'),
        ('0001.blocks.npy', lambda array: array[:, :-1], 'does not fit its areas'),
        ('0001.blocks.npy', lambda array: array.astype(np.int64), 'must hold uint32'),
        ('vocabulary.npy', lambda array: array * np.inf, 'vocabulary'),
        ('vocabulary.npy', lambda array: array.ravel(), 'must hold float32 in 2 dimensions'),
    ],
)
@pytest.mark.filterwarnings('ignore:invalid value')
def test_arrays_that_cannot_be(folder, name, change, message):
    np.save(folder / name, change(np.load(folder / name)))
    remake_digests(folder)
    remake_checksums(folder)
    refused(folder, message)


def test_a_damaged_block_refuses_those_who_read_it(folder):
    path = folder / '0001.fields.npy'
    content = np.load(path)
    content[slice(len(content) // 2, None)] ^= 255
    np.save(path, content)
    remake_digests(folder)
    remake_checksums(folder)
    opened = LoadedMap.open(folder.parent, Config())
    with pytest.raises(IndexFolderError, match='a block of a field is damaged') as caught:
        query(opened, Config(), make_ground(4 * TILE_PX, seed=5)[200:500, 200:600])
    assert '\n' not in str(caught.value) and 'build it again' in str(caught.value)


@pytest.mark.parametrize('content', [b'', b'\x93NUMPY', b'\x93NUMPY\x01\x00\xff\xff{', b'junk'])
def test_files_that_are_no_arrays(folder, content):
    (folder / '0001.codes.npy').write_bytes(content)
    remake_digests(folder)
    remake_checksums(folder)
    refused(folder, 'is damaged')


def test_an_array_that_claims_more_than_there_is(folder):
    """Nothing is allocated for it."""
    header = {'descr': '|i1', 'fortran_order': False, 'shape': (10**9, 10**9)}
    with (folder / '0001.codes.npy').open('wb') as file:
        np.lib.format.write_array_header_1_0(file, header)
    remake_digests(folder)
    remake_checksums(folder)
    refused(folder, 'has 0 bytes of an array of shape')


@pytest.mark.parametrize(
    ('background', 'message'),
    [([0.5], '101 numbers'), ([1.0] * 100 + [0.5], 'do not fall'), ([None] * 101, 'background')],
)
def test_a_background_that_cannot_be(folder, background, message):
    edit(folder, lambda content: content.update(background=background))
    refused(folder, message)


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('segments', [float('nan')]),
        ('segments', []),
        ('areas', [None]),
        ('identity', 'model'),
        ('identity', {'model': []}),
        ('count', 16.0),
        ('count', True),
        ('dimension', '1'),
        ('described_gsd_m_per_px', 1e308),
        ('sha256', [1]),
        ('created', None),
        ('format_version', [6]),
        ('code', 8),
        ('code', 'compact'),
    ],
)
def test_entries_of_other_kinds(folder, name, value):
    edit(folder, lambda content: content.update({name: value}))
    refused(folder, 'damaged|format|no projection')


@pytest.mark.parametrize('content', ['[]', '1', 'null', '[' * 100_000, '{"a": NaN}', ''])
def test_manifests_that_are_none(folder, content):
    (folder / MANIFEST).write_text(content)
    remake_checksums(folder)
    refused(folder, 'is damaged')


def test_an_index_without_digests_is_still_read(folder):
    edit(folder, lambda content: content.pop('sha256'))
    tiles = read_tiles(folder / '0001.tiles.csv')
    write_tiles(folder / '0001.tiles.csv', tiles)
    remake_checksums(folder)
    assert len(LoadedMap.open(folder.parent, Config()).tiles) == 16


@pytest.mark.slow
def test_edits_of_the_small_map_do_no_harm(tmp_path):
    """The first of those that python -m bench.index_edits tries."""
    found = try_edits(make_index(tmp_path), range(1, 13))
    assert found['harmful'] == []
    assert found['ends']['refused'] >= 6
