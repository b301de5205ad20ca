# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A whole replay: every image of a recording through the localizer."""

from __future__ import annotations

from dataclasses import dataclass
import math

from visual_navsat.config import Config
from visual_navsat.evaluation import RECALL_RANKS
from visual_navsat.replay.flight_replay import (
    answer_every_image,
    answer_in_real_time,
    collect_answers,
    FlightReplay,
)
from visual_navsat.replay.output import known_names, ReplayOutput
from visual_navsat.replay.recording import Recording
from visual_navsat.replay.scoring import evaluate_flight, placed_truth, score_answer
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.tracking.localizer import Localizer


@dataclass(frozen=True)
class Pace:
    """Which images are answered: every one, or in real time those that the node has time for."""

    is_realtime: bool = False
    latency_s: float | None = None  # that an image takes in real time; None: as on this machine


def replay_recording(
    recording: Recording,
    truth: TruthTrack | None,
    config: Config,
    pace: Pace,
    hfov_deg: float | None = None,
) -> ReplayOutput:
    """
    Answer a recording, showing progress.

    :param config: ``node.map`` is the index.
    :param hfov_deg: of the camera, for a recording that does not describe it.
    :raises RecordingError: if the recording is damaged before the first answer; after it, the
        output says so.
    """
    # How many tiles are listed changes no answer; recall@20 needs more than the node lists.
    top_k = max(config.retrieval.top_k, *RECALL_RANKS)
    localizer, loaded_map = Localizer.open(config.node.map, config, top_k)
    truth = placed_truth(truth, loaded_map.tiles, recording.notes)
    if hfov_deg is not None:
        localizer.flight.sensors.hfov_rad = math.radians(hfov_deg)
    replay = FlightReplay(localizer)
    if pace.is_realtime:
        answering = answer_in_real_time(replay, recording, pace.latency_s)
    else:
        answering = answer_every_image(replay, recording)
    answers, damage = collect_answers(answering, replay, recording)
    scored = [score_answer(answer, truth) for answer in answers]
    return ReplayOutput(
        recording=recording.name,
        mode='real time' if pace.is_realtime else 'every image',
        answers=scored,
        counts=replay.counts,
        ignored=replay.ignored,
        truth=truth,
        evaluations=evaluate_flight(scored, loaded_map.tiles),
        damage=damage,
        notes=recording.notes,
        calibration=localizer.flight.calibration.state.facts,
        known=known_names(answer.view for answer in answers if answer.view is not None),
    )
