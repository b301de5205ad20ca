# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Several processes over one library: nothing is lost, doubled or found after it is deleted."""

from concurrent.futures import ThreadPoolExecutor
import os
import signal
import time

from bench.service.clients import Clients
from bench.service.load import compare
from bench.service.photos import photo_bytes
from bench.service.service_process import running_service
import httpx
import pytest

pytestmark = pytest.mark.slow

PHOTOS = 24


@pytest.fixture(scope='module')
def service(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp('workers') / 'library', {'WORKERS': '2'}) as it:
        yield it


def test_two_processes_answer(service):
    assert len(service.workers) == 2


def test_the_same_photo_from_many_clients_is_one_image(service):
    def send(_):
        # A connection each: they spread over the processes.
        answer = httpx.post(
            f'{service.address}/api/v1/upload',
            files={'file': ('same.jpg', photo_bytes(999_999))},
            timeout=60,
        )
        return answer.raise_for_status().json()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert len({answer['file_id'] for answer in answers}) == 1
    assert sum(answer['is_new'] for answer in answers) == 1


def test_what_one_process_takes_in_or_deletes_the_other_knows_at_once(service):
    def ask(method, path, **options):
        answer = httpx.request(method, f'{service.address}/api/v1{path}', timeout=60, **options)
        return answer.raise_for_status().json()

    ids = [
        ask('POST', '/upload', files={'file': (f'{number}.jpg', photo_bytes(number))})['file_id']
        for number in range(PHOTOS)
    ]
    gone = ids[::3]
    for file_id in gone:
        ask('DELETE', f'/uploads/{file_id}')
    kept = [each for each in ids if each not in gone]
    for file_id in kept:
        answer = ask('POST', f'/similarity/{file_id}?top_k=100')
        found = {one['image_id'] for one in answer['similar_images']}
        assert set(kept) - found == {file_id}
        assert not found & set(gone)


def test_clients_at_once_lose_and_double_nothing(service):
    before = {one['image_id'] for one in _all(service)}
    tally = Clients(service.address, first_photo=10_000).run(8, 3.0)
    assert tally.faults == []
    assert tally.stored
    assert compare(service.address, tally.kept, tally.deleted) == []
    expected = before | set(tally.kept) | (tally.unsure - tally.deleted)
    assert {one['image_id'] for one in _all(service)} <= expected


def test_a_process_that_loads_refuses_nothing(service):
    first = service.workers[0]
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 120
    while len(set(service.workers) - {first}) < 2:  # another one starts in its place
        assert time.monotonic() < deadline
        time.sleep(0.05)
    answers = [httpx.get(f'{service.address}/api/v1/uploads', timeout=60) for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}


def _all(service):
    return httpx.get(f'{service.address}/api/v1/uploads?limit=1000').json()['images']
