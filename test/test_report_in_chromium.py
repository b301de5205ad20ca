# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The report opened in a real browser: what is drawn, and that nothing is missed or fetched."""

from chromium_page import ChromiumPage
import pytest
from report_world import flight, SOURCES
from visual_navsat.evaluation import compare_runs
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.report import ReportSources, write_comparison, write_report

pytest.importorskip('matplotlib')
pytestmark = pytest.mark.slow


@pytest.fixture
def show(chromium):
    """Open a page; it has to have asked for nothing and complained of nothing at the end."""
    pages = []

    def open_page(path, **size):
        pages.append(ChromiumPage(chromium, path.resolve().as_uri(), **size))
        return pages[-1]

    yield open_page
    for page in pages:
        found = page.evaluate('document.readyState'), page.requests, page.complaints
        page.close()
        assert found == ('complete', [], [])


def test_every_answer_is_on_the_map(show, tmp_path):
    write_report(tmp_path / 'r.html', flight(), SOURCES)
    page = show(tmp_path / 'r.html')
    for name, count in (('fix', 5), ('ellipse', 5), ('link', 5), ('refusal', 2), ('truth', 7)):
        assert page.count(f'#map path.{name}') == count, name
    assert page.count('#map img.leaflet-image-layer') == 1
    unseen = '[...document.images].filter((image) => !image.naturalWidth).length'
    assert page.evaluate(unseen) == 0
    assert page.count('#legend button') == 10
    # A dot lies where its place is: the fix of 120 m stands north of the truth, higher up.
    lower, upper = (
        page.evaluate(f"document.querySelectorAll('path.{name}')[{n}].getBoundingClientRect().y")
        for name, n in (('truth', 6), ('fix', 4))
    )
    assert upper < lower


def test_the_legend_switches_and_a_card_leads_to_the_map(show, tmp_path):
    write_report(tmp_path / 'r.html', flight(), SOURCES)
    page = show(tmp_path / 'r.html')
    page.evaluate("document.querySelector('#legend button').click()")
    page.wait_for_count('#map path.fix', 3)
    page.evaluate("document.querySelector('#legend button').click()")
    page.wait_for_count('#map path.fix', 5)
    page.evaluate("document.querySelector('#image-3 [data-show]').click()")
    page.wait_for_count('.leaflet-popup', 1)
    text = page.evaluate("document.querySelector('.leaflet-popup').innerText")
    assert '3.jpg' in text
    assert '8.0 m off' in text
    page.evaluate("document.querySelector('.leaflet-popup a').click()")
    assert page.evaluate('location.hash') == '#image-3'


@pytest.mark.parametrize('width', [360, 800, 1600])
def test_the_page_fits_its_window(show, tmp_path, width):
    write_report(tmp_path / 'r.html', flight('a_flight_of_a_rather_long_name' * 3), SOURCES)
    page = show(tmp_path / 'r.html', width=width)
    assert page.fits_its_window


def test_without_any_imagery_boxes_show_the_map(show, tmp_path):
    write_report(tmp_path / 'r.html', flight(), ReportSources(MapImagery(SOURCES.imagery.tiles)))
    page = show(tmp_path / 'r.html')
    assert page.count('#map path.tile') == 12
    assert page.count('#map path.fix') == 5
    assert page.count('.picture.missing') == 21


def test_two_runs_in_one_map(show, tmp_path):
    old, new = flight('old'), flight('new', (1.0, 30.0, None, 2.0, 20.0, 4.0, 5.0))
    write_comparison(tmp_path / 'c.html', old, new, compare_runs(old, new), SOURCES)
    page = show(tmp_path / 'c.html')
    assert (page.count('#map path.fix'), page.count('#map path.refusal')) == (11, 3)
    assert page.count('article') == 4
