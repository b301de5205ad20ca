# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Imagery is added to and removed from an index, and the rest is neither described nor lost."""

import errno
import json
import os
import shutil

from killed import killed_at_each_sync
from makers import ProjectionDescriber
from noise_map import build, CONFIG, NoiseSource, SIDE_PX, STEP_DEG, update
import numpy as np
from PIL import Image
import pytest
from visual_navsat.errors import ImageError, IndexFolderError, MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.index.build import update_index
from visual_navsat.index.build.removal import Removal
from visual_navsat.index.imagery import open_imagery
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.versions import current_folder
from visual_navsat.maps.metadata_csv import read_tiles, write_tiles
from visual_navsat.maps.open_map import open_map


@pytest.fixture
def base(tmp_path):
    """Return the folder of an index of twelve tiles, in four columns."""
    return build(NoiseSource('old', range(4)), tmp_path / 'index').path


def by_name(index):
    return dict(zip([t.filename for t in index.tiles], index.rows(), strict=True))


def test_added_tiles_are_described_and_no_others(base, tmp_path):
    before = by_name(IndexFolder.open(base))
    describer = ProjectionDescriber()
    index = update(base, NoiseSource('new', range(4, 7), seed=1), describer=describer)
    assert describer.described == 9
    index = IndexFolder.open(base)
    alone = by_name(build(NoiseSource('new', range(4, 7), seed=1), tmp_path / 'alone'))
    expected = before | {f'new/{name}': row for name, row in alone.items()}
    found = by_name(index)
    assert list(found) == list(expected)
    for name, row in expected.items():
        np.testing.assert_array_equal(found[name], row)
    assert index.manifest.count == 21
    assert index.manifest.origins == ('/maps/old', '/maps/new')
    assert sorted(path.name for path in base.iterdir()) == ['.build.lock', 'CURRENT', 'v0002']


def test_unchanged_files_are_the_same_bytes_on_disk(base):
    inode = (base / 'v0001' / '0001.codes.npy').stat().st_ino
    update(base, NoiseSource('new', range(4, 7), seed=1))
    assert (base / 'v0002' / '0001.codes.npy').stat().st_ino == inode


def test_files_are_copied_where_links_cannot_be(base, monkeypatch):
    before = by_name(IndexFolder.open(base))

    def refuse(*_):
        raise OSError(errno.EPERM, 'Operation not permitted')

    monkeypatch.setattr(os, 'link', refuse)
    found = by_name(update(base, NoiseSource('new', range(4, 7), seed=1)))
    assert len(found) == 21
    assert all(np.array_equal(found[name], row) for name, row in before.items())


def test_field_of_an_area_that_grows_is_that_of_one_build(base, tmp_path):
    update(base, NoiseSource('west', range(-3, 0)))
    update(base, NoiseSource('east', range(4, 6)))
    index = IndexFolder.open(base)
    assert len(index.manifest.areas) == 1
    whole = build(NoiseSource('whole', range(-3, 6)), tmp_path / 'whole')
    # The area grew by whole pixels of its coarsest level: it begins up to 15 px further out.
    grown, expected = shown(index.field(0)), shown(whole.field(0))
    assert grown.shape == pytest.approx(expected.shape, abs=1)
    # The frames differ by less than a pixel, and noise agrees with itself alone.
    assert grown[2].mean() == pytest.approx(expected[2].mean(), abs=0.02)
    shape = np.minimum(grown.shape, expected.shape)
    grown, expected = (f[:2, : shape[1], : shape[2]].astype(float) for f in (grown, expected))
    shifted = [
        np.corrcoef(np.roll(grown, shift, (1, 2)).ravel(), expected.ravel())[0, 1]
        for shift in [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)]
    ]
    assert max(shifted) > 0.6
    far = np.roll(grown, (9, 9), (1, 2))
    assert abs(np.corrcoef(far.ravel(), expected.ravel())[0, 1]) < 0.15


def shown(field):
    """Return the part of a field from the first to the last pixel that shows ground."""
    rows, columns = (np.flatnonzero(field[2].any(axis)) for axis in (1, 0))
    return field[:, slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)]


def test_another_area_stays_apart(base):
    first = IndexFolder.open(base).field(0)
    index = update(base, NoiseSource('far', range(500, 503)))
    assert len(index.manifest.areas) == 2
    np.testing.assert_array_equal(index.field(0), first)
    index = update(base, removal=Removal(('old',)))
    assert len(index.manifest.areas) == 1
    assert index.tiles[0].filename == 'far/0_500'


