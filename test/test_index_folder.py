"""An index folder opens as it was written, and everything wrong with it is named."""

import json
import threading

import numpy as np
import pytest

from visual_navsat.errors import IndexFolderError
from visual_navsat.files import file_sha256
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index import manifest as names
from visual_navsat.index.build.index_writer import finish_index
from visual_navsat.index.build.publish import publish_folder
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import AreaField, FieldPatch, Manifest, Segment
from visual_navsat.index.segment import write_segment_files

FILES = (
    names.MANIFEST,
    names.VOCABULARY,
    *(f'0001.{part}' for part in (names.DESCRIPTORS, names.TILES, names.GSDS, names.FIELDS)),
    names.CHECKSUMS,
)


def write_index(folder, count=5, gsd=0.5, areas=(), fields=()):
    """Write an index of ``count`` descriptors, all of which are filled with ``count``."""
    folder.mkdir()
    np.save(folder / '0001.descriptors.npy', np.full((count, 8), count, np.float32))
    tiles = [TileMetadata(f'{i}.png', 1.0, i / 10, 0.5, (i + 1) / 10) for i in range(count)]
    manifest = Manifest(
        identity={'model': 'toy', 'layer': 3},
        dimension=8,
        count=count,
        described_gsd_m_per_px=gsd,
        background=[0.5, 1.5],
        image_dir='/images',
        created='2026-01-02T03:04:05+00:00',
        package_version='0.1.0',
        segments=(
            Segment(
                key='0001',
                name='',
                origin='/images',
                rows=count,
                removed=0,
                fingerprint='abc',
                patches=tuple(
                    FieldPatch(index, PixelBox(0, 0, *area.grid.shape))
                    for index, area in enumerate(areas)
                ),
            ),
        ),
        areas=tuple(areas),
    )
    write_segment_files(folder, '0001', tiles, np.full(count, gsd), fields)
    finish_index(folder, manifest, np.eye(2, 4))
    return manifest, tiles


@pytest.fixture
def folder(tmp_path):
    write_index(tmp_path / 'index')
    return tmp_path / 'index'


def edit_manifest(folder, **values):
    """Change manifest entries and make the checksums fit again."""
    content = json.loads((folder / names.MANIFEST).read_text()) | values
    (folder / names.MANIFEST).write_text(json.dumps(content))
    old_line, *rest = (folder / names.CHECKSUMS).read_text().splitlines()
    assert old_line.endswith(names.MANIFEST)
    new_line = f'{file_sha256(folder / names.MANIFEST)}  {names.MANIFEST}'
    (folder / names.CHECKSUMS).write_text('\n'.join([new_line, *rest]))


def test_index_opens_as_written(tmp_path):
    manifest, tiles = write_index(tmp_path / 'index')
    index = IndexFolder.open(tmp_path / 'index')
    assert index.manifest == manifest
    assert list(index.tiles) == tiles
    assert isinstance(index.descriptors, np.memmap)
    np.testing.assert_array_equal(index.descriptors, np.full((5, 8), 5))
    np.testing.assert_array_equal(index.vocabulary, np.eye(2, 4))


def test_unknown_gsd_is_null_in_json_and_nan_in_python(tmp_path):
    write_index(tmp_path / 'index', gsd=float('nan'))
    manifest = json.loads((tmp_path / 'index' / names.MANIFEST).read_text())
    assert manifest['described_gsd_m_per_px'] is None
    assert np.isnan(IndexFolder.open(tmp_path / 'index').manifest.described_gsd_m_per_px)


@pytest.mark.parametrize('name', FILES)
def test_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(IndexFolderError, match=f'no {name}.*: build it again'):
        IndexFolder.open(folder)


@pytest.mark.parametrize('name', FILES)
def test_flipped_bit_is_found(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) * 2 // 3] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(IndexFolderError, match=r'is damaged|format'):
        IndexFolder.open(folder)


@pytest.mark.parametrize('name', [names.MANIFEST, '0001.descriptors.npy', names.VOCABULARY])
def test_truncated_file_is_found_without_checksums(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-7])
    with pytest.raises(IndexFolderError, match=r'is damaged.*build it again'):
        IndexFolder.open(folder, check=False)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'format_version': 4}, 'index format is 4, this version of visual_navsat reads 3'),
        ({'count': 6}, r'5 tiles and descriptors of shape \(5, 8\).* says \(6, 8\)'),
        ({'dimension': 4}, r'0001.descriptors.npy .* shape \(5, 8\), its manifest says \(5, 4\)'),
    ],
)
def test_manifest_that_does_not_fit(folder, values, message):
    edit_manifest(folder, **values)
    with pytest.raises(IndexFolderError, match=message):
        IndexFolder.open(folder)


def test_entries_of_later_minor_versions_are_ignored(folder):
    edit_manifest(folder, projection='none')
    assert IndexFolder.open(folder).manifest.count == 5


def test_missing_folder_and_other_folders(tmp_path):
    with pytest.raises(IndexFolderError, match=r'no index at .*nowhere .No such file.*build-map'):
        IndexFolder.open(tmp_path / 'nowhere')
    with pytest.raises(IndexFolderError, match='is no index folder'):
        IndexFolder.open(tmp_path)


def test_reader_never_sees_half_of_an_index_that_is_replaced(tmp_path):
    target = tmp_path / 'index'
    write_index(target, count=1)
    stop = threading.Event()

    def replace_again_and_again():
        count = 1
        while not stop.is_set():
            count = count % 7 + 1
            write_index(tmp_path / 'new', count)
            publish_folder(tmp_path / 'new', target)

    writer = threading.Thread(target=replace_again_and_again)
    writer.start()
    try:
        for _ in range(100):
            index = IndexFolder.open(target)
            count = index.manifest.count
            np.testing.assert_array_equal(index.descriptors, np.full((count, 8), count))
    finally:
        stop.set()
        writer.join()


def test_each_area_gets_its_own_field_back(tmp_path):
    fields = [np.full((3, 4, 5), 7, np.int8), np.full((3, 2, 2), -9, np.int8)]
    areas = [
        AreaField(LocalFrame(1.0, 0.2), PixelGrid(-5.0, 5.0, 4, 5, 0.5)),
        AreaField(LocalFrame(60.0, 20.0), PixelGrid(0.0, 1.0, 2, 2, 0.5)),
    ]
    write_index(tmp_path / 'index', areas=areas, fields=fields)
    index = IndexFolder.open(tmp_path / 'index')
    assert index.manifest.areas == tuple(areas)
    for read, written in zip(index.fields, fields, strict=True):
        np.testing.assert_array_equal(read, written)


def test_fields_of_other_areas_are_refused(tmp_path):
    areas = [AreaField(LocalFrame(1.0, 0.2), PixelGrid(-5.0, 5.0, 4, 5, 0.5))]
    write_index(tmp_path / 'index', areas=areas, fields=[np.zeros((3, 4, 6), np.int8)])
    with pytest.raises(IndexFolderError, match='is not of its areas'):
        IndexFolder.open(tmp_path / 'index')


def test_tiles_of_another_number_are_refused(folder):
    path = folder / '0001.tiles.csv'
    path.write_text('\n'.join(path.read_text().splitlines()[:-1]))
    with pytest.raises(IndexFolderError, match=r'0001\.tiles\.csv .* has 4 tiles, .* says 5'):
        IndexFolder.open(folder, check=False)
