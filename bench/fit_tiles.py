# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fit on procedural worlds how far retrieval may be trusted; write an entry of tile_model.json.

    python -m bench.fit_tiles --code compact --worlds 8 --images 100 --cache out/world_tiles

Photos of a flight over each world, as bench.descriptor_codes has them, are held against all tiles
of their world as a code tells them apart. A share of the photos is held against another world
instead: those show ground off the map, the vehicle may be anywhere, and what the tiles say must
not be believed.
"""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path

from bench.flight_world import USELESS_SHARE
from bench.record import add_counts, command, make_parser, ROOT
from bench.world_tiles import load_world, PHOTOS, WorldTiles
import numpy as np
from visual_navsat.config import Config
from visual_navsat.features.describer import make_describer
from visual_navsat.files import write_json
from visual_navsat.index.build.tile_coding import make_code
from visual_navsat.retrieval.tile_evidence import standouts, TileModel

_MODEL_FILE = ROOT / 'src/visual_navsat/retrieval/tile_model.json'

Trial = tuple[np.ndarray, int, bool]  # (N,) similarities, the vehicle's tile, whether it is useful


def main() -> None:
    parser = make_parser(__doc__, _MODEL_FILE)
    add_counts(parser, worlds=8, side=36, images=100, first_seed=9100)
    parser.add_argument('--code', choices=('exact', 'compact'), required=True)
    parser.add_argument('--cache', type=Path, required=True, metavar='DIR')
    args = parser.parse_args()
    describer = make_describer(Config())
    worlds = [
        load_world(args.cache, describer, seed, args.side, args.images)
        for seed in range(args.first_seed, args.first_seed + args.worlds)
    ]
    trials = trials_of(worlds, args.code)
    slope, informative = fit(trials)
    ranks = np.array([(s > s[truth]).sum() for s, truth, is_useful in trials if is_useful])
    said = command('bench.fit_tiles', args, 'worlds', 'side', 'images', 'first_seed')
    models = json.loads(_MODEL_FILE.read_text())
    models[args.code] = {
        'slope': slope,
        'informative': informative,
        'fitted_on': {
            'command': f'{said} --code {args.code}',
            'photos': len(trials),
            'useless': len(trials) - len(ranks),
            'tiles': args.side**2,
            'recall_at_1': float((ranks < 1).mean()),
            'recall_at_10': float((ranks < 10).mean()),
        },
    }
    write_json(args.out, models)
    print(json.dumps(models, indent=2))


def trials_of(worlds: Sequence[WorldTiles], name: str) -> list[Trial]:
    """Return the trials of all photos, each on the map of one world."""
    rng = np.random.default_rng(78)
    trials = []
    for number, world in enumerate(worlds):
        elsewhere = worlds[number - 1]
        code = make_code(name, world.descriptors).tile
        kept = code.decode(code.encode(world.descriptors))
        places_m = world.places_m[PHOTOS]
        for photo, place_m in enumerate(places_m):
            is_useful = bool(rng.random() >= USELESS_SHARE)
            shown = world if is_useful else elsewhere
            descriptor = shown.queries[PHOTOS][[photo]]
            truth = int(np.abs(world.centers_m - place_m).max(axis=1).argmin())
            found = (code.project(descriptor) @ kept.T)[0].astype(float)
            trials.append((found, truth, is_useful))
    return trials


def fit(trials: list[Trial]) -> tuple[float, float]:
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


if __name__ == '__main__':
    main()
