"""Compare the answers of a replay with the truth of the recording, where it has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from visual_navsat.evaluation import Evaluation, QueryOutcome, evaluate, found_fields
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.replay.fix_record import FixRecord, ImageRecord
from visual_navsat.replay.flight_replay import Answer
from visual_navsat.replay.truth import TruthTrack

RADIUS_M = 50.0
UNREADABLE = 'unreadable'


def outcome_of(answer: Answer, truth: tuple[float, float], frame: LocalFrame) -> QueryOutcome:
    """
    Return an answer beside the vehicle's true position.

    :param frame: that the answer's hypotheses are in.
    """
    result, view = answer.result, answer.view
    outcome = QueryOutcome(
        filename=answer.name,
        true_lat=truth[0],
        true_long=truth[1],
        position=answer.position or Refusal(UNREADABLE, answer.problem),
        ranked_tiles=(),
        seconds=answer.seconds,
        timings_ms={},
        stamp_s=answer.stamp_ns / 1e9,
    )
    if result is None:
        return outcome
    found_deg = result.heading_deg
    return replace(
        outcome,
        timings_ms=result.timings_ms,
        height_agl_m=view.height_agl_m,
        heading_deg=view.known_heading_deg if found_deg is None else found_deg,
        gsd_m_per_px=view.known_gsd_m_per_px,
        **found_fields(result, result.found_by, result.center, result.hypotheses, frame),
    )


def score_answers(
    answers: Sequence[Answer],
    truth: TruthTrack | None,
    tiles: Sequence[TileMetadata],
    frame: LocalFrame,
) -> tuple[Evaluation, Evaluation] | None:
    """
    Return the evaluation of the single fixes and that of the tracked ones.

    Only images whose true position is known are scored; None if there is none.

    :param tiles: every tile of the map.
    """
    outcomes, tracked = [], []
    for answer in answers:
        place = None if truth is None else truth.at(answer.stamp_ns)
        if place is not None:
            outcomes.append(outcome_of(answer, place, frame))
            tracked.append(replace(outcomes[-1], position=answer.tracked))
    return _evaluate_both(outcomes, tracked, tiles)


def score_records(
    records: Sequence[ImageRecord], tiles: Sequence[TileMetadata]
) -> tuple[Evaluation, Evaluation] | None:
    """Return the same of fixes that the node published, with its candidates."""
    outcomes, tracked = [], []
    for record in records:
        if record.truth is not None:
            outcome = QueryOutcome(
                filename=record.name,
                true_lat=record.truth[0],
                true_long=record.truth[1],
                position=_position_of(record.fix),
                ranked_tiles=[tiles[index] for index, _ in record.ranked],
                similarities=[similarity for _, similarity in record.ranked],
                seconds=record.seconds,
                timings_ms={'latency': 1e3 * record.seconds},
                stamp_s=record.stamp_ns / 1e9,
            )
            outcomes.append(outcome)
            tracked.append(replace(outcome, position=_position_of(record.tracked)))
    return _evaluate_both(outcomes, tracked, tiles)


def _evaluate_both(
    outcomes: Sequence[QueryOutcome],
    tracked: Sequence[QueryOutcome],
    tiles: Sequence[TileMetadata],
) -> tuple[Evaluation, Evaluation] | None:
    if not outcomes:
        return None
    return (
        evaluate(outcomes, tiles, RADIUS_M, is_sequence=True),
        evaluate(tracked, tiles, RADIUS_M, is_sequence=True),
    )


def _position_of(fix: FixRecord) -> PositionEstimate | Refusal:
    if not fix.is_fix:
        return Refusal(fix.reason)
    return PositionEstimate(fix.latitude, fix.longitude, fix.covariance_enu_m2, fix.altitude_m)


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
