# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The extractor: what it computes, what it returns and what it refuses."""

import dataclasses

from makers import FLOAT32
import pytest
import torch
from visual_navsat.errors import ConfigError, ModelError, ShapeError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import EMBEDDED_MODEL, get_model_spec

TINY = dataclasses.replace(
    get_model_spec('dinov2_vits14'), name='tiny', dim=24, depth=3, heads=2, grid_side=4, layer=1
)


@pytest.mark.parametrize(('layer', 'facet'), [(0, 'value'), (1, 'key'), (1, 'token')])
def test_nothing_after_what_is_needed_is_computed_or_kept(layer, facet):
    extractor = DinoV2Extractor.with_random_weights(TINY, layer, facet, device='cpu')
    ran = []
    for name, module in extractor._network.named_modules():
        module.register_forward_hook(lambda module, inputs, output, name=name: ran.append(name))
    extractor(torch.zeros(1, 3, 28, 28))
    in_last_block = {name.split('.', 2)[2] for name in ran if name.startswith(f'blocks.{layer}.')}
    assert in_last_block == ({'norm1'} if facet != 'token' else in_last_block)
    assert ('mlp' in in_last_block) == (facet == 'token')
    assert len(extractor._network.blocks) == layer + 1


def test_rows_are_unit_vectors_and_images_of_a_batch_do_not_mix():
    extractor = DinoV2Extractor.with_random_weights(TINY, device='cpu')
    images = torch.randn(3, 3, 28, 70, generator=torch.Generator().manual_seed(0))
    patches = extractor(images)
    assert patches.shape == (3, 10, 24)
    assert patches.dtype == torch.float32
    torch.testing.assert_close(patches.norm(dim=-1), torch.ones(3, 10))
    torch.testing.assert_close(extractor(images[1:2])[0], patches[1], atol=FLOAT32, rtol=0)


def test_patches_are_listed_row_by_row():
    """A change in one patch moves its own value most when attention has not mixed yet."""
    extractor = DinoV2Extractor.with_random_weights(TINY, layer=0, device='cpu')
    plain = torch.zeros(1, 3, 28, 42)
    changed = plain.clone()
    changed[..., 14:28, 28:42] = 3.0  # second row, third column of 2 x 3 patches
    moved = (extractor(changed) - extractor(plain)).abs().sum(dim=-1)[0]
    assert moved.nonzero().flatten().tolist() == [5]


def test_random_weights_are_the_seeds_and_not_degenerate():
    first, again, other = (
        DinoV2Extractor.with_random_weights(TINY, device='cpu', seed=seed) for seed in (1, 1, 2)
    )
    image = torch.randn(1, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    assert torch.equal(first(image), again(image))
    assert not torch.allclose(first(image), other(image))
    cosines = (first(image)[0] @ first(image)[0].T).fill_diagonal_(0)
    assert cosines.max() < 0.999
    assert first.checkpoint_sha256 != other.checkpoint_sha256


def test_half_precision_stays_close():
    single, half = (
        DinoV2Extractor.with_random_weights(TINY, device='cpu', dtype=dtype)
        for dtype in ('float32', 'bfloat16')
    )
    image = torch.randn(1, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    assert half(image).dtype == torch.float32
    assert (single(image) * half(image)).sum(dim=-1).min() > 0.999


def test_the_embedded_model_loads_and_tells_different_ground_apart():
    extractor = DinoV2Extractor(EMBEDDED_MODEL, device='cpu', dtype='float32')
    assert (extractor.layer, extractor.facet) == (5, 'value')
    assert len(extractor.checkpoint_sha256) == 64
    image = torch.zeros(1, 3, 224, 224)
    image[..., 112:] = torch.randn(1, 3, 224, 112, generator=torch.Generator().manual_seed(0))
    patches = extractor(image)[0].reshape(16, 16, 192)
    smooth, rough = patches[4:12, 3], patches[4:12, 12]
    assert (smooth * smooth.roll(1, 0)).sum(-1).mean() > (smooth * rough).sum(-1).mean() + 0.2


@pytest.mark.parametrize('shape', [(3, 28, 28), (1, 1, 28, 28), (0, 3, 28, 28), (1, 3, 30, 28)])
def test_images_of_another_shape_are_refused(shape):
    extractor = DinoV2Extractor.with_random_weights(TINY, device='cpu')
    with pytest.raises(ShapeError, match=r'images must be'):
        extractor(torch.zeros(shape))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'layer': 3}, 'layer of tiny must be 0 to 2, got 3'),
        ({'facet': 'values'}, 'must be one of query, key, value, token'),
        ({'device': 'gpu'}, "device must be .* got 'gpu'"),
        ({'device': 'cuda:99'}, "device is 'cuda:99', but torch sees"),
        ({'dtype': 'int8'}, "dtype must be .* got 'int8'"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, message):
    with pytest.raises(ConfigError, match=message):
        DinoV2Extractor.with_random_weights(TINY, **arguments)


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(ModelError, match=r"unknown model 'dinov2_vith14'.*dinov2_vits14"):
        DinoV2Extractor('dinov2_vith14')
