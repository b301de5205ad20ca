# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The library: what is put in is found again, by likeness and by name, until it is deleted."""

from datetime import datetime, timedelta, timezone

from library_makers import (
    add_picture,
    descriptor_of,
    DIMENSION,
    IDENTITY,
    make_settings,
    open_library,
    picture_bytes,
    unit,
)
import numpy as np
from PIL import Image
import pytest
from visual_navsat.errors import ImageError, LibraryError, ShapeError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.service.library import Library
from visual_navsat.service.store.pictures import UploadTooLargeError
from visual_navsat.service.store.records import Filters, UnknownImageError


@pytest.fixture
def library(tmp_path):
    with open_library(tmp_path / 'data') as library:
        yield library


def ids(similar):
    return [one.record.file_id for one in similar]


def test_what_is_added_is_there_with_picture_record_and_descriptor(library):
    record = add_picture(library, 1, tags=['Field', 'no\nth'], metadata={'a': [1]}).record
    assert library.get(record.file_id) == record
    assert (record.width, record.height, record.extension) == (32, 24, 'png')
    assert record.tags == ('field', 'no\nth')
    assert record.metadata == {'a': [1]}
    assert np.array_equal(library.descriptor(record.file_id), descriptor_of(1))
    # The ancestor named the file by another id than the record.
    assert library.picture_path(record).name == f'{record.file_id}.png'
    with library.open_picture(record) as file:
        assert file.read() == picture_bytes(1)


def test_the_same_bytes_again_are_the_image_that_is_there(library):
    first = add_picture(library, 1)
    again = add_picture(library, 1, descriptor_of(2))
    assert first.is_new
    assert not again.is_new
    assert again.record == first.record
    assert library.by_sha256(first.record.sha256) == first.record
    assert library.by_sha256('0' * 64) is None
    assert library.stats().total_images == 1
    assert len(list((library.settings.data_dir / 'uploads').iterdir())) == 1


@pytest.mark.parametrize('is_exact', [False, True])
def test_similar_ranks_by_cosine_over_chunks_like_a_slow_loop(tmp_path, is_exact):
    with open_library(tmp_path, exact=is_exact) as library:
        descriptors = {
            add_picture(library, seed).record.file_id: descriptor_of(seed) for seed in range(30)
        }
        query = unit(descriptor_of(3) + 0.5 * descriptor_of(20))
        found = library.similar(query, 5)
        cosines = {name: float(d.astype(float) @ query) for name, d in descriptors.items()}
        assert ids(found) == sorted(cosines, key=cosines.get, reverse=True)[:5]
        for one in found:
            # Of 96 products of float32.
            assert one.similarity == pytest.approx(cosines[one.record.file_id], abs=1e-6)


def test_an_opposite_image_has_a_negative_similarity_and_breaks_nothing(library):
    add_picture(library, 1, -descriptor_of(7))
    (found,) = library.similar(descriptor_of(7), 5)
    assert found.similarity == pytest.approx(-1.0, abs=1e-6)


def test_the_query_itself_can_be_left_out(library):
    first = add_picture(library, 1).record
    second = add_picture(library, 2).record
    assert ids(library.similar(descriptor_of(1), 5)) == [first.file_id, second.file_id]
    found = library.similar(descriptor_of(1), 5, leave_out=first.file_id)
    assert ids(found) == [second.file_id]


def test_a_zero_descriptor_is_stored_and_searched(library):
    add_picture(library, 1, np.zeros(DIMENSION, np.float32))
    assert [one.similarity for one in library.similar(np.zeros(DIMENSION), 3)] == [0.0]


def test_a_wrong_descriptor_is_refused(library):
    with pytest.raises(ShapeError, match='must be 96 finite numbers'):
        library.similar(np.zeros(5), 3)
    with pytest.raises(ShapeError, match='must be 96 finite numbers'):
        add_picture(library, 1, np.full(DIMENSION, np.nan, np.float32))
    assert library.stats().total_images == 0


