# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""README and pages are true: generated parts are current, links lead somewhere, commands run."""

import csv
import glob
import importlib.util
import json
from pathlib import Path
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest
from visual_navsat.cli.main import main, verb_modules
from visual_navsat.localization.position import REASONS

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    'README.md',
    'CONTRIBUTING.md',
    'docs/getting_started.md',
    'docs/your_map.md',
    'docs/replay_evaluate.md',
    'docs/datasets.md',
    'docs/flying.md',
    'docs/autopilots.md',
    'docs/troubleshooting.md',
    'docs/how_it_works.md',
    'docs/results.md',
    'docs/parameters.md',
    'docs/maps.md',
    'docs/models.md',
    'docs/deploying.md',
    'docs/service.md',
    'bench/README.md',
    'config/README.md',
    'maps/README.md',
    'models/README.md',
)
RUN_PAGES = [page for page in PAGES if not page.startswith(('CONTRIBUTING', 'bench'))]

# What a test does not run, by how a line starts, and what stands in for it.
NOT_RUN = {
    'make ': 'a target, looked up below',
    'cd ~/ws': 'clones this repository',
    'rosdep ': 'needs a ROS distribution',
    'pip install': 'test_colcon.py runs what was installed',
    'python3 -m venv --system-site-packages': 'test_requirements.py reads what goes into it',
    'python3 -m colcon build': 'test_colcon.py builds with colcon',
    'ros2 ': 'the launch file and its arguments are looked up below; test/ros starts the node',
    'rviz2 ': 'needs a display; test_live_view_files.py reads the layout',
    'echo "API_TOKEN': 'asks for openssl',
    'docker compose': 'needs a daemon; test_docker.py reads the files',
    'python3 -m venv': 'installs for the whole machine',
    '/opt/visual_navsat/bin/pip': 'installs for the whole machine',
    'cp docker/': 'installs for the whole machine',
    'systemctl ': 'needs systemd',
    'visual-navsat evaluate --dataset': 'needs a download; test_benchmarks.py reads made-up ones',
    'visual-navsat service': 'its own tests run it on a library',
    'visual-navsat bench': 'takes a minute; test_bench_verb.py runs it on one photo',
    'visual-navsat plan': 'measures the machine; test_plan.py runs it',
    'visual-navsat calibrate': 'needs a flight of more photos; test_calibrate.py runs it on one',
    'visual-navsat bridge': 'test_autopilot_link.py runs it on a fake autopilot',
    'visual-navsat doctor --autopilot': 'test_autopilot_link.py runs it on a fake autopilot',
    'arducopter ': 'is another program, of ArduPilot',
    'curl ': 'test_service_page.py asks a service',
    'visual-navsat fly-sim': 'test/ros/test_fly_sim_closed.py flies, shorter',
    'visual-navsat serve': 'runs until it is stopped; its own tests start it',
    'export FASTDDS': 'test_ros_files.py reads the profile',
    'localizer --ros-args': 'test/ros starts the node',
    'visual-navsat fetch-model dinov2': 'downloads; test_fetch_model.py fetches from this machine',
    'visual-navsat build-map ortho.tif --out my_map --model dinov2': 'needs official weights',
    'visual-navsat build-map ortho.tif --out by_onnx': 'test_onnx.py builds and searches',
    'visual-navsat export-onnx': 'takes seconds; test_onnx.py exports',
    'visual-navsat build-map county.tif': 'test_process_workers.py, test_ray_workers.py build so',
}

pytestmark = pytest.mark.skipif(
    not (ROOT / 'docs').is_dir(), reason='an installed copy has no pages beside it'
)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding='utf-8')


def commands(page: str) -> list[str]:
    """Return the lines of a page's shell blocks, without comments."""
    blocks = re.findall(r'```bash\n(.*?)```', read(page), re.DOTALL)
    lines = '\n'.join(blocks).replace('\\\n', ' ').splitlines()
    return [line for line in (re.sub(r'(^|\s)#.*', '', line).strip() for line in lines) if line]


def our_command(line: str) -> str:
    """Return a line without that which finds our command in an environment or a workspace."""
    return re.sub(r'^(\.venv/bin/|ros2 run visual_navsat )', '', line)


