# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""FIFOs, devices, names that no file can have: each is one line, at once, for every input."""

import os
from pathlib import Path
import subprocess
import sys
import tempfile

from makers import make_ground, make_map
import pytest
from visual_navsat.cli import doctor
from visual_navsat.cli.main import main, UNEXPECTED
from visual_navsat.errors import ConfigError, IndexFolderError
from visual_navsat.files import check_input, is_input, read_input, write_bytes
from visual_navsat.geometry.view import View
from visual_navsat.index.index_folder import IndexFolder

LONG = 'x' * 5000


@pytest.fixture
def fifo(tmp_path):
    """Return the path of a FIFO that nobody writes to; its suffix is that of the reader."""

    def make(suffix):
        path = tmp_path / f'pipe{suffix}'
        os.mkfifo(path)
        return path

    return make


@pytest.fixture(scope='module')
def small_map(tmp_path_factory):
    return make_map(tmp_path_factory.mktemp('map'), make_ground(448))


def run(capsys, *words):
    """Run a verb that must refuse; return its line."""
    assert main([str(word) for word in words]) == 1
    message = capsys.readouterr().err
    assert message.count('\n') == 1, message
    return message


@pytest.mark.parametrize('suffix', ['.csv', '.tif', '.pmtiles', '.mbtiles', '.sqlitedb', ''])
def test_a_fifo_is_no_map(fifo, tmp_path, capsys, suffix):
    assert 'FIFO' in run(capsys, 'build-map', fifo(suffix), '--out', tmp_path / 'out')


@pytest.mark.parametrize('words', [['--config'], ['--checkpoint'], ['--vocabulary']])
def test_a_fifo_is_no_setting(fifo, small_map, tmp_path, capsys, words):
    path = fifo('.yaml')
    source = small_map.folder / 'map.csv'
    assert 'FIFO' in run(capsys, 'build-map', source, '--out', tmp_path / 'out', *words, path)


def test_a_fifo_is_no_photo_and_no_route(fifo, small_map, capsys):
    assert 'FIFO' in run(capsys, 'locate', fifo('.jpg'), '--map', small_map.index)
    assert 'FIFO' in run(capsys, 'preflight', small_map.index, '--route', fifo('.plan'))


@pytest.mark.parametrize('suffix', ['.bag', '.mcap', '.db3', '.mp4'])
def test_a_fifo_is_no_recording(fifo, small_map, capsys, suffix):
    words = ('replay', fifo(suffix), '--map', small_map.index)
    assert 'FIFO' in run(capsys, *words, *(() if suffix == '.mp4' else ('--image-topic', '/a')))


@pytest.mark.parametrize('name', ['CURRENT', 'v0001/manifest.json', 'v0001/0001.tiles.csv'])
def test_a_fifo_is_no_part_of_an_index(small_map, tmp_path, capsys, name):
    index = tmp_path / 'index'
    subprocess.run(['cp', '-r', small_map.index, index], check=True)
    (index / name).unlink()
    os.mkfifo(index / name)
    assert 'build it again' in run(capsys, 'info', index)


@pytest.mark.parametrize('name', ['/dev/zero', '/dev/null', '.', LONG, 'a\0b', '/etc/passwd/x'])
def test_what_is_no_file_is_said_at_once(name):
    assert not is_input(name)
    with pytest.raises(OSError, match=r'.+') as caught:
        read_input(name)
    assert caught.value.strerror


@pytest.mark.parametrize('out', ['/', '', '/dev/null', '/dev/null/x', LONG, 'a\0b', '/proc/x'])
@pytest.mark.parametrize('verb', ['build-map', 'evaluate'])
def test_targets_that_cannot_be(small_map, tmp_path, capsys, out, verb):
    if verb == 'build-map':
        run(capsys, verb, small_map.folder / 'map.csv', '--out', out)
        return
    (tmp_path / 'q.csv').write_text('Filename,Latitude,Longitude\n0_0.png,46.5,7.9\n')
    words = (
        verb,
        '--queries',
        tmp_path / 'q.csv',
        '--images',
        small_map.folder,
        '--map',
        small_map.index,
    )
    code = main([str(word) for word in (*words, '--json', out)])
    assert (code == 0) == (out in ('', '/dev/null'))
    assert 'Traceback' not in capsys.readouterr().err


def test_a_fifo_that_nobody_reads_is_not_written_to(fifo):
    with pytest.raises(OSError, match='cannot write'):
        write_bytes(fifo('.json'), b'{}')


@pytest.mark.parametrize('heading', [1e308, float('nan'), 'north', 10**400, True])
def test_a_heading_is_a_number(heading):
    with pytest.raises(ConfigError, match='heading_deg must be a number'):
        View(heading_deg=heading)


def test_a_folder_may_be_right(tmp_path):
    check_input(tmp_path, or_folder=True)
    with pytest.raises(IsADirectoryError):
        check_input(tmp_path)


def test_what_nobody_expected_is_one_line_and_a_file(tmp_path, monkeypatch, capsys):
    def fail(_):
        raise ZeroDivisionError('two\nlines')

    monkeypatch.setattr(doctor, 'run', fail)
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path))
    assert main(['doctor']) == UNEXPECTED
    message = capsys.readouterr().err
    path = tmp_path / 'visual_navsat' / 'last_traceback.txt'
    assert message == (
        'visual-navsat doctor: unexpected ZeroDivisionError: two lines; its traceback is in '
        f'{path}\n'
    )
    assert 'in fail' in path.read_text()
    monkeypatch.setenv('VISUAL_NAVSAT_DEBUG', '1')
    with pytest.raises(ZeroDivisionError):
        main(['doctor'])
    monkeypatch.delenv('VISUAL_NAVSAT_DEBUG')
    with pytest.raises(ZeroDivisionError):
        main(['--debug', 'doctor'])


def test_a_name_that_is_no_text_is_printed(tmp_path):
    command = [sys.executable, '-m', 'visual_navsat.cli.main', 'info', b'\xe4.idx']
    done = subprocess.run(command, capture_output=True, cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.count(b'\n') == 1


PARTS = (
    *('manifest.json', 'checksums.sha256', 'vocabulary.npy', '0001.tiles.csv'),
    *('0001.codes.npy', '0001.gsds.npy', '0001.fields.npy', '0001.blocks.npy'),
)


@pytest.mark.parametrize('name', ['CURRENT', *(f'v0001/{part}' for part in PARTS)])
def test_a_disk_that_fails_is_one_line(small_map, tmp_path, capsys, name):
    """The memory of a process cannot be read at its beginning: Linux answers EIO."""
    index = tmp_path / 'index'
    subprocess.run(['cp', '-r', small_map.index, index], check=True)
    (index / name).unlink()
    (index / name).symlink_to('/proc/self/mem')
    message = run(capsys, 'info', index)
    assert 'Input/output error' in message and name.rpartition('/')[2] in message
    if not name.endswith('sha256'):
        with pytest.raises(IndexFolderError, match='Input/output error'):
            IndexFolder.open(index, check=False)


@pytest.mark.parametrize('name', ['.', 'CURRENT', 'v0001', *(f'v0001/{part}' for part in PARTS)])
def test_an_unreadable_part_of_an_index_is_one_line(small_map, name):
    """As a user who may not read it; root may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / 'index'
        subprocess.run(['cp', '-r', small_map.index, index], check=True)
        Path(folder).chmod(0o755)
        (index / name).chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(IndexFolderError, match=r'Permission denied') as caught:
                IndexFolder.open(index)
        finally:
            os.seteuid(user)
            (index / name).chmod(0o755)
    assert '\n' not in str(caught.value)
