# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fit on procedural worlds how sure and how exact a match is; write position_model.json.

    python -m bench.fit_position --worlds 12 --photos 200 --also out/trials/real_off_map.json

What agrees by chance on real ground is learned from trials that bench.real_off_map made.
"""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

from bench.procedural_trials import attempts_of, WHOLE_SEARCHES
from bench.record import add_counts, command, make_parser, ROOT
from bench.trial_runs import read_trials, run_worlds
import numpy as np
from visual_navsat.files import write_json
from visual_navsat.localization.map_match import COARSE, PART, WHOLE
from visual_navsat.localization.position_model import COVARIANCE_VALUES, SureModel

_MODEL_FILE = ROOT / 'src/visual_navsat/localization/position_model.json'
RIGHT_WITHIN_M = 20.0  # farther off, it is another place, not an inexact match
FALSE_FIX_SHARE = 1e-3
# Of it, what the probabilities may foretell of the fitted photos: other ground repeats in other
# ways. With all of it, one in 200 real photos of other ground was published; with a quarter, none.
_FORETOLD = 0.25
_SCOPES = {WHOLE: WHOLE_SEARCHES, COARSE: (COARSE,), PART: (PART,)}
_RIDGE = 1e-5  # per photo; a hundred times as much would call the surest of them doubtful
_KNEE = float(np.log(9.0))  # log odds, of nine right in ten
_MIN_SLOPE = 0.2  # beyond the knee, of that below it


def main() -> None:
    parser = make_parser(__doc__, _MODEL_FILE)
    add_counts(parser, worlds=12, photos=200, side_m=3200.0, first_seed=100)
    parser.add_argument('--trials', type=Path, default=ROOT / 'out/trials', metavar='DIR')
    parser.add_argument('--also', type=Path, nargs='+', default=[], metavar='FILE', help='trials')
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.worlds)
    trials = run_worlds(seeds, args.photos, args.side_m, args.trials)
    for path in args.also:
        trials += read_trials(path)
    model = fit_model(trials)
    flags = 'worlds', 'photos', 'side_m', 'first_seed'
    words = [command('bench.fit_position', args, *flags), *(f'--also {p.name}' for p in args.also)]
    model['fitted_on']['command'] = ' '.join(words)
    write_json(args.out, model)
    print(json.dumps(model, indent=2))


def fit_model(trials: Sequence) -> dict[str, Any]:
    """Return the values of the position model, and what they were fitted on."""
    model: dict[str, Any] = {}
    exact, footprints_m = [], []  # the right fixes that all searches would publish
    fitted_on = {'photos': len(trials), 'on_map': sum(trial.on_map for trial in trials)}
    for scope, names in _SCOPES.items():
        tried = attempts_of(trials, names)
        on_map = np.array([trial.on_map for trial, _ in tried])
        features = np.array([attempt.features for _, attempt in tried])
        errors_m = np.hypot(*np.array([attempt.error_enu_m for _, attempt in tried]).T)
        found = np.isfinite(features).all(axis=1)
        right = found & (errors_m < RIGHT_WITHIN_M)
        values = {
            **fit_sure(features[found], right[found]),
            'off_map_share': float(1 - on_map[found].mean()),
            'lost_share': float((found & on_map & ~right).sum() / (found & on_map).sum()),
        }
        log_odds = sure_log_odds(values, features[found])
        threshold = choose_threshold(log_odds, _FORETOLD * FALSE_FIX_SHARE)
        values['doubt_per_rate'] = float(1 / (1 + np.exp(threshold)) / FALSE_FIX_SHARE)
        sure = SureModel(**values)
        published = found.copy()
        least = sure.min_probability(FALSE_FIX_SHARE)
        published[found] = sure.probability(features[found]) >= least
        model[scope] = values
        fitted_on[scope] = {
            'found': int(found.sum()),
            'right': int(right.sum()),
            'published': int(published.sum()),
            'published_on_map': int((published & on_map).sum()),
            'false': int((published & ~right).sum()),
        }
        for index in np.flatnonzero(published & right):
            exact.append(tried[index][1])
            footprints_m.append(tried[index][0].footprint_m)
    return {**model, **fit_covariance(exact, footprints_m), 'fitted_on': fitted_on}


def fit_sure(features: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Return the values of a SureModel: a straight line first, then what is beyond its knee."""
    bias, weights = fit_leads(features, right)
    line = bias + features @ weights
    beyond = np.maximum(line - _KNEE, 0.0)
    again, slopes = fit_logistic(np.column_stack([line, beyond]), right)
    below = max(float(slopes[0]), 1e-3)
    return {
        'bias': float(again + below * bias),
        'weights': [float(below * weight) for weight in weights],
        'knee': float(again + below * _KNEE),
        'knee_weight': max(float(slopes[1]) / below, _MIN_SLOPE - 1),
    }


