# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Nothing but an index is ever replaced or deleted, and what died builds left is."""

import pytest
from visual_navsat.errors import IndexFolderError
from visual_navsat.index.build.build_folder import open_build
from visual_navsat.index.build.leftovers import check_replaceable, remove_leftovers

V1_FILES = ('v0001/manifest.json', 'v0001/0001.tiles.csv')


def make(target, *names, current='v0001'):
    """Make files, each of which holds its name, and CURRENT unless that is None."""
    for name in names:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    if current is not None:
        (target / 'CURRENT').write_text(f'{current}\n')
    return target


def names(target):
    return sorted(str(p.relative_to(target)) for p in target.rglob('*') if p.is_file())


@pytest.mark.parametrize(
    ('files', 'stranger'),
    [
        (['photo.jpg'], 'photo.jpg'),
        (['manifest.json', 'notes.txt'], 'notes.txt'),
        (['tiles.csv'], 'tiles.csv'),
        (['v0001/manifest.json'], 'v0001'),
        ([*V1_FILES, 'CURRENT', 'v0001/notes.txt'], 'v0001/notes.txt'),
        (['CURRENT', '.building/notes.txt'], '.building/notes.txt'),
        (['CURRENT', 'v0001'], 'v0001'),
        (['CURRENT', 'src/tiles.csv'], 'src'),
    ],
)
def test_other_folders_are_left_alone(tmp_path, files, stranger):
    target = make(tmp_path / 'index', *files, current=None)
    with (
        pytest.raises(IndexFolderError, match=f'it holds {stranger}: name another'),
        open_build(target),
    ):
        pass
    assert names(target) == sorted(files)


def test_file_is_no_target(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(IndexFolderError, match='file is a file'):
        check_replaceable(tmp_path / 'file')


def test_index_empty_folder_and_nothing_are_replaceable(tmp_path):
    check_replaceable(tmp_path / 'nothing')
    check_replaceable(tmp_path)
    check_replaceable(make(tmp_path / 'index', *V1_FILES, '.build.lock', 'CURRENT.12.partial'))
    check_replaceable(make(tmp_path / 'died', *V1_FILES, '.building/build.json', current=None))
    check_replaceable(make(tmp_path / 'format3', 'manifest.json', '0002.fields.npy', current=None))


def test_versions_that_do_not_count_go(tmp_path):
    more = ('v0002/manifest.json', 'v0003/vocabulary.npy', 'CURRENT.7.partial', 'vocabulary.npy')
    target = make(tmp_path / 'index', *V1_FILES, *more, '.building/gsds.npy')
    remove_leftovers(target)
    assert names(target) == sorted(['.building/gsds.npy', 'CURRENT', *V1_FILES])
    assert sorted(p.name for p in target.iterdir()) == ['.building', 'CURRENT', 'v0001']


def test_first_version_of_a_build_that_died_goes_and_format_3_stays(tmp_path):
    target = make(tmp_path / 'index', *V1_FILES, 'manifest.json', current=None)
    remove_leftovers(target)
    assert names(target) == ['manifest.json']


@pytest.mark.parametrize('current', ['v0009', 'nonsense', ''])
def test_nothing_goes_where_it_is_not_known_what_counts(tmp_path, current):
    files = (*V1_FILES, 'v0002/manifest.json', 'manifest.json')
    target = make(tmp_path / 'index', *files, current=current)
    remove_leftovers(target)
    assert names(target) == sorted([*files, 'CURRENT'])


def test_something_else_in_an_old_version_stays(tmp_path):
    target = make(tmp_path / 'index', *V1_FILES, 'v0002/manifest.json', current='v0002')
    (target / 'v0001' / 'notes.txt').write_text('mine')
    remove_leftovers(target)
    assert names(target) == ['CURRENT', 'v0001/notes.txt', 'v0002/manifest.json']
