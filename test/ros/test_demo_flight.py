# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The README's first command, on a short flight: small_map, map, index, the real node, fixes."""

import csv

import pytest
from visual_navsat.cli.main import main
from visual_navsat.ros.domain import reserve_domain_id


@pytest.mark.parametrize('images', [3])
def test_the_demo_flies_and_reports(tmp_path, capsys, monkeypatch, images):
    monkeypatch.setenv('ROS_DOMAIN_ID', str(reserve_domain_id()))
    assert main(['demo', '--out', str(tmp_path), '--images', str(images), '--rate', '5']) == 0
    said = capsys.readouterr().out
    assert f'{images} images:' in said
    assert '0 without an answer' in said
    rows = list(csv.DictReader((tmp_path / 'fixes.csv').open()))
    assert len(rows) == images
    errors = [float(row['error_m']) for row in rows if row['status'] == 'fix']
    assert all(error < 25.0 for error in errors)
    for name in ('map.png', 'fixes.geojson'):
        assert (tmp_path / name).stat().st_size > 100
    assert (tmp_path / 'index' / 'CURRENT').is_file()
