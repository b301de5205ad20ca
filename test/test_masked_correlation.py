# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from makers import FLOAT32
import numpy as np
import pytest
import torch
from visual_navsat.correlation.masked_correlation import (
    BlockSpectra,
    cut_blocks,
    fft_size,
    masked_scores,
    TemplateSpectra,
)
from visual_navsat.correlation.template import Templates


def random_templates(generator, count=3, size=(5, 7)):
    """Return templates with a ragged mask."""
    mask = (torch.rand(count, *size, generator=generator) > 0.2).float()
    vectors = torch.randn(count, 2, *size, generator=generator) * mask[:, None]
    return Templates(vectors, mask)


def scores_of(blocks, templates, pool=1, **options):
    """Return the scores of templates on blocks, transforming both."""
    spectra = BlockSpectra.of(blocks, pool)
    return masked_scores(spectra, TemplateSpectra.of(templates, spectra.size, pool), **options)


def slow_score(block, vectors, mask, row, col):
    """Return the score of one place, written from the definition in float64."""
    height, width = mask.shape
    total = query_energy = map_energy = 0.0
    for i in range(height):
        for j in range(width):
            for channel in range(2):
                m = float(block[channel, row + i, col + j])
                q = float(vectors[channel, i, j])
                total += q * m
                query_energy += q * q
                map_energy += float(mask[i, j]) * m * m
    return total / np.sqrt(query_energy * map_energy)


def test_scores_equal_the_slow_loop():
    generator = torch.Generator().manual_seed(0)
    blocks = torch.randn(2, 2, 16, 20, generator=generator)
    templates = random_templates(generator)
    scores = scores_of(blocks, templates)
    assert scores.shape == (2, 3, 12, 14)
    for b, k, row, col in [
        (0, 0, 0, 0),
        (0, 1, 11, 13),
        (1, 2, 4, 9),
        (1, 0, 11, 0),
        (0, 2, 7, 7),
    ]:
        slow = slow_score(blocks[b], templates.vectors[k], templates.mask[k], row, col)
        assert float(scores[b, k, row, col]) == pytest.approx(slow, abs=FLOAT32)
    assert scores.abs().max() <= 1.0


def test_own_templates_go_with_their_blocks():
    generator = torch.Generator().manual_seed(1)
    blocks = torch.randn(2, 2, 16, 16, generator=generator)
    templates = random_templates(generator, count=4)
    scores = scores_of(blocks, templates, own=True)
    assert scores.shape[:2] == (2, 2)
    slow = slow_score(blocks[1], templates.vectors[3], templates.mask[3], 2, 6)
    assert float(scores[1, 1, 2, 6]) == pytest.approx(slow, abs=FLOAT32)


def test_pooled_energy_is_close_to_exact():
    generator = torch.Generator().manual_seed(2)
    blocks = torch.randn(1, 2, 128, 160, generator=generator)
    templates = random_templates(generator, size=(41, 61))
    exact = scores_of(blocks, templates)
    pooled = scores_of(blocks, templates, pool=4)
    rows, cols = pooled.shape[2:]
    assert rows >= exact.shape[2] - 4
    torch.testing.assert_close(pooled, exact[..., :rows, :cols], atol=0.01, rtol=0.03)


def test_gain_multiplies_the_scores_of_its_template():
    generator = torch.Generator().manual_seed(7)
    blocks = torch.randn(2, 2, 32, 32, generator=generator)
    templates = random_templates(generator)
    gain = torch.tensor([1.0, 0.5, 2.0])
    plain = scores_of(blocks, templates, pool=4)
    torch.testing.assert_close(
        scores_of(blocks, templates, pool=4, gain=gain), plain * gain[:, None, None]
    )


def test_a_piece_of_the_map_scores_one_at_its_own_place():
    generator = torch.Generator().manual_seed(3)
    block = torch.randn(1, 2, 32, 32, generator=generator)
    templates = Templates(block[:, :, 6:15, 11:22].clone(), torch.ones(1, 9, 11))
    scores = scores_of(block, templates)[0, 0]
    assert float(scores[6, 11]) == pytest.approx(1.0, abs=FLOAT32)
    assert int(scores.argmax()) == 6 * scores.shape[1] + 11


def test_score_shrinks_with_the_root_of_the_overlap():
    generator = torch.Generator().manual_seed(4)
    whole = torch.nn.functional.normalize(torch.randn(1, 2, 32, 32, generator=generator), dim=1)
    templates = Templates(whole[:, :, 8:24, 8:24].clone(), torch.ones(1, 16, 16))
    half = whole.clone()
    half[..., 16:] = 0.0  # no map under the right half of the query
    score = scores_of(half, templates)[0, 0, 8, 8]
    assert float(score) == pytest.approx(np.sqrt(0.5), abs=1e-4)


def test_an_empty_map_scores_zero():
    generator = torch.Generator().manual_seed(5)
    scores = scores_of(torch.zeros(1, 2, 16, 16), random_templates(generator))
    assert scores.isfinite().all()
    assert scores.abs().max() < FLOAT32


def test_blocks_reach_over_the_edge_as_zeros():
    field = torch.arange(1, 25, dtype=torch.float32).reshape(2, 3, 4)
    blocks = cut_blocks(field, [(-1, -2), (2, 3), (9, 9)], (3, 4))
    expected = torch.zeros(3, 2, 3, 4)
    expected[0, :, 1:, 2:] = field[:, :2, :2]
    expected[1, :, :1, :1] = field[:, 2:, 3:]
    assert torch.equal(blocks, expected)


@pytest.mark.parametrize(
    ('length', 'size'), [(1, 4), (13, 16), (97, 100), (101, 108), (1000, 1000)]
)
def test_fft_sizes_are_products_of_small_primes(length, size):
    assert fft_size(length) == size


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA GPU')
def test_cuda_scores_equal_those_of_the_cpu():
    generator = torch.Generator().manual_seed(6)
    blocks = torch.randn(2, 2, 64, 64, generator=generator)
    templates = random_templates(generator, size=(21, 21))
    on_gpu = Templates(templates.vectors.cuda(), templates.mask.cuda())
    torch.testing.assert_close(
        scores_of(blocks.cuda(), on_gpu, pool=4).cpu(),
        scores_of(blocks, templates, pool=4),
        atol=1e-4,
        rtol=1e-4,
    )


def test_fft_sizes_are_the_smallest():
    def is_smooth(number):
        for prime in (2, 3, 5):
            while number % prime == 0:
                number //= prime
        return number == 1

    for multiple in (4, 32):
        smooth = [n for n in range(multiple, 8192, multiple) if is_smooth(n // multiple)]
        expected = [next(n for n in smooth if n >= length) for length in range(1, 5001)]
        assert [fft_size(length, multiple) for length in range(1, 5001)] == expected
