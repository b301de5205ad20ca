# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a replay gave: the lines for people and the JSON documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from visual_navsat.evaluation import Evaluation, ScoredAnswer
from visual_navsat.evaluation.summary_table import summary_lines
from visual_navsat.geometry.view import View
from visual_navsat.replay.scoring import take_timings
from visual_navsat.replay.truth import MAX_SPEED_M_PER_S, TruthTrack

# What is said of each count that is not zero; 'images' is in the first line.
_COUNTS = {
    'stale': 'not newer than the one before: dropped, as the node does',
    'restarts': 'over a second older than the one before: taken as a new sequence',
    'unreadable': 'could not be read',
    'failed': 'met an unexpected error, which the log explains',
    'no_mount': 'were taken when TF did not know how the camera was mounted',
    'dropped': 'displaced by a newer one while the node was busy',
    'lost': 'that the node never received: lost, or replaced by the next one before it took them',
}
_LISTED_REASONS = 10  # a line that names values differs from message to message


def known_names(views: Iterable[View]) -> list[str]:
    """Return what was known of some image at least, by the names that people use."""
    known: dict[str, None] = {}
    for view in views:
        values = {
            'heading': view.known_heading_deg,
            'attitude': view.enu_from_camera if view.is_tilt_measured else None,
            'height': view.height_agl_m,
            'gsd': view.gsd_m_per_px,
            'camera': view.camera,
        }
        known |= {name: None for name, value in values.items() if value is not None}
    return list(known)


@dataclass(frozen=True)
class ReplayOutput:
    """A whole replay."""

    recording: str
    mode: str
    answers: Sequence[ScoredAnswer]
    counts: Mapping[str, int]
    ignored: Mapping[str, int]  # measurements, by the reason
    truth: TruthTrack | None
    evaluations: tuple[Evaluation, Evaluation] | None  # of single fixes and of tracked ones
    damage: str = ''
    known: Sequence[str] = field(default_factory=tuple)  # what the engine was told of images
    notes: Sequence[str] = field(default_factory=tuple)  # what was unusual about the recording
    # What the flight learned of its calibration, as the diagnostics have it.
    calibration: Mapping[str, str] = field(default_factory=dict)

    def print(self) -> None:  # noqa: A003
        """Print it for people."""
        for line in self._lines():
            print(line)

    def documents(self) -> dict[str, Any]:
        """Return the content of the JSON files; what differs between runs is in timings.json."""
        documents: dict[str, Any] = {'replay.json': self._summary()}
        if self.evaluations is not None:
            timings = {}
            for number, name in enumerate(('fix', 'tracked')):
                content = self.evaluation(number)
                timings[name] = take_timings(content)
                documents[f'evaluation_{name}.json'] = content
            documents['timings.json'] = timings['fix']
        return documents

    def evaluation(self, number: int) -> dict[str, Any]:
        """Return the evaluation of the single fixes (0) or of the tracked ones (1)."""
        assert self.evaluations is not None
        conditions = {'known': list(self.known), 'score': 'vehicle', 'mode': self.mode}
        return {**self.evaluations[number].to_json(), 'conditions': conditions}

    def _lines(self) -> Iterator[str]:
        fixes = sum(scored.is_fix for scored in self.answers)
        tracked = sum(scored.tracked.is_fix for scored in self.answers)
        images = self.counts.get('images', 0)
        yield (
            f'{self.recording}, {self.mode}: {images} images, {len(self.answers)} answered, '
            f'{fixes} fixes, {tracked} tracked fixes'
        )
        yield from self.notes
        for name, what in _COUNTS.items():
            if self.counts.get(name):
                yield f'{self.counts[name]} images {what}'
        reasons_why = Counter(self.ignored).most_common()
        for reason, count in reasons_why[:_LISTED_REASONS]:
            yield f'{count} measurements ignored: {reason}'
        if others := sum(count for _, count in reasons_why[_LISTED_REASONS:]):
            yield f'{others} measurements ignored for other reasons, listed in replay.json'
        reasons = Counter(scored.reason for scored in self.answers if not scored.is_fix)
        if reasons and set(reasons) != {''}:
            listed = ', '.join(f'{reason} {count}' for reason, count in reasons.most_common())
            yield f'refused: {listed}'
        yield from (f'{name}: {said}' for name, said in self.calibration.items())
        yield from self._truth_lines()
        if self.evaluations is not None:
            single, followed = self.evaluations
            yield ''
            yield from summary_lines(single, self.known)
            yield (
                f'tracked: {len(followed.answers) - followed.refused} fixes, '
                f'{followed.false_fixes} false; error median {followed.error_median_m:.1f} m, '
                f'90 % below {followed.error_p90_m:.1f} m'
            )

    def _truth_lines(self) -> Iterator[str]:
        if self.truth is None:
            yield 'no truth: nothing to compare with'
            return
        if self.truth.left_out:
            yield f'{self.truth.left_out} messages of the truth have no position: left out'
        if self.truth.jumps:
            yield (
                f'the truth jumps {self.truth.jumps} times (faster than {MAX_SPEED_M_PER_S:g} '
                'm/s): it is wrong there, and not interpolated across'
            )
        missing = sum(scored.truth is None for scored in self.answers)
        if missing:
            yield f'{missing} answered images have no truth near enough in time: not scored'

    def _summary(self) -> dict[str, Any]:
        return {
            'recording': self.recording,
            'mode': self.mode,
            'images': self.counts.get('images', 0),
            'answered': len(self.answers),
            'fixes': sum(scored.is_fix for scored in self.answers),
            'tracked_fixes': sum(scored.tracked.is_fix for scored in self.answers),
            **{name: self.counts.get(name, 0) for name in _COUNTS},
            'measurements_ignored': dict(self.ignored),
            'truth_samples': 0 if self.truth is None else len(self.truth.samples),
            'truth_left_out': 0 if self.truth is None else self.truth.left_out,
            'truth_jumps': 0 if self.truth is None else self.truth.jumps,
            'without_truth': sum(scored.truth is None for scored in self.answers),
            'notes': list(self.notes),
            'calibration': dict(self.calibration),
            'damage': self.damage or None,
        }