def test_after_a_delete_the_others_are_right_and_it_never_returns(library):
    """The ancestor's delete shifted later rows to wrong images."""
    records = [add_picture(library, seed).record for seed in range(20)]
    gone = records[3]
    assert library.delete(gone.file_id) == gone
    for seed, record in enumerate(records):
        found = library.similar(descriptor_of(seed), 1)
        if record == gone:
            assert found[0].similarity < 0.9
        else:
            assert ids(found) == [record.file_id]
            assert np.array_equal(library.descriptor(record.file_id), descriptor_of(seed))
    assert not library.picture_path(gone).exists()
    assert not library.chunks.read(gone.chunk, gone.row).any()
    assert gone.file_id not in ids(library.similar(descriptor_of(3), 100))
    # Uploaded again it is a new image, in a new row.
    again = add_picture(library, 3).record
    assert again.file_id != gone.file_id
    assert ids(library.similar(descriptor_of(3), 1)) == [again.file_id]


@pytest.mark.parametrize('file_id', ['0' * 32, '', '../../etc/passwd', 'a' * 5000])
def test_an_unknown_id_is_said_in_one_line(library, file_id):
    """The ancestor answered it with status 500."""
    for ask in (library.get, library.descriptor, library.delete):
        with pytest.raises(UnknownImageError, match='no image has the id') as error:
            ask(file_id)
        assert len(str(error.value)) < 120


def test_an_upload_writes_its_own_row_only(library):
    """The ancestor wrote a whole chunk anew for one upload."""
    add_picture(library, 1)
    path = library.chunks.path(0)
    before = path.stat().st_ino, path.read_bytes()
    add_picture(library, 2)
    after = path.stat().st_ino, path.read_bytes()
    assert before[0] == after[0]
    row = DIMENSION * 4
    assert before[1][: -7 * row] == after[1][: -7 * row]
    assert np.array_equal(np.load(path)[:2], [descriptor_of(1), descriptor_of(2)])


def test_search_pages_by_cursor_through_all_in_order(library):
    for seed in range(7):
        add_picture(library, seed)
    for sort, turn in (('filename', 1), ('-filename', -1), ('upload_time', 1)):
        names, cursor = [], None
        while True:
            page = library.search(sort=sort, cursor=cursor, limit=3)
            assert page.total == 7
            names += [record.filename for record in page.records]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert names == [f'photo {seed}.png' for seed in range(7)][::turn]


def test_a_cursor_of_another_search_is_refused(library):
    for seed in range(3):
        add_picture(library, seed)
    cursor = library.search(sort='filename', limit=1).next_cursor
    for wrong in ('x', 'é', '', cursor[:-4], 'WzFd'):
        with pytest.raises(LibraryError, match='not of this search'):
            library.search(sort='filename', cursor=wrong)
    with pytest.raises(LibraryError, match='not of this search'):
        library.search(sort='-filename', cursor=cursor)
    with pytest.raises(LibraryError, match='sort must be one of'):
        library.search(sort='colour')


def test_filters_leave_what_fulfils_all_of_them(library):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = '2024:05:01 10:00:00'
    exif.get_ifd(0x8825).update({1: 'N', 2: (59.0, 30.0, 0.0), 3: 'E', 4: (25.0, 0.0, 0.0)})
    content = picture_bytes(1, 'JPEG', exif=exif)
    placed = add_picture(library, 1, content=content, tags=['Wood', 'b"c']).record
    other = add_picture(library, 2, tags=['woodland']).record
    assert placed.taken == datetime(2024, 5, 1, 10, tzinfo=timezone.utc)
    assert (placed.latitude, placed.longitude) == (59.5, 25.0)
    now, day = datetime.now(timezone.utc), timedelta(days=1)
    both, nothing = {placed.file_id, other.file_id}, set()
    for filters, expected in (
        (Filters(), both),
        (Filters(filename='PHOTO 1'), {placed.file_id}),
        (Filters(filename='%'), nothing),
        (Filters(upload_after=now - day), both),
        (Filters(upload_after=now + day), nothing),
        (Filters(upload_before=now - day), nothing),
        (Filters(taken_after=placed.taken), {placed.file_id}),
        (Filters(taken_before=placed.taken - day), nothing),
        (Filters(min_file_size=other.file_size + 1), nothing),
        (Filters(max_file_size=max(placed.file_size, other.file_size)), both),
        (Filters(tags=('wood',)), {placed.file_id}),
        (Filters(tags=('WOODLAND',)), {other.file_id}),
        (Filters(tags=('b"c', 'wood')), {placed.file_id}),
        (Filters(tags=('wood', 'woodland')), nothing),
        (Filters(tags=('"',)), nothing),
        (Filters(bbox=GeoBox(24.0, 59.0, 26.0, 60.0)), {placed.file_id}),
        (Filters(bbox=GeoBox(170.0, 59.0, 386.0, 60.0)), {placed.file_id}),
        (Filters(bbox=GeoBox(26.0, 59.0, 27.0, 60.0)), nothing),
    ):
        found = {record.file_id for record in library.search(filters).records}
        assert found == expected, filters
        assert set(ids(library.similar(descriptor_of(5), 10, filters))) == expected, filters


