# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Who may ask: the token, its cookie, and addresses that others can reach."""

import json

from fastapi.testclient import TestClient
from http_service import picture, serving
import pytest
from visual_navsat.errors import ConfigError
from visual_navsat.service.api.app import create_app
from visual_navsat.service.api.security import check_exposure, is_loopback
from visual_navsat.service.live_feed import LiveFeed
from visual_navsat.service.server import environment_of, startup_lines
from visual_navsat.service.settings import Settings

TOKEN = 'as long as one likes: ü'


@pytest.fixture(scope='module')
def client(tmp_path_factory):
    with serving(data_dir=tmp_path_factory.mktemp('token'), api_token=TOKEN) as found:
        yield found


def test_without_the_token_nothing_is_told(client):
    for method, url in (
        ('GET', '/api/v1/health'),
        ('GET', '/api/v1/uploads'),
        ('POST', '/api/v1/upload'),
        ('GET', '/metrics'),
    ):
        for headers in ({}, {'Authorization': 'Bearer wrong'}, {'Authorization': 'Basic eDp5'}):
            response = client.request(method, url, headers=headers)
            assert response.status_code == 401
            assert response.headers['www-authenticate'] == 'Bearer'
            assert 'API_TOKEN' in response.json()['detail']
    assert client.get('/livez').status_code == 200


def test_the_token_opens_by_header_and_by_cookie(client):
    by_header = {'Authorization': f'Bearer {TOKEN}'.encode()}
    assert client.get('/api/v1/health', headers=by_header).status_code == 200
    refused = client.post('/console/session', headers={'Authorization': 'Bearer wrong'})
    assert refused.status_code == 401 and 'set-cookie' not in refused.headers
    signed = client.post('/console/session', headers=by_header)
    assert signed.status_code == 204
    cookie = signed.headers['set-cookie']
    assert 'HttpOnly' in cookie and 'SameSite=strict' in cookie
    assert client.get('/api/v1/uploads').status_code == 200  # the client keeps cookies
    client.cookies.clear()


def test_other_addresses_need_a_token():
    for host in ('127.0.0.1', 'localhost', '::1', '127.3.2.1'):
        assert is_loopback(host)
        check_exposure(Settings.load(host=host))
    for host in ('0.0.0.0', '::', '192.168.1.4', 'drone.local', ''):
        assert not is_loopback(host)
        with pytest.raises(ConfigError, match='API_TOKEN'):
            check_exposure(Settings.load(host=host, allow_anonymous=False))
        check_exposure(Settings.load(host=host, api_token='x'))


def test_anonymous_service_is_said_loudly(caplog):
    check_exposure(Settings.load(host='0.0.0.0', allow_anonymous=True))
    assert 'everyone' in caplog.text


def test_workers_get_the_settings_of_their_parent(tmp_path, monkeypatch):
    settings = Settings.load(
        data_dir=tmp_path, maps=('a=x', 'y'), api_token='secret', expose_location=True, workers=2
    )
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == settings
    assert 'secret' not in ' '.join(startup_lines(settings))


def test_pages_of_others_cannot_use_a_browser_on_this_machine(tmp_path):
    foreign = {'sec-fetch-site': 'cross-site', 'origin': 'https://evil.example'}
    with serving(data_dir=tmp_path, cors_origins=('https://ours.example',)) as client:
        files = {'file': ('a.png', picture(1))}
        refused = client.post('/api/v1/upload', files=files, headers=foreign)
        assert refused.status_code == 403
        assert 'CORS_ORIGINS' in refused.json()['detail']
        ours = {**foreign, 'origin': 'https://ours.example'}
        assert client.post('/api/v1/upload', files=files, headers=ours).status_code == 200
        own = {'sec-fetch-site': 'same-origin', 'origin': str(client.base_url)}
        assert client.post('/api/v1/upload', files=files, headers=own).status_code == 200
        # A name of theirs that leads to this machine.
        rebound = client.get('/api/v1/uploads', headers={'host': 'evil.example:8000'})
        assert rebound.status_code == 403
        assert 'localhost' in rebound.json()['detail']
        for host in ('localhost:8000', '[::1]:8000', 'navsat.localhost'):
            assert client.get('/api/v1/uploads', headers={'host': host}).status_code == 200


def test_a_flight_is_told_to_who_may_ask_and_to_no_foreign_page(tmp_path):
    feed = LiveFeed()
    feed.take({'kind': 'event', 'time_s': 1.0, 'what': 'flies'})
    app = create_app(Settings.load(data_dir=tmp_path, api_token=TOKEN), feed)
    client = TestClient(app)
    token = {'Authorization': f'Bearer {TOKEN}'.encode()}

    def said(**headers):
        """Return what a WebSocket gets first."""
        with client.websocket_connect('/api/v1/live', headers=headers) as socket:
            message = socket.receive()
            return message.get('reason') or json.loads(message['text'])

    assert said() == 'this service wants its token'
    assert 'may not listen' in said(**token, Origin='http://elsewhere.example')
    flies = [{'kind': 'event', 'time_s': 1.0, 'what': 'flies'}]
    assert said(**token, Origin='http://testserver') == flies
    assert said(**token) == flies
    app.state.live = None
    assert said(**token) == 'no flight is watched: start the service with --live'
    # Without a token only this machine's own names lead here.
    client = TestClient(create_app(Settings.load(data_dir=tmp_path), feed))
    assert 'is called localhost' in said()
