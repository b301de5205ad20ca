# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Calibrate a vehicle by a recorded flight: as it was told, then once more as it is corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.config import Config
from visual_navsat.engine import warm_up
from visual_navsat.errors import VisualNavsatError
from visual_navsat.evaluation.scored_answer import ScoredAnswer
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.replay.flight_replay import answer_every_image, collect_answers, FlightReplay
from visual_navsat.replay.learn_calibration import learn_calibration, LearnedCalibration, Match
from visual_navsat.replay.recording import Recording
from visual_navsat.replay.scoring import placed_truth, score_answer
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.tracking.calibration_state import CalibrationState
from visual_navsat.tracking.localizer import Localizer

_SPACING_S = 1.0  # images nearer in time have the same errors


@dataclass(frozen=True)
class Bias:
    """How far positions are off the truth, in the axes of the images; NaN without a fix."""

    images: int
    fixes: int
    far_off: int  # of the fixes, those that are not in place: left out of the rest
    right_m: float
    up_m: float
    median_m: float

    @classmethod
    def of(cls, answers: Sequence[ScoredAnswer]) -> Bias:
        """Return the bias of answers beside their truth."""
        fixes = [scored for scored in answers if scored.is_fix]
        near = [scored for scored in fixes if scored.is_in_place]
        errors_m = [_right_up_m(scored) for scored in near]
        right_m, up_m = np.mean(errors_m, axis=0).tolist() if errors_m else (math.nan, math.nan)
        median = float(np.median([one.error_m for one in near])) if near else math.nan
        return cls(len(answers), len(fixes), len(fixes) - len(near), right_m, up_m, median)


@dataclass(frozen=True)
class RecordingCalibration:
    """What a recorded flight tells, and what it is worth."""

    recording: str
    learned: LearnedCalibration
    first: LearnedCalibration | None  # what the first pass told; None where it was the only one
    before: Bias
    after: Bias | None  # corrected by the first pass; None where that found nothing significant
    notes: Sequence[str]
    damage: str = ''


def calibrate_recording(
    recording: Recording, config: Config, truth_sigma_m: float, hfov_deg: float | None = None
) -> RecordingCalibration:
    """
    Answer a recording, learn from its fixes, answer it again corrected, and learn from that.

    What is far off is refused for it, and of the rest those are found that are off the least: only
    a corrected flight tells the whole.

    :param config: ``node.map`` is the index; what it corrects already is learned beyond.
    :param truth_sigma_m: standard deviation of the true positions, per axis.
    :param hfov_deg: of the camera, for a recording that does not describe it.
    :raises VisualNavsatError: if the recording has no true positions, or no fix to learn from.
    """
    truth = recording.truth()
    if truth is None:
        raise VisualNavsatError(
            f'{recording.name} has no true positions to calibrate by: name a --truth-topic, or '
            'positions beside the video'
        )
    config = config.replace('calibration.learn', False)
    loaded_map = LoadedMap.open(config.node.map, config)
    warm_up(loaded_map, config)
    truth = placed_truth(truth, loaded_map.tiles, recording.notes)
    assert truth is not None

    def fly(config: Config) -> tuple[list[ScoredAnswer], str]:
        localizer = Localizer.over(loaded_map, config)
        if hfov_deg is not None:
            localizer.flight.sensors.hfov_rad = math.radians(hfov_deg)
        return _scored_answers(localizer, recording, truth)

    before, damage = fly(config)
    matches = list(matches_of(before, loaded_map))
    if not matches:
        raise VisualNavsatError(
            f'none of the {len(before)} images of {recording.name} with a true position was '
            'found: nothing to calibrate by; replay says why'
        )
    learned = learn_calibration(matches, config.calibration, truth_sigma_m)
    notes = list(recording.notes)  # the second time adds the same
    first, after = None, None
    if learned.state.is_used.any():
        after, _ = fly(corrected(config, learned.state))
        again = list(matches_of(after, loaded_map))
        if len(again) >= len(matches):
            first = learned
            learned = learn_calibration(again, config.calibration, truth_sigma_m, first)
        else:
            notes.append(
                f'corrected, it has {len(again)} matches instead of {len(matches)}: what was '
                'learned does not hold for all of it'
            )
    begin = next((n for n, one in enumerate(before) if one.filename == learned.since), 0)
    return RecordingCalibration(
        recording.name,
        learned,
        first,
        Bias.of(before[begin:]),
        Bias.of(after[begin:]) if after is not None else None,
        notes,
        damage,
    )


def corrected(config: Config, state: CalibrationState) -> Config:
    """Return a config with the values that would be written."""
    for one in state.quantities:
        config = config.replace(f'calibration.{one.name}', one.setting)
    return config


def _scored_answers(
    localizer: Localizer, recording: Recording, truth: TruthTrack
) -> tuple[list[ScoredAnswer], str]:
    """Return the answers to all images whose true position is known, and any damage."""
    replay = FlightReplay(localizer)
    answering = answer_every_image(replay, recording)
    answers, damage = collect_answers(answering, replay, recording)
    scored = [score_answer(answer, truth) for answer in answers]
    return [one for one in scored if one.truth is not None], damage


def matches_of(answers: Sequence[ScoredAnswer], loaded_map: LoadedMap) -> Iterator[Match]:
    """Yield the fixes to learn from, beside their truth."""
    last_s = -math.inf
    for scored in answers:
        deviation, stamp_s = scored.answer.deviation, scored.answer.stamp_s
        if deviation is None or stamp_s is None or scored.truth is None:
            continue
        if 0 <= stamp_s - last_s < _SPACING_S:
            continue
        last_s = stamp_s
        true_m = loaded_map.frame.enu_from_geodetic(*scored.truth)
        yield Match(scored.filename, deviation, true_m)


def _right_up_m(scored: ScoredAnswer) -> np.ndarray:
    """Return (2,) by how much a fix is to the image's right and up of the truth."""
    fix = scored.fix
    assert fix is not None and scored.truth is not None
    error_m = LocalFrame(*scored.truth).enu_from_geodetic(fix.latitude, fix.longitude)
    return (
        PhotoPose(*scored.truth, scored.answer.heading_deg or 0.0, math.nan).right_up_from_enu
        @ error_m
    )
