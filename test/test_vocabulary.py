# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Vocabularies: fitted the same on every run, and read safely."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from visual_navsat.errors import ModelError
from visual_navsat.features.vocabulary import fit_vocabulary, read_vocabulary


def clustered_patches(
    num_clusters: int, count: int, dim: int, spread: float, seed: int = 0
) -> np.ndarray:
    """Return (count * num_clusters, dim) rows about random directions."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(num_clusters, dim))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    noise = rng.normal(scale=spread, size=(count, num_clusters, dim))
    return (directions + noise).reshape(-1, dim).astype(np.float32)


def test_each_centre_is_the_mean_of_the_unit_rows_nearest_to_it():
    patches = clustered_patches(5, 200, 16, spread=0.02)
    lengths = np.random.default_rng(1).uniform(0.1, 9.0, (len(patches), 1)).astype(np.float32)
    centres = fit_vocabulary(lengths * patches, 5, seed=3)  # only directions matter

    unit = patches / np.linalg.norm(patches, axis=1, keepdims=True)
    directions = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    nearest = np.argmax(unit @ directions.T, axis=1)
    for k, centre in enumerate(centres):
        np.testing.assert_allclose(centre, unit[nearest == k].mean(axis=0), atol=1e-3)
    assert np.linalg.norm(centres, axis=1).max() < 1.0


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    patches = clustered_patches(20, 100, 24, spread=0.5)
    first, again, other = (fit_vocabulary(patches, 8, seed) for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.slow
def test_another_process_with_other_threads_gives_the_same_bytes(tmp_path):
    patches = clustered_patches(20, 100, 24, spread=0.5)
    np.save(tmp_path / 'patches.npy', patches)
    program = (
        'import sys, numpy as np\n'
        'from visual_navsat.features.vocabulary import fit_vocabulary\n'
        'centres = fit_vocabulary(np.load(sys.argv[1]), 8, 5)\n'
        'sys.stdout.write(centres.tobytes().hex())\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', program, str(tmp_path / 'patches.npy')],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )
    assert done.stdout == fit_vocabulary(patches, 8, 5).tobytes().hex()


def test_a_map_of_one_colour_still_gives_finite_centres():
    centres = fit_vocabulary(np.ones((50, 6), np.float32), 4, seed=0)
    assert centres.shape == (4, 6)
    assert np.isfinite(centres).all()


@pytest.mark.parametrize(
    ('patches', 'message'),
    [
        (np.ones((3, 8)), r'4 centres on must be .* got \(3, 8\)'),
        (np.ones((0, 8)), r'got \(0, 8\)'),
        (np.ones(8), r'got \(8,\)'),
        (np.full((9, 8), np.nan), 'must be finite'),
        (np.full((9, 8), np.inf), 'must be finite'),
    ],
)
def test_patches_that_cannot_be_fitted_are_refused(patches, message):
    with pytest.raises(ModelError, match=message):
        fit_vocabulary(patches, 4, seed=0)


def test_centres_are_read_as_float32_and_not_normalised(tmp_path):
    centres = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    torch.save(torch.from_numpy(centres).half(), tmp_path / 'c_centers.pt')
    np.save(tmp_path / 'centres.npy', centres.astype(np.float64))
    for name in ('c_centers.pt', 'centres.npy'):
        loaded = read_vocabulary(tmp_path / name)
        assert loaded.dtype == np.float32
        np.testing.assert_array_equal(loaded, centres)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (torch.zeros(8), r'c_centers.pt must be .* got \(8,\)'),
        (torch.zeros(0, 8), r'got \(0, 8\)'),
        (torch.zeros(1, 4, 8), r'got \(1, 4, 8\)'),
        (torch.tensor([[1.0, float('nan')], [1.0, 2.0]]), 'has 1 centres that are not finite'),
        ({'c_centers': torch.ones(4, 8)}, 'c_centers.pt must be a .K, D. tensor, got dict'),
        (print, 'no vocabulary that is safe to read'),
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused_in_one_line(content, message, tmp_path):
    torch.save(content, tmp_path / 'c_centers.pt')
    with pytest.raises(ModelError, match=message) as caught:
        read_vocabulary(tmp_path / 'c_centers.pt')
    assert '\n' not in str(caught.value)


def test_damaged_and_missing_files_are_refused(tmp_path):
    (tmp_path / 'cut.pt').write_bytes(b'PK\x03\x04 cut short')
    (tmp_path / 'cut.npy').write_bytes(b'\x93NUMPY')
    np.save(tmp_path / 'objects.npy', np.array([print, None], object), allow_pickle=True)
    for name in ('cut.pt', 'cut.npy', 'objects.npy'):
        with pytest.raises(ModelError, match=name):
            read_vocabulary(tmp_path / name)
    with pytest.raises(ModelError, match=r'cannot read vocabulary .*: No such file'):
        read_vocabulary(tmp_path / 'nowhere.pt')
