# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The verbs compare and report, run as commands on files."""

import json

import pytest
from report_world import flight
from visual_navsat.cli.main import main

NEW = (1.0, 30.0, None, 2.0, 20.0, 4.0, 5.0)


@pytest.fixture
def runs(tmp_path):
    """Write old.json and new.json; return their paths."""
    paths = []
    for name, run in (('old', flight()), ('new', flight(errors=NEW))):
        paths.append(str(tmp_path / f'{name}.json'))
        (tmp_path / f'{name}.json').write_text(json.dumps(run.summary))
    return paths


def test_figures_and_tests_of_two_runs(runs, tmp_path, capsys):
    out = tmp_path / 'c.json'
    assert main(['compare', *runs, '--json', str(out)]) == 0
    text = capsys.readouterr().out
    # Errors of 1, 4, 8, 20 and 120 m; and of 1, 30, 2, 20, 4 and 5 m.
    rows = [' '.join(line.split()) for line in text.splitlines()]
    assert 'median error 8.00 m 4.50 m −3.50 m better' in rows
    assert 'fixes 5 6 +1 better' in rows
    assert '7 images in both runs' in text
    assert 'new is better in 2, worse in 1' in text
    content = json.loads(out.read_text())
    assert content['paired']['errors']['pairs'] == 5
    assert content['first']['median'] == pytest.approx(8.0)
    assert content['paired']['within_25_m']['only_second'] == 2


@pytest.mark.parametrize(
    ('limits', 'code'),
    [
        ('median>5', 0),  # of the second run
        ('median>4', 3),
        ('delta_median>0', 0),
        ('delta_fixes>0', 3),
        ('p_errors<0.05', 0),
        ('delta_fixes>0 and p_within_25<0.05', 0),
    ],
)
def test_limits(runs, limits, code):
    assert main(['compare', *runs, '--fail-if', limits]) == code


def test_a_page_of_both(runs, tmp_path, capsys):
    pytest.importorskip('matplotlib')
    assert main(['compare', *runs, '--report', str(tmp_path / 'c.html')]) == 0
    assert 'old against new' in (tmp_path / 'c.html').read_text()
    assert f'report: {tmp_path / "c.html"}' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (['old.json', 'gone.json'], 'cannot read'),
        (['old.json', 'new.json', '--fail-if', 'p95>2'], "--fail-if 'p95' is unknown"),
        (['old.json', 'other.json'], 'have no image in common'),
        (['old.json', 'list.json'], "has no list of 'queries'"),
        (
            ['old.json', 'new.json', '--report', 'c.html', '--map', 'none'],
            'no index at none',
        ),
    ],
)
def test_what_cannot_be_compared_is_one_line(runs, tmp_path, capsys, monkeypatch, change, message):
    monkeypatch.chdir(tmp_path)
    summary = json.loads((tmp_path / 'old.json').read_text())
    for query in summary['queries']:
        query['filename'] = f'other {query["filename"]}'
    (tmp_path / 'other.json').write_text(json.dumps(summary))
    (tmp_path / 'list.json').write_text('[]')
    assert main(['compare', *change]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / 'c.html').exists()
