"""Answers as lines of text: a table for people, JSON lines, CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from visual_navsat.evaluation.scored_answer import ScoredAnswer, none_if_nan
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal

# The columns that there are; each writer of a CSV picks some of them.
_COLUMNS: dict[str, Callable[[ScoredAnswer], Any]] = {
    'image': lambda scored: scored.answer.name,
    'stamp_s': lambda scored: stamp_text(scored.answer.stamp_ns),
    'status': lambda scored: _status(scored.position),
    'reason': lambda scored: scored.reason or None,
    'latitude': lambda scored: _numbers(scored.position)[0],
    'longitude': lambda scored: _numbers(scored.position)[1],
    'covariance_ee_m2': lambda scored: _numbers(scored.position)[2],
    'covariance_en_m2': lambda scored: _numbers(scored.position)[3],
    'covariance_nn_m2': lambda scored: _numbers(scored.position)[4],
    'tracked_status': lambda scored: _status(scored.answer.tracked),
    'tracked_latitude': lambda scored: _numbers(scored.answer.tracked)[0],
    'tracked_longitude': lambda scored: _numbers(scored.answer.tracked)[1],
    'tracked_covariance_ee_m2': lambda scored: _numbers(scored.answer.tracked)[2],
    'tracked_covariance_en_m2': lambda scored: _numbers(scored.answer.tracked)[3],
    'tracked_covariance_nn_m2': lambda scored: _numbers(scored.answer.tracked)[4],
    'true_latitude': lambda scored: scored.truth and scored.truth[0],
    'true_longitude': lambda scored: scored.truth and scored.truth[1],
    'error_m': lambda scored: _metres(scored.error_m),
    'tracked_error_m': lambda scored: _metres(tracked_error_m(scored)),
    'best_tile': lambda scored: _best_tile(scored)[0],
    'best_similarity': lambda scored: _best_tile(scored)[1],
    'probability': lambda scored: scored.answer.confidence,
    'total_ms': lambda scored: _rounded(scored.answer.timings_ms.get('total')),
}
SINGLE_COLUMNS = (
    *('image', 'status', 'reason', 'latitude', 'longitude', 'covariance_ee_m2'),
    *('covariance_en_m2', 'covariance_nn_m2', 'best_tile', 'best_similarity', 'total_ms'),
    'probability',
)
FLIGHT_COLUMNS = (
    *('image', 'stamp_s', 'status', 'reason', 'latitude', 'longitude', 'covariance_ee_m2'),
    *('covariance_en_m2', 'covariance_nn_m2', 'tracked_status', 'tracked_latitude'),
    *('tracked_longitude', 'tracked_covariance_ee_m2', 'tracked_covariance_en_m2'),
    *('tracked_covariance_nn_m2', 'true_latitude', 'true_longitude', 'error_m'),
    'tracked_error_m',
)


def csv_lines(
    answers: Iterable[ScoredAnswer], columns: Sequence[str] = SINGLE_COLUMNS
) -> Iterator[str]:
    """Yield a header, then one line an image; what is unknown is empty."""
    yield _csv_line(columns)
    for scored in answers:
        yield _csv_line([_COLUMNS[name](scored) for name in columns])


def json_lines(answers: Iterable[ScoredAnswer]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for scored in answers:
        yield json.dumps(answer_values(scored), allow_nan=False)


def answer_values(scored: ScoredAnswer) -> dict[str, Any]:
    """
    Return one photo's answer as plain values; what is unknown is None.

    The truth is what the photo's own GNSS says: compared and not used.
    """
    fix = scored.fix
    gnss = None
    if scored.truth is not None:
        lat, long = scored.truth
        distance_m = none_if_nan(scored.error_m)
        gnss = {'latitude': lat, 'longitude': long, 'distance_m': distance_m}
    return {
        'image': scored.answer.name,
        'status': _status(scored.position),
        'reason': scored.reason or None,
        'detail': None if fix else scored.detail,
        'latitude': None if fix is None else float(fix.latitude),
        'longitude': None if fix is None else float(fix.longitude),
        'covariance_enu_m2': None if fix is None else np.ravel(fix.covariance_enu_m2).tolist(),
        'candidates': [candidate.to_json() for candidate in scored.answer.candidates],
        'photo_gnss': gnss,
        'timings_ms': {stage: _rounded(ms) for stage, ms in scored.answer.timings_ms.items()},
    }


def table_lines(answers: Iterable[ScoredAnswer]) -> Iterator[str]:
    """Yield text for people: the answer, then the candidates."""
    for scored in answers:
        yield f'{scored.answer.name}: {_sentence(scored.position)}'
        if scored.truth is not None:
            away = '' if math.isnan(scored.error_m) else f', {scored.error_m:.0f} m from the fix'
            lat, long = scored.truth
            yield f"  the photo's own GNSS, not used: {lat:.6f}, {long:.6f}{away}"
        candidates = scored.answer.candidates
        if candidates:
            how = 'agreement with the map' if candidates[0].is_verified else 'similarity'
            yield f'  candidates by {how}; similarity and its rank are those of the tile'
            yield (
                '  rank  probability    latitude    longitude  heading  similarity  its rank  tile'
            )
        yield from map(_candidate_line, candidates)


def stamp_text(stamp_ns: int | None) -> str | None:
    """Return seconds with all nine decimals, which a float would round."""
    if stamp_ns is None:
        return None
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    return f'{seconds}.{nanoseconds:09d}'


def tracked_error_m(scored: ScoredAnswer) -> float:
    """Return the distance from the truth to the tracked position; NaN without either."""
    tracked = scored.answer.tracked
    if scored.truth is None or not isinstance(tracked, PositionEstimate):
        return math.nan
    return tracked.distance_m(*scored.truth)


def _candidate_line(candidate: Candidate) -> str:
    def shown(value: float | None, form: str, width: int) -> str:
        return f'{"–" if value is None else format(value, form):>{width}}'

    return (
        f'  {candidate.rank:4d}  {shown(candidate.probability, ".4f", 11)}  '
        f'{candidate.latitude:10.6f}  {candidate.longitude:11.6f}  '
        f'{shown(candidate.heading_deg, ".1f", 7)}  {shown(candidate.similarity, ".4f", 10)}  '
        f'{shown(candidate.retrieval_rank, "d", 8)}  {candidate.filename or "–"}'
    )


def _sentence(position: PositionEstimate | Refusal) -> str:
    if isinstance(position, Refusal):
        return f'no fix, {position.reason}: {position.detail or "no detail"}'
    east_m, north_m = position.sigmas_m
    return (
        f'fix {position.latitude:.6f}, {position.longitude:.6f}, '
        f'1 sigma {east_m:.0f} m east, {north_m:.0f} m north'
    )


def _status(position: PositionEstimate | Refusal | None) -> str:
    return 'fix' if isinstance(position, PositionEstimate) else 'no_fix'


def _numbers(position: PositionEstimate | Refusal | None) -> list[float | None]:
    """Return latitude, longitude and the covariance of east and north."""
    if not isinstance(position, PositionEstimate):
        return [None] * 5
    return [float(position.latitude), float(position.longitude), *position.covariance_en_m2]


def _best_tile(scored: ScoredAnswer) -> tuple[str | None, float | None]:
    for tile in scored.answer.ranked_tiles[:1]:
        return tile.tile_metadata.filename, float(tile.similarity_score)
    return None, None


def _metres(value: float) -> str | None:
    return None if math.isnan(value) else f'{value:.3f}'


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(float(milliseconds), 3)


def _csv_line(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator='').writerow(values)
    return text.getvalue()
