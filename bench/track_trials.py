# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fly the track on made answers: thousands of flights over 100 km^2 in minutes, without an image.

    OMP_NUM_THREADS=1 python -m bench.track_trials --processes 2

What an answer says is drawn from what it claims: a place of probability P is right in P of all
cases, and its errors are those that its covariance states. They are of four kinds that last: the
map is bent, overlapping images are wrong in the same way, the camera has a tilt that nobody knows,
and odometry drifts. So whatever the track claims beyond that is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import json
import multiprocessing
import time

from bench.record import add_counts, command, make_parser, measured_commit, RESULTS, rounded
import numpy as np
from visual_navsat.config import TrackConfig
from visual_navsat.files import write_json
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.rotation import about_up
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.tracking.flight_track import FlightTrack
from visual_navsat.tracking.odometry_leg import OdometryLeg, OdometryPose

FALSE_M, FALSE_SIGMA = 50.0, 5.0
MAX_IMAGES, IMAGES_AFTER = 60, 15
_FRAME = LocalFrame(0.0, 0.0)
_LEVEL = np.array([0.0, 0.0, 0.0, 1.0])
_SECOND = 1_000_000_000
_BEND_WAVES = 60
_DECIDED_SIGMA = 2.5  # of the log odds of the best place


@dataclass(frozen=True)
class Scenario:
    """What a flight is like; all sigmas are per axis."""

    name: str = 'worlds'
    side_m: float = 10_000.0
    legs_m: tuple[float, float] = (100.0, 160.0)
    footprint_m: tuple[float, float] = (200.0, 150.0)
    refused: float = 0.2  # share of images that are refused before they are looked for
    undecided: float = 0.25  # share of images whose best place is improbable
    image_sigma_m: float = 3.0
    map_sigma_m: float = 1.0
    map_length_m: float = 300.0
    tilt_m: float = 0.0  # of an unknown tilt
    tilt_length_m: float = np.inf  # way over which it changes
    drift: float = 0.03
    drift_length_m: float = 1000.0
    num_rivals: int = 5
    near_rivals: float = 0.3  # share of images with one rival beside the best place
    turn_sigma_rad: float = 0.15


SCENARIOS = (
    Scenario(),
    Scenario('overlap', legs_m=(15.0, 25.0)),
    Scenario('hovering', legs_m=(0.0, 1.0)),
    Scenario('unknown tilt', tilt_m=12.0),
    Scenario('unknown tilt, overlap', tilt_m=12.0, legs_m=(15.0, 25.0)),
    Scenario('changing tilt', tilt_m=12.0, tilt_length_m=1000.0),
    Scenario('steady drift', drift_length_m=np.inf),
    Scenario('white drift', drift_length_m=1.0),
    Scenario('short bends', map_length_m=100.0),
    Scenario('poor images', undecided=0.75),
)


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'track_trials.json')
    add_counts(parser, flights=500, first_seed=0, cell_m=50.0, processes=1)
    args = parser.parse_args()
    config = TrackConfig(cell_m=args.cell_m)  # twice the usual ones take a quarter of the time
    scenarios = {}
    with multiprocessing.get_context('spawn').Pool(args.processes) as pool:
        for scenario in SCENARIOS:
            started = time.perf_counter()
            seeds = range(args.first_seed, args.first_seed + args.flights)
            flights = pool.starmap(run_flight, ((scenario, seed, config) for seed in seeds), 10)
            seconds = time.perf_counter() - started
            scenarios[scenario.name] = summarise(flights)
            print(
                f'{scenario.name}, {seconds:.0f} s: {json.dumps(scenarios[scenario.name])}',
                flush=True,
            )
    write_json(
        args.out,
        {
            'command': command('bench.track_trials', args, 'flights', 'first_seed', 'cell_m'),
            'commit': measured_commit(),
            'scenarios': scenarios,
        },
    )


