# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Answers as lines of text: a table for people, JSON lines, CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
import csv
import io
import json
import math
from typing import Any

import numpy as np
from visual_navsat.evaluation.scored_answer import none_if_nan, ScoredAnswer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal

_POSITION_COLUMNS = (
    *('latitude', 'longitude'),
    *('covariance_ee_m2', 'covariance_en_m2', 'covariance_nn_m2'),
)
SINGLE_COLUMNS = (
    *('image', 'status', 'reason', *_POSITION_COLUMNS),
    *('best_tile', 'best_similarity', 'total_ms', 'probability'),
)
FLIGHT_COLUMNS = (
    *('image', 'stamp_s', 'status', 'reason', *_POSITION_COLUMNS),
    *('tracked_status', *(f'tracked_{name}' for name in _POSITION_COLUMNS)),
    *('true_latitude', 'true_longitude', 'error_m', 'tracked_error_m'),
)


def csv_lines(
    answers: Iterable[ScoredAnswer], columns: Sequence[str] = SINGLE_COLUMNS
) -> Iterator[str]:
    """Yield a header, then one line an image; what is unknown is empty."""
    yield _csv_line(columns)
    for scored in answers:
        values = _all_columns(scored)
        yield _csv_line([values[name] for name in columns])


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
        'status': _status(scored),
        'reason': scored.reason or None,
        'detail': None if fix else scored.detail,
        'latitude': None if fix is None else float(fix.latitude),
        'longitude': None if fix is None else float(fix.longitude),
        'altitude_m': None if fix is None else none_if_nan(fix.altitude_m),
        'altitude_amsl_m': None if fix is None else none_if_nan(fix.altitude_amsl_m),
        'covariance_enu_m2': None if fix is None else np.ravel(fix.covariance_enu_m2).tolist(),
        'candidates': [candidate.to_json() for candidate in scored.answer.candidates],
        'images_joined': scored.answer.images_joined,
        'photo_gnss': gnss,
        'timings_ms': {stage: _rounded(ms) for stage, ms in scored.answer.timings_ms.items()},
    }


def table_lines(answers: Iterable[ScoredAnswer]) -> Iterator[str]:
    """Yield text for people: the answer, then the candidates."""
    for scored in answers:
        yield f'{scored.answer.name}: {_sentence(scored.answer.position)}'
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
        f'1 sigma {east_m:.0f} m east, {north_m:.0f} m north{_altitude_words(position)}'
    )


def _altitude_words(position: PositionEstimate) -> str:
    """Return how high a fix is, where that is known."""
    if math.isnan(position.altitude_amsl_m):
        return ''
    above_sea = f'; {position.altitude_amsl_m:.0f} m above the sea'
    if math.isnan(position.altitude_m):
        return f'{above_sea}, above the ellipsoid unknown without a geoid (build-map --geoid)'
    up_m = math.sqrt(position.covariance_enu_m2[2, 2])
    return f'{above_sea}, {position.altitude_m:.0f} m above the ellipsoid, 1 sigma {up_m:.0f} m'


def _all_columns(scored: ScoredAnswer) -> dict[str, Any]:
    """Return a row with every column that there is, of which each CSV picks some."""
    answer = scored.answer
    best = next(iter(answer.ranked_tiles), None)
    true_latitude, true_longitude = scored.truth or (None, None)
    return {
        'image': answer.name,
        'stamp_s': stamp_text(answer.stamp_ns),
        'reason': scored.reason,
        **_fix_columns(scored, ''),
        **_fix_columns(scored.tracked, 'tracked_'),
        'true_latitude': true_latitude,
        'true_longitude': true_longitude,
        'best_tile': None if best is None else best.tile_metadata.filename,
        'best_similarity': None if best is None else float(best.similarity_score),
        'probability': answer.confidence,
        'total_ms': _rounded(answer.timings_ms.get('total')),
    }


def _fix_columns(scored: ScoredAnswer, prefix: str) -> dict[str, Any]:
    fix = scored.fix
    numbers: list[float | None] = [None] * len(_POSITION_COLUMNS)
    if fix is not None:
        numbers = [float(fix.latitude), float(fix.longitude), *fix.covariance_en_m2]
    return {
        f'{prefix}status': _status(scored),
        f'{prefix}error_m': None if math.isnan(scored.error_m) else f'{scored.error_m:.3f}',
        **{f'{prefix}{name}': n for name, n in zip(_POSITION_COLUMNS, numbers, strict=True)},
    }


def _status(scored: ScoredAnswer) -> str:
    return 'fix' if scored.is_fix else 'no_fix'


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(float(milliseconds), 3)


def _csv_line(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator='').writerow(values)
    return text.getvalue()
