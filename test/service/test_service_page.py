# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The page about the service: each of its commands runs, and answers as the page says."""

from pathlib import Path

from docs import service_answers
from http_service import serving, wait_until
import pytest
from visual_navsat.cli.main import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TEXT = service_answers.PAGE.read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def answers(tmp_path_factory):
    folder = tmp_path_factory.mktemp('page')
    lens = ['--height-m', '140', '--hfov-deg', '70']
    index = str(folder / 'small')
    assert main(['build-map', str(ROOT / 'maps/small/map.tif'), *lens, '--out', index]) == 0
    with serving(
        data_dir=folder / 'library',
        maps=(f'small={index}',),
        import_dir=ROOT / 'maps/small/photos',
    ) as client:
        # On a busy machine the first answers come before the statistics were read.
        wait_until(lambda: client.get('/api/v1/health').json()['database_stats'])
        paths = client.get('/openapi.json').json()['paths']
        return paths, service_answers.run_all(TEXT, str(client.base_url).rstrip('/'), folder)


def test_every_command_answers_as_the_page_says(answers):
    _, given = answers
    shown = service_answers.documented(TEXT)
    for line, expected, got in zip(service_answers.commands(TEXT), shown, given, strict=True):
        assert (expected is None) == (got is None), line
        if expected is not None and 'title' in expected:
            assert got == expected, line
        else:
            assert service_answers.shape_of(got) == service_answers.shape_of(expected), line


def test_the_page_names_every_route(answers):
    paths, _ = answers
    for path in paths:
        parts = [part for part in path.split('/') if part and not part.startswith('{')]
        assert any(all(part in line for part in parts) for line in TEXT.splitlines()), path
