# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An index keeps of its descriptors what was asked for, and those of earlier formats are read."""

import json

from bench.index_editing import remake_checksums
from makers import ProjectionDescriber
from noise_map import build, CONFIG, NoiseSource, update
import numpy as np
import pytest
from visual_navsat.errors import IndexFolderError
from visual_navsat.index.build import update_index
from visual_navsat.index.build.removal import Removal
from visual_navsat.index.build.tile_coding import make_code
from visual_navsat.index.consistency import check_consistent
from visual_navsat.index.index_folder import IndexFolder

DIMENSION = ProjectionDescriber.DIMENSION
BYTES = {'exact': 4 * DIMENSION, 'int8': DIMENSION, 'compact': 3, 'compact+exact': 99}


def coded(code):
    return CONFIG.replace('correlation.correlate', False).replace('retrieval.code', code)


@pytest.fixture(scope='module')
def exact(tmp_path_factory):
    """Return the index of twelve tiles with all of their descriptors."""
    return build(NoiseSource('old', range(4)), tmp_path_factory.mktemp('exact'), coded('exact'))


@pytest.mark.parametrize('code', list(BYTES))
def test_rows_of_each_code_stand_for_the_descriptors(exact, tmp_path, code):
    index = build(NoiseSource('old', range(4)), tmp_path / 'index', coded(code))
    assert (index.manifest.code, index.code.bytes_per_tile) == (code, BYTES[code])
    check_consistent(IndexFolder.open(index.path))
    rows = index.code.tile.project(exact.rows())
    cosines = (rows * index.rows()).sum(axis=1)
    # Two bits keep 0.9 of a Gaussian; the twelve directions here are few to be one.
    assert cosines.min() > (0.999 if code in ('exact', 'int8') else 0.6)
    assert index.code.keeps_exact == (code == 'compact+exact')
    if index.code.keeps_exact:
        np.testing.assert_array_equal(index.exact_rows([3, 1]), exact.rows([3, 1]))
        np.testing.assert_array_equal(np.concatenate(list(index.exact_blocks())), exact.rows())


@pytest.mark.parametrize('code', ['int8', 'compact+exact'])
def test_what_is_added_takes_the_code_of_the_index(tmp_path, code):
    base = build(NoiseSource('old', range(4)), tmp_path / 'index', coded(code))
    index = update(base.path, NoiseSource('new', range(4, 6), seed=1), Removal(('0_*',)))
    assert (index.manifest.code, index.manifest.count) == (code, 14)
    check_consistent(index)
    alone = build(NoiseSource('new', range(4, 6), seed=1), tmp_path / 'alone', coded('exact'))
    added = index.code.tile.encode(alone.rows())
    np.testing.assert_array_equal(np.concatenate(list(index.blocks()))[8:], added)
    with pytest.raises(IndexFolderError, match=r'was built with --code .*, not exact: leave it o'):
        update_index(base.path, coded('exact'), remove=Removal(('1_*',)))


def test_few_tiles_are_nothing_to_learn_from():
    rows = np.random.default_rng(0).standard_normal((512, 8)).astype(np.float32)
    assert make_code('auto', rows).name == 'int8'
    assert make_code('compact', rows).tile.width == 2
    with pytest.raises(IndexFolderError, match=r'3 tiles differ in too few .* --code int8 or'):
        make_code('compact', rows[:3])


@pytest.mark.parametrize('factor', [3, np.nan])
def test_exact_rows_that_are_no_unit_rows_are_refused(tmp_path, factor):
    index = build(NoiseSource('old', range(4)), tmp_path / 'index', coded('compact+exact'))
    path = index.path / 'v0001' / '0001.descriptors.npy'
    np.save(path, np.load(path) * np.float32(factor))
    remake_checksums(path.parent)
    with pytest.raises(IndexFolderError, match=r'is not what manifest\.json says'):
        check_consistent(IndexFolder.open(index.path))
    with pytest.raises(IndexFolderError, match='must be unit rows'):
        check_consistent(IndexFolder.open(index.path, check=False))


def as_format(index, number):
    """Turn an exact index of one version into what earlier visual_navsats wrote."""
    folder = index.path / 'v0001'
    content = json.loads((folder / 'manifest.json').read_text()) | {'format_version': number}
    del content['code'], content['sha256']
    if number == 4:
        (segment,), content['segments'][0]['prefix'] = index.segments, ''
        fields = [segment.fields.read(patch, 0) for patch in range(len(segment.entry.patches))]
        np.save(folder / '0001.fields.npy', np.concatenate([field.ravel() for field in fields]))
        (folder / '0001.blocks.npy').unlink()
    (folder / 'manifest.json').write_text(json.dumps(content))
    remake_checksums(folder)


@pytest.mark.parametrize('number', [4, 5])
def test_earlier_formats_are_read(tmp_path, number):
    config = CONFIG.replace('retrieval.code', 'exact')
    index = build(NoiseSource('old', range(4)), tmp_path / 'index', config)
    rows, field, tiles = index.rows(), index.field(0), index.tiles
    as_format(index, number)
    found = IndexFolder.open(index.path)
    check_consistent(found)
    assert (found.manifest.format_version, found.tiles) == (number, tiles)
    np.testing.assert_array_equal(found.rows(), rows)
    np.testing.assert_array_equal(found.field(0), field)
    if number == 5:
        assert update(index.path, removal=Removal(('0_*',))).manifest.format_version == 6
    else:
        with pytest.raises(IndexFolderError, match='has format 4, which is only read, not chang'):
            update(index.path, removal=Removal(('0_*',)))
