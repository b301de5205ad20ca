# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is proposed fits what was asked, and its file is one that the verbs and the node take."""

from dataclasses import replace
import json
from pathlib import Path

import pytest
from visual_navsat.cli.main import main
from visual_navsat.config import Config
from visual_navsat.config_file import load_config
from visual_navsat.errors import ConfigError
from visual_navsat.planning.machine_speed import MachineSpeed
from visual_navsat.planning.plan import Flight, propose, published_share

ROOT = Path(__file__).resolve().parents[1]
EMBEDDED, SMALL = 'dinov2_vit_d192_l6_aerial', 'dinov2_vits14'
SPEED = MachineSpeed('cpu', {EMBEDDED: 20.0, SMALL: 200.0}, 100.0, 10.0)
FLIGHT = Flight(
    area_km2=1.0,
    height_m=120.0,
    hfov_deg=70.0,
    is_heading_known=True,
    memory_mb=4000.0,
    latency_ms=1000.0,
)


def test_the_search_takes_what_the_latency_leaves():
    best, other = propose(FLIGHT, SPEED)
    assert (best.model, best.scope, best.exceeds) == (EMBEDDED, 'whole', '')
    assert best.max_million_scores == pytest.approx((1000 - 120) / 10.0)
    # All of 1 km2 is tried sooner than the budget ends.
    assert best.latency_ms < 1000 and best.latency_ms < other.latency_ms
    assert other.max_million_scores == pytest.approx((1000 - 300) / 10.0)


def test_a_map_beyond_the_budget_is_searched_more_coarsely_and_then_by_retrieval():
    scopes = [
        propose(replace(FLIGHT, area_km2=area, memory_mb=1e6), SPEED)[0].scope
        for area in (1.0, 100.0, 10_000.0)
    ]
    assert scopes == ['whole', 'coarse', 'part']
    # There the larger backbone is worth its time.
    assert propose(replace(FLIGHT, area_km2=1e4, memory_mb=1e6), SPEED)[0].model == SMALL


def test_what_does_not_fit_is_named():
    best, other = propose(replace(FLIGHT, latency_ms=250.0), SPEED)
    assert best.exceeds == ''
    assert other.exceeds == '300 ms pass before any place is tried'
    lost = propose(replace(FLIGHT, is_heading_known=False, latency_ms=250.0), SPEED)[0]
    assert lost.num_rotations == 8 and '260 ms pass' in lost.exceeds
    small = propose(replace(FLIGHT, area_km2=1e3, memory_mb=600.0), SPEED)[0]
    assert 'MB of memory' in small.exceeds


def test_shares_are_those_of_the_record():
    path = ROOT / 'bench/results/procedural.json'
    if not path.exists():
        pytest.skip('the record is part of the checkout')
    record = json.loads(path.read_text())['searches']
    for scope, name in (('whole', 'all whole maps'), ('coarse', 'coarse'), ('part', 'part')):
        for band in record[name]['height_bands']:
            share = published_share(scope, sum(band['height_m']) / 2)
            assert share == pytest.approx(band['availability'], abs=5e-4)
    assert published_share('whole', 1000.0) == published_share('whole', 399.0)


def test_the_verb_writes_settings_that_load(tmp_path, capsys):
    out, table = tmp_path / 'plan.yaml', tmp_path / 'plan.json'
    asked = ('plan', '--area-km2', '1', '--height-m', '120', '--models', EMBEDDED)
    files = ('--out', str(out), '--json', str(table))
    assert main([*asked, '--latency-ms', '600000', *files]) == 0
    assert 'every place is tried' in capsys.readouterr().out
    (said,) = json.loads(table.read_text())
    config = load_config(out, Config())
    assert config.model.name == EMBEDDED
    assert config.preprocess.num_rotations == 1
    assert config.correlation.max_million_scores == said['max_million_scores']
    assert main([*asked, '--memory', '1MB']) == 1
    assert 'nothing fits' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('flags', 'said'),
    [
        (('--memory', '8'), '--memory must be a size such as 8GB or 900MB, got 8'),
        (('--models', 'vit'), "unknown model 'vit'"),
        (('--height-m', '0'), '--height-m must be 1 to 100000 metres, got 0'),
    ],
)
def test_nonsense_is_refused_in_a_line(flags, said, capsys):
    assert main(['plan', '--area-km2', '1', '--height-m', '120', *flags]) == 1
    assert said in capsys.readouterr().err


def test_a_file_of_ros_parameters_is_one_of_settings(tmp_path):
    path = tmp_path / 'p.yaml'
    path.write_text('/localizer:\n  ros__parameters:\n    retrieval:\n      top_k: 3\n')
    assert load_config(path, Config()).retrieval.top_k == 3
    path.write_text('/a:\n  ros__parameters: {}\n/b:\n  ros__parameters: {}\n')
    with pytest.raises(ConfigError, match='the ros__parameters of one node'):
        load_config(path, Config())
    assert load_config(ROOT / 'config/localizer.yaml', Config()) == Config()
