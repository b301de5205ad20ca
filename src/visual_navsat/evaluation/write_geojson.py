# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Answers as GeoJSON (RFC 7946)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
import json
from typing import Any

from visual_navsat.evaluation.scored_answer import none_if_nan, ScoredAnswer
from visual_navsat.evaluation.write_table import answer_values, stamp_text
from visual_navsat.evaluation.write_tracks import FlightPoint, LINES, point_of, runs_of


def geojson_lines(answers: Iterable[ScoredAnswer]) -> Iterator[str]:
    """Yield one FeatureCollection of photos; one without a fix is a feature without geometry."""
    features = []
    for scored in answers:
        values = answer_values(scored)
        place = values.pop('longitude'), values.pop('latitude')
        geometry = None if None in place else {'type': 'Point', 'coordinates': list(place)}
        features.append(_feature(geometry, values))
    yield json.dumps(_collection(features), allow_nan=False)


def flight_geojson(answers: Sequence[ScoredAnswer]) -> str:
    """
    Return a FeatureCollection: each fix and tracked fix as a point, the truth as lines.

    An image without a fix is a feature without geometry.
    """
    features = []
    for scored in answers:
        for line in ('fix', 'tracked') if scored.answer.tracked is not None else ('fix',):
            point = point_of(scored, line)
            properties = _properties(scored.tracked if line == 'tracked' else scored, line)
            features.append(_feature(None if point is None else _point(point), properties))
    for run in runs_of(answers, 'truth'):
        coordinates = [[point.longitude, point.latitude] for point in run]
        is_line = len(run) > 1
        geometry = {'type': 'LineString', 'coordinates': coordinates} if is_line else None
        properties = {'kind': 'truth', 'name': LINES['truth']}
        features.append(_feature(geometry or _point(run[0]), properties))
    return json.dumps(_collection(features), allow_nan=False, indent=1) + '\n'


def _properties(scored: ScoredAnswer, line: str) -> dict[str, Any]:
    fix = scored.fix
    return {
        'kind': line,
        'image': scored.filename,
        'stamp_s': stamp_text(scored.answer.stamp_ns),
        'status': 'no_fix' if fix is None else 'fix',
        'reason': scored.reason or None,
        'covariance_en_m2': None if fix is None else fix.covariance_en_m2,
        'error_m': none_if_nan(round(scored.error_m, 3)),
    }


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {'type': 'FeatureCollection', 'features': features}


def _feature(geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {'type': 'Feature', 'geometry': geometry, 'properties': properties}


def _point(point: FlightPoint) -> dict[str, Any]:
    return {'type': 'Point', 'coordinates': [point.longitude, point.latitude]}
