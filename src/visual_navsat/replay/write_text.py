"""A replayed flight as CSV and as GeoJSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any

from visual_navsat.replay.fix_record import FixRecord, ImageRecord
from visual_navsat.replay.tracks import TRACKS, point_of, runs_of, stamp_text

_COLUMNS = (
    *('image', 'stamp_s', 'status', 'reason', 'latitude', 'longitude'),
    *('covariance_ee_m2', 'covariance_en_m2', 'covariance_nn_m2'),
    *('tracked_status', 'tracked_latitude', 'tracked_longitude'),
    *('tracked_covariance_ee_m2', 'tracked_covariance_en_m2', 'tracked_covariance_nn_m2'),
    *('true_latitude', 'true_longitude', 'error_m', 'tracked_error_m'),
)


def csv_text(records: Sequence[ImageRecord]) -> str:
    """Return a header and one line an image; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(_COLUMNS)
    for record in records:
        errors = (fix.error_m(record.truth) for fix in (record.fix, record.tracked))
        writer.writerow(
            [
                *(record.name, stamp_text(record.stamp_ns)),
                *(_status(record.fix), record.fix.reason, *_numbers(record.fix)),
                *(_status(record.tracked), *_numbers(record.tracked)),
                *(record.truth or (None, None)),
                *(None if math.isnan(error_m) else f'{error_m:.3f}' for error_m in errors),
            ]
        )
    return text.getvalue()


def geojson_text(records: Sequence[ImageRecord]) -> str:
    """
    Return a FeatureCollection: each fix and tracked fix as a point, the truth as lines.

    An image without a fix is a feature without geometry, as RFC 7946 has it.
    """
    features = [
        _feature(
            None if point_of(record, kind) is None else _point(point_of(record, kind)),
            {'kind': kind, 'image': record.name, **_properties(record, getattr(record, kind))},
        )
        for record in records
        for kind in ('fix', 'tracked')
    ]
    for run in runs_of(records, 'truth'):
        line = [[place.longitude, place.latitude] for place in run]
        geometry = _point(run[0]) if len(run) == 1 else _line(line)
        features.append(_feature(geometry, {'kind': 'truth', 'name': TRACKS['truth']}))
    collection = {'type': 'FeatureCollection', 'features': features}
    return json.dumps(collection, allow_nan=False, indent=1) + '\n'


def _properties(record: ImageRecord, fix: FixRecord) -> dict[str, Any]:
    error_m = fix.error_m(record.truth)
    return {
        'stamp_s': stamp_text(record.stamp_ns),
        'status': _status(fix),
        'reason': fix.reason or None,
        'covariance_en_m2': _horizontal(fix),
        'error_m': None if math.isnan(error_m) else round(error_m, 3),
    }


def _feature(geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {'type': 'Feature', 'geometry': geometry, 'properties': properties}


def _point(place) -> dict[str, Any]:
    return {'type': 'Point', 'coordinates': [place.longitude, place.latitude]}


def _line(coordinates: list[list[float]]) -> dict[str, Any]:
    return {'type': 'LineString', 'coordinates': coordinates}


def _status(fix: FixRecord) -> str:
    return 'fix' if fix.is_fix else 'no_fix'


def _numbers(fix: FixRecord) -> list[float | None]:
    if not fix.is_fix:
        return [None] * 5
    return [fix.latitude, fix.longitude, *(_horizontal(fix) or [None] * 3)]


def _horizontal(fix: FixRecord) -> list[float] | None:
    """Return east-east, east-north and north-north of the covariance, m^2."""
    if fix.covariance_enu_m2 is None:
        return None
    return [float(fix.covariance_enu_m2[row, column]) for row, column in ((0, 0), (0, 1), (1, 1))]
