# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A library after kill -9 at any moment, a lost file, two processes at once."""

import os
import signal
import subprocess
import sys
import time

from library_makers import add_picture, descriptor_of, DIMENSION, open_library, picture_bytes
import numpy as np
import pytest
from visual_navsat.errors import FileWriteError, LibraryError
from visual_navsat.service.store.row_file import RowFile
from visual_navsat.service.upkeep.check import check_library

KILLS = 5
# Adds the pictures of some seeds, deletes every fifth, and says what was acknowledged.
LOAD = """
import sys
from contextlib import suppress
from pathlib import Path
sys.path.insert(0, {tests!r})
from library_makers import add_picture, open_library
from visual_navsat.service.store.records import UnknownImageError
with open_library(Path({folder!r})) as library:
    print('open', flush=True)
    for seed in range({first}, {last}):
        record = add_picture(library, seed).record
        print('added', seed, record.file_id, flush=True)
        if seed % 5 == 0:
            print('deleting', seed, record.file_id, flush=True)
            with suppress(UnknownImageError):  # another load had the same picture's id
                library.delete(record.file_id)
            print('deleted', seed, record.file_id, flush=True)
"""


def start_load(folder, first, last):
    program = LOAD.format(
        tests=os.path.dirname(__file__),  # noqa: PTH120
        folder=str(folder),
        first=first,
        last=last,
    )
    return subprocess.Popen([sys.executable, '-c', program], stdout=subprocess.PIPE, text=True)


def left(lines, there):
    """Take what a load acknowledged into ``there``, seed by id; return the ids in doubt."""
    doubtful = {}
    for line in lines:
        what, *words = line.split()
        if what == 'added':
            there[words[1]] = int(words[0])
        elif what == 'deleting':
            doubtful[words[1]] = int(words[0])
        elif what == 'deleted':
            del there[words[1]]
            del doubtful[words[1]]
    return doubtful


def check_all(library, there, doubtful=()):
    """Compare a library with what was acknowledged."""
    assert check_library(library) == []
    for file_id, seed in there.items():
        if file_id in doubtful:
            continue
        (found,) = library.similar(descriptor_of(seed), 1)
        assert found.record.file_id == file_id
        assert library.picture_path(found.record).read_bytes() == picture_bytes(seed)
    names = {path.name for path in (library.settings.data_dir / 'uploads').iterdir()}
    records = library.search(limit=1000).records
    assert names == {record.picture_name for record in records}


def test_after_kill_9_at_any_moment_all_that_was_acknowledged_is_there(tmp_path):
    there, first = {}, 0
    for kill in range(KILLS):
        load = start_load(tmp_path, first, first + 1000)
        assert load.stdout.readline() == 'open\n'
        time.sleep(0.02 + 0.061 * kill)  # not a wait for anything: another moment each time
        load.send_signal(signal.SIGKILL)
        lines = load.stdout.read().splitlines()
        load.wait()
        first += 1000
        doubtful = left(lines, there)
        with open_library(tmp_path) as library:
            check_all(library, there, doubtful)
            # What was under way may have come through, unacknowledged; at most one of each.
            extra = library.stats().total_images - len(there)
            assert -len(doubtful) <= extra <= kill + 1
            there = {file_id: seed for file_id, seed in there.items() if file_id not in doubtful}
    assert len(there) > KILLS


def test_processes_at_once_lose_and_double_nothing(tmp_path):
    with open_library(tmp_path) as library:
        loads = [start_load(tmp_path, first, last) for first, last in ((0, 30), (10, 40))]
        lines = [load.communicate()[0].splitlines() for load in loads]
        assert [load.returncode for load in loads] == [0, 0]
        assert check_library(library) == []
        # Seeds that both add and delete may be added again after the other's delete.
        there = {record.filename for record in library.search(limit=1000).records}
        expected = {f'photo {seed}.png' for seed in range(40) if seed % 5}
        assert expected == there
        assert library.stats().total_images == len(expected)
        for record in library.search(limit=1000).records:
            seed = int(record.filename.split()[1].removesuffix('.png'))
            (found,) = library.similar(descriptor_of(seed), 1)
            assert found.record == record
        assert sum(line.startswith('added') for part in lines for line in part) == 60


def test_another_process_sees_what_is_added_and_deleted(tmp_path):
    with open_library(tmp_path) as one, open_library(tmp_path) as other:
        first = add_picture(one, 1).record
        assert other.similar(descriptor_of(1), 1)[0].record == first
        second = add_picture(other, 2).record
        assert one.similar(descriptor_of(2), 1)[0].record == second
        other.delete(first.file_id)
        assert [found.record for found in one.similar(descriptor_of(1), 5)] == [second]


def test_a_failed_upload_leaves_nothing(tmp_path, monkeypatch):
    with open_library(tmp_path) as library:
        add_picture(library, 1)
        with monkeypatch.context() as context:
            context.setattr(RowFile, 'write', _refuse)
            with pytest.raises(OSError, match='No space left'):
                add_picture(library, 2)
        with monkeypatch.context() as context:
            context.setattr(library.pictures.store, 'put', _refuse)
            with pytest.raises(OSError, match='No space left'):
                add_picture(library, 3)
        assert library.stats().total_images == 1
        assert check_library(library) == []
        assert [path.name for path in library.pictures.incoming.rglob('*') if path.is_file()] == [
            'lock'
        ]
        add_picture(library, 2)
        assert library.similar(descriptor_of(2), 1)[0].similarity > 0.99


