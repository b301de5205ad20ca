# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The closed loop: camera, localizer, bridge, autopilot; its own or one that is named."""

import json
import os

import _needs_pymavlink  # noqa: F401
import pytest
from visual_navsat.cli.main import main
from visual_navsat.ros.domain import reserve_domain_id
from visual_navsat.session.reader import read_session

ENDPOINT = os.environ.get('VISUAL_NAVSAT_AUTOPILOT', '')


@pytest.fixture
def fly(tmp_path, monkeypatch):
    """Return a function that flies and returns the summary and the session."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(reserve_domain_id()))

    def fly(*arguments):
        assert main(['fly-sim', '--out', str(tmp_path / 'out'), *arguments]) == 0
        summary = json.loads((tmp_path / 'out/summary.json').read_text())
        assert (tmp_path / 'out/flight.png').stat().st_size > 10_000
        return summary, read_session(tmp_path / 'out/session.jsonl')

    return fly


def test_the_estimator_stays_right_without_gnss(fly):
    small = ('--size-m', '321', '--height-m', '80', '--rate', '0.5', '--gnss-s', '0')
    # Slower than life, as other tests run beside it.
    summary, session = fly('--seconds', '12', *small, '--slower', '1.5')
    assert summary['seconds_without_gnss'] == pytest.approx(12.0, abs=0.5)
    assert summary['way_m'] > 50.0
    assert summary['estimator_error_m']['median'] < 6.0
    assert summary['estimator_error_m']['max'] < 12.0
    assert summary['fix_error_m']['median'] < 6.0
    # Seven seconds without a fix would be a failsafe, as test_fly_sim.py shows.
    assert summary['failsafes'] == 0 and summary['fixes'] >= 3
    assert 'fused' in summary['states']['autopilot']
    assert not session.damage
    kinds = {record['kind'] for record in session.records}
    assert kinds == {'session', 'answer', 'footprint', 'position', 'state', 'event', 'tile'}


@pytest.mark.skipif(
    not ENDPOINT, reason='VISUAL_NAVSAT_AUTOPILOT names no autopilot in simulation'
)
def test_a_real_autopilot_flies_without_gnss(fly):
    summary, _ = fly('--connect', ENDPOINT, '--seconds', '120', '--rate', '1')
    assert summary['estimator_error_m']['median'] < 6.0
    assert summary['estimator_error_m']['p95'] < 15.0
    assert summary['failsafes'] == 0
