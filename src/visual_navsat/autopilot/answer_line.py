# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Answers as JSON, one object a line, for a bridge beside the localizer."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from visual_navsat.errors import ConfigError, reason_of, shortened
from visual_navsat.geometry.geodesy import check_lat_long
from visual_navsat.localization.position import PositionEstimate, Refusal

_FORM = (
    'an answer must be a JSON object with stamp_ns (of the image, Unix time), latitude, longitude '
    'and covariance_enu_m2 (9 numbers), covariance_en_m2 (3) or sigma_m; null latitude: no fix'
)


def parse_answer(line: str) -> tuple[PositionEstimate | Refusal, int]:
    """
    Return the answer of a line and the stamp of its image, nanoseconds since 1970.

    :raises ConfigError: if it is not such a line.
    """
    try:
        values = json.loads(line)
        stamp_ns = _stamp_ns(values)
        if values.get('latitude') is None:
            return Refusal(str(values.get('reason') or 'no_fix')), stamp_ns
        lat, long = float(values['latitude']), float(values['longitude'])
        check_lat_long(lat, long, 'an answer')
        position = PositionEstimate.from_horizontal(lat, long, _covariance(values), math.nan)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigError(f'{_FORM}; got {shortened(line.strip(), 80)}: {reason_of(error)}') from (
            error
        )
    return position, stamp_ns


def _stamp_ns(values: dict[str, Any]) -> int:
    if 'stamp_ns' in values:
        return int(values['stamp_ns'])
    return round(float(values['stamp']) * 1e9)


def _covariance(values: dict[str, Any]) -> np.ndarray:
    """Return (2, 2) of east and north."""
    if values.get('covariance_enu_m2') is not None:
        return np.array(values['covariance_enu_m2'], float).reshape(3, 3)[:2, :2]
    if values.get('covariance_en_m2') is not None:
        east, both, north = map(float, values['covariance_en_m2'])
        return np.array([[east, both], [both, north]])
    return float(values['sigma_m']) ** 2 * np.eye(2)
