# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A session as a replay: what was answered in flight, beside the truth or GNSS that it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from visual_navsat.evaluation import RunRecord
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.replay.output import ReplayOutput
from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.scoring import (
    evaluate_flight,
    placed_truth,
    ranked_tiles,
    score_answer,
)
from visual_navsat.replay.truth import TruthSample, TruthTrack
from visual_navsat.session.reader import read_session, Session


def replay_session(path: str | Path, index_dir: str | Path) -> ReplayOutput:
    """
    Return the answers of a session; nothing is answered anew.

    :param index_dir: of the map, for what the answers are judged by.
    :raises VisualNavsatError: if the session or the map cannot be read.
    """
    session, tiles = read_session(path), IndexFolder.open(index_dir).tiles
    notes: list[str] = []
    truth = placed_truth(truth_of(session), tiles, notes)
    answers = [
        score_answer(replace(one, ranked_tiles=ranked_tiles(one.candidates, tiles)), truth)
        for one in session.answers()
    ]
    return ReplayOutput(
        recording=session.name,
        mode='as it was flown',
        answers=answers,
        counts={'images': len(answers)},
        ignored={},
        truth=truth,
        evaluations=evaluate_flight(answers, tiles),
        damage=session.damage,
        notes=notes,
    )


def truth_of(session: Session) -> TruthTrack | None:
    """Return where the vehicle was: by its simulator, else by its GNSS; None without either."""
    places = session.places('truth') or session.places('gnss')
    samples = [TruthSample(round(time_s * 1e9), *place) for time_s, *place in places]
    return TruthTrack(samples) if samples else None


def session_run(path: str | Path, index_dir: str | Path) -> RunRecord:
    """
    Return a session as a run that can be compared.

    :raises RecordingError: if it holds neither truth nor GNSS at any image.
    """
    output = replay_session(path, index_dir)
    if output.evaluations is None:
        raise RecordingError(f'{path} has neither truth nor GNSS at the times of its images')
    return RunRecord.from_json(output.evaluation(0), output.recording, str(path))


def with_names_of(run: RunRecord, other: RunRecord) -> RunRecord:
    """Return a session's run whose images are called as those of the same stamps in another."""
    names = {one.answer.stamp_s: one.filename for one in other.answers}
    return replace(
        run,
        answers=tuple(
            replace(
                one,
                answer=replace(one.answer, name=names.get(one.answer.stamp_s, one.filename)),
            )
            for one in run.answers
        ),
    )
