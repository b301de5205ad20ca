# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Measure what bytes of an index buy: the same photos located on fields rounded ever more coarsely.

    python -m bench.index_bytes --worlds 6 --photos 20

Photos of procedural worlds, from 60 to 400 m, heading within 5 degrees and height within 10 %,
three in ten of them off the map, are located on 0.5 km^2 of fields as they are made, in bytes, and
on those that come back from an index whose rounding steps are the usual ones times a factor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import json
from typing import Any

from bench.procedural import score
from bench.procedural_trials import (
    Attempt,
    attempt_of,
    disturbed,
    draw_map,
    draw_pose,
    OFF_MAP_SHARE,
    RELIEF,
    TILE_M,
    Trial,
)
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS
from bench.world_map import CAMERA, draw_corner
import numpy as np
import torch
from visual_navsat.correlation.map_area import level_grids, MapArea
from visual_navsat.correlation.map_field import MapField
from visual_navsat.files import write_json
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.index.field_codec import decode_blocks, encode_block, FieldCoding
from visual_navsat.index.stored_fields import block_of, BlockGrid, coarser
from visual_navsat.localization.correlate import correlate
from visual_navsat.localization.map_match import WHOLE
from visual_navsat.localization.position_model import load_position_model
from visual_navsat_sim.worlds.camera import photograph
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.world import World

FACTORS = (1.0, 2.0, 4.0)
AS_MADE = 'as made, int8'
_BYTES_PER_PX = 3  # of fields as made: two numbers, and whether they are valid


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'index_bytes.json')
    add_counts(parser, worlds=6, photos=20, side_m=700.0, first_seed=7000)
    args = parser.parse_args()
    trials: dict[str, list[Trial]] = {}
    bytes_per_km2: dict[str, list[float]] = {}
    for seed in range(args.first_seed, args.first_seed + args.worlds):
        for name, size, found in run_world(seed, args.photos, args.side_m):
            bytes_per_km2.setdefault(name, []).append(size)
            trials.setdefault(name, []).extend(found)
        print(f'world {seed} done', flush=True)
    model = load_position_model().with_off_map_share(OFF_MAP_SHARE)
    record = {
        'commit': measured_commit(),
        'command': command('bench.index_bytes', args, 'worlds', 'photos', 'side_m', 'first_seed'),
        'fields': [
            {
                'encoding': name,
                'megabytes_per_km2': round(float(np.mean(bytes_per_km2[name])) / 1e6, 3),
                **_summary(score(found, model)),
                **_moved(found, trials[AS_MADE]),
            }
            for name, found in trials.items()
        ],
    }
    write_json(args.out, record)
    print(json.dumps(record, indent=1))


def run_world(
    seed: int, num_photos: int, side_m: float
) -> Iterator[tuple[str, float, list[Trial]]]:
    """Yield the encodings of a world's map: name, bytes per km^2, and its photos' trials."""
    rng = np.random.default_rng([78, seed])
    world = World(seed, relief=rng.uniform(*RELIEF))
    west, north = draw_corner(rng)
    area = draw_map(world, seed, (west, north), side_m)
    photos = []
    for number in range(num_photos):
        on_map = bool(rng.random() >= OFF_MAP_SHARE)
        pose = draw_pose(rng, west, north, side_m, on_map)
        shot = photograph(world, flight_epoch(100_000 * seed + number), pose, CAMERA)
        photos.append(
            (on_map, pose, shot, NadirImage(shot.image, None, disturbed(pose, rng), None))
        )
    km2 = side_m**2 / 1e6
    for name, size, coded in _encodings(area):
        yield (
            name,
            size / km2,
            [
                Trial(
                    seed,
                    number,
                    pose.height_agl_m,
                    on_map,
                    {WHOLE: attempt_of(correlate(photo, [coded], (), TILE_M, 1e12), shot)},
                )
                for number, (on_map, pose, shot, photo) in enumerate(photos)
            ],
        )


def _encodings(area: MapArea) -> Iterator[tuple[str, int, MapArea]]:
    """Yield the area as made, then as it comes back from an index: name, bytes, area."""
    finest = area.levels[0]
    yield AS_MADE, _BYTES_PER_PX * finest.field.valid.numel(), area
    for factor in FACTORS:
        usual = FieldCoding()
        coding = replace(usual, steps=tuple(factor * step for step in usual.steps))
        size, levels = through_index(finest, coding)
        name = f'steps x {factor:g}' if factor != 1 else 'index'
        yield name, size, replace(area, levels=levels)


def through_index(finest: MapField, coding: FieldCoding) -> tuple[int, tuple[MapField, ...]]:
    """Return the bytes that a field takes in blocks, and the levels that come back of it."""
    stored = torch.cat([finest.field.vectors, finest.field.valid[None].to(torch.int8)]).numpy()
    grids, size = level_grids(finest.grid), 0
    back = [np.zeros((3, *grid.shape), np.int8) for grid in grids]
    box = finest.grid.box
    for _, place in BlockGrid.under(box).touched_by(box, 0):
        parts = encode_block(block_of(stored, box, place), coding)
        size += sum(map(len, parts))
        for level, (grid, planes) in enumerate(zip(grids, back, strict=True)):
            there = coarser(place, level)
            inside = there.intersection(grid.box)
            rows, columns = inside.slices
            own_rows, own_columns = inside.moved(-there.top, -there.left).slices
            decoded = decode_blocks([parts], level, coding)[0]
            planes[:, rows, columns] = decoded[:, own_rows, own_columns]
    fields = (
        MapField.of(grid, torch.from_numpy(planes[:2]), torch.from_numpy(planes[2] != 0))
        for grid, planes in zip(grids, back, strict=True)
    )
    return size, tuple(fields)


def _summary(scores: dict[str, Any]) -> dict[str, Any]:
    names = ('photos', 'on_map', 'best_place_within_20_m', 'published', 'false_fixes')
    return {
        **{name: scores[name] for name in names},
        'availability': round(scores['availability'], 4),
        'error_m': {name: round(value, 2) for name, value in scores['error_m'].items()},
        'anees': round(scores['anees'], 3),
    }


def _moved(found: list[Trial], as_made: list[Trial]) -> dict[str, Any]:
    """Return how far places found and their strengths' leads are from those on fields as made."""
    moves_m, leads = [], []
    for one, other in zip(found, as_made, strict=True):
        new, old = one.attempts[WHOLE], other.attempts[WHOLE]
        if _right(new) and _right(old):
            moves_m.append(np.hypot(*np.subtract(new.error_enu_m, old.error_enu_m)))
            leads.append(new.features[0] - old.features[0])
    return {
        'right_places_moved_m': {
            'median': round(float(np.median(moves_m)), 3),
            'p95': round(float(np.percentile(moves_m, 95)), 3),
        },
        'log_lead_change': round(float(np.mean(leads)), 4),
    }


def _right(attempt: Attempt) -> bool:
    return bool(np.hypot(*attempt.error_enu_m) < 20)


if __name__ == '__main__':
    main()
