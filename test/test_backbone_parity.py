# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every facet of every block against an independent implementation, that of transformers."""

import _needs_transformers  # noqa: F401 (skips this file where it is absent)
import pytest
import torch
from torch.nn import functional as F
from transformers import (
    Dinov2Config,
    Dinov2Model,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersModel,
)
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import ModelSpec

# What transformers calls a parameter, in version 4 or 5, and what the official checkpoints do.
OUTSIDE_BLOCKS = {
    'embeddings.cls_token': 'cls_token',
    'embeddings.position_embeddings': 'pos_embed',
    'embeddings.mask_token': 'mask_token',
    'embeddings.register_tokens': 'register_tokens',
    'embeddings.patch_embeddings.projection.weight': 'patch_embed.proj.weight',
    'embeddings.patch_embeddings.projection.bias': 'patch_embed.proj.bias',
    'layernorm.weight': 'norm.weight',
    'layernorm.bias': 'norm.bias',
}
IN_BLOCK = {
    'attention.attention.query': 'query',
    'attention.attention.key': 'key',
    'attention.attention.value': 'value',
    'attention.q_proj': 'query',
    'attention.k_proj': 'key',
    'attention.v_proj': 'value',
    'attention.output.dense': 'attn.proj',
    'attention.o_proj': 'attn.proj',
    'layer_scale1.lambda1': 'ls1.gamma',
    'layer_scale2.lambda1': 'ls2.gamma',
    'mlp.weights_in': 'mlp.w12',
    'mlp.weights_out': 'mlp.w3',
    'mlp.down_proj': 'mlp.w3',
}
# Parameters that the official checkpoints stack into one.
STACKED = {'attn.qkv': ('query', 'key', 'value'), 'mlp.w12': ('mlp.gate_proj', 'mlp.up_proj')}


def name_in_block(name: str) -> str:
    """Return ``block.name`` for a transformers name, such as ``2.attn.proj.weight``."""
    name = name.removeprefix('encoder.layer.')
    for theirs, ours in IN_BLOCK.items():
        name = name.replace(theirs, ours)
    return name


def official_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return transformers' weights under the names of the official checkpoints."""
    official, in_blocks = {}, {}
    for name, tensor in model.state_dict().items():
        if name in OUTSIDE_BLOCKS:
            official[OUTSIDE_BLOCKS[name]] = tensor
        else:
            in_blocks[name_in_block(name)] = tensor
    for block in range(3):
        for stacked, parts in STACKED.items():
            for kind in ('weight', 'bias'):
                names = [f'{block}.{part}.{kind}' for part in parts]
                if names[0] in in_blocks:
                    tensors = [in_blocks.pop(name) for name in names]
                    official[f'blocks.{block}.{stacked}.{kind}'] = torch.cat(tensors)
    return official | {f'blocks.{name}': tensor for name, tensor in in_blocks.items()}


def transformers_model(ffn: str, num_registers: int) -> torch.nn.Module:
    """Return transformers' own implementation with random weights that reach every term."""
    settings = {
        'hidden_size': 48,
        'num_hidden_layers': 3,
        'num_attention_heads': 3,
        'image_size': 518,
        'patch_size': 14,
        'use_swiglu_ffn': ffn == 'swiglu',
    }
    torch.manual_seed(7)
    if num_registers:
        config = Dinov2WithRegistersConfig(num_register_tokens=num_registers, **settings)
        model = Dinov2WithRegistersModel(config)
    else:
        model = Dinov2Model(Dinov2Config(**settings))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def capture_outputs(model: torch.nn.Module) -> dict[tuple[int, str], torch.Tensor]:
    """Return a dict that each run fills with (block, facet): (B, T, D) tokens."""
    outputs = {}

    def capture(key):
        def hook(module, inputs, output):
            outputs[key] = output[0] if isinstance(output, tuple) else output

        return hook

    for name, module in model.named_modules():
        if name.startswith('encoder.layer.'):
            block, _, part = name_in_block(name).partition('.')
            if part in ('', 'query', 'key', 'value'):
                module.register_forward_hook(capture((int(block), part or 'token')))
    return outputs


@pytest.mark.parametrize('num_registers', [0, 4])
@pytest.mark.parametrize('ffn', ['mlp', 'swiglu'])
def test_every_facet_agrees_with_transformers(ffn, num_registers, tmp_path):
    model = transformers_model(ffn, num_registers)
    outputs = capture_outputs(model)
    image = torch.randn(1, 3, 518, 518, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        model(image)

    checkpoint = tmp_path / 'tiny.pth'
    torch.save(official_weights(model), checkpoint)
    spec = ModelSpec(
        name='tiny',
        dim=48,
        depth=3,
        heads=3,
        ffn=ffn,
        num_registers=num_registers,
        grid_side=37,
        layer=2,
        max_side=518,
        position_offset=0.0 if num_registers else 0.1,
        antialias=bool(num_registers),
        url='',
        filename='',
    )
    assert len(outputs) == 12
    for (block, facet), tokens in outputs.items():
        extractor = DinoV2Extractor(spec, block, facet, checkpoint, device='cpu')
        first = 1 + num_registers
        expected = F.normalize(tokens[:, first:], dim=-1)
        assert (extractor(image) - expected).abs().max() < 1e-5, (block, facet)