def fit_leads(features: np.ndarray, right: np.ndarray) -> tuple[float, np.ndarray]:
    """
    Return bias and weights as :func:`fit_logistic` does, none below 0.

    Features that say much the same may share a large weight and its opposite between them, on
    photos like those of the fit. Elsewhere a lead must never count against a place.
    """
    used = list(range(features.shape[1]))
    while True:
        bias, found = fit_logistic(features[:, used], right)
        if (found >= 0).all():
            break
        used.pop(int(found.argmin()))
    weights = np.zeros(features.shape[1])
    weights[used] = found
    return bias, weights


def sure_log_odds(sure: dict[str, Any], features: np.ndarray) -> np.ndarray:
    """Return the log odds that a SureModel of these values gives."""
    line = sure['bias'] + features @ np.array(sure['weights'])
    return line + sure['knee_weight'] * np.maximum(line - sure['knee'], 0.0)


def fit_logistic(features: np.ndarray, right: np.ndarray) -> tuple[float, np.ndarray]:
    """
    Return bias and weights of the log odds of ``right``, by Newton's method with a small ridge.

    :param features: (N, F); scaled here, so that the ridge treats them alike.
    """
    center, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(features)), (features - center) / spread])
    ridge = _RIDGE * len(features) * np.diag([0.0, *np.ones(features.shape[1])])
    solution = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ solution, -30, 30)))
        gradient = design.T @ (right - p) - ridge @ solution
        hessian = (design * (p * (1 - p))[:, None]).T @ design + ridge
        hessian += 1e-9 * np.eye(len(hessian))
        solution = solution + np.linalg.solve(hessian, gradient)
    weights = solution[1:] / spread
    return float(solution[0] - weights @ center), weights


def fit_covariance(attempts: Sequence, footprints_m: Sequence[float]) -> dict[str, float]:
    """Return the COVARIANCE_VALUES of the position model that fit best, by a grid of each."""
    errors = np.array([attempt.error_enu_m for attempt in attempts])
    widths = np.array([attempt.squared_width_m2 for attempt in attempts])
    noise = np.maximum([attempt.sigmas for attempt in attempts], 1.0) ** -2.0
    bends = (100.0 / np.asarray(footprints_m)) ** 2
    best = (np.inf,)
    for share in (0.0, *np.geomspace(3e-3, 0.3, 9)):
        # Not under 1: noise moves the top of a peak by its half width over its sigmas. Few peaks
        # in worlds are wide enough to show it; ridges on a real map are.
        for noise_share in np.geomspace(1.0, 30.0, 6):
            spread = (share + noise_share * noise)[:, np.newaxis, np.newaxis] * widths
            for floor in np.geomspace(0.1, 4.0, 20):
                for bend in (0.0, *np.geomspace(0.2, 4.0, 12)):
                    everywhere = floor**2 + bend**2 * bends
                    covariance = spread + everywhere[:, np.newaxis, np.newaxis] * np.eye(2)
                    loss = _negative_log_likelihood(errors, covariance)
                    best = min(best, (loss, share, noise_share, floor, bend))
    return dict(zip(COVARIANCE_VALUES, map(float, best[1:]), strict=True))


def _negative_log_likelihood(errors: np.ndarray, covariance: np.ndarray) -> float:
    """Return twice the mean of (N, 2) errors under (N, 2, 2) covariances, less a constant."""
    (ee, en), (_, nn) = covariance.transpose(1, 2, 0)
    determinant = ee * nn - en**2
    east, north = errors.T
    squared = (nn * east**2 - 2 * en * east * north + ee * north**2) / determinant
    return float(np.mean(squared + np.log(determinant)))


def choose_threshold(log_odds: np.ndarray, false_share: float) -> float:
    """
    Return the lowest log odds at which the share of false fixes is small enough.

    The share is what the probabilities of what would be published foretell: of a few hundred
    fixes, the count of the false ones is chance. bench/procedural.py counts, on other worlds.
    """
    descending = -np.sort(-log_odds)
    foretold = np.cumsum(1 / (1 + np.exp(descending))) / np.arange(1, len(descending) + 1)
    allowed = np.flatnonzero(foretold <= false_share)
    return float(descending[allowed[-1]]) if len(allowed) else float(descending[0])


if __name__ == '__main__':
    main()
