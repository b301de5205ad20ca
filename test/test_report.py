# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The report's page as a file: whole, self-contained, and safe against what it shows."""

import base64
from dataclasses import replace
import hashlib
import json
import re

import pytest
from report_world import flight, SOURCES
from visual_navsat.errors import VisualNavsatError
from visual_navsat.evaluation import compare_runs, RunRecord
from visual_navsat.localization.position import Refusal
from visual_navsat.report import ReportSources, write_comparison, write_report
from visual_navsat.report.comparison import differing_pairs

pytest.importorskip('matplotlib')


@pytest.fixture(scope='module')
def page(tmp_path_factory):
    """Write the report of a flight and return its text."""
    path = tmp_path_factory.mktemp('report') / 'sub' / 'report.html'
    write_report(path, flight(), SOURCES)
    assert [file.name for file in path.parent.iterdir()] == ['report.html']
    return path.read_text()


def test_nothing_is_asked_of_a_network(page):
    addresses = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', page)
    shown = [a for a in addresses if not a.startswith(('data:', '#'))]
    # What is left stands in Leaflet's code, of addresses that it makes itself.
    scripts = ''.join(re.findall(r'<script>(.*?)</script>', page, re.DOTALL))
    assert [address for address in shown if address not in scripts] == []
    assert 'sourceMappingURL' not in page
    assert "default-src 'none'; img-src data:;" in page


def test_only_the_reports_own_scripts_may_run(page):
    allowed = re.findall(r"'sha256-([^']+)'", page)
    scripts = re.findall(r'<script>(.*?)</script>', page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert digests == allowed
    assert len(scripts) == 2


def test_figures_and_reasons_are_told(page):
    for text in ('5 of 7', 'Median error', 'refused: ambiguous', 'the image is too dark'):
        assert text in page
    assert page.count('<article class="panel card"') == 7
    assert 'BSD 2-Clause' in page


def test_names_cannot_break_the_page(tmp_path):
    evil = '</script><script>alert(1)</script><img src=x>'
    run = flight()
    answers = [
        replace(
            one,
            answer=replace(
                one.answer, name=evil, position=one.fix or Refusal(evil, evil), found_by=evil
            ),
        )
        for one in run.answers
    ]
    run = replace(run, answers=tuple(answers))
    write_report(tmp_path / 'r.html', run, ReportSources())
    text = (tmp_path / 'r.html').read_text()
    assert '<script>alert' not in text
    assert '<img src=x' not in text
    data = re.search(r'id="map-data">(.*?)</script>', text, re.DOTALL).group(1)
    assert json.loads(data)['answers'][0]['file'] == evil


def test_a_run_without_fixes_or_times_has_a_report(tmp_path):
    run = flight(errors=(None, None))
    summary = {key: run.summary[key] for key in ('queries', 'recall_at', 'error_m')}
    for query in summary['queries']:
        query.pop('timings_ms')
    write_report(tmp_path / 'r.html', RunRecord.from_json(summary, 'bare'), ReportSources())
    text = (tmp_path / 'r.html').read_text()
    assert '0 of 2' in text
    assert 'Time of each stage' not in text


def test_a_page_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(VisualNavsatError, match=r'cannot write .*file'):
        write_report(tmp_path / 'file' / 'r.html', flight(), ReportSources())


def test_the_same_run_twice_is_the_same_page(tmp_path, page):
    write_report(tmp_path / 'r.html', flight(), SOURCES)
    assert (tmp_path / 'r.html').read_text() == page


def test_two_runs_are_shown_beside_each_other(tmp_path):
    old, new = flight('old'), flight('new', (1.0, 30.0, None, 2.0, 20.0, 4.0, 5.0))
    write_comparison(tmp_path / 'c.html', old, new, compare_runs(old, new), SOURCES)
    text = (tmp_path / 'c.html').read_text()
    assert 'old against new' in text
    assert 'McNemar' in text
    assert '<td class="better">−3.50 m</td>' in text
    # Differing: 115 m, 26 m, 25 - 4 m and 6 m; the others agree.
    assert text.count('<article') == 4
    assert 'old: refused: dark' in text


def test_pairs_that_differ_most_come_first():
    old, new = flight('old'), flight('new', (1.0, 30.0, None, 2.0, 20.0, 4.0, 5.0))
    assert differing_pairs(compare_runs(old, new).pairs) == [6, 1, 5, 3]
