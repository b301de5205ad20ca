# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map becomes an index, whatever stops the build, and no index that was there is lost."""

import resource
import shutil

from killed import in_child, killed_at_each_sync
from makers import ProjectionDescriber
from mortal_describer import files_of
import numpy as np
from PIL import Image
import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ImageError, IndexFolderError, MapError, ModelError
from visual_navsat.features.preprocess import ImagePreprocessor
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build import build_map
from visual_navsat.index.build.build_folder import open_build
from visual_navsat.index.build.tile_images import tile_preparer
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.maps.reader import MapImage

COUNT, BATCH_SIZE = 20, 3
DIMENSION = ProjectionDescriber.DIMENSION
BOX = GeoBox(8.0, 47.0, 8.001, 47.001)


@pytest.fixture
def images(tmp_path):
    """Return a folder with the images of :func:`tiles`: noise, 30 px, each its own."""
    folder = tmp_path / 'images'
    folder.mkdir()
    rng = np.random.default_rng(0)
    for row in range(COUNT):
        pixels = rng.integers(0, 256, (30, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f'{row}.png')
    return folder


@pytest.fixture
def tiles():
    """Return tiles of 0.001 degrees in a row along the equator."""
    return [
        TileMetadata(f'{row}.png', 0.001, row * 0.001, 0.0, (row + 1) * 0.001)
        for row in range(COUNT)
    ]


def build(tiles, images, out, describer=None, code='exact'):
    """Build with the projection, quietly and in small batches."""
    return build_map(
        tiles,
        images,
        out,
        # Torch's threads do not survive a fork, and these tests fork.
        Config().replace('correlation.correlate', False).replace('retrieval.code', code),
        describer or ProjectionDescriber(),
        progress=False,
        batch_size=BATCH_SIZE,
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_index_holds_every_tile(tiles, images, tmp_path):
    index = build(tiles, images, tmp_path / 'index')
    describer = ProjectionDescriber()
    for row in range(COUNT):
        pixels = np.asarray(Image.open(images / f'{row}.png'))
        expected = describer.describe([describer.preprocessor.prepare_tile(pixels)])[0]
        # The two multiply in another order.
        np.testing.assert_allclose(index.rows([row])[0], expected, atol=1e-6)
    assert index.tiles == tiles
    assert names(index.path) == ['.build.lock', 'CURRENT', 'v0001']
    assert names(index.path / 'v0001') == sorted(index.manifest.files)
    np.testing.assert_array_equal(index.vocabulary, np.ones((4, 6)))


def test_manifest_says_what_was_done(tiles, images, tmp_path):
    manifest = build(tiles, images, tmp_path / 'index').manifest
    assert (manifest.count, manifest.dimension) == (COUNT, DIMENSION)
    assert manifest.identity == ProjectionDescriber().identity
    assert manifest.origins == (str(images),)
    # One degree on the equator is 111.320 km east-west and 110.574 km north-south.
    assert manifest.described_gsd_m_per_px == pytest.approx(
        (111.320 * 110.574) ** 0.5 / 28, rel=1e-4
    )


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore::DeprecationWarning')
@pytest.mark.parametrize('code', ['exact', 'compact'])
def test_build_killed_at_any_sync_resumes_to_the_same_bytes(
    tiles, images, tmp_path, monkeypatch, code
):
    tiles = tiles[:8]
    target = tmp_path / 'index'
    old = build(tiles[:5], images, tmp_path / 'old', code=code).path
    new = build(tiles, images, tmp_path / 'new', code=code).path
    for _ in killed_at_each_sync(
        monkeypatch,
        lambda: shutil.copytree(old, target),
        lambda: build(tiles, images, target, code=code),
    ):
        seen = IndexFolder.open(target)
        expected = old if seen.manifest.count == 5 else new
        np.testing.assert_array_equal(seen.rows(), IndexFolder.open(expected).rows())
        build(tiles, images, target, code=code)
        assert files_of(target) == files_of(new)
        assert len(names(target)) == 3
        shutil.rmtree(target)


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_full_disk_is_one_line_and_keeps_everything(tiles, images, tmp_path):
    target = tmp_path / 'index'
    old = build(tiles[:5], images, target).rows().tobytes()
    message_file = tmp_path / 'message'

    def build_on_a_full_disk():
        with message_file.open('w') as file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (128 + 10 * 4 * DIMENSION, -1))
            try:
                build(tiles, images, target)
            except IndexFolderError as error:
                file.write(str(error))

    assert in_child(build_on_a_full_disk) == 0
    assert message_file.read_text() == (
        f'no space left to build {target}: 9 of {COUNT} tiles are kept in '
        f'{target}/.building; free some and run the same command again'
    )
    assert IndexFolder.open(target).rows().tobytes() == old
    describer = ProjectionDescriber()
    assert build(tiles, images, target, describer).manifest.count == COUNT
    assert describer.described == COUNT - 9


def test_damaged_tile_stops_the_build_and_keeps_what_is_done(tiles, images, tmp_path):
    whole = (images / '13.png').read_bytes()
    (images / '13.png').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r'13\.png .*12 of 20 tiles are done and kept'):
        build(tiles, images, tmp_path / 'index')
    with pytest.raises(IndexFolderError, match='no complete index folder'):
        IndexFolder.open(tmp_path / 'index')
    (images / '13.png').write_bytes(whole)
    describer = ProjectionDescriber()
    assert build(tiles, images, tmp_path / 'index', describer).manifest.count == COUNT
    assert describer.described == COUNT - 12


