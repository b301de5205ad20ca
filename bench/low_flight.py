# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fly low over procedural maps: what single images say, and what several joined ones do.

    python -m bench.low_flight --worlds 2 --strips 32

Each strip is a few images from 80 to 116 m that overlap by 30 to 70 %; the newest is asked for
alone, then with those before it. Three in ten strips lie off the map. Compass and height are off
by up to 5 degrees and 10 % for a whole strip, and by a tenth of that more for each image. The tilt
of each image is unknown. The seeds are those of no other benchmark and of no fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
import json
import time

from bench.procedural_trials import disturbed, draw_map, MAX_TILT_DEG, TILE_M
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS, rounded
from bench.world_map import CAMERA, draw_corner, FRAME
import numpy as np
import torch
from visual_navsat.config import PositionConfig
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.files import write_json
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.localization.correlate import correlate, MapMatches
from visual_navsat.localization.locate import locate_center
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.localization.position_model import load_position_model
from visual_navsat.localization.recent_photos import RecentPhotos
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.world import World

HEIGHTS_M = (80.0, 116.0)
OVERLAPS = (0.3, 0.7)
OFF_MAP_SHARE = 0.3
JITTER = 0.1  # of the errors of a strip, for each of its images
FALSE_M = 20.0
_ELSEWHERE_M = 50_000.0


@dataclass(frozen=True)
class Answered:
    """What one query said; the errors are those of the best place, published or not."""

    error_m: float | None
    probability: float
    is_published: bool
    squared_sigmas: float | None  # of a published place
    images: int = 1
    seconds: float = 0.0


@dataclass(frozen=True)
class Strip:
    """Images of one flight over the map or off it, and their answers."""

    world: int
    height_agl_m: float
    on_map: bool
    one: Answered
    joined: Answered  # of the images that could be joined: by itself
    chosen: Answered  # as the localizer has it: joined where the one is refused
    seconds_to_register: float


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'low_flight.json')
    add_counts(parser, worlds=2, strips=32, images=3, side_m=3200.0, first_seed=7200)
    args = parser.parse_args()
    torch.set_num_threads(1)
    strips: list[Strip] = []
    for seed in range(args.first_seed, args.first_seed + args.worlds):
        for strip in fly_strips(seed, args.strips, args.images, args.side_m):
            strips.append(strip)
            print(json.dumps(asdict(strip)), flush=True)
    flags = 'worlds', 'strips', 'images', 'side_m', 'first_seed'
    result = {
        'command': command('bench.low_flight', args, *flags),
        'commit': measured_commit(),
        'summary': summarise(strips),
        'strips': [asdict(strip) for strip in strips],
    }
    write_json(args.out, result)
    print(json.dumps(result['summary'], indent=1))


def fly_strips(seed: int, count: int, images: int, side_m: float) -> Iterator[Strip]:
    """Yield strips over a square of a world, each of a day of its own."""
    rng = np.random.default_rng([80, seed])
    world = World(seed)
    corner_m = draw_corner(rng)
    area = draw_map(world, seed, corner_m, side_m)
    for number in range(count):
        on_map = bool(rng.random() >= OFF_MAP_SHARE)
        poses = draw_strip(rng, corner_m, side_m, images, on_map)
        epoch = flight_epoch(100_000 * seed + number)
        shots = [
            photograph(world, epoch, pose, CAMERA, exposure_key=key)
            for key, pose in enumerate(poses)
        ]
        views = disturbed_strip(poses, rng)
        photos = [
            NadirImage(shot.image, None, view, None)
            for shot, view in zip(shots, views, strict=True)
        ]
        truth = shots[-1].center
        yield answer_strip(area, photos, truth, (seed, poses[-1].height_agl_m, on_map))


def draw_strip(
    rng: np.random.Generator, corner_m: np.ndarray, side_m: float, images: int, on_map: bool
) -> list[CameraPose]:
    """Return poses along the image's up direction, all of them over the map or all off it."""
    height_m = rng.uniform(*HEIGHTS_M)
    heading_deg = rng.uniform(0, 360)
    side_of_image_m = CAMERA.gsd_m_per_px(height_m) * CAMERA.height
    steps_m = (1 - rng.uniform(*OVERLAPS, images - 1)) * side_of_image_m
    along_m = np.concatenate([[0.0], np.cumsum(steps_m)]) - steps_m.sum() / 2
    margin = along_m[-1] + 0.3 * CAMERA.gsd_m_per_px(height_m) * CAMERA.width
    east, south = rng.uniform(margin, side_m - margin, 2)
    ahead = np.array([np.sin(np.radians(heading_deg)), np.cos(np.radians(heading_deg))])
    middle = corner_m + np.array([east + (0.0 if on_map else _ELSEWHERE_M), -south])
    tilts = rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG, (images, 2))
    return [
        CameraPose(*(middle + step * ahead), height_m, heading_deg, *tilt)
        for step, tilt in zip(along_m, tilts, strict=True)
    ]