def test_what_is_no_picture_leaves_no_file(library):
    def staged(content, limit=None):
        staging = library.stage(limit)
        staging.write(content)
        return staging.finish('mine.png')

    for content, message in (
        (b'', 'mine.png is empty'),
        (b'<html>', 'mine.png is not an image in a known format'),
        (picture_bytes(1, size=(5, 5)), 'mine.png must have at least 14 px'),
    ):
        with pytest.raises(ImageError, match=message):
            staged(content)
    with pytest.raises(UploadTooLargeError, match='more than 10 bytes'):
        staged(picture_bytes(1), limit=10)
    left = [path for path in library.pictures.incoming.rglob('*') if path.is_file()]
    assert [path.name for path in left] == ['lock']


def test_a_thumbnail_is_small_upright_and_kept(library):
    exif = Image.Exif()
    exif[274] = 6  # turned by 90 degrees
    content = picture_bytes(1, 'JPEG', (1000, 500), exif=exif)
    record = add_picture(library, 1, content=content).record
    assert (record.width, record.height) == (500, 1000)
    thumbnail = library.thumbnail(record)
    assert library.pictures.thumbnail_path(record.file_id).read_bytes() == thumbnail
    assert library.thumbnail(record) == thumbnail
    with Image.open(library.pictures.thumbnail_path(record.file_id)) as image:
        assert image.size == (160, 320)
    library.delete(record.file_id)
    assert not library.pictures.thumbnail_path(record.file_id).exists()


def test_statistics_count_images_and_searches(library):
    record = add_picture(library, 1).record
    add_picture(library, 2)
    for milliseconds in (10.0, 20.0, 60.0):
        library.note_search('similarity', milliseconds, 1, 5, record.file_id)
    stats = library.stats()
    assert (stats.total_images, stats.total_chunks, stats.total_searches) == (2, 1, 3)
    assert (stats.recent_uploads_24h, stats.recent_searches_24h) == (2, 3)
    assert (stats.avg_processing_time_ms, stats.max_processing_time_ms) == (30.0, 60.0)
    assert stats.p50_processing_time_ms == 20.0
    assert stats.feature_dimension == DIMENSION
    pictures = sum(len(picture_bytes(seed)) for seed in (1, 2))
    assert stats.total_storage_bytes == pictures + 2 * 4 * DIMENSION


def test_a_library_opens_again_with_all_that_was_in_it(tmp_path):
    with open_library(tmp_path) as library:
        records = [add_picture(library, seed).record for seed in range(20)]
    with open_library(tmp_path) as library:
        assert library.swept == []
        for seed, record in enumerate(records):
            assert library.get(record.file_id) == record
            assert ids(library.similar(descriptor_of(seed), 1)) == [record.file_id]


def test_a_library_of_another_model_does_not_open(tmp_path):
    open_library(tmp_path).close()
    settings = make_settings(tmp_path)
    for changed in ({'model': 'other'}, {'layer': 4}):
        with pytest.raises(LibraryError, match=r'was made with .* visual-navsat service reindex'):
            Library.open(settings, {**IDENTITY, **changed}, DIMENSION)
    with pytest.raises(LibraryError, match='there is no library in'):
        Library.open(make_settings(tmp_path / 'empty'))
    with Library.open(settings) as library:
        assert library.identity == IDENTITY