def stop_at_tile_13(tiles, images, target):
    """Let a build meet an image that is empty, and put the image back."""
    (images / '13.png').rename(images / 'aside')
    (images / '13.png').touch()
    with pytest.raises(ImageError, match='12 of 20'):
        build(tiles, images, target)
    (images / 'aside').rename(images / '13.png')


def test_another_model_starts_anew_and_says_so(tiles, images, tmp_path, caplog):
    stop_at_tile_13(tiles, images, tmp_path / 'index')
    describer = ProjectionDescriber(seed=1)
    build(tiles, images, tmp_path / 'index', describer)
    assert describer.described == COUNT
    assert 'starting again: seed changed' in caplog.text


def test_changed_tile_is_described_again(tiles, images, tmp_path, caplog):
    stop_at_tile_13(tiles, images, tmp_path / 'index')
    shutil.copy(images / '0.png', images / '7.png')
    describer = ProjectionDescriber()
    index = build(tiles, images, tmp_path / 'index', describer)
    assert 'tile 8 changed' in caplog.text
    assert describer.described == COUNT - 6  # the whole batches before it are kept
    np.testing.assert_allclose(*index.rows([7, 0]), atol=1e-6)  # of different batches


def test_second_build_of_the_same_target_is_refused(tiles, images, tmp_path):
    with (
        open_build(tmp_path / 'index'),
        pytest.raises(IndexFolderError, match=r'another build of .*index is running'),
    ):
        build(tiles, images, tmp_path / 'index')
    build(tiles, images, tmp_path / 'index')


def test_other_folders_are_not_replaced(tiles, images, tmp_path):
    with pytest.raises(IndexFolderError, match=r'it holds 0.png: name another'):
        build(tiles, images, images)
    assert len(list(images.iterdir())) == COUNT


def test_unwritable_folder_is_one_line(tiles, images, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(IndexFolderError, match=r'file.* \((File exists|Not a directory)\)'):
        build(tiles, images, tmp_path / 'file' / 'index')


def test_a_map_without_tiles_or_images_is_refused(tiles, images, tmp_path):
    with pytest.raises(MapError, match='no tiles'):
        build([], images, tmp_path / 'index')
    (images / '4.png').unlink()
    with pytest.raises(MapError, match=r'1 of 20 images are missing .* 4\.png'):
        build(tiles, images, tmp_path / 'index')


def test_descriptor_that_is_not_finite_is_refused(tiles, images, tmp_path):
    describer = ProjectionDescriber()
    describer.projection[:] = np.nan
    with pytest.raises(ModelError, match=r'descriptor of 0\.png is not finite'):
        build(tiles, images, tmp_path / 'index', describer)


def test_patches_without_ground_do_not_count():
    prepare = tile_preparer(ImagePreprocessor(max_side=56))
    pixels = np.full((112, 112, 3), 99, np.uint8)
    assert prepare(MapImage(pixels, BOX), 0.5).patch_mask.all()
    valid = np.ones((112, 112), bool)
    valid[:, 60:] = False  # of four columns of patches, two show ground and a fifteenth of one
    prepared = prepare(MapImage(pixels, BOX, valid), 0.5)
    assert prepared.patch_mask.tolist() == [[True, True, False, False]] * 4
    assert prepared.gsd_m_per_px == 1.0
    valid[:] = False
    valid[:, :20] = True  # no patch shows ground alone: those that show most of it count
    assert (
        prepare(MapImage(pixels, BOX, valid), 0.5).patch_mask.tolist()
        == [[True] + [False] * 3] * 4
    )


def test_vocabulary_is_fitted_on_the_map(tiles, images, tmp_path):
    config = Config().replace('vlad.vocabulary', 'fit').replace('vlad.num_clusters', 3)
    config = config.replace('model.device', 'cpu')
    first, second = (
        build_map(tiles[:6], images, tmp_path / name, config, progress=False)
        for name in ('first', 'second')
    )
    assert first.vocabulary.shape == (3, 192)
    assert first.manifest.dimension == 3 * 192
    np.testing.assert_array_equal(first.vocabulary, second.vocabulary)
    np.testing.assert_array_equal(first.rows(), second.rows())
