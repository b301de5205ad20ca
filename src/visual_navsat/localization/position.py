"""What localization answers: a position with its covariance, or a refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PositionEstimate:
    """A position on WGS 84 with its covariance."""

    latitude: float  # degrees
    longitude: float  # degrees
    covariance_enu_m2: np.ndarray  # (3, 3), east-north-up
    altitude_m: float = float('nan')  # above the ellipsoid; NaN if unknown


@dataclass(frozen=True)
class Refusal:
    """No position, and why: silence is an answer, not an error."""

    reason: str  # one of REASONS
    detail: str = ''  # for people, with the numbers behind it


REASONS = {
    'dark': 'the image is too dark',
    'textureless': 'the image shows nothing that could be recognised',
    'blurred': 'the image is too blurred',
    'horizon': 'the image looks at or above the horizon',
    'off_map': 'no part of the map is where the image may be',
    'ambiguous': 'another place on the map agrees nearly as well',
    'no_match': 'no tile stands out from the background of the map',
    'no_patches': 'no part of the image shows ground that can be described',
    'no_index': 'no index is loaded',
    'not_active': 'the node is not active',
    'unreadable': 'the image cannot be read',
    'stale': 'the image is too old',
    'lost': 'the track has not converged on one place yet',
}
