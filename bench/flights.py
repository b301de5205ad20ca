# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fly over procedural maps of 100 km^2, lost at first: when the track converges, and how right it is.

    OMP_NUM_THREADS=1 python -m bench.flights --maps 5 --flights 20 --processes 2

Each map is drawn once and flown over by many flights, each of a day of its own. 40 % of the images
show nothing, next to nothing, or ground off the map; odometry drifts by 3 %, scale and direction
wandering. What the engine does about each image is done here without the backbone: the whole map
is searched while the track is lost. Once it is tracked, only each fifth image is searched for on
the whole map and the others where the track expects the vehicle, as on a map beyond the budget;
this saves hours and changes the answer only where the track is wrong.

Each map that is done is added to the results; a run that is started again goes on after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import functools
import json
import multiprocessing
import os
from pathlib import Path
import time

from bench.flight_world import draw_map, fly, Leg
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS, rounded
from bench.world_map import FRAME
import numpy as np
import torch
from visual_navsat.config import Config, CorrelationConfig, PositionConfig
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.files import write_json
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.correlate import correlate
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.image_quality import refuse_image
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.locate import hypotheses_of, locate_center
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.position_model import load_position_model
from visual_navsat.localization.prior import Prior
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.localizer import Localizer
from visual_navsat.tracking.odometry_leg import OdometryPose
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat_sim.worlds.world import World

MAX_IMAGES = 60
IMAGES_AFTER = 15  # once converged
WHOLE_MAP_EVERY = 5
FALSE_M = 50.0
FALSE_SIGMA = 5.0
SECONDS_PER_IMAGE = 6.0


@dataclass(frozen=True)
class Step:
    """The result of one image."""

    kind: str
    found_m: float | None  # how far the best hypothesis was from the truth
    probability: float  # of that hypothesis; 0 if there was none
    error_m: float | None  # of the track; None while it is lost
    sigmas: float | None  # Mahalanobis distance of that error
    support: float = 0.0  # probability of hypotheses within 50 m of the track


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'flights.json')
    add_counts(parser, maps=5, flights=20, side_km=10.0, first_seed=900, processes=1)
    args = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = '1'  # one process per core is faster than threads
    settings = {name: getattr(args, name) for name in ('flights', 'side_km', 'first_seed')}
    maps = _done_before(args.out, settings)
    tasks = [
        (seed, args.flights, 1e3 * args.side_km)
        for seed in range(args.first_seed, args.first_seed + args.maps)
        if str(seed) not in maps
    ]
    with multiprocessing.get_context('spawn').Pool(args.processes) as pool:
        for seed, record in pool.imap_unordered(_run_map, tasks):
            maps[str(seed)] = record
            result = {
                'command': command('bench.flights', args, 'maps', *settings),
                'commit': measured_commit(),
                'settings': settings,
                'is_complete': len(maps) >= args.maps,
                'summary': summarise([f for m in maps.values() for f in m['flights']]),
                'maps': dict(sorted(maps.items())),
            }
            write_json(args.out, result)
            print(f'map {seed}: {record["seconds"]:.0f} s', flush=True)
    if maps:
        print(json.dumps(json.loads(args.out.read_text())['summary'], indent=1))


def summarise(flights: list[dict]) -> dict:
    """Return the figures over all flights, and every false convergence with its explanation."""
    converged = [f for f in flights if f['images_to_converge'] is not None]
    images = [f['images_to_converge'] or np.inf for f in flights]
    errors = [e for f in converged for e in f['errors_after_m']]
    # Of the flights that were never false; those are listed.
    squared = [s**2 / 2 for f in converged if not f['false'] for s in f['sigmas_after']]
    return {
        'flights': len(flights),
        'converged': len(converged),
        # A flight that never converged counts as one that takes longer than all others.
        'median_images_to_converge': rounded(np.median(images)),
        'p90_images_to_converge': rounded(np.quantile(images, 0.9, method='higher')),
        'median_error_after_m': rounded(np.median(errors)) if errors else None,
        'p90_error_after_m': rounded(np.quantile(errors, 0.9)) if errors else None,
        'anees_after': rounded(np.mean(squared)) if squared else None,
        'false_convergences': [f['false'] for f in flights if f['false']],
    }


