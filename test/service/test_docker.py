# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The files in docker/ against what they name: extras, paths, settings, routes, verbs."""

import json
import os
from pathlib import Path
import re
import shlex
import subprocess
import sys

from http_service import serving
import pytest
from visual_navsat.service.settings import Settings
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / 'docker'
DOCKERFILES = ('Dockerfile', 'ros.Dockerfile')
# Read by Python or by the shell, not by the service.
NOT_SETTINGS = {'PATH', 'PYTHONDONTWRITEBYTECODE', 'PIP_BREAK_SYSTEM_PACKAGES'}

FIELDS = Settings.model_fields
SETTINGS = {name.upper() for name in FIELDS}


def instructions(name):
    """Return (word, rest) of each instruction of a Dockerfile."""
    text = re.sub(r'^\s*#.*\n', '', (DOCKER / name).read_text(), flags=re.MULTILINE)
    lines = text.replace('\\\n', ' ').splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def rests(name, word):
    return [rest for first, rest in instructions(name) if first == word]


def compose():
    return yaml.safe_load((DOCKER / 'compose.yaml').read_text())


def extras_of_setup():
    text = (ROOT / 'setup.py').read_text()
    return set(re.findall(r"^        '([a-z-]+)': ", text, re.MULTILINE))


def is_ignored(path):
    """Return whether .dockerignore, whose first line leaves all out, leaves a path out."""
    kept = [
        line[1:] for line in (ROOT / '.dockerignore').read_text().splitlines() if line[:1] == '!'
    ]
    return not any(path == name or path.startswith(f'{name}/') for name in kept)


@pytest.mark.parametrize('name', DOCKERFILES)
def test_what_is_copied_exists_and_is_not_ignored(name):
    sources = [
        source
        for rest in rests(name, 'COPY')
        if '--from' not in rest
        for source in shlex.split(rest)[:-1]
        if source != '.'
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not is_ignored(source), source


def test_what_setup_installs_reaches_the_image():
    text = (ROOT / 'setup.py').read_text()
    folders = re.search(r'for folder in \((.+)\)', text)[1]
    for folder in re.findall(r"'(\w+)'", folders):
        assert not is_ignored(folder), folder
    for path in ('src/visual_navsat/cli/main.py', 'resource/visual_navsat', 'package.xml'):
        assert not is_ignored(path), path
    for path in ('.git', '.venv', 'out', 'docs', 'test', 'bench', 'docker/.env'):
        assert is_ignored(path), path


def test_extras_are_those_of_setup():
    text = (DOCKER / 'Dockerfile').read_text() + (DOCKER / 'compose.yaml').read_text()
    named = re.findall(r'EXTRAS(?:=|: )([a-z,-]+)', text)
    assert len(named) == 3
    for extras in named:
        assert set(extras.split(',')) <= extras_of_setup()
        assert 'service' in extras


def test_the_image_sets_what_the_service_reads():
    pairs = dict(
        word.split('=', 1) for rest in rests('Dockerfile', 'ENV') for word in shlex.split(rest)
    )
    assert set(pairs) - NOT_SETTINGS <= SETTINGS
    assert pairs['HOST'] == '0.0.0.0'
    assert rests('Dockerfile', 'EXPOSE') == [pairs['PORT']]
    assert rests('Dockerfile', 'VOLUME') == [pairs['DATA_DIR']]


@pytest.mark.parametrize('name', DOCKERFILES)
def test_the_image_does_not_run_as_root(name):
    assert rests(name, 'USER')[-1] == 'navsat'
    words = ' '.join(word for word, _ in instructions(name))
    assert 'RUN' not in words.partition('USER')[2]


@pytest.mark.parametrize('name', DOCKERFILES)
def test_every_argument_is_used_and_declared(name):
    text = (DOCKER / name).read_text()
    declared = {rest.split('=')[0] for rest in rests(name, 'ARG')}
    builds = [service.get('build', {}) for service in compose()['services'].values()]
    given = {
        argument
        for build in builds
        if build.get('dockerfile') == f'docker/{name}'
        for argument in build.get('args', {})
    }
    assert given <= declared
    for argument in declared:
        assert '${' + argument + '}' in text, argument


@pytest.mark.slow
def test_the_health_check_tells_a_service_that_works_from_none(tmp_path):
    (check,) = rests('Dockerfile', 'HEALTHCHECK')
    python, *words = json.loads(check.partition('CMD')[2])
    assert python == 'python3'

    def is_healthy(port):
        environment = {**os.environ, 'PORT': str(port)}
        done = subprocess.run([sys.executable, *words], env=environment, capture_output=True)
        return done.returncode == 0

    with serving(data_dir=tmp_path) as client:
        port = client.base_url.port
        assert is_healthy(port)
    assert not is_healthy(port)


def test_compose_sets_what_the_service_reads():
    for name, service in compose()['services'].items():
        if name != 'node':
            assert set(service['environment']) <= SETTINGS, name


def test_compose_gives_no_more_rights_than_needed():
    services = compose()['services']
    assert set(services) == {'service', 'service-gpu', 'node'}
    for name, service in services.items():
        assert service['read_only'] is True, name
        assert service['cap_drop'] == ['ALL'], name
        assert (ROOT / service['build']['dockerfile']).is_file(), name
    assert services['service-gpu']['profiles'] == ['gpu']
    assert services['node']['profiles'] == ['ros']
    assert 'profiles' not in services['service']
    assert all(port.startswith('127.0.0.1:') for port in services['service']['ports'])
    (device,) = services['service-gpu']['deploy']['resources']['reservations']['devices']
    assert device['capabilities'] == ['gpu']


def test_the_node_is_started_with_arguments_of_its_launch_file():
    (command,) = rests('ros.Dockerfile', 'CMD')
    launch = (ROOT / 'src/visual_navsat/ros/launch_localizer.py').read_text()
    arguments = re.findall(r'(\w+):=', command)
    assert arguments == ['map', 'image_topic']
    for argument in arguments:
        assert f"'{argument}'" in launch, argument
    node = compose()['services']['node']['environment']
    assert set(re.findall(r'\$(\w+)', command)) <= set(node)


def test_the_unit_of_systemd_sets_what_the_service_reads():
    unit = (DOCKER / 'visual-navsat.service').read_text()
    named = {name for name, _ in re.findall(r'^Environment=(\w+)=(.+)$', unit, re.MULTILINE)}
    assert named and named <= SETTINGS
    assert 'visual-navsat serve' in unit


def test_nginx_lets_through_what_the_service_takes():
    text = (DOCKER / 'nginx.conf').read_text()
    limit = int(re.search(r'client_max_body_size (\d+)m;', text)[1]) * 2**20
    assert limit > FIELDS['max_file_size'].default
    port = FIELDS['port'].default
    assert f'proxy_pass http://127.0.0.1:{port};' in text
