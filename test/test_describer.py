# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The describer: batches, masks, vocabulary, and whether it fits an existing index."""

import dataclasses

from makers import FLOAT32
import numpy as np
import pytest
import torch
from visual_navsat.config import Config
from visual_navsat.errors import IndexFolderError, ModelError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.describer import (
    counting_patches,
    ImageDescriber,
    make_aggregator,
    make_describer,
    make_extractor,
    make_preprocessor,
    resolve_settings,
)
from visual_navsat.features.model_zoo import EMBEDDED_MODEL, get_model_spec
from visual_navsat.features.preprocess import ImagePreprocessor
from visual_navsat.features.vlad import VLADAggregator

TINY = dataclasses.replace(
    get_model_spec('dinov2_vits14'), name='tiny', dim=24, depth=2, heads=2, grid_side=4, layer=1
)
CPU = Config().replace('model.device', 'cpu')


def tiny_describer(num_centres: int = 4, **arguments) -> ImageDescriber:
    extractor = DinoV2Extractor.with_random_weights(TINY, device='cpu')
    vocabulary = torch.randn(num_centres, 24, generator=torch.Generator().manual_seed(1))
    aggregator = VLADAggregator(vocabulary, **arguments)
    return ImageDescriber(extractor, aggregator, ImagePreprocessor(112))


def random_image(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def mixed_images(describer: ImageDescriber) -> list:
    """Return prepared images of three sizes, in no order, two with patches that do not count."""
    prepare = describer.preprocessor.prepare_query
    return [
        prepare(random_image(112, 112, 0)),
        prepare(random_image(56, 98, 1)),
        prepare(random_image(112, 112, 2)),
        prepare(random_image(112, 112, 3), heading_deg=33.0),
        prepare(random_image(112, 112, 4), heading_deg=33.0),
    ]


def test_images_of_mixed_sizes_are_described_as_one_by_one():
    describer = tiny_describer()
    images = mixed_images(describer)
    together = describer.describe(images)
    assert together.shape == (5, 96)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=FLOAT32)
    for image, descriptor in zip(images, together, strict=True):
        np.testing.assert_allclose(describer.describe([image])[0], descriptor, atol=FLOAT32)


def test_what_does_not_count_does_not_sway_the_descriptor():
    describer = tiny_describer()
    image = mixed_images(describer)[3]
    patches = describer.extractor(torch.from_numpy(image.pixels)[None])[0]
    counting = patches[torch.from_numpy(image.patch_mask.ravel())]
    assert 0 < len(counting) < len(patches)
    expected = describer.aggregator.aggregate(counting[None])[0]
    np.testing.assert_allclose(describer.describe([image])[0], expected, atol=FLOAT32)


def test_an_image_where_nothing_counts_is_described_by_zeros():
    describer = tiny_describer()
    thin = describer.preprocessor.prepare_query(random_image(1, 300, 0), 10.0)
    assert not describer.describe([thin]).any()


def test_no_images_give_no_descriptors():
    describer = tiny_describer()
    assert describer.describe([]).shape == (0, 96)
    assert counting_patches(describer.extractor, []).shape == (0, 24)


def test_patches_are_those_that_count_in_the_order_of_the_images():
    describer = tiny_describer()
    images = mixed_images(describer)
    patches = counting_patches(describer.extractor, images)
    assert len(patches) == sum(image.patch_mask.sum() for image in images)
    one_by_one = [counting_patches(describer.extractor, [image]) for image in images]
    np.testing.assert_allclose(patches, np.concatenate(one_by_one), atol=FLOAT32)


def test_steps_are_timed():
    describer = tiny_describer()
    timings_ms = {'decode': 1.0}
    describer.describe(mixed_images(describer), timings_ms)
    assert set(timings_ms) == {'decode', 'backbone', 'vlad'}
    assert min(timings_ms.values()) > 0


def test_identity_says_what_made_the_descriptors():
    identity = tiny_describer(soft_assignment=True, temperature=20.0).identity
    hashes = {key: identity.pop(key) for key in ('checkpoint_sha256', 'vocabulary_sha256')}
    assert all(hashes.values())
    assert identity == {
        'model': 'tiny',
        'layer': 1,
        'facet': 'value',
        'soft_assignment': True,
        'temperature': 20.0,
        'max_side': 112,
        'dimension': 96,
    }
    # Without soft assignment the temperature has no effect and must not tell indexes apart.
    hard = [tiny_describer(temperature=temperature).identity for temperature in (1.0, 20.0)]
    assert hard[0] == hard[1]


