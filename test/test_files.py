# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Files and folders are written whole or not at all, and what fails is one line."""

import errno
import json
import os
import pickle
import threading

import pytest
from visual_navsat import files
from visual_navsat.errors import FileWriteError, VisualNavsatError


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize('durable', [False, True])
def test_file_is_made_and_replaced_with_the_folders_above_it(tmp_path, durable):
    path = tmp_path / 'a' / 'b' / 'file'
    for content in (b'one', b'two\r\n'):
        files.write_bytes(path, content, durable)
        assert path.read_bytes() == content
    assert names(path.parent) == ['file']


def test_text_is_utf_8_and_json_ends_with_a_line(tmp_path):
    files.write_text(tmp_path / 'text', 'é\n')
    assert (tmp_path / 'text').read_bytes() == b'\xc3\xa9\n'
    files.write_json(tmp_path / 'json', {'a': [1]}, indent=None)
    assert (tmp_path / 'json').read_text() == '{"a": [1]}\n'


def test_content_that_is_no_json_leaves_the_old_file(tmp_path):
    path = tmp_path / 'out.json'
    files.write_json(path, {'a': 1})
    with pytest.raises(ValueError, match='JSON'):
        files.write_json(path, {'a': float('nan')})
    assert json.loads(path.read_text()) == {'a': 1}
    assert names(tmp_path) == ['out.json']


def test_full_disk_leaves_the_old_file_and_is_one_line(tmp_path, monkeypatch):
    path = tmp_path / 'file'
    files.write_bytes(path, b'old')

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(VisualNavsatError) as raised:
        files.write_bytes(path, b'new', durable=True)
    assert str(raised.value) == f'cannot write {path}: No space left on device'
    assert isinstance(raised.value, FileWriteError) and raised.value.errno == errno.ENOSPC
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
    assert (path.read_bytes(), names(tmp_path)) == (b'old', ['file'])


def test_file_below_a_file_is_one_line(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(FileWriteError, match=r'cannot write .*file/x: (File exists|Not a dir)'):
        files.write_text(tmp_path / 'file' / 'x', 'text')


def test_link_and_pipe_stay_what_they_are(tmp_path):
    (tmp_path / 'link').symlink_to(tmp_path / 'file')
    files.write_text(tmp_path / 'link', 'text')
    assert (tmp_path / 'link').is_symlink()
    assert (tmp_path / 'file').read_text() == 'text'
    os.mkfifo(tmp_path / 'pipe')
    writer = threading.Thread(target=files.write_text, args=(tmp_path / 'pipe', 'text'))
    writer.start()
    assert (tmp_path / 'pipe').read_text() == 'text'
    writer.join()
    assert (tmp_path / 'pipe').is_fifo()


def test_folder_gets_its_name_when_it_is_complete(tmp_path):
    with files.write_folder(tmp_path / 'out') as folder:
        files.write_text(folder / 'a', 'text')
        assert not (tmp_path / 'out').exists()
    assert (names(tmp_path), names(tmp_path / 'out')) == (['out'], ['a'])
    with (
        pytest.raises(VisualNavsatError, match='out exists: choose another name'),
        files.write_folder(tmp_path / 'out'),
    ):
        pass


def test_nothing_is_left_of_a_folder_that_failed(tmp_path):
    with pytest.raises(FileWriteError) as raised, files.write_folder(tmp_path / 'out') as folder:
        (folder / 'a').touch()
        files.write_text(folder / 'a' / 'b', 'text')
    assert str(raised.value).startswith(f'cannot write {tmp_path / "out"}: ')
    assert names(tmp_path) == []
