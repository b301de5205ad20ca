# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Compare the answers of a replay with the truth of the recording, where it has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from visual_navsat.evaluation import evaluate, Evaluation, ScoredAnswer
from visual_navsat.evaluation.misplaced import find_misplaced
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.retrieval.result import RetrievalResult

RADIUS_M = 50.0


def placed_truth(
    truth: TruthTrack | None, tiles: Sequence[TileMetadata], notes: list[str]
) -> TruthTrack | None:
    """
    Return a truth that may lie on the map: one of unknown order is turned round where that fits.

    :param notes: gets what was done, or that the truth is far off the map.
    :raises RecordingError: if latitude and longitude are in each other's place.
    """
    if truth is None:
        return None
    misplaced = find_misplaced([(s.latitude, s.longitude) for s in truth.samples], tiles)
    if misplaced is None:
        return truth
    if misplaced.are_swapped and not truth.is_order_known:
        notes.append(
            'latitude and longitude of the captions are taken in the other order: so they lie on '
            'the map'
        )
        return truth.swapped()
    if misplaced.are_swapped:
        raise RecordingError(f'{misplaced.question} Correct them and replay again')
    notes.append(misplaced.question)
    return truth


def ranked_tiles(
    candidates: Sequence[Candidate], tiles: Sequence[TileMetadata]
) -> tuple[RetrievalResult, ...]:
    """
    Return the tiles that candidates name, by similarity.

    :param tiles: every tile of the map.
    """
    by_rank = {one.retrieval_rank: one for one in candidates if one.tile_index is not None}
    ranked: list[RetrievalResult] = []
    # A place may lie in a tile far down the ranking: only what is ranked without a gap counts.
    while (found := by_rank.get(len(ranked) + 1)) is not None:
        row = found.tile_index or 0
        similarity = found.similarity or 0.0
        ranked.append(RetrievalResult(len(ranked) + 1, similarity, tiles[row], row))
    return tuple(ranked)


def score_answer(answer: Answer, truth: TruthTrack | None) -> ScoredAnswer:
    """Return an answer beside the vehicle's true position, as far as that is known."""
    place = None if truth is None or answer.stamp_ns is None else truth.at(answer.stamp_ns)
    view = answer.view
    return ScoredAnswer.of(
        answer,
        place,
        RADIUS_M,
        None if view is None else view.height_agl_m,
        None if view is None else view.known_gsd_m_per_px,
    )


def evaluate_flight(
    answers: Sequence[ScoredAnswer], tiles: Sequence[TileMetadata]
) -> tuple[Evaluation, Evaluation] | None:
    """
    Return the evaluation of the single fixes and that of the tracked ones.

    Only images whose true position is known count; None without any.

    :param tiles: every tile of the map.
    """
    single = [scored for scored in answers if scored.truth is not None]
    if not single:
        return None
    tracked = [scored.tracked for scored in single]
    return (
        evaluate(single, tiles, RADIUS_M, is_sequence=True),
        evaluate(tracked, tiles, RADIUS_M, is_sequence=True),
    )


def take_timings(evaluation: dict[str, Any]) -> dict[str, Any]:
    """Take what differs from run to run out of an evaluation, in place, and return it."""
    per_query = [
        {
            'filename': query['filename'],
            'seconds': query.pop('seconds', None),
            'timings_ms': query.pop('timings_ms', {}),
        }
        for query in evaluation['queries']
    ]
    taken = {name: evaluation.pop(name) for name in ('seconds_per_query', 'timings_ms')}
    return {**taken, 'queries': per_query}
