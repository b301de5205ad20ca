# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A library whose rows are in a real PostgreSQL, shared by several services."""

from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import shutil
import subprocess
import tempfile

from library_makers import add_picture, descriptor_of, DIMENSION, IDENTITY, make_settings
import pytest
from visual_navsat.errors import LibraryError
from visual_navsat.service.library import Library
from visual_navsat.service.store.records import Filters
from visual_navsat.service.upkeep.backup import back_up
from visual_navsat.service.upkeep.check import check_library
from visual_navsat.service.upkeep.compact import compact_library

pytest.importorskip('psycopg', reason="PostgreSQL needs pip install 'psycopg[binary]'")
PROGRAMS = next(iter(sorted(Path('/usr/lib/postgresql').glob('*/bin'), reverse=True)), None)
pytestmark = [
    pytest.mark.skipif(PROGRAMS is None, reason='PostgreSQL is missing: apt install postgresql'),
    pytest.mark.slow,
]


def run(program, *words):
    """Run a program of PostgreSQL, which root must not."""
    user = {'user': 'postgres', 'group': 'postgres'} if os.geteuid() == 0 else {}
    command = [str(PROGRAMS / program), *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd='/', **user)


@pytest.fixture(scope='module')
def server():
    """Start a server of our own, reached by a socket in its folder; give its URL."""
    folder = Path(tempfile.mkdtemp(prefix='pg'))  # a socket's path must be short
    if os.geteuid() == 0:
        shutil.chown(folder, 'postgres', 'postgres')
    try:
        run('initdb', '-D', folder / 'db', '-A', 'trust', '-U', 'postgres', '-N')
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run('pg_ctl', '-D', folder / 'db', '-w', '-l', folder / 'log', '-o', options, 'start')
        try:
            yield f'postgresql+psycopg://postgres@/postgres?host={folder}'
        finally:
            run('pg_ctl', '-D', folder / 'db', '-w', '-m', 'immediate', 'stop')
    finally:
        shutil.rmtree(folder)


def test_two_services_share_a_library_and_lose_nothing(server, tmp_path):
    settings = make_settings(tmp_path / 'data', database_url=server)
    with (
        Library.open(settings, IDENTITY, DIMENSION) as one,
        Library.open(settings, IDENTITY, DIMENSION) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        jobs = [(one, seed) for seed in range(30)] + [(other, seed) for seed in range(10, 40)]
        added = list(pool.map(lambda job: add_picture(*job), jobs))
        assert sum(one_added.is_new for one_added in added) == 40
        ids = {seed: done.record.file_id for (_, seed), done in zip(jobs, added, strict=True)}
        for seed in range(0, 40, 2):
            other.delete(ids.pop(seed))
        for library in (one, other):
            for seed, file_id in ids.items():
                assert library.similar(descriptor_of(seed), 1)[0].record.file_id == file_id
        page = one.search(Filters(filename='PHOTO 1'), sort='filename', limit=3)
        assert [record.filename for record in page.records] == [
            'photo 1.png',
            'photo 11.png',
            'photo 13.png',
        ]
        assert one.search(Filters(filename='PHOTO 1'), 'filename', page.next_cursor).total == 6
        one.note_search('similarity', 3.0, 1)
        assert (one.stats().total_images, one.stats().total_searches) == (20, 1)
        assert check_library(one) == []
        compact_library(one)
        assert check_library(other) == []
        assert back_up(other, tmp_path / 'copy') == 20
    with Library.open(make_settings(tmp_path / 'copy')) as copy:  # in SQLite
        assert check_library(copy) == []
    with Library.open(settings) as library:
        assert library.swept == []
        assert library.stats().total_images == 20


def test_a_server_that_is_not_there_is_said_in_one_line(server, tmp_path):
    url = server.replace('host=', 'host=/nowhere')
    with pytest.raises(LibraryError, match='does not answer') as error:
        Library.open(make_settings(tmp_path, database_url=url), IDENTITY, DIMENSION)
    assert '\n' not in str(error.value)
