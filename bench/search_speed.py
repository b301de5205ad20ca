# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Time the search of a photo on the map, stage by stage of what is known, and write the figures.

The map is made of seeded rectangles: the time does not depend on what the ground looks like, and
procedural worlds of 100 square kilometres would take longer to draw than to search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
import math
import os
from statistics import median
import sys
import time

from bench.record import make_parser, measured_commit, RESULTS
import cv2
import numpy as np
import torch
from visual_navsat.correlation.first_level import first_level
from visual_navsat.correlation.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.map_field import make_levels, MapField
from visual_navsat.correlation.search import search
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.files import write_json
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region

_GSD = 0.5
_PATCH_PX = 2000  # 1 km^2, turned and mirrored to make larger maps
_PHOTO_PX = (400, 300)  # 200 m by 150 m
_TILE_M, _TILES = 146.0, 10
_KNOWN = HeadingScaleRange(0.0, 5.0, 0.1)
_MAX_SCORES = 30e6  # with more, the search begins on a coarser map


@dataclass(frozen=True)
class Case:
    """One search, what it is given, and how long it took."""

    name: str
    area_km2: float
    million_scores: float  # on the level that the search begins on
    start_gsd_m_per_px: float
    threads: int
    rounds: int
    median_ms: float
    min_ms: float
    error_m: float  # of the best place


def main() -> None:
    """Time all cases and write them as JSON."""
    parser = make_parser(__doc__, RESULTS / 'search_speed.json')
    parser.add_argument('--rounds', type=int, default=5, metavar='N', help='default %(default)s')
    parser.add_argument('--device', default='cpu', help='cpu (default) or cuda')
    parser.add_argument(
        '--threads', type=int, nargs='+', default=[1, 2], metavar='N', help='default 1 2'
    )
    args = parser.parse_args()
    load = os.getloadavg()[0]  # before we are its load
    cases = []
    for threads in args.threads:
        torch.set_num_threads(threads)
        for case in time_cases(args.device, threads, args.rounds):
            print(
                f'{case.name}, {threads} threads: {case.median_ms:.0f} ms, from '
                f'{case.start_gsd_m_per_px:g} m per pixel, {case.error_m:.1f} m off',
                file=sys.stderr,
                flush=True,
            )
            cases.append(asdict(case))
    on_gpu = args.device.startswith('cuda')
    results = {
        'commit': measured_commit(),
        'device': torch.cuda.get_device_name(args.device) if on_gpu else 'cpu',
        'cores': os.cpu_count(),
        'load_before': load,
        'torch': torch.__version__,
        'cases': cases,
    }
    write_json(args.out, results)


def time_cases(device: str, threads: int, rounds: int) -> Iterator[Case]:
    """Yield each search, timed on a device."""
    patch = _patch()
    # The photo shows the middle of the first patch, which no map turns or mirrors.
    row, col = (_PATCH_PX - _PHOTO_PX[1]) // 2, (_PATCH_PX - _PHOTO_PX[0]) // 2
    photo = patch[row:, col:][: _PHOTO_PX[1], : _PHOTO_PX[0]]
    query = make_gradient_field(photo, _GSD, device=device)
    fields = _fields(patch)

    def timed(name, side_patches, levels, span=_KNOWN, regions=None, max_scores=None, **crop):
        field = _joined(fields, *side_patches, **crop)
        rows, columns = field.valid.shape
        placed = MapField(field, PixelGrid(0.0, 0.0, rows, columns, field.gsd_m_per_px))
        pyramid = [level.to(device) for level in make_levels(placed, levels)]
        options = SearchOptions(max_scores=max_scores)
        result = None

        def run() -> None:
            nonlocal result
            result = search(query, pyramid, span, regions, options)

        times = _milliseconds(run, rounds, device)
        best = result.matches[0]
        true = _PATCH_PX * _GSD / 2
        return Case(
            name,
            field.extent_m[0] * field.extent_m[1] / 1e6,
            first_level(query, pyramid, span, regions, options).num_scores / 1e6,
            result.start_gsd_m_per_px,
            threads,
            rounds,
            median(times),
            min(times),
            math.hypot(best.east_m - true, best.north_m + true),
        )

    yield timed('verify ten tiles of 146 m', (1, 1), 3, regions=_tiles())
    yield timed('0.4 km2', (1, 1), 3, keep_m=632.0)
    yield timed('1 km2', (1, 1), 3)
    yield timed('1 km2 at 1 m per pixel', (1, 1), 2)
    yield timed('1 km2, no heading', (1, 1), 3, HeadingScaleRange(None, scale_tolerance=0.1))
    yield timed(
        '1 km2, no heading, scale within 30 %', (1, 1), 3, HeadingScaleRange(None, 5.0, 0.3)
    )
    yield timed('10 km2 from 2 m per pixel', (2, 5), 3)
    yield timed('10 km2 within a budget', (2, 5), 5, max_scores=_MAX_SCORES)
    yield timed('100 km2 within a budget', (10, 10), 5, max_scores=_MAX_SCORES)


def _milliseconds(work: Callable[[], None], rounds: int, device: str) -> list[float]:
    work()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        if device.startswith('cuda'):
            torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - started))
    return times


def _patch() -> np.ndarray:
    """Return grey ground of overlapping rectangles at all angles."""
    rng = np.random.default_rng(0)
    image = np.full((_PATCH_PX, _PATCH_PX), 110, np.uint8)
    for _ in range(8000):
        center = tuple(float(v) for v in rng.uniform(0, _PATCH_PX, 2))
        size = tuple(float(v) for v in rng.uniform(6, 40, 2))
        corners = cv2.boxPoints((center, size, float(rng.uniform(0, 180))))
        cv2.fillPoly(image, [np.intp(corners)], int(rng.integers(20, 240)))
    return image


def _fields(patch: np.ndarray) -> list[GradientField]:
    """Return the fields of the patch turned and mirrored in all eight ways."""
    turned = [np.rot90(side, turns) for side in (patch, patch.T) for turns in range(4)]
    options = FieldOptions(gsd_m_per_px=_GSD)
    return [
        make_gradient_field(np.ascontiguousarray(image), _GSD, options).quantized()
        for image in turned
    ]


def _joined(fields, rows: int, cols: int, keep_m: float | None = None) -> GradientField:
    """Return a map of rows by cols patches, the first as drawn, the others turned and mirrored."""
    # No other patch is as drawn: the photo shows one place only.
    ways = [[fields[1 + (row * cols + col) % 7] for col in range(cols)] for row in range(rows)]
    ways[0][0] = fields[0]
    vectors = torch.cat([torch.cat([f.vectors for f in row], dim=2) for row in ways], dim=1)
    valid = torch.cat([torch.cat([f.valid for f in row], dim=1) for row in ways], dim=0)
    if keep_m is not None:
        kept = round(keep_m / _GSD)
        vectors, valid = vectors[:, :kept, :kept].clone(), valid[:kept, :kept].clone()
    height, width = valid.shape
    return GradientField(vectors, valid, _GSD, (width * _GSD, height * _GSD))


def _tiles() -> list[Region]:
    """Return the ten tiles of a grid around the photo's place."""
    first = _PATCH_PX * _GSD / 2 - 2.5 * _TILE_M
    corners = [(first + _TILE_M * (n % 5), -first - _TILE_M * (2 + n // 5)) for n in range(_TILES)]
    return [Region(west, north - _TILE_M, west + _TILE_M, north) for west, north in corners]


if __name__ == '__main__':
    main()
