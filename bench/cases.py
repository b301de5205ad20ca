# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is compared with the recipe as published: describing an image, VLAD alone, search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import tempfile

from bench.paired import compare, Comparison
from bench.reference import published_vlad, PublishedDinoV2, PublishedExtractor, PublishedSearch
import numpy as np
import torch
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import get_model_spec
from visual_navsat.features.vlad import VLADAggregator
from visual_navsat.retrieval.indexer import FAISSIndexer

NUM_CENTERS = 32
LAYER = 9  # of 12 blocks: as deep as AnyLoc's block 31 of ViT-g's 40
# Steps of milliseconds scatter more than whole images, and more rounds of them cost little. What
# scatters most is the 269 MB of residuals that the published VLAD asks the system for each time.
_SHORT_STEP_ROUNDS = 5


def compare_describing(model: str, side: int, rounds: int) -> Iterator[Comparison]:
    """
    Yield backbone and VLAD together, then VLAD alone, for one square image of ``side`` px.

    The weights are random but of the true architecture, and the same for both: they say nothing
    of recall, and all of speed.
    """
    spec = get_model_spec(model)
    torch.manual_seed(0)
    network = PublishedDinoV2(spec.dim, spec.depth, spec.heads)
    reference = PublishedExtractor(network, LAYER)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / spec.filename
        torch.save(network.state_dict(), checkpoint)
        extractor = DinoV2Extractor(
            model, LAYER, 'value', checkpoint=checkpoint, device='cpu', dtype='float32'
        )
    image, other = torch.randn(2, 1, 3, side, side).unbind(0)
    # Centres among the descriptors of another image, so that patches spread over all of them.
    choice = torch.randperm(extractor(other).shape[1])[:NUM_CENTERS]
    vocabulary = extractor(other)[0, choice].clone()
    aggregator = VLADAggregator(vocabulary)
    patches = extractor(image).clone()
    label = f'{model}, {side} px'
    yield compare(
        f'backbone and VLAD, {label}',
        lambda: published_vlad(reference(image)[0], vocabulary),
        lambda: aggregator.aggregate(extractor(image))[0],
        rounds,
    )
    yield _compare_vlad(f'VLAD alone, {label}', patches, aggregator, rounds)


def compare_vlad(num_patches: int, dim: int, rounds: int) -> Comparison:
    """Return VLAD alone at one size, on random unit patches."""
    torch.manual_seed(0)
    vocabulary = torch.nn.functional.normalize(torch.randn(NUM_CENTERS, dim), dim=-1)
    patches = torch.nn.functional.normalize(torch.randn(1, num_patches, dim), dim=-1)
    aggregator = VLADAggregator(vocabulary)
    name = f'VLAD alone, {num_patches} patches x {dim} x {NUM_CENTERS} centres'
    return _compare_vlad(name, patches, aggregator, rounds)


def compare_search(num_tiles: int, dim: int, rounds: int) -> Comparison:
    """Return the search for the ten best of random descriptors, exact in both."""
    rng = np.random.default_rng(0)
    descriptors = rng.standard_normal((num_tiles, dim), dtype=np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    query = descriptors[:1] + descriptors[1:2]
    reference = PublishedSearch(descriptors)
    indexer = FAISSIndexer(dim, 'faiss-cpu')
    indexer.build(descriptors)
    return compare(
        f'search, {num_tiles} tiles x {dim}',
        lambda: reference(query[0], 10)[0],
        lambda: indexer.search(query, 10)[0][0],
        _SHORT_STEP_ROUNDS * rounds,
    )


def _compare_vlad(
    name: str, patches: torch.Tensor, aggregator: VLADAggregator, rounds: int
) -> Comparison:
    return compare(
        name,
        lambda: published_vlad(patches[0], aggregator.vocabulary),
        lambda: aggregator.aggregate(patches)[0],
        _SHORT_STEP_ROUNDS * rounds,
    )
