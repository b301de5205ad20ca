# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The console in a real browser, on a real service: one library, one map, one browser."""

from pathlib import Path

import _needs_simulator  # noqa: F401
from chromium_page import ChromiumPage
from http_service import serving
import numpy as np
from PIL import Image
import pytest
from visual_navsat.cli.main import main
from visual_navsat_sim.service.photos import write_photos

pytestmark = pytest.mark.slow

SMALL = Path(__file__).resolve().parents[2] / 'maps/small'
CAMERA = {'heading_deg': '30', 'height_m': '140', 'hfov_deg': '70'}


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    """Return nine photos with positions: six pieces of the map, and three taken another day."""
    return write_photos(SMALL, tmp_path_factory.mktemp('photos'), pieces=6)


@pytest.fixture(scope='module')
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp('service')
    index = str(folder / 'small')
    lens = ['--height-m', '140', '--hfov-deg', '70']
    assert main(['build-map', str(SMALL / 'map.tif'), *lens, '--out', index]) == 0
    with serving(data_dir=folder / 'library', maps=(index,), expose_location=True) as client:
        yield f'{client.base_url}/'


@pytest.fixture
def show(chromium, address):
    """Open a view; it must have fetched nothing from elsewhere and complained of nothing."""
    pages = []

    def open_view(view='library', **size):
        pages.append(ChromiumPage(chromium, f'{address}#/{view}', home=address, **size))
        return pages[-1]

    yield open_view
    for page in pages:
        found = page.requests, page.complaints
        page.close()
        assert found == ([], [])


@pytest.fixture
def filled(show, photos):
    """Return the page of the library with all photos in it."""
    page = show()
    page.page.set_input_files('input[multiple]:not([webkitdirectory])', photos)
    page.wait_for_count('.tray li.done, .tray li.known', len(photos))
    page.wait_for_count('.tile', len(photos))
    page.page.get_by_label('Close the list').click()
    return page


def drop(page, files):
    """Drop files of (name, content) on the page, as a browser does."""
    data = page.page.evaluate_handle(
        """(files) => {
          const data = new DataTransfer();
          for (const [name, bytes] of files) {
            data.items.add(new File([new Uint8Array(bytes)], name));
          }
          return data;
        }""",
        [[name, list(content)] for name, content in files],
    )
    for event in ('dragenter', 'dragover', 'drop'):
        page.page.dispatch_event('body', event, {'dataTransfer': data})


def names(page):
    return page.page.locator('.tile-name').all_inner_texts()


def test_an_empty_library_says_what_to_do(show):
    page = show()
    page.page.get_by_text('The library is empty').wait_for()
    assert page.count('.tile') == 0


def test_photos_are_dropped_and_a_bad_one_is_refused_in_one_line(show, photos):
    page = show()
    good = [(path.name, path.read_bytes()) for path in photos[:2]]
    drop(page, [*good, ('notes.jpg', b'not a photo at all')])
    page.wait_for_count('.tray li.done, .tray li.known', 2)
    page.wait_for_count('.tray li.refused', 1)
    said = page.page.locator('.tray li.refused p').inner_text()
    assert 'notes.jpg' in said
    assert '\n' not in said
    page.wait_for_count('.tile', 2)
    assert sorted(names(page)) == sorted(path.name for path in photos[:2])
    # The browser logs an answer of 4xx itself.
    assert len(page.complaints) == 1 and '415' in page.complaints.pop()


def test_search_by_name_and_time(filled, photos):
    page = filled.page
    page.keyboard.press('/')
    page.keyboard.type('BLOCKS')
    filled.wait_for_count('.tile', 1)
    assert names(filled) == ['blocks.jpg']
    page.keyboard.press('Control+A')
    page.keyboard.type('no such photo')
    page.get_by_text('No photo fits').wait_for()
    page.get_by_text('Show all photos').click()
    filled.wait_for_count('.tile', len(photos))
    page.get_by_text('Any time').first.click()
    page.get_by_label('Taken from').fill('2026-05-03')
    page.get_by_text('No photo fits').wait_for()
    page.get_by_label('Taken from').fill('2026-05-02')
    filled.wait_for_count('.tile', len(photos))


