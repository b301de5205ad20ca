"""A whole replay: every image of a recording through the engine and the track."""

from __future__ import annotations

from dataclasses import dataclass

from tqdm import tqdm

from visual_navsat.config import Config
from visual_navsat.engine import RetrievalEngine
from visual_navsat.replay.fix_record import record_answer
from visual_navsat.replay.flight_replay import FlightReplay
from visual_navsat.replay.output import ReplayOutput, known_names
from visual_navsat.replay.pace import answer_every_image, answer_in_real_time
from visual_navsat.replay.recording import Recording, RecordingError
from visual_navsat.replay.scoring import score_answers
from visual_navsat.replay.truth import TruthTrack


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
    engine = RetrievalEngine(config)
    engine.load_map(config.node.map)
    engine.warm_up()
    replay = FlightReplay(engine, hfov_deg)
    if pace.is_realtime:
        answering = answer_in_real_time(replay, recording, pace.latency_s)
    else:
        answering = answer_every_image(replay, recording)
    answers, damage = [], ''
    with tqdm(total=recording.num_images, unit='image', disable=None, leave=False) as bar:
        try:
            for answer in answering:
                answers.append(answer)
                bar.update(replay.counts['images'] - bar.n)
        except RecordingError as error:
            if not answers:
                raise
            damage = str(error)  # what came before it is worth its answers
    return ReplayOutput(
        recording=recording.name,
        mode='real time' if pace.is_realtime else 'every image',
        records=[record_answer(answer, truth, config.node) for answer in answers],
        counts=replay.counts,
        ignored=replay.ignored,
        truth=truth,
        evaluations=score_answers(answers, truth, engine.tiles, engine.frame),
        damage=damage,
        known=known_names(answer.view for answer in answers if answer.view is not None),
    )
