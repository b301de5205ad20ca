# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The node's health as a diagnostic_msgs/DiagnosticStatus."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import threading
import time

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import REASONS, Refusal
from visual_navsat.ros.problems import Problems
from visual_navsat.tracking.gnss_check import GnssVerdict
from visual_navsat.tracking.vehicle_sensors import TOO_OLD

IMAGE_TIMEOUT_S = 3.0
_REFUSALS_TOLD = 16  # of the last images: between two diagnostics there are several

COUNTERS = (
    'images_received',
    'images_lost',  # on their way to the node, as far as the middleware knows
    'images_dropped',  # a newer one came while the node was busy, or it was switched off
    'images_abandoned',  # the node was deactivated before they were answered
    'images_stale',  # stamp not newer than the last one's
    'images_refused',  # cannot be read
    'images_unanswered',  # those of them that have no possible stamp to answer with
    'stamp_restarts',  # stamp far before the last one's
    'fixes',
    'no_fixes',
    'query_errors',
    'inputs_ignored',  # sensor messages that were invalid
    'inputs_too_old',  # images for which some input had expired
)


# The outcome in each lifecycle state before anything else happened.
IDLE = {
    'unconfigured': 'waits for configure',
    'configuring': 'loads the map',
    'inactive': 'waits for activate',
    'active': 'no image yet',
    'finalized': 'shut down',
}
# Why there is no fix in each state, whatever the images show: one of REASONS.
REFUSAL = {
    'unconfigured': 'no_index',
    'configuring': 'no_index',
    'inactive': 'not_active',
    'active': '',
    'finalized': 'not_active',
}


