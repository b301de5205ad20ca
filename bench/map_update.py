# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Add 10,000 tiles to indexes of several sizes and remove 1,000; the time follows the change.

    python -m bench.map_update --out bench/results/map_update.json

Descriptors are random rows, so that what is measured is the index and not the backbone. Tiles are
cut on a grid of 100 m, overlapping by half, and share one small image; each addition makes the
gradient field of its own ground too. Times are CPU seconds of one run each.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import resource
import tempfile
import time
from types import SimpleNamespace

from bench.record import make_parser, measured_commit, RESULTS
import numpy as np
import torch
from visual_navsat.config import Config
from visual_navsat.files import write_json
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build import build_index, update_index
from visual_navsat.index.build.removal import Removal
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.reader import MapImage

SIZES = (10_000, 30_000, 100_000)
ADDED, REMOVED = 10_000, 1_000
DIMENSION = 1024
COLUMNS = 200
STEP_DEG, TILE_DEG = 0.00045, 0.0009  # 50 m and 100 m
FIELD_GSD_M = 2.0  # coarse: the index is measured, not the correlation


class RandomDescriber:
    """Describes each image by another random unit row."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self.preprocessor = SimpleNamespace(
            prepare_tile=lambda pixels, gsd: SimpleNamespace(gsd_m_per_px=gsd)
        )
        self.aggregator = SimpleNamespace(vocabulary=torch.ones(4, DIMENSION // 4))
        self.identity = {'model': 'random rows', 'dimension': DIMENSION}

    def describe(self, images: list) -> np.ndarray:
        rows = self._rng.standard_normal((len(images), DIMENSION), np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class GridSource:
    """Tiles on a grid, from one of its rows on, that all show the same image."""

    notes = ()
    named_tiles = MapImagery.named_tiles

    def __init__(self, name: str, first_row: int, count: int) -> None:
        self.names, self.origins = (name,), (name,)
        self.tiles = [_tile(*divmod(number, COLUMNS), first_row) for number in range(count)]
        self._image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)

    def read(self, tile: TileMetadata) -> MapImage:
        return MapImage(self._image, GeoBox.of_tile(tile))

    def stamp(self, tile: TileMetadata) -> str:
        return tile.filename


def _tile(row: int, column: int, first_row: int) -> TileMetadata:
    west, south = column * STEP_DEG, (first_row + row) * STEP_DEG
    box = GeoBox(west, south, west + TILE_DEG, south + TILE_DEG)
    return box.as_tile(f'{row:05d}_{column:03d}')


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'map_update.json')
    parser.add_argument('--scratch', type=Path, help='folder with room for some gigabytes')
    args = parser.parse_args()
    config = Config().replace('correlation.gsd_m_per_px', FIELD_GSD_M)
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory(dir=args.scratch) as folder:
            rows.append(measure(size, Path(folder) / 'index', config))
        print(rows[-1])
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    record = {
        'commit': measured_commit(),
        'added': ADDED,
        'removed': REMOVED,
        'dimension': DIMENSION,
        'field_gsd_m_per_px': FIELD_GSD_M,
        'peak_memory_gb': round(peak_gb, 2),
        'runs': rows,
    }
    write_json(args.out, record)


def measure(size: int, index: Path, config: Config) -> dict:
    """Return the CPU seconds of every change of an index of ``size`` tiles."""

    def build() -> None:
        source = GridSource('base', 0, size)
        build_index(source, index, config, RandomDescriber(), False, 64)

    ages = []

    def change(source=None, removal=None) -> None:
        made = update_index(index, config, source, removal, RandomDescriber(), False, 64)
        ages.append(made.background_age)

    rows_before = size // COLUMNS
    beside = GridSource('beside', rows_before, ADDED)
    few_rows = GeoBox(-1.0, -1.0, 1.0, (REMOVED / COLUMNS) * STEP_DEG + STEP_DEG / 2)
    seconds = {
        'build': _timed(build),
        'add': _timed(lambda: change(beside)),
        'remove_by_area': _timed(lambda: change(removal=Removal(area=few_rows))),
        'remove_by_source': _timed(lambda: change(removal=Removal(('beside',)))),
        'open': _timed(lambda: IndexFolder.open(index, check=False)),
    }
    left = IndexFolder.open(index, check=False).manifest.count
    if left != size - REMOVED:
        raise AssertionError(f'expected {size - REMOVED} tiles after the removal, got {left}')
    return {
        'tiles': size,
        'cpu_seconds': {name: round(s, 2) for name, s in seconds.items()},
        # A step that changes a quarter of the map measures its background again.
        'measured_background': [age == 0 for age in ages],
    }


def _timed(action: Callable[[], object]) -> float:
    """Return the CPU seconds of an action, which other work on the machine changes little."""
    started = time.process_time()
    action()
    return time.process_time() - started


if __name__ == '__main__':
    main()
