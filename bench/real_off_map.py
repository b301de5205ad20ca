# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Look for real drone photos on real orthophotos of other ground, for bench.fit_position.

    python -m bench.real_off_map --photos DIR ... --orthophotos DIR --gsd 0.2 --out FILE

Real ground repeats in other ways than that of procedural worlds: what agrees by chance is to be
learned from both.
"""

from __future__ import annotations

from functools import cache, partial
import json
import math
import multiprocessing
import os
from pathlib import Path

from bench.procedural_trials import attempt_of, disturbed, draw_tiles, HEIGHTS_M, look_for, Trial
from bench.record import make_parser, ROOT
from bench.world_map import CAMERA, FRAME, MAP_GSD
import cv2
import numpy as np
import torch
from visual_navsat.correlation.gradient_field import FieldOptions, make_gradient_field
from visual_navsat.correlation.map_area import MapArea, NUM_LEVELS
from visual_navsat.correlation.map_field import make_levels, MapField
from visual_navsat.files import write_text
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.image_file import read_image
from visual_navsat.replay.photo_files import list_photos
from visual_navsat_sim.worlds.camera import CameraPose

_DRAWS = 2  # of height and heading, per photo
_NOWHERE_M = np.array([1e6, 0.0])  # the truth, which is not on the map


def main() -> None:
    parser = make_parser(__doc__, ROOT / 'out/trials/real_off_map.json')
    parser.add_argument('--photos', type=Path, nargs='+', required=True, metavar='DIR')
    parser.add_argument('--orthophotos', type=Path, required=True, metavar='DIR')
    parser.add_argument('--gsd', type=float, required=True, metavar='M', help='of the orthophotos')
    args = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = '1'  # one process per core is faster than threads
    photos = [path for folder in args.photos for path in list_photos(folder)[0]]
    run = partial(run_photo, orthophotos=args.orthophotos, gsd_m_per_px=args.gsd)
    with multiprocessing.get_context('spawn').Pool() as pool:
        trials = [trial for found in pool.imap(run, enumerate(photos)) for trial in found]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(args.out, json.dumps([trial.to_json() for trial in trials]))
    print(f'{len(trials)} trials of {len(photos)} photos')


def run_photo(numbered: tuple[int, Path], orthophotos: Path, gsd_m_per_px: float) -> list[Trial]:
    """Return the trials of one photo, as from heights that are drawn, all of them off the map."""
    torch.set_num_threads(1)
    number, path = numbered
    image, rng, trials = read_image(path), np.random.default_rng([79, number]), []
    height_px = round(CAMERA.width * image.shape[0] / image.shape[1])
    image = cv2.resize(image, (CAMERA.width, height_px), interpolation=cv2.INTER_AREA)
    area = map_of(orthophotos, gsd_m_per_px)
    bounds = area.bounds
    corner_m = bounds.west_m, bounds.north_m
    size_m = bounds.east_m - bounds.west_m, bounds.north_m - bounds.south_m
    for draw in range(_DRAWS):
        height_m = float(np.exp(rng.uniform(*np.log(HEIGHTS_M))))
        pose = CameraPose(0.0, 0.0, height_m, rng.uniform(0, 360), 0.0, 0.0)
        view = disturbed(pose, rng)
        tiles = draw_tiles(rng, corner_m, size_m, _NOWHERE_M) if (number + draw) % 2 else None
        found = look_for(NadirImage(image, None, view, None), view, area, 'whole', None, tiles)
        attempts = {name: attempt_of(matches, _NOWHERE_M) for name, matches in found.items()}
        trials.append(Trial(-1, _DRAWS * number + draw, height_m, False, attempts))
    return trials


@cache
def map_of(orthophotos: Path, gsd_m_per_px: float) -> MapArea:
    """Return the square orthophotos of a folder side by side, as one map."""
    tiles = []
    for path in list_photos(orthophotos)[0]:
        tile = read_image(path)
        side = round(len(tile) * gsd_m_per_px / MAP_GSD)
        tiles.append(cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA))
    columns = math.ceil(math.sqrt(len(tiles)))
    # What does not fill a row is left out.
    firsts = range(0, len(tiles) - columns + 1, columns)
    ground = np.vstack([np.hstack(tiles[slice(first, first + columns)]) for first in firsts])
    field = make_gradient_field(ground, MAP_GSD, FieldOptions(gsd_m_per_px=MAP_GSD)).quantized()
    placed = MapField(field, PixelGrid(0.0, 0.0, *field.valid.shape, MAP_GSD))
    return MapArea(FRAME, make_levels(placed, NUM_LEVELS))


if __name__ == '__main__':
    main()
