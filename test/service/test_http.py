# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The service over real HTTP: every route, and every way in which it refuses."""

import io
import json
import math
import threading
import zipfile

from http_service import picture, serving, upload, upload_id, wait_until, with_position
from makers import FRAME, TILE_M
import numpy as np
from PIL import Image
import pytest


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('service')


@pytest.fixture(scope='module')
def client(folder, small_map):
    (folder / 'imports').mkdir()
    with serving(
        data_dir=folder, maps=(f'small={small_map.index}',), max_file_size=400_000
    ) as found:
        yield found


def problem(response, status):
    """Return the line of a problem, which is JSON as RFC 9457 has it."""
    assert response.status_code == status, response.text
    assert response.headers['content-type'] == 'application/problem+json'
    values = response.json()
    assert values['status'] == status
    assert values['detail'] and '\n' not in values['detail']
    return values['detail']


def test_a_picture_is_taken_in_found_and_given_back(client):
    content = picture(1)
    answer = upload(client, content, 'a lake.png', tags='water, summer').json()
    assert {'file_id', 'filename', 'file_size', 'upload_time', 'message'} <= set(answer)
    assert (answer['filename'], answer['file_size'], answer['is_new']) == (
        'a lake.png',
        len(content),
        True,
    )
    again = upload(client, content, 'another name.png').json()
    assert (again['file_id'], again['is_new']) == (answer['file_id'], False)
    record = client.get(f'/api/v1/uploads/{answer["file_id"]}').json()
    assert record['original_filename'] == 'a lake.png'
    assert record['tags'] == ['water', 'summer']
    assert (record['width'], record['height']) == (96, 80)
    image = client.get(f'/api/v1/uploads/{answer["file_id"]}/image')
    assert image.content == content
    assert image.headers['content-type'] == 'image/png'
    small = client.get(f'/api/v1/uploads/{answer["file_id"]}/thumbnail')
    assert Image.open(io.BytesIO(small.content)).size == (96, 80)


def test_etags_and_ranges(client):
    content = picture(2)
    url = f'/api/v1/uploads/{upload_id(client, content)}/image'
    etag = client.get(url).headers['etag']
    same = client.get(url, headers={'If-None-Match': etag})
    assert (same.status_code, same.content) == (304, b'')
    part = client.get(url, headers={'Range': 'bytes=4-9'})
    assert (part.status_code, part.content) == (206, content[4:10])
    assert part.headers['content-range'] == f'bytes 4-9/{len(content)}'


def test_likeness_is_ranked_and_leaves_the_query_out(client):
    content = picture(3, size=(160, 120))
    stored = upload_id(client, content, 'query.png')
    image = Image.open(io.BytesIO(content))
    nearly = io.BytesIO()
    image.save(nearly, 'JPEG', quality=85)
    twin = upload_id(client, nearly.getvalue(), 'twin.jpg')
    other = upload_id(client, picture(4, size=(160, 120)), 'other.png')
    answer = client.post(f'/api/v1/similarity/{stored}?top_k=100').json()
    assert (answer['query_file_id'], answer['query_filename']) == (stored, 'query.png')
    found = [one['image_id'] for one in answer['similar_images']]
    assert answer['total_similar'] == len(found)
    assert found[0] == twin and stored not in found and other in found
    scores = [one['similarity_score'] for one in answer['similar_images']]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.9
    assert {
        'image_path',
        'original_filename',
        'upload_time',
        'file_size',
        'width',
        'height',
    } <= set(answer['similar_images'][0])
    sent = client.post('/api/v1/similarity?top_k=1', files={'file': ('sent.png', content)}).json()
    assert (sent['query_file_id'], sent['query_filename']) == (None, 'sent.png')
    assert [one['image_id'] for one in sent['similar_images']] == [stored]
    only = client.post(f'/api/v1/similarity/{stored}?filename=OTHER').json()
    assert [one['image_id'] for one in only['similar_images']] == [other]


def test_what_is_deleted_is_never_found_again(client):
    first, second = (upload_id(client, picture(seed), f'{seed}.png') for seed in (5, 6))
    answer = client.delete(f'/api/v1/uploads/{first}').json()
    assert answer['success'] is True and answer['deleted_file_id'] == first
    found = client.post(f'/api/v1/similarity/{second}?top_k=100').json()['similar_images']
    assert first not in [one['image_id'] for one in found]
    for url in ('', '/image', '/thumbnail'):
        assert first in problem(client.get(f'/api/v1/uploads/{first}{url}'), 404)
    assert first in problem(client.delete(f'/api/v1/uploads/{first}'), 404)
    assert first in problem(client.post(f'/api/v1/similarity/{first}'), 404)


