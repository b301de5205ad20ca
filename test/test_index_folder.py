# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An index folder opens as it was written, and everything wrong with it is named."""

from contextlib import closing
import json
import shutil
import subprocess
import threading

from field_storage import append_fields
import numpy as np
import pytest
from visual_navsat.errors import IndexFolderError
from visual_navsat.files import file_sha256
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index import index_folder
from visual_navsat.index import manifest as names
from visual_navsat.index.build.field_files import FieldFiles
from visual_navsat.index.build.new_version import NewVersion
from visual_navsat.index.build.tile_coding import make_code
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import Manifest, Segment
from visual_navsat.index.stored_areas import AreaField, FieldPatch

FILES = (
    names.MANIFEST,
    names.VOCABULARY,
    *(f'0001.{part}' for part in (names.DESCRIPTORS, names.TILES, names.GSDS)),
    *(f'0001.{part}' for part in (names.FIELDS, names.BLOCKS)),
    names.CHECKSUMS,
)


def make_tiles(count):
    return [TileMetadata(f'{i}.png', 1.0, i / 10, 0.5, (i + 1) / 10) for i in range(count)]


def write_index(target, rows, removed=None, gsd=0.5, areas=(), fields=(), code=names.EXACT):
    """
    Write the next version of an index.

    :param rows: (n, d) descriptors of each segment.
    :param removed: rows that are removed, by segment key.
    """
    target.mkdir(exist_ok=True)
    version, removed, segments = NewVersion(target), removed or {}, []
    version.add_vocabulary(np.eye(2, 4))
    code = make_code(code, np.concatenate(rows))
    version.add_code(code)
    for number, descriptors in enumerate(rows, start=1):
        key = f'{number:04d}'
        np.save(target.parent / 'rows.npy', descriptors)
        tiles, gsds = make_tiles(len(descriptors)), np.full(len(descriptors), gsd)
        patches = tuple(
            FieldPatch(index, PixelBox(0, 0, *area.grid.shape)) for index, area in enumerate(areas)
        )
        with closing(FieldFiles(target.parent)) as files:
            append_fields(files, [(p.box, f) for p, f in zip(patches, fields, strict=True)])
            version.add_segment(key, tiles, target.parent / 'rows.npy', code, gsds, files)
        (target.parent / 'rows.npy').unlink()
        if key in removed:
            np.save(version.folder / f'{key}.removed.npy', np.array(removed[key]))
        count = len(removed.get(key, ()))
        segments.append(
            Segment(key, ('images',), ('/images',), len(descriptors), count, 'abc', patches)
        )
    manifest = Manifest(
        identity={'model': 'toy', 'layer': 3},
        dimension=rows[0].shape[1],
        count=sum(segment.rows - segment.removed for segment in segments),
        described_gsd_m_per_px=gsd,
        background=[0.5, 1.5],
        created='2026-01-02T03:04:05+00:00',
        package_version='0.1.0',
        segments=tuple(segments),
        areas=tuple(areas),
        code=code.name,
    )
    version.publish(manifest)
    return manifest


def filled(count):
    """Return the descriptors of ``count`` tiles, all of which are filled with ``count``."""
    return [np.full((count, 8), count, np.float32)]


@pytest.fixture
def folder(tmp_path):
    """Return the version folder of an index of five tiles, which is named ``index``."""
    write_index(tmp_path / 'index', filled(5))
    return tmp_path / 'index' / 'v0001'


def edit_manifest(folder, **values):
    """Change manifest entries and make the checksums fit again."""
    content = json.loads((folder / names.MANIFEST).read_text()) | values
    (folder / names.MANIFEST).write_text(json.dumps(content))
    old_line, *rest = (folder / names.CHECKSUMS).read_text().splitlines()
    assert old_line.endswith(names.MANIFEST)
    new_line = f'{file_sha256(folder / names.MANIFEST)}  {names.MANIFEST}'
    (folder / names.CHECKSUMS).write_text('\n'.join([new_line, *rest]))


