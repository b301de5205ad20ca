# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the operator does: compact, back up, export, describe anew; and by the command line."""

import threading

from library_makers import (
    add_picture,
    descriptor_of,
    DIMENSION,
    IDENTITY,
    make_settings,
    open_library,
    picture_bytes,
)
import numpy as np
import pandas as pd
import pytest
from visual_navsat.cli.main import main
from visual_navsat.errors import LibraryError, VisualNavsatError
from visual_navsat.service.library import Library
from visual_navsat.service.upkeep.backup import back_up
from visual_navsat.service.upkeep.check import check_library
from visual_navsat.service.upkeep.compact import compact_library
from visual_navsat.service.upkeep.export import export_library
from visual_navsat.service.upkeep.reindex import reindex_library

OTHER = {'model': 'other', 'layer': 1, 'dimension': 40}


@pytest.fixture
def library(tmp_path):
    with open_library(tmp_path / 'data') as library:
        yield library


def fill(library, seeds):
    return {seed: add_picture(library, seed).record.file_id for seed in seeds}


def check_found(library, ids, dimension=DIMENSION):
    for seed, file_id in ids.items():
        (found,) = library.similar(descriptor_of(seed, dimension), 1)
        assert found.record.file_id == file_id
        # Of up to 96 products of float32.
        assert found.similarity == pytest.approx(1.0, abs=1e-5)
    assert check_library(library) == []


def test_compact_moves_what_is_left_together(library):
    ids = fill(library, range(40))
    gone = [seed for seed in ids if seed % 4]
    for seed in gone:
        library.delete(ids.pop(seed))
    with open_library(library.settings.data_dir) as other:
        check_found(other, ids)
        moved, removed = compact_library(library)
        assert (moved, removed) == (10, 5)
        assert library.stats().total_chunks == 2
        # The other process knows them at their old places.
        check_found(other, ids)
        check_found(library, ids)
        assert compact_library(library) == (0, 0)
        ids |= fill(other, range(40, 50))
        check_found(library, ids)


def test_compact_of_an_empty_library_gives_no_row_again(library):
    ids = fill(library, range(10))
    for file_id in ids.values():
        library.delete(file_id)
    compact_library(library)
    again = add_picture(library, 3).record
    assert (again.chunk, again.row) == (1, 2)
    check_found(library, {3: again.file_id})


def test_a_backup_taken_while_it_runs_opens(tmp_path, library):
    ids = fill(library, range(20))
    is_done, added = threading.Event(), {}

    def change():
        for seed in range(100, 1000):
            added.update(fill(library, [seed]))
            if seed % 3 == 0:
                library.delete(added.pop(seed))
            if is_done.is_set():
                return

    thread = threading.Thread(target=change)
    thread.start()
    try:
        count = back_up(library, tmp_path / 'copy')
    finally:
        is_done.set()
        thread.join()
    assert sorted(path.name for path in (tmp_path / 'copy').iterdir()) == [
        'features',
        'library.db',
        'uploads',
    ]
    with Library.open(make_settings(tmp_path / 'copy'), IDENTITY, DIMENSION) as copy:
        assert copy.swept == []
        assert copy.stats().total_images == count >= 20
        check_found(copy, ids)
        there = {record.filename: record.file_id for record in copy.search(limit=1000).records}
        check_found(copy, {int(name.split()[1][:-4]): there[name] for name in there})
        add_picture(copy, 5000)
    with pytest.raises(VisualNavsatError, match='exists'):
        back_up(library, tmp_path / 'copy')


