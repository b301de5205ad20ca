# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The architecture: sizes and names of the official models."""

import dataclasses

import pytest
from visual_navsat.features.checkpoint import meta_network
from visual_navsat.features.model_zoo import get_model_spec, MODELS


def architecture_names(num_blocks: int, num_registers: int, is_gated: bool) -> set[str]:
    """Return the names of an official state dict, written from its published listing."""
    per_block = ['norm1.weight', 'norm1.bias', 'attn.qkv.weight', 'attn.qkv.bias']
    per_block += ['attn.proj.weight', 'attn.proj.bias', 'ls1.gamma', 'norm2.weight', 'norm2.bias']
    linears = ('w12', 'w3') if is_gated else ('fc1', 'fc2')
    per_block += [f'mlp.{name}.{kind}' for name in linears for kind in ('weight', 'bias')]
    per_block += ['ls2.gamma']
    names = {'cls_token', 'pos_embed', 'mask_token', 'patch_embed.proj.weight'}
    names |= {'patch_embed.proj.bias', 'norm.weight', 'norm.bias'}
    names |= {'register_tokens'} if num_registers else set()
    return names | {f'blocks.{block}.{name}' for block in range(num_blocks) for name in per_block}


@pytest.mark.parametrize(
    ('size', 'dim', 'depth', 'hidden', 'millions'),
    [
        ('s', 384, 12, 1536, 22.06),
        ('b', 768, 12, 3072, 86.58),
        ('l', 1024, 24, 4096, 304.37),
        ('g', 1536, 40, 4096, 1136.48),
    ],
)
@pytest.mark.parametrize('num_registers', [0, 4])
def test_official_architectures_have_the_published_size_and_names(
    size, dim, depth, hidden, millions, num_registers
):
    name = f'dinov2_vit{size}14' + ('_reg' if num_registers else '')
    tensors = meta_network(get_model_spec(name)).state_dict()

    first_layer = (2 if size == 'g' else 1) * hidden  # SwiGLU holds gate and content in one
    mlp = (dim * first_layer + first_layer) + (hidden * dim + dim)
    attention = (dim * 3 * dim + 3 * dim) + (dim * dim + dim)
    block = attention + mlp + 2 * (2 * dim) + 2 * dim  # two norms, two scales
    patch_embed = 3 * 14 * 14 * dim + dim
    tokens = (1 + 37 * 37) * dim + dim + dim + num_registers * dim  # positions, class, mask
    expected = depth * block + patch_embed + tokens + 2 * dim
    assert sum(tensor.numel() for tensor in tensors.values()) == expected
    assert expected / 1e6 == pytest.approx(millions, abs=0.015)
    assert set(tensors) == architecture_names(depth, num_registers, size == 'g')


def test_state_dict_of_a_one_block_network_is_as_listed():
    spec = dataclasses.replace(
        get_model_spec('dinov2_vits14_reg'), dim=24, heads=2, depth=1, grid_side=4
    )
    shapes = {name: tuple(t.shape) for name, t in meta_network(spec).state_dict().items()}
    assert shapes == {
        'cls_token': (1, 1, 24),
        'pos_embed': (1, 17, 24),
        'mask_token': (1, 24),
        'register_tokens': (1, 4, 24),
        'patch_embed.proj.weight': (24, 3, 14, 14),
        'patch_embed.proj.bias': (24,),
        'blocks.0.norm1.weight': (24,),
        'blocks.0.norm1.bias': (24,),
        'blocks.0.attn.qkv.weight': (72, 24),
        'blocks.0.attn.qkv.bias': (72,),
        'blocks.0.attn.proj.weight': (24, 24),
        'blocks.0.attn.proj.bias': (24,),
        'blocks.0.ls1.gamma': (24,),
        'blocks.0.norm2.weight': (24,),
        'blocks.0.norm2.bias': (24,),
        'blocks.0.mlp.fc1.weight': (96, 24),
        'blocks.0.mlp.fc1.bias': (96,),
        'blocks.0.mlp.fc2.weight': (24, 96),
        'blocks.0.mlp.fc2.bias': (24,),
        'blocks.0.ls2.gamma': (24,),
        'norm.weight': (24,),
        'norm.bias': (24,),
    }


def test_default_layer_is_within_the_model():
    for spec in MODELS.values():
        assert 0 <= spec.layer < spec.depth
        assert spec.dim % spec.heads == 0
