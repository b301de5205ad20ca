# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A file that grew row by row is the one that numpy writes at once."""

import numpy as np
import pytest
from visual_navsat.index.build.growing_npy import GrowingNpy, rows_in

ROWS = np.arange(21, dtype=np.float32).reshape(7, 3)


def write(path, rows, shape, kept=0):
    """Append rows one by one to a file of ``shape``."""
    file = GrowingNpy(path, shape, kept)
    for row in rows:
        file.append(row[np.newaxis])
    file.sync()
    file.close()


def test_complete_file_is_what_numpy_writes(tmp_path):
    write(tmp_path / 'grown.npy', ROWS, (7, 3))
    np.save(tmp_path / 'saved.npy', ROWS)
    assert (tmp_path / 'grown.npy').read_bytes() == (tmp_path / 'saved.npy').read_bytes()


@pytest.mark.parametrize('kept', range(5))
def test_file_is_taken_up_again_at_any_row(tmp_path, kept):
    path = tmp_path / 'grown.npy'
    write(path, ROWS[:5], (1000, 3))
    assert rows_in(path, 3) == 5
    write(path, ROWS[kept:], (7, 3), kept)
    np.testing.assert_array_equal(np.load(path), ROWS)


def test_only_whole_rows_count(tmp_path):
    path = tmp_path / 'grown.npy'
    assert rows_in(path, 3) == 0
    path.write_bytes(b'short')
    assert rows_in(path, 3) == 0
    write(path, ROWS[:2], (7, 3))
    path.write_bytes(path.read_bytes()[:-1])
    assert rows_in(path, 3) == 1
