"""What the node says about its health."""

from diagnostic_msgs.msg import DiagnosticStatus

from visual_navsat.ros import diagnostics
from visual_navsat.ros.diagnostics import NodeHealth


def read(health):
    status = health.status('localizer: localization', '/image')
    return status, {entry.key: entry.value for entry in status.values}


def make_active_health():
    health = NodeHealth()
    health.enter('active')
    return health


def test_level_follows_the_last_image_and_the_last_problem_stays():
    health = make_active_health()
    health.note_error('image step is 5 bytes')
    status, values = read(health)
    assert (status.level, status.message) == (
        DiagnosticStatus.ERROR,
        'active: image step is 5 bytes',
    )
    health.note_outcome(DiagnosticStatus.OK, 'fix')
    status, values = read(health)
    assert (status.level, status.message) == (DiagnosticStatus.OK, 'active: fix')
    assert values['last_problem'] == 'image step is 5 bytes'


def test_silence_of_the_camera_is_stale_and_names_the_topic(monkeypatch):
    health = make_active_health()
    monkeypatch.setattr(diagnostics, 'IMAGE_TIMEOUT_S', -1.0)
    status, values = read(health)
    assert status.level == DiagnosticStatus.STALE
    assert '/image' in values['reason']


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
