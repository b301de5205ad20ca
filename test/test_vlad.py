# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""VLAD against a slow loop written from the definition."""

from makers import FLOAT32
import numpy as np
import pytest
import torch
from visual_navsat.errors import ModelError, ShapeError
from visual_navsat.features.vlad import VLADAggregator


def make_patches(*shape: int, seed: int = 0) -> torch.Tensor:
    patches = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(patches, dim=-1)


def make_vocabulary(num_centres: int, dim: int, seed: int = 1) -> torch.Tensor:
    """Return centres that are far from unit length, as those in the wild are."""
    generator = torch.Generator().manual_seed(seed)
    centres = make_patches(num_centres, dim, seed=seed)
    return centres * (0.4 + torch.rand(num_centres, 1, generator=generator))


def vlad_by_definition(patches, centres, temperature=None) -> np.ndarray:
    """Return the descriptor of one image, patch by patch and centre by centre, in float64."""
    centres = np.asarray(centres, np.float64)
    residuals = np.zeros_like(centres)
    for patch in np.asarray(patches, np.float64):
        patch = patch / np.linalg.norm(patch)
        cosines = [centre @ patch / np.linalg.norm(centre) for centre in centres]
        if temperature is None:
            weights = [float(k == int(np.argmax(cosines))) for k in range(len(centres))]
        else:
            exponentials = [np.exp(temperature * cosine) for cosine in cosines]
            weights = [value / sum(exponentials) for value in exponentials]
        for k, weight in enumerate(weights):
            residuals[k] += weight * (patch - centres[k])
    for k in range(len(residuals)):
        if np.linalg.norm(residuals[k]) > 0:
            residuals[k] /= np.linalg.norm(residuals[k])
    descriptor = residuals.ravel()
    return descriptor / np.linalg.norm(descriptor)


@pytest.mark.parametrize('temperature', [None, 1.0, 10.0, 100.0])
def test_a_batch_agrees_with_the_definition(temperature):
    patches, centres = make_patches(3, 40, 12), make_vocabulary(5, 12)
    aggregator = VLADAggregator(centres, temperature is not None, temperature or 10.0)
    descriptors = aggregator.aggregate(patches)
    assert descriptors.shape == (3, 60)
    assert descriptors.dtype == torch.float32
    for descriptor, image in zip(descriptors, patches, strict=True):
        expected = vlad_by_definition(image, centres, temperature)
        np.testing.assert_allclose(descriptor, expected, atol=FLOAT32)


def test_by_hand_a_centre_without_patches_contributes_zeros():
    centres = torch.tensor([[2.0, 0.0], [0.0, 0.5], [-1.0, -1.0]])
    patches = torch.tensor([[[0.6, 0.8], [0.8, 0.6], [0.0, 1.0]]])
    # Patch 1 is nearest to centre 0: (0.8, 0.6) - (2, 0) = (-1.2, 0.6). Patches 0 and 2 to
    # centre 1: (0.6, 1.8) - 2 (0, 0.5) = (0.6, 0.8). Norms 1.2 sqrt(1.25) and 1.
    first, second = np.array([-2.0, 1.0]) / np.sqrt(5), np.array([0.6, 0.8])
    expected = np.concatenate([first, second, [0.0, 0.0]]) / np.sqrt(2)
    np.testing.assert_allclose(
        VLADAggregator(centres).aggregate(patches)[0], expected, atol=FLOAT32
    )
    np.testing.assert_allclose(vlad_by_definition(patches[0], centres), expected, atol=1e-12)


@pytest.mark.parametrize('soft_assignment', [False, True])
def test_masked_patches_are_as_if_they_were_not_there(soft_assignment):
    patches, centres = make_patches(4, 30, 8), make_vocabulary(6, 8)
    mask = torch.rand(4, 30, generator=torch.Generator().manual_seed(2)) < 0.5
    mask[2] = True
    aggregator = VLADAggregator(centres, soft_assignment)
    descriptors = aggregator.aggregate(patches, mask)
    for descriptor, image, counts in zip(descriptors, patches, mask, strict=True):
        expected = vlad_by_definition(image[counts], centres, 10.0 if soft_assignment else None)
        np.testing.assert_allclose(descriptor, expected, atol=FLOAT32)


@pytest.mark.parametrize('soft_assignment', [False, True])
def test_nothing_to_sum_gives_zeros(soft_assignment):
    aggregator = VLADAggregator(make_vocabulary(6, 8), soft_assignment)
    nothing = torch.zeros(2, 30, dtype=torch.bool)
    assert torch.equal(aggregator.aggregate(make_patches(2, 30, 8), nothing), torch.zeros(2, 48))


def test_patches_that_equal_their_centre_give_zeros_and_no_rounding_noise():
    centres = make_patches(4, 96)
    patches = centres.repeat(300, 1).unsqueeze(0)
    assert not VLADAggregator(centres).aggregate(patches).any()


def test_patches_are_normalised_first():
    patches, centres = make_patches(2, 20, 8), make_vocabulary(3, 8)
    aggregator = VLADAggregator(centres)
    torch.testing.assert_close(
        aggregator.aggregate(7.5 * patches), aggregator.aggregate(patches), atol=FLOAT32, rtol=0
    )


def test_descriptors_have_unit_norm():
    descriptors = VLADAggregator(make_vocabulary(8, 16)).aggregate(make_patches(5, 50, 16))
    torch.testing.assert_close(descriptors.norm(dim=1), torch.ones(5))


@pytest.mark.parametrize('shape', [(20, 8), (2, 0, 8), (2, 20, 9)])
def test_patches_of_another_shape_are_refused(shape):
    with pytest.raises(ShapeError, match=r'patches must be \(B, N, 8\)'):
        VLADAggregator(make_vocabulary(3, 8)).aggregate(torch.zeros(shape))


def test_a_mask_of_another_shape_is_refused():
    aggregator = VLADAggregator(make_vocabulary(3, 8))
    with pytest.raises(ShapeError, match=r'got \(2, 19\)'):
        aggregator.aggregate(make_patches(2, 20, 8), torch.ones(2, 19, dtype=torch.bool))
    with pytest.raises(ShapeError, match=r'of torch.float32'):
        aggregator.aggregate(make_patches(2, 20, 8), torch.ones(2, 20))


def test_the_hash_is_that_of_the_numbers(tmp_path):
    centres = make_vocabulary(5, 12)
    torch.save(centres.double(), tmp_path / 'c_centers.pt')
    loaded = VLADAggregator.load(tmp_path / 'c_centers.pt')
    assert loaded.vocabulary_sha256 == VLADAggregator(centres).vocabulary_sha256
    assert loaded.vocabulary_sha256 != VLADAggregator(2 * centres).vocabulary_sha256
    assert loaded.dimension == 60


def test_a_fitted_aggregator_aggregates():
    patches = make_patches(200, 8).numpy()
    aggregator = VLADAggregator.fit(patches, num_clusters=4, seed=0)
    assert aggregator.aggregate(torch.from_numpy(patches[None])).shape == (1, 32)


def test_a_vocabulary_must_be_one():
    for bad in (np.zeros((0, 8)), np.zeros(8), np.full((2, 8), np.nan)):
        with pytest.raises(ModelError, match=r'the vocabulary (has|must)'):
            VLADAggregator(bad)