def test_a_new_date_lies_on_top_and_goes_again(base):
    before = IndexFolder.open(base).field(0)
    index = update(base, NoiseSource('2024', range(1, 3), range(1), seed=7))
    after = index.field(0)
    changed = (after != before).any(axis=0)
    # Two tiles of twelve, less their rims, where gradients cannot be had.
    assert 0.05 < changed.mean() < 2 / 12
    assert index.manifest.count == 14
    index = update(base, removal=Removal(('2024',)))
    assert index.manifest.count == 12
    assert len(index.manifest.segments) == 1
    np.testing.assert_array_equal(index.field(0), before)


def test_removed_tiles_are_gone_from_rows_and_field(base):
    before = IndexFolder.open(base)
    rows, field = by_name(before), before.field(0)
    # The column of tiles in the west: a quarter of the map.
    west = GeoBox(-1.0, -1.0, STEP_DEG, 1.0)
    index = update(base, removal=Removal(area=west))
    assert index.manifest.count == len(index.tiles) == 9
    found = by_name(index)
    assert set(rows) - set(found) == {'0_0', '1_0', '2_0'}
    for name, row in found.items():
        np.testing.assert_array_equal(row, rows[name])
    left = index.field(0)
    quarter = left.shape[2] // 4
    kept_from = quarter + 1
    assert not left[:, :, : quarter - 1].any()
    np.testing.assert_array_equal(left[:, :, kept_from:], field[:, :, kept_from:])
    index = update(base, removal=Removal(('2_*',)))
    assert {tile.filename for tile in index.tiles} == {
        f'{r}_{c}' for r in (0, 1) for c in (1, 2, 3)
    }
    assert IndexFolder.open(base).manifest.segments[0].removed == 6


def test_remove_and_add_become_true_at_once(base):
    index = update(base, NoiseSource('new', range(4), seed=3), Removal(('old',)))
    assert {tile.filename.split('/')[0] for tile in index.tiles} == {'new'}
    assert index.manifest.count == 12
    assert [segment.key for segment in index.manifest.segments] == ['0002']


def stored_names(index, key):
    table = current_folder(index.path) / f'{key}.tiles.csv'
    return [tile.filename for tile in read_tiles(table)]


def test_tiles_are_called_the_same_in_the_table_and_in_the_index(base):
    index = update(base, NoiseSource('new', range(4, 5)))
    stored = stored_names(index, '0001') + stored_names(index, '0002')
    assert stored == [tile.filename for tile in index.tiles]
    assert stored[-3:] == ['new/0_4', 'new/1_4', 'new/2_4']


def write_map(folder, column):
    """Write two tiles beside each other, with their metadata CSV."""
    folder.mkdir()
    tiles = [
        GeoBox(x * STEP_DEG, 0.0, (x + 1) * STEP_DEG, STEP_DEG).as_tile(f'{x}.png')
        for x in (column, column + 1)
    ]
    rng = np.random.default_rng(column)
    for tile in tiles:
        pixels = rng.integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / tile.filename)
    write_tiles(folder / 'map.csv', tiles)


@pytest.mark.parametrize('begin_with', [['june', 'july'], ['june'], ['other', 'june']])
def test_the_name_of_a_source_stands_for_all_of_its_tiles(tmp_path, begin_with):
    months = ['june', 'july', 'other']
    for number, name in enumerate(months):
        write_map(tmp_path / f'{name}-imagery', 2 * number)
    texts = {name: f'{name}={tmp_path}/{name}-imagery' for name in months}
    index = build(open_map([texts[name] for name in begin_with]), tmp_path / 'index')
    added = [name for name in months if name not in begin_with]
    index = update(index.path, open_map([texts[name] for name in added]))
    assert index.manifest.count == 6
    assert all(stored_names(index, '0002')[k] == tile.filename
               for k, tile in enumerate(index.tiles[-2 * len(added):]))  # fmt: skip
    imagery = open_imagery(index.tiles, index.manifest)
    assert all(imagery.look(tile) is not None for tile in index.tiles)
    with pytest.raises(MapError, match='has imagery called june: name the new one'):
        update(index.path, open_map([texts['june'].replace('june-', 'july-')]))
    left = update(index.path, removal=Removal(('june',))).tiles
    assert sorted(int(tile.filename.split('/')[-1][0]) for tile in left) == [2, 3, 4, 5]


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_update_killed_at_any_sync_is_old_or_new_and_goes_on(tmp_path, monkeypatch):
    config = CONFIG.replace('correlation.correlate', False)  # torch does not survive a fork
    target = tmp_path / 'index'
    old = build(NoiseSource('old', range(3)), tmp_path / 'old', config).path
    source, removal = NoiseSource('new', range(3, 6), seed=1), Removal(('1_*',))

    def change(folder):
        update_index(folder, config, source, removal, ProjectionDescriber(), False, 4)
        return IndexFolder.open(folder)

    shutil.copytree(old, tmp_path / 'new')
    expected = by_name(change(tmp_path / 'new'))
    for _ in killed_at_each_sync(
        monkeypatch, lambda: shutil.copytree(old, target), lambda: change(target)
    ):
        assert IndexFolder.open(target).manifest.count in (9, 15)
        index = change(target)
        found = by_name(index)
        assert list(found) == list(expected)
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
        assert len(list(target.iterdir())) == 3
        shutil.rmtree(target)


