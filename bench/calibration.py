# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fly a vehicle over worlds whose compass is 8 degrees off, height 12 %, and camera mount 2 degrees.

Each world is flown over twice. In the first flight the localizer learns from its own fixes and
odometry, until 20 of them counted; the same flight is learned from beside GNSS as well, in two
passes, as the verb calibrate does. The second flight is answered as the vehicle states it, and
corrected by either.

    python -m bench.calibration --worlds 4 --images 28 --height-m 180
"""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path
import tempfile
from typing import Any

from bench.miscalibrated import Exposure, fly, true_corrections
from bench.record import add_counts, clean_commit, command, make_parser, RESULTS, rounded
import numpy as np
import torch
from visual_navsat.config import Config
from visual_navsat.engine import warm_up
from visual_navsat.evaluation.scored_answer import ScoredAnswer
from visual_navsat.files import write_json
from visual_navsat.index.build.build_index import build_map
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.corrections import Corrections
from visual_navsat.replay.calibrate_recording import Bias, corrected, matches_of
from visual_navsat.replay.learn_calibration import learn_calibration
from visual_navsat.tracking.calibration_state import CalibrationState
from visual_navsat.tracking.localizer import Localizer
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat_sim.demo.flight_site import choose_site, Site
from visual_navsat_sim.demo.ortho_map import write_map
from visual_navsat_sim.demo.track import make_track
from visual_navsat_sim.worlds.epoch import flight_epoch, map_epoch
from visual_navsat_sim.worlds.world import World

MATCHES = 20
LIMITS = np.array([1.0, 0.02, 0.3, 0.3])  # degrees, share, degrees, degrees
QUANTITIES = ('heading_deg', 'scale', 'tilt_right_deg', 'tilt_up_deg')
TRUTH_SIGMA_M = 0.5  # the true positions are exact but for what the map is bent
_TILE_PX, _STRIDE_PX = 400, 200


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'calibration.json')
    add_counts(parser, worlds=4, images=28, side_m=1200.0, height_m=180.0, first_seed=8300)
    args = parser.parse_args()
    torch.set_num_threads(1)
    commit = clean_commit()
    worlds = []
    for seed in range(args.first_seed, args.first_seed + args.worlds):
        worlds.append(run_world(seed, args.images, args.side_m, args.height_m))
        print(json.dumps(worlds[-1]), flush=True)
    flags = 'worlds', 'images', 'side_m', 'height_m', 'first_seed'
    record = {
        'command': command('bench.calibration', args, *flags),
        'commit': commit,
        'summary': summarise(worlds),
        'worlds': worlds,
    }
    write_json(args.out, record)
    print(json.dumps(record['summary'], indent=1))


def run_world(seed: int, images: int, side_m: float, height_m: float) -> dict[str, Any]:
    """Return the record of one world."""
    site = choose_site(World(seed), side_m)
    off = true_corrections(tilt_towards_deg=137.0 * seed)
    flights = [
        list(
            fly(
                site,
                flight_epoch(10 * seed + number),
                make_track(site, images, height_m, 10 * seed + number),
                off,
                10 * seed + number,
            )
        )
        for number in range(2)
    ]
    config = Config()
    with tempfile.TemporaryDirectory() as scratch:
        loaded_map = open_map(site, seed, Path(scratch), config)
        in_flight = learn_in_flight(loaded_map, config, flights[0])
        stated = answer_all(loaded_map, config, flights[0])
        matches = list(matches_of(stated, loaded_map))[:MATCHES]
        first_pass = learn_calibration(matches, config.calibration, TRUTH_SIGMA_M)
        again = answer_all(loaded_map, corrected(config, first_pass.state), flights[0])
        matches = list(matches_of(again, loaded_map))[:MATCHES]
        by_gnss = learn_calibration(matches, config.calibration, TRUTH_SIGMA_M, first_pass).state
        configs = {
            'stated': config,
            'in_flight': corrected(config, in_flight),
            'by_gnss': corrected(config, by_gnss),
        }
        next_flight = {
            what: vars(Bias.of(answer_all(loaded_map, config, flights[1])))
            for what, config in configs.items()
        }
    return {
        'seed': seed,
        'off': dict(zip(QUANTITIES, map(rounded, off.vector), strict=True)),
        'in_flight': judged(in_flight, off),
        'first_pass': judged(first_pass.state, off),
        'by_gnss': judged(by_gnss, off),
        'next_flight': {
            what: {name: rounded(value) for name, value in bias.items()}
            for what, bias in next_flight.items()
        },
    }


def open_map(site: Site, seed: int, folder: Path, config: Config) -> LoadedMap:
    """Return the map of a site, built as build-map does."""
    tiles, _ = write_map(site, map_epoch(seed), folder, _TILE_PX, _STRIDE_PX)
    build_map(tiles, folder / 'tiles', folder / 'index', config, progress=False)
    loaded_map = LoadedMap.open(folder / 'index', config)
    warm_up(loaded_map, config)
    return loaded_map


def learn_in_flight(
    loaded_map: LoadedMap, config: Config, flight: Sequence[Exposure]
) -> CalibrationState:
    """Return what a flight has learned once 20 matches counted, or at its end."""
    localizer = Localizer.over(loaded_map, config)
    for exposure in flight:
        ask(localizer, exposure)
        if localizer.flight.calibration.state.estimate.matches >= MATCHES:
            break
    return localizer.flight.calibration.state


def answer_all(
    loaded_map: LoadedMap, config: Config, flight: Sequence[Exposure]
) -> list[ScoredAnswer]:
    """Return the answers to a flight that learns nothing."""
    localizer = Localizer.over(loaded_map, config.replace('calibration.learn', False))
    return [ScoredAnswer.of(ask(localizer, exposure), exposure.place) for exposure in flight]


def ask(localizer: Localizer, exposure: Exposure) -> Answer:
    """Return the answer to an image, its sensors heard before."""
    exposure.put_into(localizer.flight)
    stamp_ns = exposure.stamp_ns
    return localizer.answer(
        TimedImage(str(stamp_ns), stamp_ns, stamp_ns, lambda: exposure.image), stamp_ns
    )


def judged(state: CalibrationState, off: Corrections) -> dict[str, Any]:
    """Return what was learned beside what is true."""
    estimate = state.estimate
    errors = estimate.vector - off.vector
    return {
        'matches': estimate.matches,
        'outliers': estimate.outliers,
        'errors': dict(zip(QUANTITIES, map(rounded, errors), strict=True)),
        'sigmas': dict(zip(QUANTITIES, map(rounded, estimate.sigmas), strict=True)),
        'corrected': dict(zip(QUANTITIES, state.is_used.tolist(), strict=True)),
    }


def summarise(worlds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures over all worlds."""
    summary: dict[str, Any] = {'worlds': len(worlds)}
    for how in ('in_flight', 'first_pass', 'by_gnss'):
        errors, sigmas = (
            np.array([list(world[how][what].values()) for world in worlds])
            for what in ('errors', 'sigmas')
        )
        summary[how] = {
            'rms': dict(
                zip(QUANTITIES, map(rounded, np.sqrt(np.mean(errors**2, axis=0))), strict=True)
            ),
            'within_limits': dict(
                zip(QUANTITIES, (np.abs(errors) <= LIMITS).sum(axis=0).tolist(), strict=True)
            ),
            'nees_over_4': rounded(np.mean((errors / sigmas) ** 2)),
        }
    for what in ('stated', 'in_flight', 'by_gnss'):
        flights = [world['next_flight'][what] for world in worlds]
        bias_m = [np.hypot(flight['right_m'], flight['up_m']) for flight in flights]
        summary[f'next_flight_{what}'] = {
            'images': sum(flight['images'] for flight in flights),
            'fixes': sum(flight['fixes'] for flight in flights),
            'far_off': sum(flight['far_off'] for flight in flights),
            'mean_bias_m': rounded(np.mean(bias_m)),
            'largest_bias_m': rounded(np.max(bias_m)),
            'median_error_m': rounded(np.median([flight['median_m'] for flight in flights])),
        }
    return summary


if __name__ == '__main__':
    main()
