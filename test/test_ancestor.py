# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
import torch
from visual_navsat.ancestor import load_published_descriptors
from visual_navsat.errors import IndexFolderError


class _Bomb:
    """A pickle of this would write a file when it is read without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, 'w'))


def test_round_trip(tmp_path):
    rows = torch.arange(6.0).reshape(2, 3)
    torch.save({'vlad_features': rows, 'image_ids': ['a', 'b']}, tmp_path / 'd.pt')
    descriptors, names = load_published_descriptors(tmp_path / 'd.pt')
    np.testing.assert_array_equal(descriptors, rows.numpy())
    assert names == ['a', 'b']


def test_code_in_the_file_is_not_run(tmp_path):
    torch.save({'vlad_features': _Bomb(str(tmp_path / 'ran'))}, tmp_path / 'd.pt')
    with pytest.raises(IndexFolderError, match='safe to read'):
        load_published_descriptors(tmp_path / 'd.pt')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({'features': torch.zeros(2, 3)}, "lacks 'vlad_features'"),
        ([1, 2], "lacks 'vlad_features'"),
        ({'vlad_features': torch.zeros(2, 3), 'image_ids': ['a']}, r'\(2, 3\) for 1 images'),
        ({'vlad_features': torch.zeros(3), 'image_ids': ['a'] * 3}, r'\(3,\) for 3 images'),
    ],
)
def test_another_content_is_named(tmp_path, content, message):
    torch.save(content, tmp_path / 'd.pt')
    with pytest.raises(IndexFolderError, match=message):
        load_published_descriptors(tmp_path / 'd.pt')


def test_a_missing_or_truncated_file(tmp_path):
    with pytest.raises(IndexFolderError, match=r'none\.pt does not exist'):
        load_published_descriptors(tmp_path / 'none.pt')
    torch.save({'vlad_features': torch.zeros(99, 99), 'image_ids': []}, tmp_path / 'd.pt')
    whole = (tmp_path / 'd.pt').read_bytes()
    (tmp_path / 'd.pt').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IndexFolderError, match='safe to read'):
        load_published_descriptors(tmp_path / 'd.pt')