def test_an_export_is_a_table_an_array_and_the_pictures(tmp_path, library):
    ids = fill(library, range(5))
    add_picture(library, 7, tags=['a', 'b'], metadata={'x': 'ä'})
    assert export_library(library, tmp_path / 'out') == 6
    table = pd.read_csv(tmp_path / 'out' / 'images.csv')
    descriptors = np.load(tmp_path / 'out' / 'descriptors.npy')
    assert list(table.file_id[:5]) == list(ids.values())
    assert np.array_equal(descriptors[:5], [descriptor_of(seed) for seed in range(5)])
    assert (table.tags[5], table.metadata[5]) == ('a;b', '{"x": "ä"}')
    assert (tmp_path / 'out' / table.picture[5]).read_bytes() == picture_bytes(7)


def test_reindex_goes_on_where_it_was_stopped(tmp_path):
    calls = []

    def describe(records):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(len(records))
        seeds = [int(record.filename.split()[1][:-4]) for record in records]
        return np.array([descriptor_of(seed, 40) for seed in seeds])

    with open_library(tmp_path) as library:
        ids = fill(library, range(20))
        library.delete(ids.pop(3))
        with pytest.raises(KeyboardInterrupt):
            reindex_library(library, OTHER, 40, describe)
        check_found(library, ids)  # it is still the library of the first model
    with open_library(tmp_path) as library:
        calls.clear()
        calls.append(0)
        with open_library(tmp_path), pytest.raises(LibraryError, match='is in use'):
            reindex_library(library, OTHER, 40, describe)
        assert reindex_library(library, OTHER, 40, describe) == 3
    with pytest.raises(LibraryError, match="made with model 'other'"):
        open_library(tmp_path)
    with Library.open(make_settings(tmp_path), OTHER, 40) as library:
        assert library.swept == []
        check_found(library, ids, 40)
        assert sorted(path.suffix for path in (tmp_path / 'features').iterdir()) == ['.npy'] * 6


def test_a_service_that_did_not_see_the_reindexing_says_so(tmp_path, monkeypatch):
    """As on another machine, whose lock is not seen here."""
    with open_library(tmp_path) as library, open_library(tmp_path) as other:
        fill(library, range(3))
        monkeypatch.setattr(library.pictures, 'others', lambda: 0)
        reindex_library(
            library, OTHER, 40, lambda some: np.array([descriptor_of(1, 40)] * len(some))
        )
        for ask in (
            lambda: other.similar(descriptor_of(1), 1),
            lambda: add_picture(other, 9),
        ):
            with pytest.raises(LibraryError, match='of another model now, other: start'):
                ask()
        assert other.stats().total_images == 3


def test_the_command_line_checks_and_says_what_it_did(tmp_path, capsys):
    data = str(tmp_path / 'data')
    assert main(['service', '--data', data, 'check']) == 1
    assert 'there is no library in' in capsys.readouterr().err
    with open_library(tmp_path / 'data') as library:
        record = add_picture(library, 1).record
    assert main(['service', '--data', data, 'check']) == 0
    assert capsys.readouterr().out == '1 images, no faults\n'
    assert main(['service', '--data', data, 'compact']) == 0
    assert main(['service', '--data', data, 'backup', str(tmp_path / 'copy')]) == 0
    assert main(['service', '--data', data, 'export', str(tmp_path / 'out')]) == 0
    out = capsys.readouterr().out
    assert out.startswith('0 descriptors moved, 0 files of descriptors removed\n1 images in ')
    (tmp_path / 'data' / 'uploads' / record.picture_name).unlink()
    assert main(['service', '--data', data, 'check']) == 1
    assert '1 images, 1 fault\n' in capsys.readouterr().out


@pytest.mark.slow
def test_reindex_by_the_command_line_uses_the_model_of_the_settings(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_library(tmp_path) as library:
        ids = fill(library, range(3))
    assert main(['service', 'reindex']) == 0
    assert capsys.readouterr().out == '3 images described anew\n'
    with Library.open(make_settings(tmp_path)) as library:
        assert library.identity['model'] == 'dinov2_compact' or library.dimension > 1000
        for file_id in ids.values():
            (found,) = library.similar(library.descriptor(file_id), 1)
            assert found.record.file_id == file_id
        assert check_library(library) == []