def test_search_by_name_size_and_tag_in_pages(client):
    names = [f'page {number}.png' for number in range(5)]
    for number, name in enumerate(names):
        upload_id(client, picture(100 + number), name, tags='paged')
    found, cursor = [], None
    while True:
        query = {'filename': 'PAGE', 'sort': 'filename', 'limit': 2, 'tag': 'paged'}
        page = client.get(
            '/api/v1/search', params={**query, **({'cursor': cursor} if cursor else {})}
        )
        assert page.json()['total_found'] == 5
        found += [one['original_filename'] for one in page.json()['images']]
        cursor = page.json()['next_cursor']
        if cursor is None:
            break
    assert found == names
    assert client.get('/api/v1/search?upload_after=2100-01-01T00:00:00Z').json()['images'] == []
    # Before the first moment that Python knows, by its zone.
    early = client.get('/api/v1/search?upload_after=0001-01-01T00:00:00%2B14:00').json()
    assert early['total_found'] >= 5
    assert client.get('/api/v1/search?max_file_size=3').json()['total_found'] == 0
    assert client.get('/api/v1/uploads?limit=1').json()['total_found'] >= 5


@pytest.mark.parametrize(
    ('path', 'word'),
    [
        ('/api/v1/search?limit=1001', 'limit'),
        ('/api/v1/search?sort=colour', 'sort'),
        ('/api/v1/search?upload_after=yesterday', 'upload_after'),
        ('/api/v1/search?upload_after=5', 'upload_after'),
    ],
)
def test_values_that_make_no_sense_are_named(client, path, word):
    assert word in problem(client.get(path), 422)


def test_a_foreign_cursor_is_refused(client):
    assert 'cursor' in problem(client.get('/api/v1/search?cursor=abc'), 404)
    assert 'top_k' in problem(client.post('/api/v1/similarity/x?top_k=101'), 422)


def test_positions_are_given_out_only_where_that_is_wanted(client, tmp_path):
    content = with_position(7, 47.5, 8.25)
    hidden = upload(client, content, 'here.jpg').json()
    assert (hidden['latitude'], hidden['taken']) == (None, '2024-10-30T10:05:15Z')
    public = client.get(f'/api/v1/uploads/{hidden["file_id"]}/image')
    assert public.content != content
    assert not dict(Image.open(io.BytesIO(public.content)).getexif())
    assert 'EXPOSE_LOCATION' in problem(client.get('/api/v1/search?bbox=8,47,9,48'), 403)
    with serving(data_dir=tmp_path, expose_location=True) as open_client:
        shown = upload(open_client, content, 'here.jpg').json()
        assert (shown['latitude'], shown['longitude']) == pytest.approx((47.5, 8.25))
        image = open_client.get(f'/api/v1/uploads/{shown["file_id"]}/image')
        assert image.content == content
        inside = open_client.get('/api/v1/search?bbox=8,47,9,48').json()
        assert [one['metadata']['latitude'] for one in inside['images']] == pytest.approx([47.5])
        assert open_client.get('/api/v1/search?bbox=8,48,9,49').json()['total_found'] == 0
        taken = open_client.get('/api/v1/search?taken_before=2024-10-30T10:05:14Z').json()
        assert taken['total_found'] == 0
        assert 'bbox' in problem(open_client.get('/api/v1/search?bbox=9,48,8'), 422)


def test_a_photo_is_located_with_its_footprint(client, small_map):
    photo = (small_map.folder / '2_1.png').read_bytes()
    known = {'heading_deg': '0', 'gsd': '0.5'}
    answer = client.post('/api/v1/locate', files={'file': ('tile.png', photo)}, data=known)
    values = answer.json()
    assert values['status'] == 'fix', values
    east_m, north_m = FRAME.enu_from_geodetic(values['latitude'], values['longitude'])
    assert math.hypot(east_m - 1.5 * TILE_M, north_m + 2.5 * TILE_M) < 2.0
    assert len(values['covariance_enu_m2']) == 9
    ring = np.array(values['footprint']['coordinates'][0])
    corners_m = FRAME.enu_from_geodetic(ring[:4, 1], ring[:4, 0])
    expected = np.array([[1, -2], [2, -2], [2, -3], [1, -3]]) * TILE_M
    np.testing.assert_allclose(corners_m, expected, atol=3.0)  # metres, with its heading found
    assert values['candidates'][0]['probability'] == values['confidence']
    as_geojson = client.post(
        '/api/v1/locate', files={'file': ('t.png', photo)}, data={**known, 'format': 'geojson'}
    )
    assert as_geojson.headers['content-type'] == 'application/geo+json'
    point, footprint = as_geojson.json()['features']
    assert point['geometry']['coordinates'] == [values['longitude'], values['latitude']]
    assert footprint['geometry'] == values['footprint']