def test_the_map_has_every_photo_and_narrows_the_wall(filled, photos):
    page = filled.page
    page.get_by_role('button', name='Map', exact=True).click()
    filled.wait_for_count('path.photo-dot', len(photos))
    page.locator('img.leaflet-tile-loaded').first.wait_for()
    for _ in range(3):
        page.get_by_label('Zoom in').click()
    page.get_by_text('Only photos in this area').click()
    chosen = page.get_by_role('button', name='In this area', exact=True)
    chosen.wait_for()
    page.wait_for_function(
        "(count) => document.querySelectorAll('path.photo-dot').length < count", arg=len(photos)
    )
    chosen.click()
    for _ in range(3):
        page.get_by_label('Zoom out').click()
    filled.wait_for_count('path.photo-dot:not([d="M0 0"])', len(photos))  # all in view
    page.locator('path.photo-dot').last.click()
    page.locator('.map-popup').click()
    page.locator('.likeness').first.wait_for()


def test_a_click_ranks_likenesses_and_keys_lead_through(filled, photos):
    page = filled.page
    page.locator('.tile').first.focus()
    page.keyboard.press('ArrowRight')
    second = page.locator('.tile').nth(1)
    assert page.evaluate('document.activeElement.dataset.id') == second.get_attribute('data-id')
    page.keyboard.press('Enter')
    filled.wait_for_count('.likeness', len(photos) - 1)
    scores = [float(text) for text in page.locator('.likeness b').all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    assert -1 <= scores[-1] <= scores[0] <= 1
    own = page.locator('.photo h2').first.inner_text()
    assert own not in page.locator('.likeness-name').all_inner_texts()
    page.locator('.likeness').first.click()
    page.wait_for_function(
        "(own) => !['', own].includes(document.querySelector('.photo h2').innerText.trim())",
        arg=own,
    )
    page.go_back()
    page.get_by_role('heading', name=own).wait_for()
    page.keyboard.press('Escape')
    filled.wait_for_count('.photo', 0)


def test_what_is_deleted_is_gone(filled, photos):
    page = filled.page
    page.get_by_text('works.jpg').click()
    page.locator('.likeness').first.wait_for()
    page.keyboard.press('Delete')  # asks
    page.get_by_text('Delete for good').wait_for()
    assert filled.count('.tile') == len(photos)
    page.keyboard.press('Enter')
    filled.wait_for_count('.tile', len(photos) - 1)
    page.reload()
    filled.wait_for_count('.tile', len(photos) - 1)
    assert 'works.jpg' not in names(filled)


def test_a_photo_is_located_and_laid_over_the_map(show):
    page = show('locate')
    for name, value in CAMERA.items():
        page.page.fill(f'input[name={name}]', value)
    page.page.set_input_files('.locate-form input[type=file]', SMALL / 'photos/blocks.jpg')
    page.wait_for_count('path.fix-dot', 1)
    assert '47.3983' in page.page.locator('.fix-place').inner_text()
    assert '8.544' in page.page.locator('.fix-place').inner_text()
    assert (page.count('path.ellipse'), page.count('path.footprint')) == (1, 1)
    assert page.count('.candidates li') > 1
    # The photo lies where its footprint does, to a pixel of the screen.
    laid, outlined = (
        list(page.page.locator(name).bounding_box().values())
        for name in ('.photo-overlay image', 'path.footprint')
    )
    assert np.allclose(laid, outlined, atol=4)
    page.page.locator('#fade').fill('20')
    page.page.wait_for_function(
        "() => document.querySelector('.photo-overlay').style.opacity === '0.2'"
    )


def test_the_heading_is_turned_by_keys_and_can_be_unknown(show):
    page = show('locate').page
    knob = page.get_by_role('slider', name='Heading')
    assert knob.get_attribute('aria-valuetext') == 'unknown'
    knob.focus()
    for key in ('PageUp', 'PageUp', 'ArrowLeft'):
        page.keyboard.press(key)
    assert page.input_value('input[name=heading_deg]') == '29'
    assert knob.get_attribute('aria-valuetext').startswith('29 degrees')
    box = knob.bounding_box()
    page.mouse.click(box['x'] + 0.9 * box['width'], box['y'] + 0.5 * box['height'])
    assert page.input_value('input[name=heading_deg]') == '90'
    page.get_by_role('button', name='Unknown').click()
    assert page.input_value('input[name=heading_deg]') == ''


def test_a_refusal_is_said_in_words(show, tmp_path):
    Image.fromarray(np.zeros((480, 640, 3), np.uint8)).save(tmp_path / 'night.png')
    page = show('locate').page
    page.set_input_files('.locate-form input[type=file]', tmp_path / 'night.png')
    page.get_by_text('No fix').wait_for()
    assert 'dark' in page.locator('.refusal').inner_text()
    assert page.get_by_text('Use a photo taken in more light.').count() == 1


def test_a_stored_photo_is_located(filled):
    page = filled.page
    page.keyboard.press('2')
    for name, value in {**CAMERA, 'heading_deg': '152'}.items():
        page.fill(f'input[name={name}]', value)
    page.keyboard.press('Escape')
    page.get_by_role('link', name='Library').click()
    page.get_by_text('gardens.jpg').click()
    page.get_by_text('Locate it').click()
    page.locator('.fix').wait_for()
    assert page.locator('.locate-photo strong').inner_text() == 'gardens.jpg'
    assert page.locator('.fix .badge').inner_text() == 'Fix'


def test_what_is_not_an_image_is_said_in_the_view(show, tmp_path):
    (tmp_path / 'a.jpg').write_bytes(b'nothing of an image')
    page = show('locate')
    page.page.set_input_files('.locate-form input[type=file]', tmp_path / 'a.jpg')
    said = page.page.locator('.locate-answer .note.bad').inner_text()
    assert 'a.jpg' in said
    assert len(page.complaints) == 1 and '415' in page.complaints.pop()


def test_a_service_that_is_gone_is_said_and_asked_again(show):
    page = show('status')
    page.page.locator('.figure').first.wait_for()
    page.page.route('**/api/v1/**', lambda route: route.abort())
    page.page.evaluate("location.hash = '#/library'")
    said = page.page.locator('.note.bad')
    assert 'does not answer' in said.inner_text()
    page.page.unroute('**/api/v1/**')
    page.page.get_by_text('Try again').click()
    page.wait_for_count('.note.bad', 0)
    assert all('ERR_FAILED' in text for text in page.complaints)
    page.complaints.clear()


@pytest.mark.parametrize('width', [400, 800])
def test_every_view_fits_a_phone(show, width):
    page = show('library', width=width, height=800)
    page.page.locator('.tile').first.wait_for()
    assert page.fits_its_window
    page.page.get_by_role('button', name='Map', exact=True).click()
    page.page.locator('path.photo-dot').first.wait_for()
    assert page.fits_its_window
    page.page.get_by_role('button', name='Wall', exact=True).click()
    page.page.locator('.tile').first.click()
    page.page.locator('.likeness').first.wait_for()
    assert page.fits_its_window
    for view, shown in (('locate', '.knob'), ('status', '.figure')):
        page.evaluate(f"location.hash = '#/{view}'")
        page.page.locator(shown).first.wait_for()
        assert page.fits_its_window, view


def test_light_and_dark_and_a_choice_that_stays(show):
    page = show(color_scheme='dark')
    background = 'getComputedStyle(document.body).backgroundColor'
    dark = page.evaluate(background)
    page.page.get_by_label('Light theme').click()
    light = page.evaluate(background)
    assert dark != light
    page.page.reload()
    page.page.get_by_label('Dark theme').wait_for()
    assert page.evaluate(background) == light


UNNAMED = """
[...document.querySelectorAll('button, a, input:not([hidden]), select')]
  .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.title || one.labels?.length))
  .map((one) => one.outerHTML)
"""


@pytest.mark.parametrize('view', ['library', 'locate', 'status'])
def test_everything_that_is_pressed_has_a_name(show, view):
    page = show(view)
    page.page.locator('.tile, .knob, .figure').first.wait_for()
    assert page.evaluate(UNNAMED) == []


def test_a_service_with_a_token_asks_for_it_once(chromium, tmp_path, photos):
    with serving(data_dir=tmp_path, api_token='open sesame') as client:
        client.headers['Authorization'] = 'Bearer open sesame'
        with photos[0].open('rb') as file:
            assert client.post('/api/v1/upload', files={'file': file}).status_code == 200
        page = ChromiumPage(chromium, f'{client.base_url}/')
        for word in ('wrong', 'open sesame'):
            page.page.get_by_label('API_TOKEN').fill(word)
            page.page.get_by_role('button', name='Sign in').click()
            if word == 'wrong':
                page.page.get_by_text('This is not the token').wait_for()
        page.page.locator('.tile').wait_for()
        # Pictures come with the cookie, which scripts do not see.
        page.page.wait_for_function("() => document.querySelector('.tile img').naturalWidth > 0")
        assert page.evaluate('document.cookie') == ''
        page.close()
