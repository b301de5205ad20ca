# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the node says about its health."""

from dataclasses import replace

from diagnostic_msgs.msg import DiagnosticStatus
from makers import make_answer
import numpy as np
from visual_navsat.localization.position import PositionEstimate, REASONS, Refusal
from visual_navsat.ros import diagnostics
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.tracking.gnss_check import GnssVerdict


def read(health):
    status = health.status('localizer: localization', '/image')
    return status, {entry.key: entry.value for entry in status.values}


def make_active_health():
    health = NodeHealth()
    health.enter('active')
    return health


def test_level_follows_the_last_image_and_a_problem_holds_until_its_source_does_well():
    health = make_active_health()
    health.note_error('image step is 5 bytes', 'image')
    status, values = read(health)
    assert (status.level, status.message) == (
        DiagnosticStatus.ERROR,
        'active: image step is 5 bytes',
    )
    health.note_outcome(DiagnosticStatus.OK, 'fix')
    status, values = read(health)
    assert (status.level, status.message) == (DiagnosticStatus.OK, 'active: fix')
    assert values['last_problem'] == 'image step is 5 bytes'
    health.note_answer(make_answer(FIX, tracked=LOST), None)
    _, values = read(health)
    assert values['last_problem'] == ''
    assert values['past_problem'] == '0 s ago: image step is 5 bytes'


def test_silence_of_the_camera_is_stale_and_names_the_topic(monkeypatch):
    health = make_active_health()
    monkeypatch.setattr(diagnostics, 'IMAGE_TIMEOUT_S', -1.0)
    status, values = read(health)
    assert status.level == DiagnosticStatus.STALE
    assert '/image' in values['reason']


def test_a_long_look_at_one_image_is_no_silence_of_the_camera(monkeypatch):
    health = make_active_health()
    health.note_outcome(DiagnosticStatus.OK, 'fix')
    monkeypatch.setattr(diagnostics, 'IMAGE_TIMEOUT_S', 3600.0)
    with health.busy():
        assert read(health)[0].level == DiagnosticStatus.OK
        monkeypatch.setattr(diagnostics, 'IMAGE_TIMEOUT_S', -1.0)
        status, values = read(health)
        assert status.level == DiagnosticStatus.WARN
        assert values['reason'].startswith('one image takes')
    monkeypatch.setattr(diagnostics, 'IMAGE_TIMEOUT_S', 3600.0)
    assert read(health)[0].level == DiagnosticStatus.OK
    monkeypatch.setattr(diagnostics, 'IMAGE_TIMEOUT_S', -1.0)
    assert read(health)[0].level == DiagnosticStatus.STALE


def test_an_abandoned_image_is_said_in_every_state_until_it_ends():
    health = make_active_health()
    health.abandon()  # there is none
    with health.busy():
        health.abandon()
        health.enter('unconfigured')
        status, values = read(health)
        assert status.level == DiagnosticStatus.WARN
        assert values['reason'] == 'waits for configure; an abandoned image takes 0 s so far'
        health.enter('active')
        expected = 'an abandoned image takes 0 s so far; images wait for it'
        assert read(health)[1]['reason'] == expected
    assert read(health)[1]['reason'] == 'no image yet'


def test_an_image_that_failed_is_an_error_and_counted():
    health = make_active_health()
    failed = Refusal('failed', 'unexpected ZeroDivisionError: division by zero')
    health.note_answer(make_answer(failed, tracked=LOST), None)
    status, values = read(health)
    assert status.level == DiagnosticStatus.ERROR
    assert values['reason'] == values['last_problem'] == failed.detail
    assert (values['refusal'], values['query_errors'], values['no_fixes']) == ('failed', '1', '1')
    health.note_answer(make_answer(Refusal('unreadable', 'cut'), tracked=LOST), None)
    assert read(health)[1]['images_refused'] == '1'


def test_the_last_refusals_are_told_with_their_images():
    health = make_active_health()
    for stamp_ns in range(20):
        answer = make_answer(Refusal('no_match'), tracked=LOST)
        health.note_answer(replace(answer, stamp_ns=stamp_ns), None)
    told = read(health)[1]['refusals'].split()
    assert told == [f'{stamp_ns}:no_match' for stamp_ns in range(4, 20)]