@dataclass(frozen=True)
class FlightResult:
    """What became of one flight."""

    images_to_converge: int | None
    errors_m: tuple[float, ...]  # of each image since
    squared_sigmas: tuple[float, ...]  # Mahalanobis, of each

    @property
    def was_false(self) -> bool:
        """Whether the track was ever too far off, and surer than that."""
        return any(
            error > FALSE_M and squared > FALSE_SIGMA**2
            for error, squared in zip(self.errors_m, self.squared_sigmas, strict=True)
        )

    @property
    def was_off(self) -> bool:
        """Whether the track was ever too far off."""
        return any(error > FALSE_M for error in self.errors_m)

    @property
    def was_too_sure(self) -> bool:
        """Whether an error was ever beyond what the track claimed."""
        return any(squared > FALSE_SIGMA**2 for squared in self.squared_sigmas)


def summarise(flights: Sequence[FlightResult]) -> dict:
    """Return the figures over all flights."""
    images = [f.images_to_converge or np.inf for f in flights]
    errors = np.concatenate([f.errors_m for f in flights])
    # Of flights, because the images of one are not independent.
    by_flight = [np.mean(f.squared_sigmas) / 2 for f in flights if f.squared_sigmas]
    honest = [np.mean(f.squared_sigmas) / 2 for f in flights if f.errors_m and not f.was_false]
    return {
        'flights': len(flights),
        'converged': sum(f.images_to_converge is not None for f in flights),
        'median_images_to_converge': rounded(np.median(images)),
        'p90_images_to_converge': rounded(np.quantile(images, 0.9, method='higher')),
        'median_error_m': rounded(np.median(errors)) if len(errors) else None,
        'p90_error_m': rounded(np.quantile(errors, 0.9)) if len(errors) else None,
        'anees': rounded(np.mean(honest)) if honest else None,
        'anees_standard_error': rounded(np.std(honest) / np.sqrt(len(honest))) if honest else None,
        'anees_with_false': rounded(np.mean(by_flight)) if by_flight else None,
        'off_by_50_m': sum(f.was_off for f in flights),
        'false': sum(f.was_false for f in flights),
        'too_sure': sum(f.was_too_sure for f in flights),
    }


def run_flight(scenario: Scenario, seed: int, config: TrackConfig | None = None) -> FlightResult:
    """Return what became of one flight that starts lost."""
    half_m = scenario.side_m / 2
    region = Region(-half_m, -half_m, half_m, half_m)
    leg = OdometryLeg(0.2, are_axes_enu=True)
    track = FlightTrack(config or TrackConfig(), leg, _FRAME, region)
    first, errors, squared = None, [], []
    for number, (truth_m, odometry_m, hypotheses) in enumerate(answers(scenario, seed)):
        track.add_odometry(number * _SECOND, OdometryPose(odometry_m, _LEVEL))
        track.predict(number * _SECOND, None)
        track.update(hypotheses)
        estimate = track.estimate()
        if isinstance(estimate, PositionEstimate):
            first = number + 1 if first is None else first
            error = _FRAME.enu_from_geodetic(estimate.latitude, estimate.longitude) - truth_m
            errors.append(float(np.hypot(*error)))
            squared.append(
                float(error @ np.linalg.solve(estimate.horizontal_covariance_m2, error))
            )
        if number + 1 >= MAX_IMAGES or (first is not None and number >= first + IMAGES_AFTER):
            break
    return FlightResult(first, tuple(errors), tuple(squared))


def answers(
    scenario: Scenario, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, list[Hypothesis]]]:
    """Yield the true place, that of the odometry, and what an image says, without end."""
    rng = np.random.default_rng([83, seed])
    errors = _Errors(scenario, rng)
    reach_m = scenario.side_m / 2 - min(1000.0, scenario.side_m / 5)
    position_m = rng.uniform(-reach_m, reach_m, 2)
    course = rng.uniform(0, 2 * np.pi)
    odometry_m = np.zeros(2)
    drift = rng.normal(0, scenario.drift, 2)
    while True:
        yield position_m, odometry_m, _answer(scenario, rng, errors, position_m, course)
        way_m = rng.uniform(*scenario.legs_m)
        course += rng.normal(0, scenario.turn_sigma_rad) * np.sqrt(min(way_m / 130.0, 1.0))
        if np.abs(position_m).max() > reach_m:
            course = np.arctan2(*(-position_m)) + rng.normal(0, 0.3)
        step_m = way_m * np.array([np.sin(course), np.cos(course)])
        position_m = position_m + step_m
        drift = _faded(rng, drift, np.exp(-way_m / scenario.drift_length_m), scenario.drift)
        odometry_m = odometry_m + (1 + drift[0]) * (about_up(drift[1])[:2, :2] @ step_m)
        errors.move(step_m)


