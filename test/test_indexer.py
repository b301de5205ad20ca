# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every backend ranks exactly as a slow loop in float64 does."""

from makers import FLOAT32
import numpy as np
import pytest
import torch
from visual_navsat.errors import MissingDependencyError, ShapeError
from visual_navsat.retrieval import indexer, search_backends
from visual_navsat.retrieval.indexer import FAISSIndexer
from visual_navsat.retrieval.projection import learn_projection
from visual_navsat.retrieval.tile_code import CompactCode, Int8Code

BACKENDS = ['faiss-cpu', 'torch']
if search_backends._has_faiss_gpu():
    BACKENDS.append('faiss-gpu')


@pytest.fixture(params=BACKENDS)
def backend(request):
    if request.param == 'faiss-cpu':
        pytest.importorskip('faiss')
    return request.param


def unit_rows(count, dimension, seed):
    """Return (count, dimension) float32 random unit rows."""
    rows = np.random.default_rng(seed).standard_normal((count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_ranking_is_that_of_a_slow_loop(backend, monkeypatch):
    # Small blocks, so that several are needed.
    monkeypatch.setattr(indexer, '_ROWS_PER_BLOCK', 7)
    monkeypatch.setattr(search_backends, '_MAX_SIMILARITIES', 150)
    descriptors, queries = unit_rows(50, 24, seed=0), unit_rows(9, 24, seed=1)
    index = FAISSIndexer(24, backend)
    index.build(descriptors)
    similarities, indices = index.search(queries, 5)
    assert (index.count, index.backend) == (50, backend)
    assert similarities.shape == indices.shape == (9, 5)
    assert similarities.dtype == np.float32
    assert indices.dtype == np.int64
    for q, query in enumerate(queries.astype(np.float64)):
        expected = [
            float(sum(a * b for a, b in zip(query, row, strict=True))) for row in descriptors
        ]
        order = sorted(range(50), key=lambda row: -expected[row])[:5]
        assert list(indices[q]) == order
        np.testing.assert_allclose(similarities[q], [expected[row] for row in order], atol=FLOAT32)


def test_a_descriptor_finds_itself_first(backend):
    descriptors = unit_rows(30, 16, seed=2)
    index = FAISSIndexer(16, backend)
    index.build(descriptors)
    similarities, indices = index.search(descriptors, 1)
    assert list(indices[:, 0]) == list(range(30))
    np.testing.assert_allclose(similarities, 1, atol=FLOAT32)


def test_memory_mapped_descriptors_are_taken(backend, tmp_path):
    np.save(tmp_path / 'descriptors.npy', unit_rows(30, 16, seed=2))
    descriptors = np.load(tmp_path / 'descriptors.npy', mmap_mode='r')
    index = FAISSIndexer(16, backend)
    index.build(descriptors)
    assert index.search(descriptors[3:4], 1)[1] == [[3]]


def test_blocks_of_any_size_are_one_index(backend):
    rows = unit_rows(30, 16, seed=2)
    index = FAISSIndexer(16, backend)
    index.build_from_blocks(30, iter([rows[:1], rows[1:1], rows[1:20], rows[20:]]))
    assert index.count == 30
    np.testing.assert_array_equal(index.search(rows, 1)[1][:, 0], np.arange(30))
    rows[22, 3] = np.inf
    with pytest.raises(ShapeError, match='descriptor 22 is not finite'):
        index.build_from_blocks(30, [rows[:20], rows[20:]])


def test_building_again_replaces(backend):
    index = FAISSIndexer(16, backend)
    index.build(unit_rows(30, 16, seed=2))
    index.build(unit_rows(4, 16, seed=3))
    assert index.count == 4
    assert index.search(unit_rows(1, 16, seed=4), 1)[1].max() < 4


def test_k_is_clipped_to_the_count(backend):
    index = FAISSIndexer(8, backend)
    index.build(unit_rows(3, 8, seed=5))
    similarities, indices = index.search(unit_rows(2, 8, seed=6), 1000)
    assert similarities.shape == (2, 3)
    assert sorted(indices[0]) == [0, 1, 2]


def test_bad_arrays_are_refused(backend):
    index = FAISSIndexer(8, backend)
    queries = unit_rows(2, 8, seed=7)
    with pytest.raises(ShapeError, match='empty: call build'):
        index.search(queries, 1)
    for shape in ((0, 8), (5, 9), (8,)):
        with pytest.raises(ShapeError, match=r'must be \(N, 8\)'):
            index.build(np.zeros(shape, np.float32))
    index.build(unit_rows(3, 8, seed=8))
    with pytest.raises(ShapeError, match=r'must be \(Q, 8\), got \(2, 7\)'):
        index.search(queries[:, :7], 1)
    with pytest.raises(ShapeError, match='k must be at least 1, got 0'):
        index.search(queries, 0)
    queries[1, 3] = np.nan
    with pytest.raises(ShapeError, match='must be finite'):
        index.search(queries, 1)
    with pytest.raises(ShapeError, match='descriptor 1 is not finite'):
        index.build(queries)


def test_auto_takes_what_there_is(monkeypatch):
    monkeypatch.setattr(search_backends, '_has_faiss_gpu', lambda: False)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert search_backends.choose_backend('auto') == 'torch'
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(search_backends, '_has_faiss', lambda: True)
    assert search_backends.choose_backend('auto') == 'faiss-cpu'
    monkeypatch.setattr(search_backends, '_has_faiss', lambda: False)
    assert search_backends.choose_backend('auto') == 'torch'
    with pytest.raises(MissingDependencyError, match='pip install faiss-cpu'):
        FAISSIndexer(8, 'faiss-cpu')
    with pytest.raises(MissingDependencyError, match='pip install faiss-gpu'):
        FAISSIndexer(8, 'faiss-gpu')


@pytest.mark.parametrize('backend', ['faiss-cpu', 'torch'])
def test_similarities_to_all_or_some_descriptors_in_their_order(backend):
    if backend == 'faiss-cpu':
        pytest.importorskip('faiss')
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(5000, 16)).astype(np.float32)
    queries = rng.normal(size=(3, 16)).astype(np.float32)
    indexer = FAISSIndexer(16, backend)
    indexer.build(rows)
    np.testing.assert_allclose(indexer.similarities(queries), queries @ rows.T, atol=1e-4)
    some = np.array([4999, 3, 17])
    np.testing.assert_allclose(
        indexer.similarities(queries, some), queries @ rows[some].T, atol=1e-4
    )


@pytest.fixture(scope='module')
def compact():
    """Return a compact code and the descriptors that it was learned from."""
    rows = unit_rows(300, 60, seed=9) * (0.97 ** np.arange(60, dtype=np.float32))
    return CompactCode(learn_projection(lambda: [rows], 60, 16)), rows


@pytest.mark.parametrize('count', [5, 300])
def test_compact_codes_are_ranked_as_a_slow_loop_does(backend, compact, count):
    code, rows = compact
    index = FAISSIndexer(60, backend, code)
    index.build(rows[:count])
    queries = unit_rows(4, 60, seed=10)
    similarities, indices = index.search(queries, 7)
    decoded = code.decode(code.encode(rows[:count]))
    for query, found, order in zip(code.project(queries), similarities, indices, strict=True):
        expected = sorted((float(np.dot(query, row)) for row in decoded), reverse=True)[:7]
        np.testing.assert_allclose(found, expected, atol=FLOAT32)
        np.testing.assert_allclose(found, decoded[order] @ query, atol=FLOAT32)
    some = np.array([4, 0, 3])
    np.testing.assert_allclose(
        index.similarities(queries, some), code.project(queries) @ decoded[some].T, atol=FLOAT32
    )
    assert (index.count, index.search(queries, 2, some)[1].max()) == (count, 4)


def test_bytes_are_compared_as_unit_rows(backend):
    code, rows = Int8Code(16), unit_rows(30, 16, seed=2)
    index = FAISSIndexer(16, backend, code)
    index.build_from_blocks(30, [code.encode(rows[:11]), code.encode(rows[11:])])
    similarities, indices = index.search(rows, 1)
    assert list(indices[:, 0]) == list(range(30))
    np.testing.assert_allclose(similarities, 1, atol=2e-4)  # of 8 bits


def test_the_best_are_ranked_by_exact_descriptors(backend, compact):
    code, rows = compact
    read = []

    def exact(numbers):
        read.extend(numbers.tolist())
        return rows[numbers]

    index = FAISSIndexer(60, backend, code, exact)
    index.build(rows)
    queries = rows[[5, 200]]
    similarities, indices = index.search(queries, 20)
    np.testing.assert_allclose(similarities[:, 0], 1, atol=FLOAT32)  # themselves, not their codes
    assert indices[:, 0].tolist() == [5, 200]
    np.testing.assert_allclose(
        similarities[0], code.project(rows[indices[0]]) @ code.project(queries)[0], atol=FLOAT32
    )
    assert (np.diff(similarities, axis=1) <= 0).all()
    assert sorted(read) == sorted(set(indices.ravel().tolist())), 'each is read once, no others'