def test_a_refusal_is_an_answer_with_its_reason(client):
    dark = io.BytesIO()
    Image.new('RGB', (200, 200)).save(dark, 'PNG')
    values = client.post('/api/v1/locate', files={'file': ('night.png', dark.getvalue())}).json()
    assert (values['status'], values['reason'], values['latitude']) == ('no_fix', 'dark', None)
    assert values['footprint'] is None


def test_what_is_known_of_a_photo_must_make_sense(client):
    files = {'file': ('a.png', picture(8))}
    for fields, word in (
        ({'heading_deg': 'north'}, 'heading_deg'),
        ({'gsd': '-1'}, 'gsd'),
        ({'height_m': 'nan'}, 'height_m'),
    ):
        assert word in problem(client.post('/api/v1/locate', files=files, data=fields), 422)
    assert 'moon' in problem(client.post('/api/v1/locate', files=files, data={'map': 'moon'}), 404)


def test_maps_and_their_tiles(client, small_map):
    (served,) = client.get('/api/v1/maps').json()['maps']
    assert served['name'] == 'small'
    west, south, east, north = served['bounds']
    zoom = served['max_zoom']
    world = 2**zoom
    column = int(((west + east) / 2 + 180) / 360 * world)
    lat = math.radians((south + north) / 2)
    row = int((1 - math.asinh(math.tan(lat)) / math.pi) / 2 * world)
    url = served['tiles'].format(z=zoom, x=column, y=row)
    tile = client.get(f'/{url}')
    assert tile.headers['content-type'] == 'image/png'
    pixels = np.asarray(Image.open(io.BytesIO(tile.content)))
    assert pixels.shape == (256, 256, 4) and (pixels[..., 3] == 255).any()
    assert client.get(f'/api/v1/maps/small/tiles/{zoom}/0/0').status_code == 204
    assert 'moon' in problem(client.get('/api/v1/maps/moon/tiles/1/0/0'), 404)


def test_state_for_people_and_for_machines(client):
    health = client.get('/api/v1/health').json()
    assert {'status', 'database_stats', 'gpu_available', 'version', 'uptime_seconds'} <= set(
        health
    )
    assert health['status'] == 'healthy'
    stats = client.get('/api/v1/database/stats').json()
    assert {
        *('total_images', 'total_chunks', 'total_searches', 'total_storage_bytes'),
        *('recent_uploads_24h', 'recent_searches_24h', 'avg_processing_time_ms'),
        *('max_processing_time_ms', 'device', 'feature_dimension', 'max_images_per_chunk'),
    } <= set(stats)
    assert stats['total_images'] == client.get('/api/v1/uploads').json()['total_found']
    assert client.get('/livez').json() == {'status': 'alive'}
    text = client.get('/metrics').text
    assert f'visual_navsat_images {float(stats["total_images"])}' in text
    assert 'visual_navsat_request_seconds_bucket' in text


def wait_for_import(client, job):
    def has_ended():
        state = client.get(f'/api/v1/imports/{job["id"]}').json()
        return state['state'] in ('done', 'failed', 'cancelled')

    wait_until(has_ended)
    return client.get(f'/api/v1/imports/{job["id"]}').json()


def test_folders_zips_and_indexes_are_taken_in(client, folder, small_map):
    inside = folder / 'imports' / 'flight'
    (inside / 'deeper').mkdir(parents=True)
    for number in range(3):
        (inside / f'{number}.png').write_bytes(picture(200 + number))
    (inside / 'deeper' / 'broken.jpg').write_bytes(b'no picture')
    (inside / 'notes.txt').write_text('no picture either')
    started = client.post('/api/v1/imports', json={'path': 'flight', 'tags': ['flown']})
    assert started.status_code == 202
    job = wait_for_import(client, started.json())
    assert (job['state'], job['total'], job['done']) == ('done', 4, 4)
    assert (job['added'], job['known'], job['failed']) == (3, 0, 1)
    assert 'broken.jpg' in job['message']
    with zipfile.ZipFile(folder / 'imports' / 'more.zip', 'w') as archive:
        archive.writestr('x/../../escape.png', picture(200))  # the same bytes as 0.png
        archive.writestr('new.png', picture(210))
    job = wait_for_import(client, client.post('/api/v1/imports', json={'path': 'more.zip'}).json())
    assert (job['added'], job['known'], job['failed']) == (1, 1, 0)
    (folder / 'imports' / 'index').symlink_to(small_map.index)
    assert 'IMPORT_DIR' in problem(client.post('/api/v1/imports', json={'path': 'index'}), 403)
    lines = client.get(f'/api/v1/imports/{job["id"]}/events').text.splitlines()
    assert json.loads(lines[1].removeprefix('data: '))['state'] == 'done'
    newest = client.get('/api/v1/imports').json()['imports'][0]
    assert newest['path'] == 'more.zip'


