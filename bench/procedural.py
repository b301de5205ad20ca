# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Score the position model on photos of procedural worlds that it was not fitted on.

    python -m bench.procedural --worlds 20 --photos 500
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
import json
import math
from pathlib import Path
from typing import Any

from bench.procedural_trials import (
    Attempt,
    attempts_of,
    OFF_MAP_SHARE,
    SEARCHES,
    Trial,
    WHOLE_SEARCHES,
)
from bench.record import add_counts, clean_commit, command, make_parser, RESULTS, ROOT
from bench.trial_runs import run_worlds
import numpy as np
from visual_navsat.config import PositionConfig
from visual_navsat.evaluation.scored_answer import FALSE_FIX_ERROR_M, FALSE_FIX_SIGMAS
from visual_navsat.files import write_json
from visual_navsat.localization.map_match import COARSE, MatchEvidence, PART, WHOLE
from visual_navsat.localization.position_model import load_position_model, PositionModel

BANDS_M = (60, 80, 116, 152, 188, 250, 400)  # of height above ground
RELIABILITY = (0.0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.997, 0.999, 1.0)
ALL_WHOLE = 'all whole maps'  # of whatever size
POSITION = PositionConfig()
_INSIDE_95 = -2 * math.log(0.05)  # squared Mahalanobis distance of the 95 % ellipse


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'procedural.json')
    add_counts(parser, worlds=20, photos=500, side_m=3200.0, first_seed=5000)
    parser.add_argument('--trials', type=Path, default=ROOT / 'out/trials', metavar='DIR')
    parser.add_argument('--processes', type=int, metavar='N', help='default: one per core')
    args = parser.parse_args()
    commit = clean_commit()
    seeds = range(args.first_seed, args.first_seed + args.worlds)
    trials = run_worlds(seeds, args.photos, args.side_m, args.trials, processes=args.processes)
    # The photos that are scored are off the map as often as those that were fitted.
    model = load_position_model().with_off_map_share(OFF_MAP_SHARE)
    result = {
        'command': command('bench.procedural', args, 'worlds', 'photos', 'side_m', 'first_seed'),
        'commit': commit,
        'worlds': args.worlds,
        'map_km2_each': round(args.side_m**2 / 1e6, 2),
        'position': {'max_false_rate': POSITION.max_false_rate, 'off_map_share': OFF_MAP_SHARE},
        'searches': {
            name: score(trials, model, searches)
            for name, searches in {
                ALL_WHOLE: WHOLE_SEARCHES,
                **{s: (s,) for s in SEARCHES},
            }.items()
            if any(search in trial.attempts for trial in trials for search in searches)
        },
    }
    write_json(args.out, result)
    print(json.dumps(result, indent=2))


