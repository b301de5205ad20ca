"""Rows of several segments read like those of the one matrix that they would be."""

import numpy as np
import pytest

from visual_navsat.index.segmented_rows import SegmentedRows
from visual_navsat.retrieval.indexer import FAISSIndexer

RNG = np.random.default_rng(0)
PARTS = [RNG.standard_normal((count, 4)).astype(np.float32) for count in (5, 1, 8)]
LIVE = [None, np.array([0]), np.array([1, 2, 3, 6])]
WHOLE = np.concatenate([PARTS[0], PARTS[1], PARTS[2][[1, 2, 3, 6]]])


@pytest.fixture
def rows():
    return SegmentedRows(PARTS, LIVE)


@pytest.mark.parametrize(
    'key',
    [0, 5, -1, slice(None), slice(3, 8), slice(8, 3, -2), np.array([9, 0, 6, 6]), slice(4, 4)],
)
def test_taking_rows(rows, key):
    np.testing.assert_array_equal(rows[key], WHOLE[key])


def test_the_whole(rows):
    assert (len(rows), rows.shape, rows.ndim, rows.dtype) == (10, (10, 4), 2, np.float32)
    np.testing.assert_array_equal(np.asarray(rows), WHOLE)
    np.testing.assert_allclose(rows @ WHOLE[3], WHOLE @ WHOLE[3], rtol=1e-6)
    with pytest.raises(IndexError):
        rows[10]


def test_an_index_is_built_from_them(rows):
    indexer = FAISSIndexer(4, 'torch')
    indexer.build(rows)
    _, ranked = indexer.search(WHOLE, 10)
    np.testing.assert_array_equal(ranked, np.argsort(-(WHOLE @ WHOLE.T), axis=1, kind='stable'))