class _Errors:
    """The errors of a flight's images that last."""

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self._scenario, self._rng = scenario, rng
        # Waves whose sum is correlated as exp(-distance / length), roughly: a Cauchy spectrum.
        directions = rng.normal(0, 1, (_BEND_WAVES, 2))
        scales = np.abs(rng.normal(0, 1, (_BEND_WAVES, 1)))
        self._waves = directions / np.maximum(scales, 1e-3) / scenario.map_length_m
        self._phases = rng.uniform(0, 2 * np.pi, (2, _BEND_WAVES))
        self._tilt = rng.normal(0, 1, 2)
        self._image = rng.normal(0, 1, 2)

    def move(self, step_m: np.ndarray) -> None:
        """Go on by a step: what is shown is replaced by its share of the footprint."""
        scenario, way_m = self._scenario, float(np.hypot(*step_m))
        kept = float(np.exp(-way_m / scenario.tilt_length_m))
        self._tilt = _faded(self._rng, self._tilt, kept, 1.0)
        shared = max(1.0 - way_m / scenario.footprint_m[1], 0.0)
        self._image = _faded(self._rng, self._image, shared, 1.0)

    def at(self, position_m: np.ndarray, tilt_m: np.ndarray) -> np.ndarray:
        """Return (2,) what an image there is off."""
        waves = np.cos(self._waves @ position_m + self._phases).sum(axis=1)
        bend_m = self._scenario.map_sigma_m * np.sqrt(2 / _BEND_WAVES) * waves
        return bend_m + tilt_m @ self._tilt + self._scenario.image_sigma_m * self._image


def _answer(
    scenario: Scenario,
    rng: np.random.Generator,
    errors: _Errors,
    position_m: np.ndarray,
    course: float,
) -> list[Hypothesis]:
    """Return what one image says: its places are right as often as they claim."""
    if rng.random() < scenario.refused:
        return []
    cos, sin = np.cos(course), np.sin(course)
    right_up = np.array([[cos, sin], [-sin, cos]])
    half_m = np.array(scenario.footprint_m) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half_m
    tilt_m = scenario.tilt_m * right_up
    own_m2 = (scenario.image_sigma_m**2 + scenario.map_sigma_m**2) * np.eye(2)
    common = Hypothesis(
        position_m + errors.at(position_m, tilt_m),
        own_m2 + tilt_m @ tilt_m.T,
        0.0,
        None,
        None,
        corners @ right_up.T,
        tilt_m if scenario.tilt_m else None,
    )
    probabilities = _probabilities(scenario, rng)
    right = rng.choice(len(probabilities) + 1, p=[*probabilities, 1 - probabilities.sum()])
    half_side = scenario.side_m / 2
    places_m = rng.uniform(-half_side, half_side, (len(probabilities), 2))
    if right < len(probabilities):
        places_m[right] = common.position_enu_m
    if rng.random() < scenario.near_rivals and len(places_m) > 1:
        beside, other = (0, 1) if right != 0 else (1, 0)
        places_m[beside] = places_m[other] + rng.normal(0, 30.0, 2)
    return [
        replace(common, position_enu_m=place_m, probability=float(probability))
        for place_m, probability in zip(places_m, probabilities, strict=True)
    ]


def _probabilities(scenario: Scenario, rng: np.random.Generator) -> np.ndarray:
    """Return those of the best place and its rivals, which share half of what it leaves."""
    center = -3.0 if rng.random() < scenario.undecided else 5.0
    best = 1 / (1 + np.exp(-np.clip(rng.normal(center, _DECIDED_SIGMA), -9.0, 9.0)))
    weights = np.exp(-rng.exponential(2.0, scenario.num_rivals))
    return np.array([best, *((1 - best) * 0.5 * weights / weights.sum())])


def _faded(rng: np.random.Generator, value: np.ndarray, kept: float, sigma: float) -> np.ndarray:
    return kept * value + np.sqrt(1 - kept**2) * rng.normal(0, sigma, 2)


if __name__ == '__main__':
    main()