def test_a_vocabulary_of_another_backbone_is_refused():
    extractor = DinoV2Extractor.with_random_weights(TINY, device='cpu')
    aggregator = VLADAggregator(np.ones((4, 25), np.float32))
    with pytest.raises(ModelError, match='vocabulary of tiny must have dimension 24, got 25'):
        ImageDescriber(extractor, aggregator, ImagePreprocessor(112))


# --- from config ---


def test_without_any_setting_it_is_the_embedded_model_with_its_own_vocabulary():
    describer = make_describer(CPU)
    identity = describer.identity
    assert identity['model'] == EMBEDDED_MODEL
    assert (identity['layer'], identity['max_side'], identity['dimension']) == (5, 224, 32 * 192)
    tile = describer.preprocessor.prepare_tile(random_image(300, 300, 0))
    assert np.linalg.norm(describer.describe([tile])) == pytest.approx(1.0, abs=FLOAT32)


def test_a_vocabulary_file_is_taken_when_it_is_named(tmp_path):
    centres = np.random.default_rng(0).normal(size=(3, 192)).astype(np.float32)
    np.save(tmp_path / 'centres.npy', centres)
    config = CPU.replace('vlad.vocabulary', str(tmp_path / 'centres.npy'))
    np.testing.assert_array_equal(make_describer(config).aggregator.vocabulary, centres)


def test_a_vocabulary_that_must_be_fitted_first_is_none():
    config = resolve_settings(CPU.replace('vlad.vocabulary', 'fit'))
    extractor = make_extractor(config)
    assert make_aggregator(config, extractor) is None
    with pytest.raises(ModelError, match=r'without a vocabulary: build a map with it'):
        make_describer(CPU.replace('vlad.vocabulary', 'fit'))

    # What a map builder does then.
    preprocessor = make_preprocessor(config)
    tiles = [preprocessor.prepare_tile(random_image(224, 224, seed)) for seed in range(2)]
    fitted = VLADAggregator.fit(counting_patches(extractor, tiles), num_clusters=8, seed=0)
    aggregator = make_aggregator(config, extractor, fitted.vocabulary.numpy())
    described = ImageDescriber(extractor, aggregator, preprocessor).describe(tiles)
    assert described.shape == (2, 8 * 192)


def test_missing_official_weights_name_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    with pytest.raises(ModelError, match='run visual-navsat fetch-model dinov2_vitb14'):
        make_describer(CPU.replace('model.name', 'dinov2_vitb14'))


# --- for an existing index ---


def test_an_index_brings_its_own_model_layer_size_and_vocabulary():
    centres = np.random.default_rng(0).normal(size=(3, 192)).astype(np.float32)
    settings = {
        'model': {'device': 'cpu', 'layer': 3, 'facet': 'key'},
        'vlad': {'assignment': 'soft', 'temperature': 20.0},
        'preprocess': {'max_side': 112},
    }
    built = make_describer(Config.from_dict(settings), vocabulary=centres)

    loaded = make_describer(CPU, built.identity, centres)
    assert loaded.identity == built.identity
    assert (loaded.extractor.layer, loaded.preprocessor.max_side) == (3, 112)
    assert (loaded.extractor.facet, loaded.aggregator.temperature) == ('key', 20.0)


@pytest.mark.parametrize(
    ('setting', 'value', 'message'),
    [
        ('model.name', 'dinov2_vitg14', "with model 'dinov2_vit_d192_l6_aerial', .*'dinov2_vitg1"),
        ('model.layer', 3, 'with layer 5, this run has 3: set model.layer'),
        ('model.facet', 'key', "with facet 'value', this run has 'key'"),
        ('vlad.assignment', 'soft', 'with soft_assignment False, this run has True'),
        ('preprocess.max_side', 448, 'with max_side 224, this run has 448'),
    ],
)
def test_a_setting_that_contradicts_the_index_is_refused(setting, value, message):
    built = make_describer(CPU)
    vocabulary = built.aggregator.vocabulary.numpy()
    with pytest.raises(IndexFolderError, match=message):
        make_describer(CPU.replace(setting, value), built.identity, vocabulary)


def test_another_checkpoint_or_vocabulary_than_the_indexs_is_refused():
    built = make_describer(CPU)
    vocabulary = built.aggregator.vocabulary.numpy()
    other = {**built.identity, 'checkpoint_sha256': 'f' * 64}
    with pytest.raises(IndexFolderError, match=r'checkpoint_sha256 .*ffff.* set model.checkpoint'):
        make_describer(CPU, other, vocabulary)
    with pytest.raises(IndexFolderError, match=r'vocabulary_sha256 .* set vlad.vocabulary'):
        make_describer(CPU, built.identity, 2 * vocabulary)