def _refuse(*_, **__):
    raise FileWriteError(28, 'No space left on device', 'chunk_0.npy')


def test_what_a_crash_left_is_removed_and_said(tmp_path, caplog):
    with open_library(tmp_path) as library:
        record = add_picture(library, 1).record
        add_picture(library, 2)
        library.thumbnail(record)
        kept = library.chunks.read(record.chunk, record.row)
        library.delete(record.file_id)
        # As if it had been killed right after the commit.
        library.chunks.write(record.chunk, record.row, kept[0])
    uploads = tmp_path / 'uploads'
    for path in (
        uploads / f'{record.file_id}.png',
        uploads / f'{"0" * 32}.jpg.partial',
        tmp_path / 'thumbnails' / f'{record.file_id}.jpg',
        tmp_path / 'features' / 'chunk_7.npy',
        tmp_path / 'features' / 'chunk_7.codes-01234567.npy',
        tmp_path / 'incoming' / 'dead' / 'half an upload',
        uploads / 'not ours.txt',
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b'x')
    with open_library(tmp_path) as library:
        assert library.swept == [
            '1 folders of interrupted uploads removed',
            '2 pictures without a record removed',
            '1 thumbnails without a record removed',
            '2 files of descriptors without a record removed',
            '1 descriptors of deleted images cleared',
        ]
        assert 'after a crash: 2 pictures without a record removed' in caplog.text
        assert not library.chunks.read(record.chunk, record.row).any()
        assert {path.name for path in uploads.iterdir()} == {
            library.search().records[0].picture_name,
            'not ours.txt',
        }


def test_the_sweep_leaves_the_uploads_of_others_alone(tmp_path):
    with open_library(tmp_path) as library:
        staging = library.stage()
        staging.write(picture_bytes(1))
        with open_library(tmp_path) as other:
            assert other.swept == []
        staged = staging.finish()
        assert library.add(staged, descriptor_of(1), filename='a').is_new


@pytest.mark.parametrize('fault', ['lost', 'zeros', 'noise', 'short'])
def test_codes_that_are_lost_or_damaged_are_made_from_the_descriptors(tmp_path, fault):
    with open_library(tmp_path) as library:
        records = [add_picture(library, seed).record for seed in range(20)]
        paths = [library.chunks.codes_path(number) for number in range(3)]
    for path in paths:
        content = bytearray(path.read_bytes())
        rows = content[128:]
        if fault == 'lost':
            path.unlink()
        elif fault == 'short':
            path.write_bytes(content[:-1])
        else:
            noise = np.random.default_rng(0).integers(0, 256, len(rows), np.uint8)
            path.write_bytes(
                content[:128] + (noise.tobytes() if fault == 'noise' else b'\0' * len(rows))
            )
    with open_library(tmp_path) as library:
        for seed, record in enumerate(records):
            assert library.similar(descriptor_of(seed), 1)[0].record == record
        assert check_library(library) == []


def test_a_lost_or_damaged_chunk_is_said_in_one_line(tmp_path):
    with open_library(tmp_path) as library:
        add_picture(library, 1)
    path = tmp_path / 'features' / 'chunk_0.npy'
    content = path.read_bytes()
    for damage, message in (
        (lambda: path.unlink(), 'cannot open .*chunk_0.npy: No such file'),
        (lambda: path.write_bytes(content[:-1]), 'must have .* bytes'),
        (lambda: path.write_bytes(b'x' * len(content)), 'chunk_0.npy is damaged'),
        (lambda: np.save(path, np.zeros((8, 5), np.float32)), r'it holds \(8, 5\) float32'),
    ):
        damage()
        with open_library(tmp_path) as library:
            with pytest.raises(LibraryError, match=message):
                library.similar(descriptor_of(1), 1)
            assert any('chunk_0.npy' in line for line in check_library(library))


def test_check_finds_what_is_wrong_and_changes_nothing(tmp_path):
    with open_library(tmp_path) as library:
        records = [add_picture(library, seed).record for seed in range(6)]
        uploads = tmp_path / 'uploads'
        (uploads / records[0].picture_name).unlink()
        (uploads / records[1].picture_name).write_bytes(b'short')
        (uploads / f'{"0" * 32}.png').write_bytes(b'x')
        (tmp_path / 'features' / 'chunk_9.npy').write_bytes(b'x')
        library.chunks._file(0).write(2, np.full((1, DIMENSION), 3.0, np.float32))
        library.chunks._file(0).write(3, descriptor_of(77)[np.newaxis])
        before = {path: path.read_bytes() for path in tmp_path.rglob('*.npy')}
        faults = check_library(library)
        assert [
            *(any(record.file_id in line for line in faults) for record in records),
            *(any(name in line for line in faults) for name in ('0' * 32, 'chunk_9.npy')),
        ] == [True, True, True, True, False, False, True, True], faults
        assert len(faults) == 6
        assert {path: path.read_bytes() for path in tmp_path.rglob('*.npy')} == before
