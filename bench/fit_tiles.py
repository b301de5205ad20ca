# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fit on procedural worlds how far retrieval may be trusted; write tile_model.json.

    python -m bench.fit_tiles --worlds 8 --photos 30

Each photo is described by the embedded model and held against all tiles of its world's map. A
share of the photos shows ground off the map or next to nothing: there the vehicle may be anywhere,
and what the tiles say must not be believed.
"""

from __future__ import annotations

import json
from pathlib import Path
import tempfile

from bench.flight_world import USELESS_SHARE
from bench.procedural_trials import HEIGHTS_M
from bench.record import add_counts, command, make_parser, ROOT
from bench.world_map import CAMERA, draw_corner, HEADING_ERROR_DEG, HEIGHT_ERROR, off_by_error
import cv2
import numpy as np
from visual_navsat import RetrievalEngine
from visual_navsat.config import Config
from visual_navsat.files import write_json
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build import build_map
from visual_navsat.retrieval.tile_evidence import standouts, TileModel
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch, map_epoch
from visual_navsat_sim.worlds.render import render
from visual_navsat_sim.worlds.world import World

_MODEL_FILE = ROOT / 'src/visual_navsat/retrieval/tile_model.json'
TILE_M = 150.0
TILE_PX = 250
SIDE = 14  # tiles; 4.4 km^2
_ELSEWHERE_M = 60_000.0


def main() -> None:
    parser = make_parser(__doc__, _MODEL_FILE)
    add_counts(parser, worlds=8, photos=30, first_seed=300)
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.worlds)
    trials = [trial for seed in seeds for trial in run_world(seed, args.photos)]
    slope, informative = fit(trials)
    useful = [(s, truth) for s, truth, is_useful in trials if is_useful]
    ranks = np.array([(s > s[truth]).sum() for s, truth in useful])
    model = {
        'slope': slope,
        'informative': informative,
        'fitted_on': {
            'command': command('bench.fit_tiles', args, 'worlds', 'photos', 'first_seed'),
            'photos': len(trials),
            'useless': len(trials) - len(useful),
            'tiles': SIDE**2,
            'recall_at_1': float((ranks < 1).mean()),
            'recall_at_10': float((ranks < 10).mean()),
        },
    }
    write_json(args.out, model)
    print(json.dumps(model, indent=2))


def run_world(seed: int, num_photos: int) -> list[tuple[np.ndarray, int, bool]]:
    """Return for each photo (N,) similarities, the vehicle's tile and whether it was useful."""
    rng = np.random.default_rng([78, seed])
    world = World(seed)
    gsd = TILE_M / TILE_PX
    west, north = draw_corner(rng, gsd)
    grid = PixelGrid(west, north, SIDE * TILE_PX, SIDE * TILE_PX, gsd)
    ortho = render(world, map_epoch(seed), grid)
    with tempfile.TemporaryDirectory() as scratch:
        engine = _engine_of(ortho, Path(scratch))
        trials = []
        for number in range(num_photos):
            height = rng.uniform(*HEIGHTS_M)
            east, south = rng.uniform(0, SIDE * TILE_M, 2)
            truth = int(south // TILE_M) * SIDE + int(east // TILE_M)
            is_useful = rng.random() >= USELESS_SHARE
            pose = CameraPose(
                west + east + (0 if is_useful else _ELSEWHERE_M),
                north - south,
                height,
                rng.uniform(0, 360),
            )
            photo = photograph(world, flight_epoch(1000 * seed + number), pose, CAMERA)
            result = engine.query(
                photo.image,
                heading_deg=off_by_error(pose.heading_deg, HEADING_ERROR_DEG, rng),
                gsd_m_per_px=CAMERA.gsd_m_per_px(height) * off_by_error(1.0, HEIGHT_ERROR, rng),
                top_k=SIDE**2,
            )
            similarities = np.empty(SIDE**2)
            for tile in result:
                similarities[tile.descriptor_idx] = tile.similarity_score
            trials.append((similarities, truth, is_useful))
    return trials


def fit(trials: list[tuple[np.ndarray, int, bool]]) -> tuple[float, float]:
    """Return slope and informative share under which the vehicles' tiles are likeliest."""
    best = (-np.inf, 0.0, 0.0)
    scores = [(standouts(similarities), truth) for similarities, truth, _ in trials]
    for slope in np.geomspace(0.1, 10.0, 60):
        # (T,) probability of the vehicle's tile, if the image is informative at all.
        tile = np.array([TileModel(slope, 1.0).of_standouts(s)[truth] for s, truth in scores])
        for informative in np.linspace(0.02, 0.98, 49):
            likelihood = (1 - informative) / len(scores[0][0]) + informative * tile
            best = max(best, (float(np.log(likelihood).sum()), float(slope), float(informative)))
    return best[1], best[2]


def _engine_of(ortho: np.ndarray, folder: Path) -> RetrievalEngine:
    frame = LocalFrame(46.5, 7.9)
    tiles = []
    for row, column in np.ndindex(SIDE, SIDE):
        corners = np.array([[column, -row], [column + 1, -row - 1]]) * TILE_M
        lat, long = frame.geodetic_from_enu(corners)
        tiles.append(TileMetadata(f'{row}_{column}.png', lat[0], long[0], lat[1], long[1]))
        top, left = row * TILE_PX, column * TILE_PX
        piece = ortho[top:, left:][:TILE_PX, :TILE_PX]
        cv2.imwrite(str(folder / tiles[-1].filename), piece[..., ::-1])
    config = Config().replace('correlation.correlate', False)
    build_map(tiles, folder, folder / 'index', config, progress=False)
    engine = RetrievalEngine(config)
    engine.load_map(folder / 'index')
    return engine


if __name__ == '__main__':
    main()
