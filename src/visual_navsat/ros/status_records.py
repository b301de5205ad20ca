# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The states of node, track and autopilot, from the diagnostics of localizer and bridge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import math

from diagnostic_msgs.msg import DiagnosticStatus
from visual_navsat.session.records import Level, position_record, Record, state_record, Whose

_LEVELS: dict[bytes, Level] = {DiagnosticStatus.OK: 'ok', DiagnosticStatus.WARN: 'warn'}
_OF_NODE = (
    *('state', 'busy', 'refusal', 'found_by', 'gnss', 'images_received', 'images_dropped'),
    *('images_lost', 'fixes', 'no_fixes', 'inputs', 'total_ms', 'last_problem'),
)
_OF_BRIDGE = (
    *('loop', 'autopilot', 'sent_hz', 'fix_age_s', 'reset_counter', 'silence', 'fixes'),
    *('score_n', 'score_median_m', 'score_p95_m', 'last_problem'),
)
_FIX_LEVELS: dict[str, Level] = {'FIX': 'ok', 'DEGRADED': 'warn'}
_TRACKED = 'tracked'


def status_records(
    time_s: float, status: DiagnosticStatus, values: Mapping[str, str]
) -> Iterator[Record]:
    """
    Yield what a status says; nothing of a status that is of neither.

    :param values: of the status, by key.
    """
    level = _LEVELS.get(status.level, 'error')
    if 'images_received' in values:
        shown = {key: values[key] for key in _OF_NODE if key in values}
        yield state_record(time_s, 'node', level, values['state'], status.message, shown)
        yield from _track(time_s, values)
    elif 'states' in values and 'reset_counter' in values:
        shown = {key: values[key] for key in _OF_BRIDGE if key in values}
        yield state_record(time_s, 'autopilot', level, values['states'], status.message, shown)
        yield from _positions(time_s, values)


def _track(time_s: float, values: Mapping[str, str]) -> Iterator[Record]:
    fix_state, track = values.get('fix_state', ''), values.get('track', '')
    if track:
        level = _FIX_LEVELS.get(fix_state, 'error' if fix_state else 'warn')
        state = _TRACKED if track == _TRACKED else track.partition(':')[0]
        words = f'{track}; {fix_state}' if fix_state else track
        yield state_record(time_s, 'track', level, state, words, {'fix_state': fix_state})


def _positions(time_s: float, values: Mapping[str, str]) -> Iterator[Record]:
    """Yield where the autopilot is by its estimator and by its GNSS, as the bridge tells."""
    whose: tuple[Whose, ...] = ('autopilot', 'gnss')
    for one in whose:
        place = [float(values.get(f'{one}_{axis}', 'nan')) for axis in ('latitude', 'longitude')]
        if all(map(math.isfinite, place)):
            yield position_record(time_s, one, *place)