def disturbed_strip(poses: list[CameraPose], rng: np.random.Generator) -> list:
    """Return what the localizer knows about each photo of a strip."""
    shared = disturbed(poses[-1], rng)
    views = []
    for pose in poses:
        own = disturbed(pose, rng)
        gsd, true_gsd = shared.gsd_m_per_px, CAMERA.gsd_m_per_px(pose.height_agl_m)
        views.append(
            replace(
                shared,
                heading_deg=shared.heading_deg + JITTER * (own.heading_deg - pose.heading_deg),
                gsd_m_per_px=gsd * (1 + JITTER * (own.gsd_m_per_px / true_gsd - 1)),
            )
        )
    return views


def answer_strip(
    area: MapArea, photos: list[NadirImage], truth: np.ndarray, about: tuple[int, float, bool]
) -> Strip:
    """Return the answers to the newest photo, alone and joined with those before it."""
    started = time.perf_counter()
    one = judge(correlate(photos[-1], [area], (), TILE_M, 1e12), truth)
    one = replace(one, seconds=time.perf_counter() - started)
    recent = RecentPhotos(len(photos))
    for photo in photos[:-1]:
        recent.join(photo)
    started = time.perf_counter()
    mosaic = recent.join(photos[-1])
    register_s = time.perf_counter() - started
    joined = one
    if mosaic is not None:
        started = time.perf_counter()
        found = mosaic.of_newest(correlate(mosaic.photo, [area], (), TILE_M, 1e12))
        joined = replace(
            judge(found, truth, mosaic.covariance_m2),
            images=mosaic.images,
            seconds=time.perf_counter() - started,
        )
    chosen = joined if joined.is_published and not one.is_published else one
    return Strip(*about, one, joined, chosen, register_s)


def judge(found: MapMatches, truth: np.ndarray, joining_m2: np.ndarray | None = None) -> Answered:
    """Return what a search says, beside the truth."""
    if not found.matches:
        return Answered(None, 0.0, False, None)
    model, best = load_position_model(), found.matches[0]
    error = FRAME.enu_from_geodetic(*best.place) - truth
    center = locate_center(found, model, PositionConfig())
    squared = None
    if isinstance(center, PositionEstimate):
        covariance = center.horizontal_covariance_m2
        if joining_m2 is not None:
            covariance = covariance + joining_m2
        squared = float(error @ np.linalg.solve(covariance, error))
    return Answered(
        float(np.hypot(*error)), model.probability(best.evidence), squared is not None, squared
    )


def summarise(strips: list[Strip]) -> dict:
    """Return the figures of single, joined and chosen answers."""
    on_map = [strip for strip in strips if strip.on_map]
    return {
        'strips': len(strips),
        'on_map': len(on_map),
        'joined_images': {
            str(n): sum(s.joined.images == n for s in strips)
            for n in range(1, 1 + max(s.joined.images for s in strips))
        },
        'median_seconds_to_register': rounded(np.median([s.seconds_to_register for s in strips])),
        **{name: _figures(strips, name) for name in ('one', 'joined', 'chosen')},
    }


def _figures(strips: list[Strip], name: str) -> dict:
    answers = [(strip.on_map, getattr(strip, name)) for strip in strips]
    on_map = [answer for is_on, answer in answers if is_on]
    published = [answer for answer in on_map if answer.is_published]
    right = [a for a in published if a.error_m is not None and a.error_m < FALSE_M]
    false = sum(a.is_published for is_on, a in answers if not is_on) + len(published) - len(right)
    squared = [a.squared_sigmas for a in right if a.squared_sigmas is not None]
    return {
        'best_place_right': sum(a.error_m is not None and a.error_m < FALSE_M for a in on_map),
        'published_on_map': len(published),
        'share_published': rounded(len(published) / max(len(on_map), 1)),
        'false': false,
        'within_10_m': sum(a.error_m is not None and a.error_m < 10.0 for a in published),
        'anees': rounded(np.mean(squared) / 2) if squared else None,
        'median_seconds': rounded(np.median([a.seconds for _, a in answers])),
    }


if __name__ == '__main__':
    main()
