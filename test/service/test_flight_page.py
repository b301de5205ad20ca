# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The view Flight in a real browser: a flight that is fed to the service, and a session file."""

from chromium_page import ChromiumPage
from http_service import serving
import numpy as np
from PIL import Image
import pytest
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.service.live_feed import LiveFeed
from visual_navsat.session.records import (
    answer_record,
    board_record,
    event_record,
    footprint_record,
    position_record,
    refusal_record,
    state_record,
    tile_record,
)
from visual_navsat.session.writer import SessionWriter

pytestmark = pytest.mark.slow

HOME = 47.4, 8.5
START_S = 1_800_000_000.0


def flight(seconds):
    """Return the records of a flight north at 10 m/s whose fixes are 3 m off; each fifth fails."""
    lat, long = HOME
    yield event_record(START_S, 'climbs')
    for second in range(seconds):
        now_s, north = START_S + second, 10.0 * second / 111190
        yield position_record(now_s, 'gnss', lat + north, long)
        yield position_record(now_s, 'autopilot', lat + north, long + 2.0 / 75400)
        position = Refusal('no_fix')
        if second % 5 != 4:
            place = lat + north + 3.0 / 111190, long
            position = PositionEstimate.from_horizontal(*place, np.diag([4.0, 9.0]), 5.0)
        # Of an image that was taken at the second.
        answer = Answer(
            position,
            timings_ms={'total': 400.0},
            name=str(second),
            stamp_ns=round(now_s * 1e9),
            tracked=position,
        )
        yield answer_record(now_s + 0.4, answer)
        if not answer.is_fix:
            yield refusal_record(now_s + 0.4, now_s, 'no_match')
        corner = lat + north, long
        square = [corner, (corner[0], long + 1e-3), (lat, long + 1e-3), (lat, long)]
        yield footprint_record(now_s + 0.4, now_s, square) | {'tiles': [square]}
        words = 'fused: the EKF is 2.0 m from the fix' if second < 8 else 'silent: nothing is sent'
        level = 'ok' if second < 8 else 'error'
        values = {'loop': 'closed', 'sent_hz': '4.0'}
        yield state_record(
            now_s + 0.5, 'node', 'ok', 'active', 'active: fix', {'inputs': 'imu used'}
        )
        yield state_record(now_s + 0.5, 'track', 'ok', 'tracked', 'tracked; FIX', {})
        yield state_record(now_s + 0.5, 'autopilot', level, words.split(':')[0], words, values)
        yield board_record(now_s + 0.5, cpu=0.25, temperature_c=51.0, power_w=9.0)


@pytest.fixture(scope='module')
def watched(tmp_path_factory):
    """Return the feed and the address of a service that watches a flight."""
    feed = LiveFeed()
    with serving(feed, data_dir=tmp_path_factory.mktemp('library')) as client:
        assert client.get('/api/v1/health').json()['is_live']
        yield feed, f'{client.base_url}/'


def graphs(page):
    """Return the newest value by graph."""
    return page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.graph')].map("
        "(one) => [one.dataset.graph, one.querySelector('strong').textContent]))"
    )


def test_a_flight_is_seen_live(chromium, watched):
    feed, address = watched
    records = list(flight(10))
    for record in records[:-30]:
        feed.take(record)
    page = ChromiumPage(chromium, f'{address}#/flight', home=address)
    page.page.get_by_text('Live').wait_for()
    for record in records[-30:]:
        feed.take(record)
    page.page.get_by_text('silent: nothing is sent').wait_for()
    page.page.get_by_text('10 images answered, 8 fixes; refused: no_match 2; climbs').wait_for()
    assert page.count('.flight-states .bad[data-part=autopilot]') == 1
    assert page.count('.flight-states .good[data-part=track]') == 1
    assert page.count('path.fix-dot') == 8
    # The newest image was refused: its footprint is drawn, the tile that it was matched with too.
    assert (page.count('path.footprint'), page.count('path.matched')) == (1, 1)
    assert (page.count('path.line-tracked'), page.count('path.here')) == (1, 1)
    shown = graphs(page)
    assert shown == {
        'Error': '3.0',  # metres north
        'Sigma of the fix': '2.5',  # the root of the mean of 4 and 9
        'Latency': '0.40',
        'Rate': '0.8',
        'CPU': '25',
        'Temperature': '51',
        'Energy': '10.7',  # 9.5 s at 9 W for 8 fixes
    }
    assert page.fits_its_window
    assert (page.requests, page.complaints) == ([], [])
    page.close()


@pytest.fixture
def unwatched(tmp_path):
    """Return the address of a service that waits for a flight: no map is shown yet."""
    with serving(LiveFeed(), data_dir=tmp_path / 'library') as client:
        yield f'{client.base_url}/'


def test_a_session_is_replayed_in_the_same_page(chromium, unwatched, tmp_path):
    address = unwatched
    file = tmp_path / 'flight.jsonl'
    writer = SessionWriter(file, clock=lambda: START_S)
    pictures = [tmp_path / name for name in ('tile.jpg', 'tile.webp')]
    Image.new('RGB', (256, 256), (200, 30, 30)).save(pictures[0])
    Image.new('RGBA', (256, 256), (200, 30, 30, 0)).save(pictures[1])
    for record in flight(200):  # it is paused before it ends, also on a busy machine
        writer.add(record)
    for column, picture in enumerate(pictures, start=68629):
        writer.add(tile_record(START_S + 1.0, 17, column, 45887, picture.read_bytes()))
    writer.close()
    with file.open('a') as cut_off:
        cut_off.write('{"kind":"posi')
    page = ChromiumPage(chromium, f'{address}#/flight', home=address)
    choose = page.page.locator('.flight-tools input[type=file]')
    choose.set_input_files(file)
    page.page.get_by_role('button', name='Pause').click()
    moment = page.page.get_by_role('slider', name='Moment')
    moment.fill('7')
    page.page.get_by_text('fused: the EKF is 2.0 m').wait_for()
    page.wait_for_count('path.fix-dot', 6)
    moment.fill('19.9')
    page.page.get_by_text('silent: nothing is sent').wait_for()
    page.wait_for_count('path.fix-dot', 16)
    assert graphs(page)['Error'] == '3.0'
    assert page.count('.session-map img') > 0
    moment.fill('2')  # and back
    page.wait_for_count('path.fix-dot', 2)
    bad = tmp_path / 'bad.jsonl'
    bad.write_text('{"kind":"session"}\n{\n')
    choose.set_input_files(bad)
    page.page.get_by_text('bad.jsonl is damaged').wait_for()
    page.page.get_by_role('button', name='Close the session').click()
    page.page.get_by_text('Live').wait_for()
    assert (page.requests, page.complaints) == ([], [])
    page.close()
