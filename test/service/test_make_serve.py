# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""``make serve``: what its target runs, run for real, twice."""

from contextlib import contextmanager
import os
from pathlib import Path
import re
import shlex
import signal
import subprocess
import sys

import _needs_simulator  # noqa: F401
from http_service import wait_until
import httpx
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# As the command does it, whose verbs are those of when the simulator was installed.
RUN = """
import argparse, importlib, sys
verb = importlib.import_module(sys.argv[1])
parser = argparse.ArgumentParser()
verb.add_arguments(parser)
sys.exit(verb.run(parser.parse_args(sys.argv[2:])))
"""


def command(out):
    """Return the words that the target runs, with another folder for its results."""
    makefile = (ROOT / 'Makefile').read_text()
    line = re.search(r'^serve: venv\n\t@\$\(BIN\)/visual-navsat (.+)$', makefile, re.MULTILINE)[1]
    verb, *words = shlex.split(line)
    verbs = (ROOT / 'src/visual_navsat_sim/pyproject.toml').read_text()
    module = re.search(rf'^{verb} = "(.+)"$', verbs, re.MULTILINE)[1]
    assert words == ['--out', 'out/serve']
    return [sys.executable, '-c', RUN, module, '--out', str(out)]


@contextmanager
def serving_demo(out):
    """Yield what is printed before the page is there, and the address of the page."""
    settings = {'PORT': '0', 'PYTHONPATH': str(ROOT / 'src'), 'LOG_LEVEL': 'info'}
    with subprocess.Popen(
        command(out),
        env={**os.environ, **settings},
        cwd=out.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        printed = ''
        address = None
        for line in process.stdout:
            printed += line
            address = re.search(r'running on (http://127\.0\.0\.1:\d+)', line)
            if address is not None:
                break
        try:
            assert address is not None, printed
            yield printed, address[1]
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
        assert process.wait(60) in (0, -signal.SIGTERM), printed + rest


def test_make_serve_has_something_to_show_and_adds_nothing_twice(tmp_path):
    out = tmp_path / 'serve'
    with serving_demo(out) as (printed, address), httpx.Client(base_url=address) as client:
        assert '48 new photos in the library, 48 in all' in printed
        wait_until(lambda: client.get('/readyz').status_code == 200)
        assert client.get('/').status_code == 200
        found = client.get('/api/v1/search', params={'limit': 1000}).json()
        assert found['total_found'] == 48
        assert all('latitude' in image['metadata'] for image in found['images'])
        (shown,) = client.get('/api/v1/maps').json()['maps']
        assert shown['name'] == 'small'
    with serving_demo(out) as (printed, _):
        assert '0 new photos in the library, 48 in all' in printed
