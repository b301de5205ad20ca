# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The match: a place on the map that a photo agrees with, and the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from visual_navsat.correlation.search import Match

FEATURES = (
    'margin_fine',
    'margin_middle',
    'margin_coarse',
    'elastic_margin_fine',
    'elastic_margin_middle',
    'log_sigmas',
)
WHOLE, COARSE, PART = 'whole', 'coarse', 'part'
_MARGIN_RANGE = (0.3, 5.0)  # beyond, a margin proves no more
_SIGMAS_RANGE = (0.1, 100.0)
_MAX_HALF_WIDTH_M = 20.0


@dataclass(frozen=True)
class MatchEvidence:
    """
    What tells how probable a match is, and how exact.

    The margins are logs of its strength over that of the strongest rival, on the finest map, at
    twice and at four times its GSD. The right place leads on all of them, because each shows
    other detail of it; a wrong one, chosen on the finest by chance, does not. The strength itself
    is not evidence: it says how alike the two days look.
    """

    # What was searched: WHOLE, the map; COARSE, the map from a coarser level than usual, to stay
    # within the budget; PART, a prior or the ranked tiles, where the truth may be elsewhere.
    scope: str
    margins: tuple[float, ...]  # 3
    elastic_margins: tuple[float, ...]  # 2, the same piece by piece, on the two finest maps
    sigmas: float  # by which it stands above the other places of the search
    lag_sigmas: float  # by which it stands above the best match of the search, at most 0
    squared_width_m2: np.ndarray  # (2, 2) the squared half width of its peak, east and north
    footprint_m: float  # longer side of the ground that the photo shows

    @property
    def features(self) -> np.ndarray:
        """(6,) values in the order of ``FEATURES``."""
        log_sigmas = np.log(np.clip(self.sigmas, *_SIGMAS_RANGE))
        return np.array([*self.margins, *self.elastic_margins, log_sigmas])


@dataclass(frozen=True)
class MapMatch:
    """A place that the photo agrees with."""

    latitude: float  # degrees, of the ground under the photo's centre
    longitude: float
    heading_deg: float  # of the photo's up direction, clockwise from north
    gsd_m_per_px: float  # of the photo
    strength: float
    evidence: MatchEvidence
    searched_m2: float | None = None  # ground of which it is the best place; None: the map
    # Whether the photo was laid on the relief there: its GSD is then that at its centre, else that
    # of the plane that fits best.
    is_over_relief: bool = False

    @property
    def place(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.latitude, self.longitude


def log_margin(own: float, tried: np.ndarray) -> float:
    """
    Return the log of a place's strength over that of the best of the others.

    :param tried: (N,) strengths of all places that were tried, its own among them.
    """
    others = np.delete(tried, np.abs(tried - own).argmin())
    if not len(others) or others.max() <= 0:
        return float(np.log(_MARGIN_RANGE[1]))
    return float(np.log(np.clip(own / others.max(), *_MARGIN_RANGE)))


def log_margins(
    own: Sequence[float], tried: Sequence[np.ndarray], count: int
) -> tuple[float, ...]:
    """
    Return the margins of a place on the ``count`` finest maps, finest first; 0 where not tried.

    :param own: its strengths on each level, coarsest first.
    :param tried: those of all places that were tried on each level, coarsest first.
    """
    levels = zip(reversed(own), reversed(tried), strict=False)
    margins = [log_margin(*level) for level in levels][:count]
    return tuple(margins + [0.0] * (count - len(margins)))


def squared_width(match: Match) -> np.ndarray:
    """
    Return (2, 2) m^2: the squared half width of a peak, by its curvature and height.

    A peak without a top in some direction counts as 20 m wide there.
    """
    values, vectors = np.linalg.eigh(match.curvature_per_m2)
    sharpness = np.maximum(-values, match.score / _MAX_HALF_WIDTH_M**2)
    return (vectors * (match.score / sharpness)) @ vectors.T