def test_index_opens_as_written(tmp_path):
    manifest = write_index(tmp_path / 'index', filled(5))
    index = IndexFolder.open(tmp_path / 'index')
    assert index.manifest == manifest
    assert list(index.tiles) == make_tiles(5)
    np.testing.assert_array_equal(index.rows(), np.full((5, 8), 5))
    np.testing.assert_array_equal(index.vocabulary, np.eye(2, 4))
    files = (tmp_path / 'index' / 'v0001').iterdir()
    assert index.size_bytes == sum(file.stat().st_size for file in files)


@pytest.fixture
def segmented(tmp_path):
    """Return an index of three segments with rows removed, and the rows that are left."""
    rng = np.random.default_rng(0)
    parts = [rng.standard_normal((count, 4)).astype(np.float32) for count in (5, 1, 8)]
    write_index(tmp_path / 'index', parts, {'0003': [0, 4, 5, 7]})
    return IndexFolder.open(tmp_path / 'index'), np.concatenate(
        [parts[0], parts[1], parts[2][[1, 2, 3, 6]]]
    )


@pytest.mark.parametrize('numbers', [None, [5], [9, 0, 6, 6], np.arange(3, 8), []])
def test_rows_are_those_that_are_left_in_any_order(segmented, numbers):
    index, left = segmented
    expected = left if numbers is None else left[np.array(numbers, int)]
    found = index.rows(numbers)
    np.testing.assert_array_equal(found, expected)
    assert (found.dtype, found.shape[1]) == (np.float32, 4)


def test_number_of_no_row_is_an_error(segmented):
    with pytest.raises(IndexError):
        segmented[0].rows([10])


def test_blocks_are_all_rows_in_order(segmented, monkeypatch):
    index, left = segmented
    monkeypatch.setattr(index_folder, '_ROWS_PER_BLOCK', 3)
    blocks = list(index.blocks())
    assert [len(block) for block in blocks] == [3, 2, 1, 3, 1]
    np.testing.assert_array_equal(np.concatenate(blocks), left)
    assert all(block.flags.c_contiguous and block.flags.writeable for block in blocks)


def test_similarities_are_inner_products(segmented):
    index, left = segmented
    # In another order than a product of the whole matrix: sums of four numbers of about 1.
    found = index.similarities(left[3:5])
    np.testing.assert_allclose(found, left[3:5] @ left.T, atol=1e-5)


def test_unknown_gsd_is_null_in_json_and_nan_in_python(tmp_path):
    write_index(tmp_path / 'index', filled(5), gsd=float('nan'))
    manifest = json.loads((tmp_path / 'index' / 'v0001' / names.MANIFEST).read_text())
    assert manifest['described_gsd_m_per_px'] is None
    assert np.isnan(IndexFolder.open(tmp_path / 'index').manifest.described_gsd_m_per_px)


@pytest.mark.parametrize('name', FILES)
def test_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(IndexFolderError, match=f'no {name}.*: build it again'):
        IndexFolder.open(folder.parent)


@pytest.mark.parametrize('name', FILES)
def test_flipped_bit_is_found(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) * 2 // 3] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(IndexFolderError, match=r'is damaged|format'):
        IndexFolder.open(folder.parent)


@pytest.mark.parametrize('name', [names.MANIFEST, '0001.descriptors.npy', names.VOCABULARY])
def test_truncated_file_is_found_without_checksums(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-7])
    with pytest.raises(IndexFolderError, match=r'is damaged.*build it again'):
        IndexFolder.open(folder.parent, check=False)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'format_version': 7}, r'format is 7, this .* reads 4 to 6: update '),
        ({'format_version': 3}, r'format is 3, this version of visual_navsat reads 4 to 6: build'),
        ({'format_version': 6.0}, r'format is 6.0, this .* reads 4 to 6: build it again'),
        (
            {'code': 'pq'},
            r'code must be one of exact, int8, compact, compact\+exact, got .pq.',
        ),
        ({'count': 6}, 'has 5 tiles, its manifest says 6'),
        ({'dimension': 4}, r'0001.descriptors.npy .* shape \(5, 8\), its manifest says \(5, 4\)'),
    ],
)
def test_manifest_that_does_not_fit(folder, values, message):
    edit_manifest(folder, **values)
    with pytest.raises(IndexFolderError, match=message):
        IndexFolder.open(folder.parent)


def test_entries_of_later_minor_versions_are_ignored(folder):
    edit_manifest(folder, weather='fair')
    assert IndexFolder.open(folder.parent).manifest.count == 5


