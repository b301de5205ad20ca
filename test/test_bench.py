# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The reference of the benchmark computes what it says; its speed is not tested."""

import json

from bench import gpu
from bench.paired import compare
from bench.reference import published_vlad, PublishedDinoV2, PublishedExtractor
from bench.report import markdown_lines
import numpy as np
import pytest
import torch
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import ModelSpec


def test_published_vlad_by_hand():
    # Patch 1 belongs to the first centre, patch 2 to the second, none to the third.
    patches = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    vocabulary = torch.tensor([[0.5, 0.0], [0.3, 0.6], [-1.0, -1.0]])
    # Residuals (0.5, 0) and (-0.3, 0.4), each made a unit vector, then all of them together.
    expected = np.array([1.0, 0.0, -0.6, 0.8, 0.0, 0.0]) / np.sqrt(2)
    np.testing.assert_allclose(published_vlad(patches, vocabulary), expected, atol=1e-6)


@pytest.mark.parametrize(
    ('size', 'ffn'), [((84, 84), 'mlp'), ((70, 112), 'mlp'), ((84, 84), 'swiglu')]
)
def test_reference_and_ours_agree(tmp_path, size, ffn):
    torch.manual_seed(1)
    network = PublishedDinoV2(dim=24, depth=4, heads=3, is_swiglu=ffn == 'swiglu')
    for parameter in network.parameters():  # LayerScale of 1 and biases of 0 would hide mistakes
        parameter.data += 0.1 * torch.randn(parameter.shape)
    torch.save(network.state_dict(), tmp_path / 'tiny.pth')
    spec = ModelSpec('tiny', 24, 4, 3, ffn, 0, 37, 2, 518, 0.1, False, '', 'tiny.pth')
    ours = DinoV2Extractor(spec, checkpoint=tmp_path / 'tiny.pth', device='cpu', dtype='float32')
    images = torch.randn(2, 3, *size)
    reference = PublishedExtractor(network, layer=2)
    torch.testing.assert_close(ours(images), reference(images), atol=1e-5, rtol=0)


def test_compare_alternates_and_pairs():
    calls = []

    def take(turn):
        calls.append(turn)
        return [len(turn)]

    comparison = compare('x', lambda: take('r'), lambda: take('o'), rounds=3)
    assert ''.join(calls) == 'ro' + 'or' + 'ro' + 'or'
    assert comparison.ratio_min <= comparison.ratio <= comparison.ratio_max


def test_what_differs_is_not_compared():
    with pytest.raises(AssertionError, match=r'differ by 0\.5'):
        compare('x', lambda: [1.0, 2.0], lambda: [1.0, 2.5], rounds=1)


def test_the_table_says_that_the_gpu_was_skipped():
    comparison = compare('x', lambda: [0.0], lambda: [0.0], rounds=1)
    machine = {'cpu': 'some CPU', 'threads': 2, 'torch': '2.13', 'load_average': 0.1}
    text = '\n'.join(
        markdown_lines({'machine': machine, 'cpu': [comparison.to_json()], 'gpu': None})
    )
    assert '| x | ' in text
    assert 'skipped, there is no CUDA GPU' in text


@pytest.mark.slow
def test_the_benchmark_of_gpus_runs_anywhere(tmp_path, monkeypatch):
    out = tmp_path / 'gpu.json'
    small = '--model dinov2_vits14 --side 112 --tiles 40 --rounds 2 --device cpu --no-search'
    monkeypatch.setattr('sys.argv', ['bench.gpu', *small.split(), '--out', str(out)])
    gpu.main()
    ranking = json.loads(out.read_text())['pixels_to_ranked_tiles']
    assert ranking['same_best_tile'] == ranking['images'] == 4
    # Of 64 patches of noise one lies as near to two centres, and rounding decides.
    assert ranking['descriptor_cosine_min'] > 0.8
    assert set(ranking['ours_ms']) == {'p50', 'p95', 'p99'}
