# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a CUDA GPU adds: ViT-g in float32 against bfloat16."""

from __future__ import annotations

from typing import Any

from bench.paired import compare
import torch
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.vlad import VLADAggregator

_MODEL, _SIDE, _NUM_CENTERS = 'dinov2_vitg14', 896, 32


def compare_precision(batch: int, rounds: int) -> dict[str, Any]:
    """
    Return milliseconds per image in float32 and bfloat16 and how alike the descriptors are.

    Weights are random: the cosine says how much the rounding does, not what recall it costs.
    float32 is exact: torch leaves TF32 off for matrix products unless it is told otherwise.

    :param batch: images described at once.
    """
    images = torch.randn(
        batch, 3, _SIDE, _SIDE, device='cuda', generator=torch.Generator('cuda').manual_seed(0)
    )
    exact, rounded = (
        DinoV2Extractor.with_random_weights(_MODEL, device='cuda', dtype=dtype)
        for dtype in ('float32', 'bfloat16')
    )
    patches = exact(images[:1])[0]
    vocabulary = patches[:: len(patches) // _NUM_CENTERS][:_NUM_CENTERS]
    aggregator = VLADAggregator(vocabulary, device='cuda')

    def describe(extractor: DinoV2Extractor) -> torch.Tensor:
        descriptors = aggregator.aggregate(extractor(images))
        torch.cuda.synchronize()
        return descriptors

    # Descriptors are unit vectors: their inner product is the cosine.
    cosines = (describe(exact) * describe(rounded)).sum(dim=-1)
    timing = compare(
        f'backbone and VLAD, {_MODEL}, {_SIDE} px, batch {batch}',
        lambda: describe(exact),
        lambda: describe(rounded),
        rounds,
        tolerance=2.0,  # any: their difference is what is measured
    )
    return {
        'name': timing.name,
        'float32_ms_per_image': timing.reference_ms / batch,
        'bfloat16_ms_per_image': timing.ours_ms / batch,
        'ratio': timing.ratio,
        'ratio_min': timing.ratio_min,
        'ratio_max': timing.ratio_max,
        'descriptor_cosine_min': float(cosines.min()),
    }