def run_flight(world: World, area: MapArea, seed: int, side_m: float) -> dict:
    """Return the record of one flight over a map."""
    config = Config().replace('node.odom_axes', 'enu')
    flight = Flight(config, FRAME, Region(0.0, 0.0, 0.0, 0.0).padded(side_m / 2))
    # Whether only the ground near the track is searched for the next image.
    looking = {'near_track': False}

    def ask(image, view=None, *, track_prior=None, expected=None):  # the view says all
        return look(image, view, area, track_prior if looking['near_track'] else None)

    localizer = Localizer(config, flight, ask)
    level = np.array([0.0, 0.0, 0.0, 1.0])
    steps: list[Step] = []
    is_tracked = False
    for number, part in enumerate(fly(world, seed, side_m)):
        stamp_ns = round(number * SECONDS_PER_IMAGE * 1e9)
        flight.track.add_odometry(stamp_ns, OdometryPose(part.odometry_m, level))
        looking['near_track'] = bool(is_tracked and number % WHOLE_MAP_EVERY)
        image = TimedImage(
            str(number), stamp_ns, stamp_ns, functools.partial(np.asarray, part.image),
            view=part.view,
        )  # fmt: skip
        answer = localizer.answer(image, stamp_ns)
        is_tracked = isinstance(answer.tracked, PositionEstimate)
        steps.append(_judge(part, answer.hypotheses, answer.tracked))
        first = next((n for n, step in enumerate(steps) if step.error_m is not None), None)
        if number + 1 >= MAX_IMAGES or (first is not None and number - first >= IMAGES_AFTER):
            break
    after = [] if first is None else [step for step in steps[first:] if step.error_m is not None]
    return {
        'seed': seed,
        'images': len(steps),
        'images_to_converge': None if first is None else first + 1,
        'errors_after_m': [rounded(step.error_m) for step in after],
        'sigmas_after': [rounded(step.sigmas) for step in after],
        'false': explain_false(seed, steps),
    }


def look(image: np.ndarray, view: View, area: MapArea, prior: Prior | None) -> Answer:
    """Return the answer to an image as the engine gives it; a prior limits the search."""
    refusal = refuse_image(image)
    if refusal:
        return Answer(refusal)
    photo = look_down(image, view)
    lever = Lever.of(photo, view, 0.0, PositionConfig().unknown_tilt_deg)
    max_scores = 1e6 * CorrelationConfig().max_million_scores
    found = correlate(photo, [area], (), 0.0, max_scores, lever.center_prior(prior))
    model = load_position_model()
    center = locate_center(found, model, PositionConfig())
    hypotheses = hypotheses_of(found, model, area.frame, lever)
    return Answer(lever.vehicle(center), center, hypotheses=hypotheses)


def explain_false(seed: int, steps: list[Step]) -> dict | None:
    """Return where a track was first false, with the cause; None if it never was."""
    for number, step in enumerate(steps):
        if step.error_m is None or (step.error_m <= FALSE_M and step.sigmas <= FALSE_SIGMA):
            continue
        before = steps[number - 1] if number else None
        recent = steps[: number + 1][-5:]
        was_right = before is not None and before.error_m is not None
        supported = [s for s in recent if s.support >= 0.05]
        if not was_right and any(s.kind == 'useful' for s in supported):
            cause = 'the map has ground like this elsewhere, and odometry fitted it'
        elif not was_right:
            cause = 'images without use agreed on one place by chance'
        elif step.support >= 0.05 and step.error_m > FALSE_M:
            cause = 'an image was found at a wrong place near the track'
        elif step.error_m > FALSE_M:
            cause = 'odometry drifted while images gave nothing'
        else:
            cause = f'right within {step.error_m:.0f} m, but surer than that'
        return {
            'flight': seed,
            'image': number + 1,
            'cause': cause,
            'error_m': rounded(step.error_m),
            'sigmas': rounded(step.sigmas),
            'false_for_images': sum(s.error_m is not None and s.error_m > FALSE_M for s in steps),
            'images_before': [asdict(s) for s in recent],
        }
    return None


def _judge(
    part: Leg, hypotheses: Sequence[Hypothesis], tracked: PositionEstimate | Refusal | None
) -> Step:

    best = max(hypotheses, key=lambda h: h.probability, default=None)
    found_m = None if best is None else _distance(best.position_enu_m, part.position_m)
    probability = 0.0 if best is None else best.probability
    if not isinstance(tracked, PositionEstimate):
        return Step(part.kind, rounded(found_m), rounded(probability), None, None)
    place_m = FRAME.enu_from_geodetic(tracked.latitude, tracked.longitude)
    error = place_m - part.position_m
    sigmas = np.sqrt(error @ np.linalg.solve(tracked.covariance_enu_m2[:2, :2], error))
    support = sum(
        h.probability for h in hypotheses if _distance(h.position_enu_m, place_m) < FALSE_M
    )
    return Step(
        part.kind,
        rounded(found_m),
        rounded(probability),
        float(np.hypot(*error)),
        float(sigmas),
        rounded(support),
    )


def _run_map(task: tuple[int, int, float]) -> tuple[int, dict]:

    torch.set_num_threads(1)
    seed, num_flights, side_m = task
    started = time.perf_counter()
    world = World(seed)
    area = draw_map(world, seed, side_m)
    drawn_s = time.perf_counter() - started
    flights = [run_flight(world, area, 1000 * seed + k, side_m) for k in range(num_flights)]
    seconds = time.perf_counter() - started
    return seed, {'seconds': seconds, 'map_seconds': drawn_s, 'flights': flights}


def _done_before(path: Path, settings: dict) -> dict:
    if not path.is_file():
        return {}
    record = json.loads(path.read_text())
    return record['maps'] if record['settings'] == settings else {}


def _distance(a, b) -> float:
    return float(np.hypot(*(np.asarray(a) - b)))


if __name__ == '__main__':
    main()
