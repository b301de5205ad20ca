"""A folder takes its target's place at once, and nothing but an index is ever deleted."""

import errno
import os

import pytest

from visual_navsat.errors import IndexFolderError
from visual_navsat.index.build import publish
from visual_navsat.index.manifest import MANIFEST


def make_index(path, content):
    """Make a folder that passes for an index."""
    path.mkdir()
    (path / MANIFEST).write_text(content)
    return path


@pytest.fixture(params=['exchange', 'rename'])
def way(request, monkeypatch):
    """Run with and without a file system that can exchange two folders."""
    if request.param == 'rename':
        monkeypatch.setattr(publish, '_exchange', lambda *_: False)


def test_new_and_replaced_targets(tmp_path, way):
    target = tmp_path / 'index'
    for content in ('one', 'two', 'three'):
        publish.publish_folder(make_index(tmp_path / 'new', content), target)
        assert (target / MANIFEST).read_text() == content
        assert os.listdir(tmp_path) == ['index']


def test_empty_folder_is_replaced(tmp_path, way):
    (tmp_path / 'index').mkdir()
    publish.publish_folder(make_index(tmp_path / 'new', 'one'), tmp_path / 'index')
    assert (tmp_path / 'index' / MANIFEST).exists()


def test_exchange_swaps_two_folders(tmp_path):
    first, second = make_index(tmp_path / 'a', 'one'), make_index(tmp_path / 'b', 'two')
    if not publish._exchange(first, second):
        pytest.skip('this file system cannot exchange folders')
    assert (first / MANIFEST).read_text() == 'two'
    assert (second / MANIFEST).read_text() == 'one'


def test_exchange_tells_errors_from_missing_support(tmp_path):
    with pytest.raises(OSError, match='No such file') as raised:
        publish._exchange(tmp_path / 'a', tmp_path / 'b')
    assert raised.value.errno == errno.ENOENT


@pytest.mark.parametrize('names', [['photo.jpg'], [MANIFEST, 'notes.txt'], ['tiles.csv']])
def test_other_folders_are_left_alone(tmp_path, names):
    target = tmp_path / 'index'
    target.mkdir()
    for name in names:
        (target / name).touch()
    with pytest.raises(IndexFolderError, match=f'it holds {names[-1]}: name another'):
        publish.publish_folder(make_index(tmp_path / 'new', 'one'), target)
    assert sorted(os.listdir(target)) == sorted(names)
    (tmp_path / 'file').touch()
    with pytest.raises(IndexFolderError, match='file is a file'):
        publish.check_replaceable(tmp_path / 'file')


def test_index_that_was_put_aside_is_brought_back(tmp_path):
    make_index(tmp_path / '.index.old', 'old')
    publish.restore_interrupted(tmp_path / 'index')
    assert (tmp_path / 'index' / MANIFEST).read_text() == 'old'
    make_index(tmp_path / '.index.old', 'older')
    publish.restore_interrupted(tmp_path / 'index')
    assert (tmp_path / 'index' / MANIFEST).read_text() == 'old'
