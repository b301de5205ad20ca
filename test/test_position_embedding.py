# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The resized position embedding against the formula, and against Pillow's bicubic filter."""

import dataclasses

import numpy as np
from PIL import Image
import pytest
import torch
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import get_model_spec, MODELS
from visual_navsat.features.position_embedding import resize_position_embedding

SIDE = 37
SIZES = [(16, 16), (64, 64), (20, 35), (50, 9), (37, 38)]


def random_embedding(dim: int = 3) -> torch.Tensor:
    return torch.randn(1, 1 + SIDE**2, dim, generator=torch.Generator().manual_seed(0))


def cubic(distance: float) -> float:
    """Return Keys' cubic convolution kernel with a = -0.75."""
    a, x = -0.75, abs(distance)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0


def sampling_matrix(count: int, scale: float) -> np.ndarray:
    """Return (count, SIDE) weights of samples at (i + 0.5) / scale - 0.5, edges repeated."""
    matrix = np.zeros((count, SIDE))
    for i in range(count):
        position = (i + 0.5) / scale - 0.5
        for tap in range(int(np.floor(position)) - 1, int(np.floor(position)) + 3):
            matrix[i, min(max(tap, 0), SIDE - 1)] += cubic(position - tap)
    return matrix


@pytest.mark.parametrize('offset', [0.1, 0.0])
@pytest.mark.parametrize(('rows', 'columns'), SIZES)
def test_without_antialias_it_samples_at_the_scale_of_the_formula(rows, columns, offset):
    embedding = random_embedding()
    resized = resize_position_embedding(embedding, rows, columns, offset, antialias=False)

    grid = embedding[0, 1:].reshape(SIDE, SIDE, 3).double().numpy()
    down = sampling_matrix(rows, (rows + offset) / SIDE)
    across = sampling_matrix(columns, (columns + offset) / SIDE)
    expected = np.einsum('iy,jx,yxd->ijd', down, across, grid).reshape(-1, 3)
    assert resized.shape == (1, 1 + rows * columns, 3)
    assert torch.equal(resized[:, 0], embedding[:, 0])
    np.testing.assert_allclose(resized[0, 1:].numpy(), expected, atol=2e-5)


@pytest.mark.parametrize(('rows', 'columns'), SIZES)
def test_with_antialias_it_is_pillows_bicubic(rows, columns):
    embedding = random_embedding()
    resized = resize_position_embedding(embedding, rows, columns, offset=0.0, antialias=True)

    for channel in range(3):
        grid = embedding[0, 1:, channel].reshape(SIDE, SIDE).numpy()
        image = Image.fromarray(grid).resize((columns, rows), Image.Resampling.BICUBIC)
        expected = np.asarray(image).ravel()
        np.testing.assert_allclose(resized[0, 1:, channel].numpy(), expected, atol=2e-5)


@pytest.mark.parametrize(('offset', 'antialias'), [(0.1, False), (0.0, False), (0.0, True)])
def test_the_trained_grid_is_left_as_it_is_and_no_other(offset, antialias):
    embedding = random_embedding()
    same = resize_position_embedding(embedding, SIDE, SIDE, offset, antialias)
    assert torch.equal(same, embedding)
    # As many patches, but not the same grid.
    other = resize_position_embedding(embedding, 1, SIDE**2, offset, antialias)
    assert not torch.equal(other, embedding)


def test_only_official_models_without_registers_keep_the_historical_offset():
    for name, spec in MODELS.items():
        is_historical = name.startswith('dinov2_vit') and name.endswith('14')
        assert spec.position_offset == (0.1 if is_historical else 0.0)
        assert spec.antialias == name.endswith('_reg')


def test_each_size_is_computed_once():
    spec = dataclasses.replace(
        get_model_spec('dinov2_vits14'), dim=24, depth=1, heads=2, grid_side=4, layer=0
    )
    extractor = DinoV2Extractor.with_random_weights(spec, device='cpu')
    network = extractor._network
    for _ in range(2):
        for height, width in ((28, 42), (42, 28)):
            extractor(torch.zeros(1, 3, height, width))
    assert list(network._positions) == [(2, 3), (3, 2)]
    assert network._positions_of(2, 3) is network._positions_of(2, 3)


def test_the_memory_of_sizes_is_bounded():
    spec = dataclasses.replace(
        get_model_spec('dinov2_vits14'), dim=24, depth=1, heads=2, grid_side=4, layer=0
    )
    network = DinoV2Extractor.with_random_weights(spec, device='cpu')._network
    for columns in range(1, 201):
        network._positions_of(1, columns)
    assert len(network._positions) < 100
    assert (1, 200) in network._positions