def load_script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / f'docs/{name}.py')
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'docs'))  # as when it is run
        spec.loader.exec_module(module)
    return module


def test_every_page_is_looked_at():
    found = [*(ROOT / 'docs').glob('*.md'), *ROOT.glob('*.md'), *ROOT.glob('[bcm]*/README.md')]
    assert sorted(str(path.relative_to(ROOT)) for path in found) == sorted(PAGES)


def test_generated_parts_are_current():
    updater = load_script('update_pages')
    for page in updater.SECTIONS:
        if page == 'docs/service.md' and importlib.util.find_spec('pydantic_settings') is None:
            continue  # its table is made from the settings, which need an extra
        assert updater.updated(page, read(page)) == read(page), 'run python docs/update_pages.py'


def test_the_first_commands_are_make_targets():
    assert [line.split()[:2] for line in commands('README.md')[:2]] == [
        ['make', 'demo'],
        ['make', 'test'],
    ]


def test_every_make_target_exists():
    make = shutil.which('make')
    lines = {line for page in PAGES for line in commands(page) if line.startswith('make ')}
    assert lines
    for line in sorted(lines):
        done = subprocess.run(
            [make, '-n', *line.split()[1:]], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def test_every_launch_file_and_argument_exists():
    lines = [line for page in PAGES for line in commands(page) if line.startswith('ros2 launch')]
    assert lines
    for line in lines:
        _, _, package, name, *arguments = line.split()
        assert package == 'visual_navsat'
        text = (ROOT / 'launch' / name).read_text(encoding='utf-8')
        for module in ('launch_replay', 'launch_localizer', 'launch_bridge', 'launch_arguments'):
            if module in text:
                path = ROOT / f'src/visual_navsat/ros/{module}.py'
                text += path.read_text(encoding='utf-8')
        for argument in arguments:
            assert f"'{argument.split(':=')[0]}'" in text, f'{name} has no {argument}'


@pytest.mark.parametrize('page', PAGES)
def test_verbs_and_flags_exist(page, capsys):
    for line in commands(page):
        words = our_command(line).split()
        if words[0] != 'visual-navsat':
            continue
        assert words[1] in verb_modules(), line
        with pytest.raises(SystemExit):
            main([words[1], '--help'])
        helped = capsys.readouterr().out
        for flag in (word.split('=')[0] for word in words if word.startswith('--')):
            assert re.search(rf'{flag}\b', helped), f'{words[1]} has no {flag}'


@pytest.mark.parametrize('page', PAGES)
def test_files_that_pip_reads_and_extras_exist(page):
    setup = read('setup.py')
    for line in re.findall(r'pip install [^`\n]+', read(page)):
        for path in re.findall(r'-[cr] (?:src/visual_navsat/)?(\S+)', line):
            assert (ROOT / path).is_file(), line
    named = re.findall(r'visual_navsat\[([\w,-]+)\]|\bROS=([\w-]+)', read(page))
    for extra in ','.join(filter(None, sum(named, ()))).split(','):
        assert not extra or f"'{extra}': " in setup, extra


@pytest.mark.parametrize('page', PAGES)
def test_links_and_figures_exist(page):
    for target in re.findall(r'\]\(([^)#]+)(?:#[^)]*)?\)', read(page)):
        if '://' not in target:
            assert (ROOT / page).parent.joinpath(target).exists(), target


@pytest.mark.slow
def test_the_figures_of_the_pages_can_be_drawn_again(tmp_path, monkeypatch):
    pytest.importorskip('matplotlib')
    pytest.importorskip('rasterio')
    script = load_script('make_figures')
    monkeypatch.setattr(script, 'OUT', tmp_path)
    script.main()
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == sorted(path.name for path in (ROOT / 'docs').glob('figure_*'))


def test_every_reason_of_a_refusal_is_explained():
    explained = re.findall(r'^### (\w+)$', read('docs/troubleshooting.md'), re.MULTILINE)
    assert [reason for reason in explained if reason in REASONS] == list(REASONS)


@pytest.fixture(scope='module')
def place(tmp_path_factory) -> Path:
    """Return a folder with all that the pages name, made from the small map and its photos."""
    pytest.importorskip('rasterio')
    pytest.importorskip('rosbags')
    place = tmp_path_factory.mktemp('place')
    small = ROOT / 'maps/small'
    for name in ('maps', 'config'):
        (place / name).symlink_to(ROOT / name)
    for name in ('ortho.tif', 'spring.tif', 'old.tif'):
        (place / name).symlink_to(small / 'map.tif')
    (place / 'photos').symlink_to(small / 'photos')
    files = importlib.import_module('elevation_files')
    files.write_dem(place / 'dem.tif', files.plane(200, 200), corner=(47.37, 8.52))
    files.write_geoid(place / 'geoid.tif')
    (place / 'photos.csv').symlink_to(small / 'photos.csv')
    way = [[lat, 8.5455] for lat in (47.3970, 47.3985)]
    items = [
        {'type': 'SimpleItem', 'command': 16, 'params': [0, 0, 0, None, *point, 100]}
        for point in way
    ]
    (place / 'mission.plan').write_text(json.dumps({'mission': {'items': items}}))
    record_photos(place / 'flight', small)
    return place


def record_photos(path: Path, small: Path) -> None:
    """Write a bag with the photos of the small map and where they were taken."""
    recorded_flight = importlib.import_module('recorded_flight')
    recorder = recorded_flight.Recorder()
    with (small / 'photos.csv').open(encoding='utf-8') as stream:
        for number, row in enumerate(csv.DictReader(stream)):
            stamp_ns = recorded_flight.START_NS + 20 * number * recorded_flight.SECOND
            recorder.add_image(np.array(Image.open(small / 'photos' / row['Filename'])), stamp_ns)
            recorder.add_heading(float(row['Yaw']), stamp_ns)
            recorder.add_truth(float(row['Latitude']), float(row['Longitude']), stamp_ns)
    names = {'/camera/image': '/camera/image_raw'}
    recorder.kinds = {names.get(topic, topic): kind for topic, kind in recorder.kinds.items()}
    recorder.messages = [
        (names.get(topic, topic), stamp_ns, message)
        for topic, stamp_ns, message in recorder.messages
    ]
    recorder.write(path)


@pytest.mark.slow
def test_everything_that_the_pages_tell_to_type_runs(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    ran = set()
    for page in RUN_PAGES:
        for line in commands(page):
            line = our_command(line)
            if not line.startswith(tuple(NOT_RUN)) and line not in ran:
                run_line(f'{page}: {line}', line, capsys)
                ran.add(line)
        for block in re.findall(r'```python\n(.*?)```', read(page), re.DOTALL):
            exec(compile(block, page, 'exec'), {'__name__': '__main__'})
            assert 'PositionEstimate' in capsys.readouterr().out


def run_line(where: str, line: str, capsys) -> None:
    """Run a command of ours in this process, as an installed one would be run."""
    words = []
    for pattern in shlex.split(line):
        found = sorted(glob.glob(pattern))  # noqa: PTH207 (a pattern may be absolute)
        words += found or [pattern]
    if '--ignore' in words:
        words += ['--limit', '1']  # without a heading an image takes seconds
    assert words[0] == 'visual-navsat', f'{where}: neither run nor named in NOT_RUN'
    code = main(words[1:])
    printed = capsys.readouterr()
    # 3 is an answer of preflight, and of --fail-if.
    may_say_no = 'preflight' in words or '--fail-if' in words
    assert code == 0 or (code == 3 and may_say_no), f'{where}\n{printed.out}{printed.err}'


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip('sphinx')
    docs = tmp_path / 'docs'
    unwanted = shutil.ignore_patterns('generated', '_build')
    shutil.copytree(ROOT / 'docs', docs, ignore=unwanted)
    (tmp_path / 'src').symlink_to(ROOT / 'src')
    build = [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', '-b', 'html']
    # As rosdoc2 builds it. The theme of make docs draws all pages' names on each of them, which
    # takes as long as all the rest.
    build += ['-D', 'html_theme=alabaster']
    done = subprocess.run(
        [*build, docs, tmp_path / 'site'], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in (tmp_path / 'site').glob('*.html'):
        loaded = re.findall(
            r'<(?:script|link|img)[^>]*(?:src|href)="(https?://[^"]+)"',
            page.read_text(encoding='utf-8'),
        )
        assert not loaded, f'{page.name} loads {loaded}'
