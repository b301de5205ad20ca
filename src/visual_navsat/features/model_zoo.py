# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The known backbones, and how each is best used."""

from __future__ import annotations

from dataclasses import dataclass

from visual_navsat.errors import ModelError

PATCH_SIZE = 14
EMBEDDED_MODEL = 'dinov2_vit_d192_l6_aerial'

_OFFICIAL_URL = 'https://dl.fbaipublicfiles.com/dinov2'


@dataclass(frozen=True)
class ModelSpec:
    """Architecture of a DINOv2 backbone, and what suits it."""

    name: str
    dim: int
    depth: int
    heads: int
    ffn: str  # 'mlp' or 'swiglu'
    num_registers: int
    grid_side: int  # patches along one side of the position embedding
    layer: int  # block to read by default, 0-based
    max_side: int  # px, longer side of images by default
    position_offset: float  # added to the grid's size when the position embedding is resized
    antialias: bool  # when the position embedding is resized
    url: str  # official weights; '' for the embedded model
    filename: str


def get_model_spec(name: str) -> ModelSpec:
    """Return the architecture called ``name``; raise ModelError if it is unknown."""
    if name not in MODELS:
        raise ModelError(f'unknown model {name!r}: use one of {", ".join(MODELS)}')
    return MODELS[name]


def _official(
    size: str, dim: int, depth: int, heads: int, layer: int, max_side: int, num_registers: int
) -> ModelSpec:
    """Return one of the eight published models."""
    architecture = f'dinov2_vit{size}14'
    filename = f'{architecture}{"_reg4" if num_registers else ""}_pretrain.pth'
    return ModelSpec(
        name=architecture + ('_reg' if num_registers else ''),
        dim=dim,
        depth=depth,
        heads=heads,
        ffn='swiglu' if size == 'g' else 'mlp',
        num_registers=num_registers,
        grid_side=37,
        layer=layer,
        max_side=max_side,
        position_offset=0.0 if num_registers else 0.1,
        antialias=bool(num_registers),
        url=f'{_OFFICIAL_URL}/{architecture}/{filename}',
        filename=filename,
    )


# Layer: AnyLoc reads block 31 of ViT-g's 40; the others read the same relative depth.
# Longer side: 518 px is what these models ended their training with (37 x 37 patches, no resizing
# of the position embedding); ViT-g takes the 896 px that aerial_map_retrieval uses it at.
# Source: Keetha et al., "AnyLoc: Towards Universal Visual Place Recognition", RA-L 2023.
_OFFICIAL_MODELS = [
    _official(*sizes, num_registers=num_registers)
    for num_registers in (0, 4)
    for sizes in (
        ('s', 384, 12, 6, 9, 518),
        ('b', 768, 12, 12, 9, 518),
        ('l', 1024, 24, 16, 18, 518),
        ('g', 1536, 40, 24, 31, 896),
    )
]

_EMBEDDED = ModelSpec(
    name=EMBEDDED_MODEL,
    dim=192,
    depth=6,
    heads=3,
    ffn='mlp',
    num_registers=0,
    grid_side=16,
    layer=5,
    max_side=224,
    position_offset=0.0,
    antialias=False,
    url='',
    filename=f'{EMBEDDED_MODEL}.pth',
)

MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in (_EMBEDDED, *_OFFICIAL_MODELS)}
