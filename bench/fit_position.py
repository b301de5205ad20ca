"""
Fit on procedural worlds how sure and how exact a match is; write config/position_model.json.

    python -m bench.fit_position --worlds 40 --photos 12
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RIGHT_WITHIN_M = 20.0  # farther off, it is another place and not the same one read badly
FALSE_FIX_SHARE = 1e-3
_RIDGE = 1e-2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--worlds', type=int, default=40, metavar='N')
    parser.add_argument('--photos', type=int, default=12, metavar='N', help='of each world')
    parser.add_argument('--first-seed', type=int, default=100, metavar='S')
    parser.add_argument('--out', type=Path, default=ROOT / 'config/position_model.json')
    args = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = '1'  # one process per core is faster than threads
    seeds = [(seed, args.photos) for seed in range(args.first_seed, args.first_seed + args.worlds)]
    with multiprocessing.get_context('spawn').Pool(os.cpu_count()) as pool:
        trials = [trial for part in pool.imap(_run_world, seeds) for trial in part]
    usable = [trial for trial in trials if np.isfinite(trial.features).all()]
    features = np.array([trial.features for trial in usable])
    right = np.array([np.hypot(*trial.error_enu_m) < RIGHT_WITHIN_M for trial in usable])
    bias, weights = fit_logistic(features, right)
    log_odds = bias + features @ weights
    peak_share, floor_m = fit_covariance(
        [t for t, good in zip(usable, right, strict=True) if good]
    )
    threshold = choose_threshold(log_odds, right)
    on_map = np.array([trial.on_map for trial in usable])
    published = log_odds >= threshold
    model = {
        'bias': bias,
        'weights': weights.tolist(),
        'min_probability': 1 / (1 + np.exp(-threshold)),
        'peak_share': peak_share,
        'floor_m': floor_m,
        'fitted_on': {
            'command': f'python -m bench.fit_position --worlds {args.worlds} '
            f'--photos {args.photos} --first-seed {args.first_seed}',
            'photos': len(trials),
            'on_map': sum(trial.on_map for trial in trials),
            'right': int(right.sum()),
            'published': int(published.sum()),
            'published_on_map': int((published & on_map).sum()),
            'false': int((published & ~right).sum()),
        },
    }
    partial = args.out.with_suffix('.partial')
    partial.write_text(json.dumps(model, indent=2) + '\n', encoding='utf-8')
    partial.replace(args.out)
    print(json.dumps(model, indent=2))


def fit_logistic(features: np.ndarray, right: np.ndarray) -> tuple[float, np.ndarray]:
    """
    Return bias and weights of the log odds of ``right``, by Newton's method with a small ridge.

    :param features: (N, F); scaled here, so that the ridge treats them alike.
    """
    center, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(features)), (features - center) / spread])
    ridge = _RIDGE * len(features) * np.diag([0.0, *np.ones(features.shape[1])]) / 10
    solution = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ solution, -30, 30)))
        gradient = design.T @ (right - p) - ridge @ solution
        hessian = (design * (p * (1 - p))[:, None]).T @ design + ridge
        solution = solution + np.linalg.solve(hessian, gradient)
    weights = solution[1:] / spread
    return float(solution[0] - weights @ center), weights


def fit_covariance(trials: list) -> tuple[float, float]:
    """Return the share of the squared peak width and the floor in metres that fit best."""
    errors = np.array([trial.error_enu_m for trial in trials])
    widths = np.array([trial.squared_width_m2 for trial in trials])
    best = (np.inf, 0.0, 0.0)
    for share in np.geomspace(1e-3, 3.0, 40):
        for floor in np.geomspace(0.05, 10.0, 40):
            covariance = share * widths + np.eye(2) * floor**2
            squared = np.einsum(
                'ni,ni->n', errors, np.linalg.solve(covariance, errors[..., None])[..., 0]
            )
            loss = float(np.mean(squared + np.log(np.linalg.det(covariance))))
            best = min(best, (loss, float(share), float(floor)))
    return best[1], best[2]


def choose_threshold(log_odds: np.ndarray, right: np.ndarray) -> float:
    """
    Return the lowest log odds at which the expected share of false fixes is small enough.

    The share is that of the fitted probabilities of what would be published: counting the few
    wrong ones alone would follow their chance.
    """
    order = np.argsort(-log_odds)
    wrong = 1 / (1 + np.exp(log_odds[order]))
    share = np.cumsum(wrong) / np.arange(1, len(order) + 1)
    counted = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    allowed = np.flatnonzero((share <= FALSE_FIX_SHARE) & (counted <= FALSE_FIX_SHARE))
    return float(log_odds[order[allowed[-1]]]) if len(allowed) else float(log_odds.max())


def _run_world(task: tuple[int, int]) -> list:
    from bench.procedural_trials import run_trials

    return list(run_trials(*task))


if __name__ == '__main__':
    main()
