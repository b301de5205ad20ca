# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The pages of the API in a real browser that is cut off from every other machine."""

from chromium_page import ChromiumPage
from fastapi import FastAPI
from fastapi.testclient import TestClient
from http_service import serving
import pytest
from visual_navsat.service.api.pages import add_pages, CONSOLE


@pytest.fixture(scope='module')
def address(tmp_path_factory):
    with serving(data_dir=tmp_path_factory.mktemp('library')) as client:
        yield f'{client.base_url}/'


@pytest.fixture(scope='module')
def client():
    app = FastAPI(title='a service', docs_url=None, redoc_url=None)
    add_pages(app)
    return TestClient(app)


@pytest.mark.slow
@pytest.mark.parametrize(
    ('path', 'shown'), [('docs', '.opblock-summary-path'), ('redoc', '[data-section-id] h2')]
)
def test_the_pages_of_the_api_need_no_network(chromium, address, path, shown):
    page = ChromiumPage(chromium, f'{address}{path}', home=address)
    page.page.wait_for_selector(shown)
    page.page.get_by_text('/api/v1/upload').first.wait_for()
    assert page.page.title().startswith('visual_navsat')
    found = page.requests, page.complaints
    page.close()
    assert found == ([], [])


@pytest.mark.parametrize('path', ['', 'docs', 'redoc'])
def test_scripts_come_only_from_the_service(client, path):
    response = client.get(f'/{path}')
    assert response.status_code == 200
    assert "script-src 'self';" in response.headers['content-security-policy']
    assert "frame-ancestors 'none'" in response.headers['content-security-policy']
    assert '<script>' not in response.text
    assert 'http' not in response.text.replace('http-equiv', '')


def test_the_console_allows_no_style_in_the_page(client):
    policy = client.get('/').headers['content-security-policy']
    assert 'unsafe' not in policy


def test_every_file_of_the_console_is_served_with_its_type(client):
    types = {
        '.js': 'javascript',
        '.css': 'text/css',
        '.svg': 'image/svg+xml',
        '.html': 'text/html',
    }
    for path in CONSOLE.rglob('*'):
        if path.suffix in types:
            response = client.get(f'/console/{path.relative_to(CONSOLE).as_posix()}')
            assert types[path.suffix] in response.headers['content-type'], path
            assert response.headers['cache-control'] == 'no-cache', path
    assert client.get('/console/leaflet/leaflet.js').status_code == 200
    assert client.get('/console/../../settings.py').status_code == 404
    assert client.get('/console/%2e%2e/settings.py').status_code == 404


@pytest.mark.parametrize('folder', ['preact', 'swagger-ui', 'redoc'])
def test_what_others_wrote_comes_with_its_licence(folder):
    assert list((CONSOLE / 'vendor' / folder).glob('LICENSE*')), folder
    assert f'`{folder}/`' in (CONSOLE / 'vendor' / 'README.md').read_text()
