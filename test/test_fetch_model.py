# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""fetch-model against a real HTTP server on loopback: whole, interrupted, resumed, wrong."""

import dataclasses
import functools
import hashlib
import http.server
from pathlib import Path
import re
import threading

import pytest
import torch
from visual_navsat.cli.main import main
from visual_navsat.errors import ModelError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.checkpoint import meta_network
from visual_navsat.features.fetch import fetch_model, recorded_sha256
from visual_navsat.features.model_zoo import EMBEDDED_MODEL, get_model_spec, MODELS
from visual_navsat.features.official_weights import OFFICIAL_SHA256

TINY = dataclasses.replace(
    get_model_spec('dinov2_vits14'), name='tiny', dim=24, depth=2, heads=2, grid_side=4
)


def tiny_checkpoint(path: Path, **changes: int) -> bytes:
    network = meta_network(dataclasses.replace(TINY, **changes))
    generator = torch.Generator().manual_seed(0)
    tensors = network.state_dict()
    torch.save({k: torch.randn(t.shape, generator=generator) for k, t in tensors.items()}, path)
    return path.read_bytes()


class Server:
    """Serves one body; says and does wrong what a test asks it to."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.knows_ranges = True
        self.drop_after: int | None = None  # bytes of a response before the line goes dead
        self.status = 200
        self.redirect_to = ''
        self.length: str | None = None  # what is said instead of the true one
        self.requests: list[str | None] = []  # the Range header of each
        handler = functools.partial(_Handler, self)
        self._http = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f'http://127.0.0.1:{self._http.server_port}/tiny.pth'

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answer as the state of the server says."""

    def __init__(self, server_state: Server, *args) -> None:
        self.state = server_state
        super().__init__(*args)

    def do_GET(self) -> None:
        state, asked = self.state, self.headers['Range']
        state.requests.append(asked)
        start = 0
        if state.redirect_to:
            self.send_response(302)
            self.send_header('Location', state.redirect_to)
            self.end_headers()
            return
        if state.status != 200:
            self.send_error(state.status)
            return
        if asked and state.knows_ranges:
            start = int(re.fullmatch(r'bytes=(\d+)-', asked).group(1))
            if start >= len(state.body):
                self.send_response(416)
                self.send_header('Content-Range', f'bytes */{len(state.body)}')
                self.end_headers()
                return
            self.send_response(206)
            self.send_header('Content-Range', f'bytes {start}-{len(state.body) - 1}/x')
        else:
            self.send_response(200)
        true_length = str(len(state.body) - start)
        self.send_header('Content-Length', true_length if state.length is None else state.length)
        self.end_headers()
        rest = state.body[start:]
        self.wfile.write(rest if state.drop_after is None else rest[: state.drop_after])

    def log_message(self, *args) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def body(tmp_path):
    return tiny_checkpoint(tmp_path / 'made.pth')


@pytest.fixture
def server(body):
    server = Server(body)
    yield server
    server.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / 'cache' / 'models'


def fetch(folder: Path, url: str) -> Path:
    return fetch_model(TINY, folder, url, progress=False)


def test_a_fetched_checkpoint_is_the_servers_and_loads(server, body, folder):
    checkpoint = fetch(folder, server.url)
    assert checkpoint == folder / TINY.filename
    assert checkpoint.read_bytes() == body
    assert sorted(p.name for p in folder.iterdir()) == [
        TINY.filename,
        TINY.filename + '.sha256',
    ]
    digest = hashlib.sha256(body).hexdigest()
    record = (folder / (TINY.filename + '.sha256')).read_text()
    assert record == f'{digest}  {TINY.filename}\n'  # as sha256sum --check reads it
    extractor = DinoV2Extractor(TINY, layer=1, checkpoint=checkpoint, device='cpu')
    assert extractor.checkpoint_sha256 == digest == recorded_sha256(checkpoint)


def test_an_interrupted_download_goes_on_where_it_stopped(server, body, folder):
    server.drop_after = 5000
    with pytest.raises(ModelError, match=rf'ended after 5000 of {len(body)} bytes: run the same'):
        fetch(folder, server.url)
    with pytest.raises(ModelError, match=f'ended after 10000 of {len(body)}'):
        fetch(folder, server.url)
    assert not (folder / TINY.filename).exists()
    server.drop_after = None
    assert fetch(folder, server.url).read_bytes() == body
    assert server.requests == [None, 'bytes=5000-', 'bytes=10000-']


def test_a_server_that_ignores_ranges_sends_it_all_again(server, body, folder):
    server.drop_after = 5000
    with pytest.raises(ModelError):
        fetch(folder, server.url)
    server.drop_after, server.knows_ranges = None, False
    assert fetch(folder, server.url).read_bytes() == body


def test_a_download_that_was_killed_before_its_last_step_is_not_repeated(server, body, folder):
    folder.mkdir(parents=True)
    (folder / (TINY.filename + '.part')).write_bytes(body)
    assert fetch(folder, server.url).read_bytes() == body
    assert server.requests == [f'bytes={len(body)}-']


def test_a_part_longer_than_the_file_is_replaced(server, body, folder):
    folder.mkdir(parents=True)
    (folder / (TINY.filename + '.part')).write_bytes(body + b'more')
    assert fetch(folder, server.url).read_bytes() == body


def test_what_is_here_already_is_not_fetched_again_but_verified(server, folder):
    checkpoint = fetch(folder, server.url)
    assert fetch(folder, server.url) == checkpoint
    assert len(server.requests) == 1
    flipped = bytearray(checkpoint.read_bytes())
    flipped[4000] ^= 1
    checkpoint.write_bytes(flipped)
    with pytest.raises(ModelError, match=r'has SHA-256 .* was recorded: delete it and fetch'):
        fetch(folder, server.url)


