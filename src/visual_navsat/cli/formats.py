"""
Write answers as a table, JSON lines, CSV or GeoJSON.

:func:`location_record` makes one plain dict per image; each writer of ``WRITERS`` turns an
iterable of them into lines of text, as soon as each is known where the format allows it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.retrieval.result import RetrievalResult

_CSV_COLUMNS = (
    'image',
    'status',
    'reason',
    'latitude',
    'longitude',
    'covariance_ee_m2',
    'covariance_en_m2',
    'covariance_nn_m2',
    'best_tile',
    'best_similarity',
    'total_ms',
)


def location_record(
    image: str,
    candidates: Sequence[RetrievalResult],
    position: PositionEstimate | Refusal,
    timings_ms: dict[str, float],
    photo_gnss: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """
    Return one image's answer as plain values; what is unknown is None, never NaN.

    :param photo_gnss: latitude and longitude that the photo itself claims; only compared.
    """
    is_fix = isinstance(position, PositionEstimate)
    covariance = np.ravel(position.covariance_enu_m2).tolist() if is_fix else None
    return {
        'image': image,
        'status': 'fix' if is_fix else 'no_fix',
        'reason': None if is_fix else position.reason,
        'detail': None if is_fix else position.detail,
        'latitude': float(position.latitude) if is_fix else None,
        'longitude': float(position.longitude) if is_fix else None,
        'covariance_enu_m2': covariance,
        'candidates': [
            {
                'rank': candidate.rank,
                'filename': candidate.tile_metadata.filename,
                'similarity': float(candidate.similarity_score),
                'latitude': candidate.tile_metadata.center_lat,
                'longitude': candidate.tile_metadata.center_long,
            }
            for candidate in candidates
        ],
        'photo_gnss': _compared(photo_gnss, position),
        'timings_ms': {stage: round(float(ms), 3) for stage, ms in timings_ms.items()},
    }


def table_lines(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield text for people: the answer, then the ranked tiles."""
    for record in records:
        yield f'{record["image"]}: {_answer(record)}'
        if record['photo_gnss'] is not None:
            yield f'  {_photo_gnss(record["photo_gnss"])}'
        rows = record['candidates']
        if rows:
            yield '  rank  similarity    latitude    longitude  tile'
        for row in rows:
            yield (
                f'  {row["rank"]:4d}  {row["similarity"]:10.4f}  {row["latitude"]:10.6f}  '
                f'{row["longitude"]:11.6f}  {row["filename"]}'
            )


def json_lines(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for record in records:
        yield json.dumps(record, allow_nan=False)


def csv_lines(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a header, then one line an image; the covariance is east and north only."""
    yield _csv_line(_CSV_COLUMNS)
    for record in records:
        covariance = record['covariance_enu_m2']
        best = record['candidates'][0] if record['candidates'] else None
        yield _csv_line(
            [
                *(record[name] for name in _CSV_COLUMNS[:5]),
                *((covariance[0], covariance[1], covariance[4]) if covariance else [None] * 3),
                best['filename'] if best else None,
                best['similarity'] if best else None,
                record['timings_ms'].get('total'),
            ]
        )


def geojson_lines(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield one FeatureCollection; an image without a fix is a feature without geometry."""
    features = []
    for record in records:
        position = [record['longitude'], record['latitude']]
        is_fix = record['status'] == 'fix'
        features.append(
            {
                'type': 'Feature',
                'geometry': {'type': 'Point', 'coordinates': position} if is_fix else None,
                'properties': {
                    name: value
                    for name, value in record.items()
                    if name not in ('latitude', 'longitude')
                },
            }
        )
    yield json.dumps({'type': 'FeatureCollection', 'features': features}, allow_nan=False)


WRITERS = {
    'table': table_lines,
    'json': json_lines,
    'csv': csv_lines,
    'geojson': geojson_lines,
}


def _answer(record: dict[str, Any]) -> str:
    if record['status'] == 'no_fix':
        return f'no fix, {record["reason"]}: {record["detail"] or "no detail"}'
    covariance = record['covariance_enu_m2']
    sigma_east_m, sigma_north_m = math.sqrt(covariance[0]), math.sqrt(covariance[4])
    return (
        f'fix {record["latitude"]:.6f}, {record["longitude"]:.6f}, '
        f'1 sigma {sigma_east_m:.0f} m east, {sigma_north_m:.0f} m north'
    )


def _compared(
    photo_gnss: tuple[float, float] | None, position: PositionEstimate | Refusal
) -> dict[str, float | None] | None:
    if photo_gnss is None:
        return None
    distance = None
    if isinstance(position, PositionEstimate):
        distance = float(distance_m(position.latitude, position.longitude, *photo_gnss))
    return {'latitude': photo_gnss[0], 'longitude': photo_gnss[1], 'distance_m': distance}


def _photo_gnss(gnss: dict[str, float | None]) -> str:
    away = '' if gnss['distance_m'] is None else f', {gnss["distance_m"]:.0f} m from the fix'
    return f"the photo's own GNSS, not used: {gnss['latitude']:.6f}, {gnss['longitude']:.6f}{away}"


def _csv_line(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator='').writerow(values)
    return line.getvalue()