def score(
    trials: Sequence[Trial], model: PositionModel, searches: Sequence[str] = (WHOLE,)
) -> dict[str, Any]:
    """
    Return how many fixes the model publishes, their errors and how true its covariances are.

    :param searches: by their names in SEARCHES, of one scope; photos without any are left out.
    """
    tried = attempts_of(trials, searches)
    trials, attempts = [trial for trial, _ in tried], [attempt for _, attempt in tried]
    sure = model.sure_model(searches[0] if searches[0] in (COARSE, PART) else WHOLE)
    on_map = np.array([trial.on_map for trial in trials])
    heights = np.array([trial.height_agl_m for trial in trials])
    features = np.array([attempt.features for attempt in attempts])
    found = np.isfinite(features).all(axis=1)
    probability = np.zeros(len(trials))
    probability[found] = sure.probability(features[found])
    errors = np.array([attempt.error_enu_m for attempt in attempts])
    distance_m = np.hypot(*errors.T)
    covariances = np.array([model.covariance(_evidence(*pair)) for pair in tried])
    squared = np.einsum(
        'ni,ni->n', errors, np.linalg.solve(covariances, errors[..., None])[..., 0]
    )
    min_probability = sure.min_probability(POSITION.max_false_rate)
    published = probability >= min_probability
    is_false = (distance_m > FALSE_FIX_ERROR_M) | (squared > FALSE_FIX_SIGMAS**2)
    honest = published & ~is_false
    bands = [(low, high, (heights >= low) & (heights < high)) for low, high in pairwise(BANDS_M)]
    return {
        'photos': len(trials),
        'on_map': int(on_map.sum()),
        'best_place_within_20_m': int((on_map & (distance_m < 20)).sum()),
        'min_probability': min_probability,
        'published': int(published.sum()),
        'availability': _share(published & on_map, on_map),
        'false_fixes': int((published & is_false).sum()),
        'false_fixes_per_published': _share(published & is_false, published),
        'published_off_map': int((published & ~on_map).sum()),
        'error_m': {
            'median': float(np.median(distance_m[honest])),
            'p95': float(np.percentile(distance_m[honest], 95)),
        },
        'anees': _anees(squared[honest]),
        'anees_with_false_fixes_on_the_map': _anees(squared[published & on_map]),
        'share_inside_95_percent_ellipse': float(np.mean(squared[published] < _INSIDE_95)),
        'height_bands': [
            {
                'height_m': [float(low), float(high)],
                'published': int((published & band).sum()),
                'availability': _share(published & band & on_map, band & on_map),
                'false_fixes': int((published & is_false & band).sum()),
                'anees': _anees(squared[honest & band]),
            }
            for low, high, band in bands
        ],
        'reliability': reliability(probability[found], distance_m[found] < 20),
        'availability_curve': availability_curve(probability, is_false, on_map),
        'false': [
            {
                'world': trials[index].world,
                'photo': trials[index].photo,
                'on_map': bool(on_map[index]),
                'height_agl_m': round(float(heights[index]), 1),
                'error_m': round(float(distance_m[index]), 1),
                'sigmas': round(float(np.sqrt(squared[index])), 1),
                'probability': round(float(probability[index]), 5),
            }
            for index in np.flatnonzero(published & is_false)
        ],
    }


def reliability(probability: np.ndarray, right: np.ndarray) -> list[dict[str, Any]]:
    """
    Return how many best places were wrong, and how many the probabilities foretell, by band.

    The interval holds 95 % of the counts that chance makes of what is foretold.
    """
    rows = []
    for low, high in pairwise(RELIABILITY):
        band = (probability >= low) & ((probability < high) | (high == 1.0))
        wrong = 1 - probability[band]
        spread = 1.96 * math.sqrt(float((wrong * (1 - wrong)).sum()))
        rows.append(
            {
                'probability': [low, high],
                'places': int(band.sum()),
                'wrong': int((band & ~right).sum()),
                'foretold': round(float(wrong.sum()), 2),
                'give_or_take': round(spread, 2),
            }
        )
    return rows


def availability_curve(
    probability: np.ndarray, is_false: np.ndarray, on_map: np.ndarray
) -> list[dict[str, float]]:
    """Return false fixes per published fix against availability, surest photos first."""
    order = np.argsort(-probability, kind='stable')
    false = np.cumsum(is_false[order])
    available = np.cumsum(on_map[order] & ~is_false[order]) / max(on_map.sum(), 1)
    marks = [np.searchsorted(available, mark) for mark in np.arange(0.05, 1.0, 0.05)]
    return [
        {
            'availability': round(float(available[mark]), 3),
            'false_fixes_per_published': round(float(false[mark] / (mark + 1)), 5),
            'min_probability': round(float(probability[order[mark]]), 5),
        }
        for mark in marks
        if mark < len(order)
    ]


def _evidence(trial: Trial, attempt: Attempt) -> MatchEvidence:
    """Return the evidence of the best match of a search, as far as its covariance needs it."""
    margins, elastic = tuple(attempt.features[:3]), tuple(attempt.features[3:5])
    width_m2 = np.array(attempt.squared_width_m2)
    return MatchEvidence(WHOLE, margins, elastic, attempt.sigmas, 0.0, width_m2, trial.footprint_m)


def _anees(squared: np.ndarray) -> float | None:
    """
    Return the mean squared Mahalanobis distance per dimension; None without fixes.

    It is 1 where covariances are true.
    """
    return float(np.mean(squared) / 2) if len(squared) else None


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / max(whole.sum(), 1))


if __name__ == '__main__':
    main()