def test_a_checkpoint_put_there_by_hand_is_checked_and_recorded(body, folder):
    folder.mkdir(parents=True)
    (folder / TINY.filename).write_bytes(body)
    checkpoint = fetch(folder, 'http://127.0.0.1:9/never-asked')
    assert recorded_sha256(checkpoint) == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize('status', [404, 403, 500, 503])
def test_a_servers_refusal_is_told(server, folder, status):
    server.status = status
    with pytest.raises(ModelError, match=rf'tiny.pth answered {status} .*: try later'):
        fetch(folder, server.url)


def test_another_models_file_is_refused_and_not_kept(server, folder, tmp_path):
    server.body = tiny_checkpoint(tmp_path / 'other.pth', depth=3)
    with pytest.raises(ModelError, match=r'no checkpoint of tiny: has blocks.2.norm1.weight'):
        fetch(folder, server.url)
    assert list(folder.iterdir()) == []


def test_a_page_instead_of_a_file_is_refused_and_not_kept(server, folder):
    server.body = b'<html>log in to this network first</html>'
    with pytest.raises(ModelError, match='no checkpoint that is safe to read'):
        fetch(folder, server.url)
    assert list(folder.iterdir()) == []


def test_damage_on_the_way_is_found(server, body, folder):
    damaged = bytearray(body)
    damaged[len(body) // 2] ^= 1  # within a tensor: the file still loads
    server.body = bytes(damaged)
    with pytest.raises(ModelError, match='arrived damaged'):
        fetch(folder, server.url)
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_told_in_one_line(server, folder):
    folder.mkdir(parents=True)
    (folder / (TINY.filename + '.part')).symlink_to('/dev/full')
    with pytest.raises(ModelError, match='No space left on device; free some space') as caught:
        fetch(folder, server.url)
    assert '\n' not in str(caught.value)


def test_nobody_listening_is_told_in_one_line(folder):
    with pytest.raises(ModelError, match=r'cannot be read .*refused') as caught:
        fetch(folder, 'http://127.0.0.1:9/tiny.pth')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('url', ['file:///etc/hostname', 'ftp://x/y.pth', 'tiny.pth'])
def test_only_http_is_fetched(url, folder):
    with pytest.raises(ModelError, match='give a URL of http or https'):
        fetch(folder, url)


@pytest.mark.parametrize('url', ['http://example.org/tiny.pth', 'http://[::1/x', 'HTTP://x/y'])
def test_http_is_fetched_from_this_machine_only(url, folder):
    with pytest.raises(ModelError, match='give a URL of https'):
        fetch(folder, url)


@pytest.mark.parametrize('target', ['http://example.org/tiny.pth', 'file:///etc/hostname'])
def test_a_redirect_off_https_is_refused(server, folder, target):
    server.redirect_to = target
    with pytest.raises(ModelError, match=r'give a URL of https|is not allowed'):
        fetch(folder, server.url)


@pytest.mark.parametrize('length', ['abc', '-5', '1e9', '', '9' * 40])
def test_a_length_that_is_no_number_is_told_in_one_line(server, folder, length):
    server.length = length
    with pytest.raises(ModelError, match=r'Content-Length|cannot be read') as caught:
        fetch(folder, server.url)
    assert '\n' not in str(caught.value)


def test_official_names_are_those_of_official_weights_only(server, folder, tmp_path):
    assert set(OFFICIAL_SHA256) == set(MODELS) - {EMBEDDED_MODEL}
    spec = dataclasses.replace(TINY, name='dinov2_vits14')
    with pytest.raises(ModelError, match=r'the official weights of dinov2_vits14 have b938bf1b'):
        fetch_model(spec, folder, server.url, progress=False)
    assert list(folder.iterdir()) == []
    (folder / spec.filename).write_bytes(server.body)
    with pytest.raises(ModelError, match='the official weights of dinov2_vits14'):
        fetch_model(spec, folder, server.url, progress=False)


def test_the_embedded_model_has_nothing_to_fetch(folder):
    with pytest.raises(ModelError, match='comes with the package'):
        fetch_model(get_model_spec(EMBEDDED_MODEL), folder)


def test_official_urls_are_those_of_the_published_hub():
    root = 'https://dl.fbaipublicfiles.com/dinov2'
    assert MODELS['dinov2_vitg14'].url == f'{root}/dinov2_vitg14/dinov2_vitg14_pretrain.pth'
    assert MODELS['dinov2_vits14_reg'].url == (
        f'{root}/dinov2_vits14/dinov2_vits14_reg4_pretrain.pth'
    )


# --- the command ---


def test_the_command_fetches_to_where_models_are_looked_for(tmp_path, monkeypatch, capsys):
    embedded = Path(__file__).parents[1] / 'models' / f'{EMBEDDED_MODEL}.pth'
    server = Server(embedded.read_bytes())
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    try:
        code = main(['fetch-model', EMBEDDED_MODEL, '--url', server.url])
    finally:
        server.close()
    output = capsys.readouterr()
    saved = tmp_path / 'visual_navsat' / 'models' / f'{EMBEDDED_MODEL}.pth'
    assert code == 0
    assert output.out == f'{hashlib.sha256(embedded.read_bytes()).hexdigest()}  {saved}\n'
    assert '100%' in output.err


def test_the_command_lists_the_models(capsys):
    assert main(['fetch-model', '--list']) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(MODELS)


def test_the_command_explains_what_it_cannot_do(capsys):
    assert main(['fetch-model', 'dinov2_vith14']) == 1
    assert "unknown model 'dinov2_vith14': use one of" in capsys.readouterr().err
    assert main(['fetch-model']) == 1
    assert 'name a model' in capsys.readouterr().err