def test_missing_folder_and_other_folders(tmp_path):
    with pytest.raises(IndexFolderError, match=r'no index at .*nowhere .No such file.*build-map'):
        IndexFolder.open(tmp_path / 'nowhere')
    with pytest.raises(IndexFolderError, match='is no complete index folder'):
        IndexFolder.open(tmp_path)


@pytest.mark.parametrize('content', [b'', b'v1\n', b'../v0001\n', b'\xff'])
def test_damaged_pointer_is_named(folder, content):
    (folder.parent / 'CURRENT').write_bytes(content)
    with pytest.raises(IndexFolderError, match=r'CURRENT .*build it again'):
        IndexFolder.open(folder.parent)


def test_checksums_are_those_of_sha256sum(folder):
    done = subprocess.run(
        f'cd {folder.parent}/$(cat {folder.parent}/CURRENT) && sha256sum -c checksums.sha256',
        shell=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert done.stdout.count(': OK') == len(FILES) - 1


def test_reader_never_sees_half_of_an_index_that_is_replaced(tmp_path):
    target = tmp_path / 'index'
    write_index(target, filled(1))
    stop = threading.Event()

    def replace_again_and_again():
        count = 1
        while not stop.is_set():
            count = count % 7 + 1
            write_index(target, filled(count))

    writer = threading.Thread(target=replace_again_and_again)
    writer.start()
    try:
        for _ in range(100):
            index = IndexFolder.open(target)
            count = index.manifest.count
            np.testing.assert_array_equal(index.rows(), np.full((count, 8), count))
    finally:
        stop.set()
        writer.join()
    assert len([path for path in target.iterdir() if path.name != 'CURRENT']) == 1


def test_index_that_was_opened_outlives_its_files(tmp_path):
    target = tmp_path / 'index'
    write_index(target, filled(3))
    index = IndexFolder.open(target)
    write_index(target, filled(7))
    np.testing.assert_array_equal(index.rows(), np.full((3, 8), 3))
    shutil.rmtree(target)
    np.testing.assert_array_equal(np.concatenate(list(index.blocks())), np.full((3, 8), 3))


def test_each_area_gets_its_own_field_back(tmp_path):
    fields = [field_of(4, 5, 70), field_of(2, 2, -90)]
    areas = [
        AreaField(LocalFrame(1.0, 0.2), PixelGrid(-5.0, 5.0, 4, 5, 0.5)),
        AreaField(LocalFrame(60.0, 20.0), PixelGrid(0.0, 1.0, 2, 2, 0.5)),
    ]
    write_index(tmp_path / 'index', filled(5), areas=areas, fields=fields)
    index = IndexFolder.open(tmp_path / 'index')
    assert index.manifest.areas == tuple(areas)
    for number, written in enumerate(fields):
        read = index.field(number)
        np.testing.assert_array_equal(read[2], written[2])
        # Where ground ends beside it, rounding moves a pixel by some steps; the fields by 160.
        np.testing.assert_allclose(read[:2], written[:2], atol=15)


def field_of(rows, columns, value):
    field = np.full((3, rows, columns), value, np.int8)
    field[2] = 1
    return field


def test_fields_of_other_areas_are_refused(tmp_path):
    areas = [AreaField(LocalFrame(1.0, 0.2), PixelGrid(-5.0, 5.0, 4, 5, 0.5))]
    write_index(tmp_path / 'index', filled(5), areas=areas, fields=[field_of(4, 5, 7)])
    folder = tmp_path / 'index' / 'v0001'
    content = json.loads((folder / names.MANIFEST).read_text())
    content['areas'][0]['columns'] = 500
    content['segments'][0]['patches'][0]['columns'] = 500
    edit_manifest(folder, **content)
    with pytest.raises(IndexFolderError, match=r'does not fit its areas.*2 blocks'):
        IndexFolder.open(tmp_path / 'index')


def test_tiles_of_another_number_are_refused(folder):
    path = folder / '0001.tiles.csv'
    path.write_text('\n'.join(path.read_text().splitlines()[:-1]))
    with pytest.raises(IndexFolderError, match=r'0001\.tiles\.csv .* has 4 tiles, .* says 5'):
        IndexFolder.open(folder.parent, check=False)