@pytest.mark.parametrize(
    ('path', 'status'),
    [('..', 403), ('/etc', 403), ('../../etc/passwd', 403), ('a\0b', 404), ('nothing', 404)],
)
def test_imports_stay_in_their_folder(client, path, status):
    problem(client.post('/api/v1/imports', json={'path': path}), status)


def test_the_tiles_of_an_index_are_taken_in_with_their_places(tmp_path, small_map):
    with serving(
        data_dir=tmp_path, import_dir=small_map.index.parent, expose_location=True
    ) as client:
        job = client.post('/api/v1/imports', json={'path': small_map.index.name}).json()
        job = wait_for_import(client, job)
        assert (job['state'], job['failed'], job['added']) == ('done', 0, job['total'])
        images = client.get('/api/v1/uploads').json()['images']
        tile = next(one for one in images if one['original_filename'].endswith('2_1.png'))
        east_m, north_m = FRAME.enu_from_geodetic(
            tile['metadata']['latitude'], tile['metadata']['longitude']
        )
        assert math.hypot(east_m - 1.5 * TILE_M, north_m + 2.5 * TILE_M) < 1.0


def test_an_import_goes_on_after_a_restart_and_can_be_cancelled(tmp_path):
    (tmp_path / 'imports').mkdir()
    for number in range(40):
        (tmp_path / 'imports' / f'{number:02d}.png').write_bytes(picture(300 + number))
    with serving(data_dir=tmp_path) as client:
        job = client.post('/api/v1/imports', json={'path': '.'}).json()
        wait_until(lambda: client.get(f'/api/v1/imports/{job["id"]}').json()['done'] > 0)
    with serving(data_dir=tmp_path) as client:
        job = wait_for_import(client, job)
        assert (job['state'], job['added'], job['done']) == ('done', 40, 40)
        assert client.get('/api/v1/database/stats').json()['total_images'] == 40
        again = client.post('/api/v1/imports', json={'path': '.'}).json()
        client.delete(f'/api/v1/imports/{again["id"]}')
        assert wait_for_import(client, again)['state'] in ('cancelled', 'done')
        problem(client.get('/api/v1/imports/none'), 404)


def test_health_is_answered_while_the_model_works(client):
    """The event loop is free while a job holds the model's thread."""
    running = client.app.state.running
    release, is_held = threading.Event(), threading.Event()

    def hold():
        is_held.set()
        release.wait(60)

    held = running.queue.call(hold)
    try:
        is_held.wait(60)
        results = []
        waiting = threading.Thread(target=lambda: results.append(upload(client, picture(9))))
        waiting.start()
        wait_until(lambda: running.queue.waiting > 0)
        assert client.get('/api/v1/health').json()['status'] == 'healthy'
        assert not results
    finally:
        release.set()
    held.result(60)
    waiting.join(60)
    assert results[0].status_code == 200


def test_a_full_queue_asks_for_patience(client, monkeypatch):
    monkeypatch.setattr('visual_navsat.service.running.MAX_AT_ONCE', 0)
    response = upload(client, picture(10))
    problem(response, 429)
    assert int(response.headers['retry-after']) >= 1


def test_several_at_once_and_one_of_them_none(client):
    files = [
        ('file', ('one.png', picture(20))),
        ('file', ('broken.png', b'\x89PNG\r\n\x1a\n and no more')),
        ('file', ('two.png', picture(21))),
    ]
    answer = client.post('/api/v1/upload', files=files).json()
    assert [one['filename'] for one in answer['uploads']] == ['one.png', 'two.png']
    assert [one['filename'] for one in answer['refused']] == ['broken.png']
    assert answer['refused'][0]['status'] == 415
