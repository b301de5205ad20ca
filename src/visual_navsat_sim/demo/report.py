"""Write what came of the flight: fixes.csv and fixes.geojson, each whole or not at all."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from visual_navsat.files import write_json, write_text
from visual_navsat_sim.demo.outcome import FIX, Outcome

_COLUMNS = (
    'number', 'time_s', 'status', 'reason', 'latitude', 'longitude', 'true_latitude',
    'true_longitude', 'heading_deg', 'error_m', 'sigma_m', 'latency_ms',
)  # fmt: skip


def write_csv(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write one line per image; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator='\n')
    writer.writeheader()
    writer.writerows(_row(outcome) for outcome in outcomes)
    write_text(path, text.getvalue())


def write_geojson(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the true track, the fixes, and from each fix a line to the truth."""
    track = [[outcome.true_long, outcome.true_lat] for outcome in outcomes]
    features = [_feature('LineString', track, {'what': 'true track'})]
    for outcome in outcomes:
        values = {key: value for key, value in _row(outcome).items() if value != ''}
        truth = [outcome.true_long, outcome.true_lat]
        if outcome.status == FIX:
            fix = [outcome.longitude, outcome.latitude]
            features.append(_feature('Point', fix, {'what': 'fix', **values}))
            features.append(_feature('LineString', [fix, truth], {'what': 'error', **values}))
        else:
            features.append(_feature('Point', truth, {'what': outcome.status, **values}))
    content = {'type': 'FeatureCollection', 'features': features}
    write_json(path, content, indent=None)


def _feature(kind: str, coordinates: list, properties: dict) -> dict:
    geometry = {'type': kind, 'coordinates': coordinates}
    return {'type': 'Feature', 'geometry': geometry, 'properties': properties}


def _row(outcome: Outcome) -> dict:
    values = (
        outcome.number, outcome.time_s, outcome.status, outcome.reason, outcome.latitude,
        outcome.longitude, outcome.true_lat, outcome.true_long, outcome.heading_deg,
        outcome.error_m, outcome.sigma_m, outcome.latency_ms,
    )  # fmt: skip
    decimals = dict.fromkeys(('time_s', 'heading_deg', 'error_m', 'sigma_m', 'latency_ms'), 2)
    row = {}
    for name, value in zip(_COLUMNS, values, strict=True):
        if isinstance(value, float):
            value = '' if math.isnan(value) else round(value, decimals.get(name, 8))
        row[name] = value
    return row