def test_background_is_measured_again_when_a_quarter_has_changed(tmp_path):
    base = build(NoiseSource('old', range(20)), tmp_path / 'index').path
    before = IndexFolder.open(base).manifest
    assert len(before.background) == 101
    index = update(base, NoiseSource('few', range(20, 22)))
    assert index.manifest.background == before.background
    assert index.manifest.background_age == 6
    index = update(base, NoiseSource('more', range(22, 27)))
    assert index.manifest.background_age == 0
    assert index.manifest.background != before.background


def test_what_cannot_be_is_named(base, tmp_path):
    for change, message in (
        (
            {'removal': Removal(('2019/*',))},
            r'no tile of .* fits 2019/\*: .* 0_0',
        ),
        ({'removal': Removal(('*',))}, r'all 12 tiles of .* would be removed'),
    ):
        with pytest.raises(MapError, match=message):
            update(base, **change)
    update(base, NoiseSource('new', range(4, 6)))
    with pytest.raises(MapError, match='has imagery called new: name the new one'):
        update(base, NoiseSource('new', range(6, 8)))
    # Asked for again, as after a kill that came too late: nothing is left to do.
    describer = ProjectionDescriber()
    assert update(base, NoiseSource('new', range(4, 6)), describer=describer).manifest.count == 18
    assert describer.described == 0
    with pytest.raises(IndexFolderError, match=r'no index at .*nowhere'):
        update(tmp_path / 'nowhere', NoiseSource('new', range(6, 8)))
    assert not (tmp_path / 'nowhere').exists()


def test_damaged_image_keeps_the_index_and_what_is_done(base):
    class Damaged(NoiseSource):
        """A source with one damaged tile."""

        def read(self, tile):
            if tile.filename == '2_5':
                raise ImageError('2_5 is damaged')
            return super().read(tile)

    with pytest.raises(ImageError, match=r'2_5 is damaged .4 of 6 tiles are done and kept'):
        update(base, Damaged('new', range(4, 6)))
    assert IndexFolder.open(base).manifest.count == 12
    describer = ProjectionDescriber()
    assert update(base, NoiseSource('new', range(4, 6)), describer=describer).manifest.count == 18
    assert describer.described == 2


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def as_format_3(index):
    """Turn an index of one version into what an earlier visual_navsat wrote, as far as it says."""
    folder = index / 'v0001'
    manifest = json.loads((folder / 'manifest.json').read_text()) | {'format_version': 3}
    (folder / 'manifest.json').write_text(json.dumps(manifest))
    for name in ('CURRENT', '.build.lock'):
        (index / name).unlink()
    for path in folder.iterdir():
        path.rename(index / path.name)
    folder.rmdir()
    return index


def test_format_3_is_refused_and_replaced_by_a_new_build(base):
    names = names_in(as_format_3(base))
    with pytest.raises(IndexFolderError, match=r'format is 3, .* reads 4 to 6: build it again'):
        IndexFolder.open(base)
    with pytest.raises(IndexFolderError, match=r'format is 3, .* reads 4 to 6: build it again'):
        update(base, NoiseSource('new', range(4, 6)))
    assert names_in(base) == names
    whole = build(NoiseSource('other', range(5)), base)
    assert whole.manifest.count == 15
    assert names_in(base) == ['.build.lock', 'CURRENT', 'v0001']