def test_the_reason_of_a_closed_list_is_told_apart_from_its_words():
    health = NodeHealth()
    assert read(health)[1]['refusal'] == 'no_index'
    health.enter('inactive')
    assert read(health)[1]['refusal'] == 'not_active'
    health.enter('active')
    assert read(health)[1]['refusal'] == ''
    health.note_answer(make_answer(Refusal('stale', 'the image is 9.1 s old'), tracked=LOST), None)
    assert read(health)[1]['refusal'] == 'stale'
    health.note_answer(make_answer(FIX, tracked=LOST), None)
    assert read(health)[1]['refusal'] == ''
    assert set(diagnostics.REFUSAL.values()) - {''} <= set(REASONS)


def test_a_localizer_that_does_not_run_is_a_warning_or_its_error():
    health = NodeHealth()
    status, _ = read(health)
    assert (status.level, status.message) == (
        DiagnosticStatus.WARN, 'unconfigured: waits for configure',
    )  # fmt: skip
    health.note_error('node.map is empty')
    status, _ = read(health)
    assert status.level == DiagnosticStatus.ERROR


def test_reset_clears_counters_and_problem_but_not_state_and_identity():
    health = make_active_health()
    health.identify(model='dinov2_vits14')
    health.count('fixes')
    health.note_timings({'backbone': 12.34})
    health.note_error('bad')
    _, values = read(health)
    assert (values['fixes'], values['backbone_ms']) == ('1', '12.3')
    health.reset()
    status, values = read(health)
    assert (values['fixes'], values['last_problem'], values['model']) == ('0', '', 'dinov2_vits14')
    assert (status.level, values['state']) == (DiagnosticStatus.OK, 'active')


FIX = PositionEstimate(46.5, 7.9, np.eye(3))
LOST = Refusal('lost', 'the likeliest place holds 3% of the belief over the map')


def test_answer_is_counted_and_named():
    health = make_active_health()
    health.note_answer(make_answer(FIX, tracked=LOST), None)
    status, values = read(health)
    assert (status.level, values['reason'], values['fixes']) == (DiagnosticStatus.OK, 'fix', '1')
    assert values['track'] == 'lost: the likeliest place holds 3% of the belief over the map'
    assert 'gnss' not in values
    health.note_answer(make_answer(Refusal('dark'), tracked=FIX), None)
    status, values = read(health)
    assert (status.level, values['no_fixes']) == (DiagnosticStatus.WARN, '1')
    assert values['reason'] == 'no fix, dark: the image is too dark'
    assert values['track'] == 'tracked'


def test_gnss_that_disagrees_is_a_warning():
    health = make_active_health()
    health.note_answer(make_answer(FIX, tracked=FIX), GnssVerdict(distance_m=3.2, sigmas=0.41))
    status, values = read(health)
    assert (status.level, values['gnss']) == (DiagnosticStatus.OK, 'consistent (3 m, 0.4 sigma)')
    health.note_answer(make_answer(FIX, tracked=FIX), GnssVerdict(distance_m=812.0, sigmas=41.2))
    status, values = read(health)
    assert status.level == DiagnosticStatus.WARN
    assert values['reason'] == 'fix; gnss is inconsistent (812 m, 41.2 sigma)'


def test_inputs_are_listed_and_old_ones_counted_once_per_image():
    health = make_active_health()
    used = {'imu': 'too old', 'heading': 'too old', 'altitude': 'used'}
    health.note_answer(make_answer(FIX, tracked=FIX, inputs=used), None)
    _, values = read(health)
    assert values['inputs'] == 'imu too old, heading too old, altitude used'
    assert values['inputs_too_old'] == '1'
    health.note_answer(make_answer(FIX, tracked=FIX), None)
    assert read(health)[1]['inputs'] == 'none'
    health.note_facts(fix_state='NO_FIX')
    health.reset()
    assert 'fix_state' not in read(health)[1]


def test_they_say_whether_an_image_is_worked_on():
    health = make_active_health()
    assert read(health)[1]['busy'] == 'false'
    with health.busy():
        assert read(health)[1]['busy'] == 'true'
    assert read(health)[1]['busy'] == 'false'
