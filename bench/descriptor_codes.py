# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Measure what bytes of a tile's code buy: recall of the same images with ever fewer of them.

    python -m bench.descriptor_codes --worlds 16 --images 100 --cache out/world_tiles

The map is that of several procedural worlds together, 7.7 km^2 of each, in tiles of 150 m of which
each half covers the next, described by the embedded model. The images are photos of a flight on
another day, its heading known within 5 degrees and its height within 10 %, and pieces of the same
ground on another year's map. An image counts as found among the first k if one of them shows the
image's centre. Codes are learned on the map that is searched, as build-map does it, or on other
worlds, as for what is added to a map later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from bench.other_codes import best_right, other_codes, Ranks
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS
from bench.world_tiles import GSD, load_world, STEP_PX, WorldTiles
import numpy as np
from visual_navsat.config import Config
from visual_navsat.features.describer import make_describer
from visual_navsat.files import write_json
from visual_navsat.retrieval.projection import learn_projection, MAX_DIRECTIONS
from visual_navsat.retrieval.tile_code import CompactCode, ExactCode, Int8Code

RECALL_AT = (1, 5, 10)
DIRECTIONS = (64, 128, MAX_DIRECTIONS, 512)
RERANKED = 100
_BLOCK = 1024
_QUERIES_AT_ONCE = 50
TILES_PER_KM2 = 1e6 / (STEP_PX * GSD) ** 2


@dataclass(frozen=True)
class Way:
    """One way to keep descriptors."""

    name: str
    bytes_per_tile: float
    ranks: Ranks
    is_ours: bool = True  # build-map can make it


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'descriptor_codes.json')
    add_counts(parser, worlds=16, other_worlds=4, side=36, images=100, first_seed=9100)
    parser.add_argument('--cache', type=Path, required=True, metavar='DIR')
    args = parser.parse_args()
    describer = make_describer(Config())
    # Other worlds than those that are scored, of which the tiles alone are needed.
    first_other = args.first_seed - 100
    others = [
        load_world(args.cache, describer, seed, args.side, 0)
        for seed in range(first_other, first_other + args.other_worlds)
    ]
    scored = [
        load_world(args.cache, describer, seed, args.side, args.images)
        for seed in range(args.first_seed, args.first_seed + args.worlds)
    ]
    record = {
        'commit': measured_commit(),
        'command': command(
            'bench.descriptor_codes',
            args,
            'worlds',
            'other_worlds',
            'side',
            'images',
            'first_seed',
        ),
        'dimension': scored[0].descriptors.shape[1],
        'tiles_per_km2': round(TILES_PER_KM2),
        **measure(scored, others),
    }
    write_json(args.out, record)
    print(json.dumps(record, indent=1))


def measure(worlds: list[WorldTiles], others: list[WorldTiles]) -> dict[str, Any]:
    """Return the recall of each way to keep the descriptors of some worlds."""
    descriptors = np.concatenate([world.descriptors for world in worlds])
    rows, exact = [], {}
    for way in ways(descriptors, others):
        row: dict[str, Any] = {
            'code': way.name,
            'made_by_build_map': way.is_ours,
            'bytes_per_tile': way.bytes_per_tile,
            'megabytes_per_km2': round(way.bytes_per_tile * TILES_PER_KM2 / 1e6, 4),
        }
        for kind in worlds[0].queries:
            ranks = np.concatenate(list(_ranks_of(way, worlds, kind)))
            row[kind] = recalls(ranks, exact.setdefault(kind, ranks))
        rows.append(row)
        print(json.dumps(row), flush=True)
    images = sum(len(found) for world in worlds for found in world.queries.values())
    return {'worlds': len(worlds), 'tiles': len(descriptors), 'images': images, 'codes': rows}


def recalls(ranks: np.ndarray, exact: np.ndarray) -> dict[str, Any]:
    """Return recall in percent, and by how much it is above that of exact descriptors."""
    found = {}
    for k in RECALL_AT:
        gained = (ranks < k).astype(float) - (exact < k)
        found[f'recall_at_{k}'] = round(100 * float((ranks < k).mean()), 1)
        found[f'gained_at_{k}'] = round(100 * float(gained.mean()), 1)
        # Of the difference of two codes on the same images.
        found[f'sigma_at_{k}'] = round(100 * float(gained.std() / np.sqrt(len(gained))), 1)
    return found


def ways(descriptors: np.ndarray, others: list[WorldTiles]) -> Iterator[Way]:
    """Yield the ways to keep descriptors, all of them first."""
    dimension = descriptors.shape[1]
    yield _coded('exact', ExactCode(dimension), descriptors)
    yield _coded('int8', Int8Code(dimension), descriptors)
    for directions in DIRECTIONS:
        projection = learn_projection(lambda: _blocks(descriptors), dimension, directions)
        assert projection is not None
        is_ours = directions == MAX_DIRECTIONS
        name = 'compact' if is_ours else f'compact, {directions} directions'
        code = CompactCode(projection)
        yield _coded(name, code, descriptors, is_ours)
        if is_ours:
            yield _reranked(code, descriptors)
    elsewhere = np.concatenate([world.descriptors for world in others])
    projection = learn_projection(lambda: _blocks(elsewhere), dimension)
    assert projection is not None
    yield _coded('compact, learned on other worlds', CompactCode(projection), descriptors)
    for name, size, rank in other_codes(descriptors, lambda: _blocks(descriptors)):
        yield Way(name, size, rank, is_ours=False)


def _coded(name: str, code: ExactCode, descriptors: np.ndarray, is_ours: bool = True) -> Way:
    kept = code.decode(code.encode(descriptors))

    def ranks(queries: np.ndarray, right: np.ndarray) -> np.ndarray:
        return best_right(code.project(queries) @ kept.T, right)

    return Way(name, code.width * code.dtype.itemsize, ranks, is_ours)


def _reranked(code: CompactCode, descriptors: np.ndarray) -> Way:
    """Return the way of ``compact+exact``: the best by their codes are ranked exactly."""
    kept, exact = code.decode(code.encode(descriptors)), code.project(descriptors)

    def ranks(queries: np.ndarray, right: np.ndarray) -> np.ndarray:
        projected = code.project(queries)
        similarities = projected @ kept.T
        best = np.argpartition(-similarities, RERANKED, axis=1)[:, :RERANKED]
        again = np.einsum('qk,qrk->qr', projected, exact[best])
        np.put_along_axis(similarities, best, 10 + again, axis=1)
        return best_right(similarities, right)

    return Way('compact+exact', code.width + 4.0 * descriptors.shape[1], ranks)


def _ranks_of(way: Way, worlds: list[WorldTiles], kind: str) -> Iterator[np.ndarray]:
    sizes = [len(world.descriptors) for world in worlds]
    for number, world in enumerate(worlds):
        own = slice(sum(sizes[:number]), sum(sizes[: number + 1]))
        for start in range(0, len(world.queries[kind]), _QUERIES_AT_ONCE):
            some = slice(start, start + _QUERIES_AT_ONCE)
            queries = world.queries[kind][some]
            right = np.zeros((len(queries), sum(sizes)), bool)
            right[:, own] = world.right(kind)[some]
            yield way.ranks(queries, right)


def _blocks(descriptors: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(descriptors), _BLOCK):
        yield descriptors[start:][:_BLOCK]


if __name__ == '__main__':
    main()