class NodeHealth:
    """
    The lifecycle state, counters, what became of the last image and what is wrong.

    Safe to use from every thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.enabled = True  # whether images are used at all
        self.silence = ''  # why no image comes, while none does
        self._identity: dict[str, str] = {}
        self._timings_ms: dict[str, float] = {}
        self._facts: dict[str, str] = {}
        self._problems = Problems()
        self._busy_since: float | None = None
        self._is_abandoned = False  # what the worker is busy with
        self._counters = dict.fromkeys(COUNTERS, 0)
        self._refusals: deque[str] = deque(maxlen=_REFUSALS_TOLD)
        self.enter('unconfigured')

    def enter(self, state: str) -> None:
        """Note the lifecycle state that the node is in now."""
        with self._lock:
            self.state = state
            self._level, self._outcome = DiagnosticStatus.OK, IDLE[state]
            self._refusal = REFUSAL[state]
            if state != 'configuring':
                self._problems.recover('transition')
            self._last_image_at = time.monotonic()

    def reset(self) -> None:
        """Forget counters, timings, facts and problems; state and identity stay."""
        with self._lock:
            self._counters = dict.fromkeys(COUNTERS, 0)
            self._timings_ms, self._facts = {}, {}
            self._problems.clear()
        self.enter(self.state)

    def identify(self, **identity: object) -> None:
        """Note which index and model answer."""
        self._identity = {key: str(value) for key, value in identity.items()}

    def count(self, counter: str, number: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self._counters[counter] += number
            if counter == 'images_received':
                self._last_image_at = time.monotonic()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While in it an image is worked on: however long that takes, the camera is not silent."""
        self._busy_since = time.monotonic()
        try:
            yield
        finally:
            self._busy_since, self._is_abandoned = None, False
            self._last_image_at = time.monotonic()

    def abandon(self) -> None:
        """Note that nobody waits any longer for the image that is worked on, if there is one."""
        self._is_abandoned = self._busy_since is not None

    def note_outcome(self, level: bytes, outcome: str) -> None:
        """Say in one line what became of the last image or transition."""
        with self._lock:
            self._level, self._outcome = level, outcome

    def note_problem(self, problem: str, source: str = '') -> None:
        """Keep a line about what is wrong until its source does well again."""
        with self._lock:
            self._problems.note(problem, source)

    def recover(self, source: str) -> None:
        """Note that a source does well."""
        with self._lock:
            self._problems.recover(source)

    def note_error(self, error: str, source: str = '') -> None:
        """Note a problem that is also what became of the last image or transition."""
        self.note_problem(error, source)
        self.note_outcome(DiagnosticStatus.ERROR, error)

    def note_answer(self, answer: Answer, gnss: GnssVerdict | None) -> None:
        """
        Note what an image gave.

        :param gnss: how GNSS fits the position, None where there was nothing to compare.
        """
        position, tracked = answer.position, answer.tracked
        self.note_facts(track=_explain(tracked) if isinstance(tracked, Refusal) else 'tracked')
        if answer.was_looked_for:
            looked = 'yes' if answer.looked_near_track else 'no'
            self.note_facts(
                found_by=answer.found_by,
                looked_near_track=looked,
                images_joined=str(answer.images_joined),
            )
        if answer.view is not None:
            used = ', '.join(f'{name} {what}' for name, what in answer.inputs.items())
            self.note_facts(inputs=used or 'none')
            if TOO_OLD in answer.inputs.values():
                self.count('inputs_too_old')
            self.note_timings(answer.timings_ms)
        if gnss is not None:
            self.note_facts(gnss=gnss)
        if isinstance(position, Refusal):
            self._refusal = position.reason
            if answer.stamp_ns is not None:
                with self._lock:
                    self._refusals.append(f'{answer.stamp_ns}:{position.reason}')
            self.count('no_fixes')
            if answer.problem:
                self.count('images_refused' if answer.is_unreadable else 'query_errors')
                self.note_error(answer.problem, 'image')
                return
            self.recover('image')
            self.note_outcome(DiagnosticStatus.WARN, f'no fix, {_explain(position)}')
            return
        self._refusal = ''
        self.count('fixes')
        self.recover('image')
        if gnss is not None and not gnss.is_consistent:
            self.note_outcome(DiagnosticStatus.WARN, f'fix; gnss is {gnss}')
        else:
            self.note_outcome(DiagnosticStatus.OK, 'fix')

    def note_timings(self, timings_ms: Mapping[str, float]) -> None:
        """Keep the milliseconds of each step of the last query."""
        self._timings_ms = dict(timings_ms)

    def note_facts(self, **facts: object) -> None:
        """Keep what is known beside the outcome, such as the state of the fix, by its key."""
        with self._lock:
            self._facts |= {key: str(value) for key, value in facts.items()}

    def status(self, name: str, image_topics: str) -> DiagnosticStatus:
        """
        Return the node's health as of now.

        :param name: of the status, by custom ``node: task``.
        :param image_topics: where images are expected, for people.
        """
        with self._lock:
            level, outcome = self._judge(image_topics)
            values = {
                'state': self.state,
                'enabled': str(self.enabled).lower(),
                'busy': str(self._busy_since is not None).lower(),
                'reason': outcome,
                'refusal': self._refusal,
                'refusals': ' '.join(self._refusals),
                'last_problem': self._problems.last,
                'past_problem': self._problems.past,
                **self._facts,
                **{counter: str(count) for counter, count in self._counters.items()},
                **{f'{step}_ms': f'{ms:.1f}' for step, ms in self._timings_ms.items()},
                **self._identity,
            }
            status = DiagnosticStatus(level=level, name=name, message=f'{self.state}: {outcome}')
        status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
        return status

    def _judge(self, image_topics: str) -> tuple[bytes, str]:
        at_least_warn = max(self._level, DiagnosticStatus.WARN)
        busy_since = self._busy_since
        since = self._last_image_at if busy_since is None else busy_since
        waited_s = time.monotonic() - since
        if self._is_abandoned and busy_since is not None:
            waits = '; images wait for it' if self.state == 'active' else ''
            abandoned = f'an abandoned image takes {waited_s:.0f} s so far{waits}'
            return at_least_warn, abandoned if waits else f'{self._outcome}; {abandoned}'
        if self.state != 'active':
            # A localizer that does not run is worth a look, even if nothing failed.
            return at_least_warn, self._outcome
        if not self.enabled:
            return DiagnosticStatus.WARN, 'disabled by set_enabled'
        if waited_s <= IMAGE_TIMEOUT_S:
            return self._level, self._outcome
        if busy_since is not None:
            return at_least_warn, f'one image takes {waited_s:.0f} s so far'
        line = f'no image for {waited_s:.0f} s on {image_topics}'
        return DiagnosticStatus.STALE, ': '.join(filter(None, (line, self.silence)))


def _explain(refusal: Refusal) -> str:
    return f'{refusal.reason}: {refusal.detail or REASONS[refusal.reason]}'
