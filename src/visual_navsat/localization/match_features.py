"""What tells a right match from a wrong one, and how wide its peak is."""

from __future__ import annotations

import numpy as np

from visual_navsat.localization.map_match import MapMatches, PlacedMatch

FEATURES = ('margin_fine', 'margin_middle', 'margin_coarse', 'log_sigmas')
_MARGIN_RANGE = (0.3, 5.0)  # beyond, a peak is as indistinct or as distinct as it can be
_SIGMAS_RANGE = (0.1, 100.0)
_MAX_HALF_WIDTH_M = 20.0


def match_features(matches: MapMatches) -> np.ndarray:
    """
    Return (4,) features of the best place, by ``FEATURES``.

    The first three are logs of its strength over that of the next best place, on the finest map,
    at twice and at four times its GSD. The right place leads on all of them, because each shows
    other detail of it; a wrong one, chosen on the finest for what agrees by chance there, does
    not. The last is the log of the standard deviations by which it stands above the background of
    the search. The strength itself is not among them: it says how alike the two days look.
    """
    match = matches.places[0].match
    levels = zip(reversed(match.level_strengths), reversed(matches.level_strengths), strict=False)
    margins = [log_margin(own, tried) for own, tried in levels][:3]
    margins += [0.0] * (3 - len(margins))
    sigmas = np.clip(matches.sigmas(matches.places[0]), *_SIGMAS_RANGE)
    return np.array([*margins, np.log(sigmas)])


def log_margin(own: float, tried: np.ndarray) -> float:
    """
    Return the log of a place's strength over that of the best of the others.

    :param tried: (N,) strengths of all places that were tried, its own among them.
    """
    others = np.delete(tried, np.abs(tried - own).argmin())
    if not len(others) or others.max() <= 0:
        return float(np.log(_MARGIN_RANGE[1]))
    return float(np.log(np.clip(own / others.max(), *_MARGIN_RANGE)))


def squared_width(place: PlacedMatch) -> np.ndarray:
    """
    Return (2, 2) m^2: the squared half width of the peak, by its curvature and height.

    A peak without a top in some direction is taken as 20 m wide there.
    """
    values, vectors = np.linalg.eigh(place.match.curvature_per_m2)
    sharpness = np.maximum(-values, place.match.score / _MAX_HALF_WIDTH_M**2)
    return (vectors * (place.match.score / sharpness)) @ vectors.T
