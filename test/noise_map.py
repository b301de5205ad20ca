# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map of noise in tiles of a grid, built and changed with a describer of its pixels."""

from makers import ProjectionDescriber
import numpy as np
from visual_navsat.config import Config
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.index.build import build_index, update_index
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.reader import MapImage, short_hash

SIDE_PX = 60
STEP_DEG = 0.0002  # 22 m


class NoiseSource:
    """Tiles of noise on a grid along the equator, each of its own."""

    named_tiles = MapImagery.named_tiles

    def __init__(self, name, columns, rows=range(3), seed=0):
        self.names, self.origins, self.notes = (name,), (f'/maps/{name}',), []
        self.seed = seed
        self.tiles = [
            GeoBox(
                column * STEP_DEG, row * STEP_DEG, (column + 1) * STEP_DEG, (row + 1) * STEP_DEG
            ).as_tile(f'{row}_{column}')
            for row in rows
            for column in columns
        ]

    def without_tiles(self):
        return self

    def read(self, tile):
        row, column = map(int, tile.filename.split('_'))
        rng = np.random.default_rng([self.seed, row, column + 1000])
        pixels = rng.integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
        return MapImage(pixels, GeoBox.of_tile(tile))

    def stamp(self, tile):
        return short_hash(self.seed, tile)


CONFIG = Config().replace('correlation.gsd_m_per_px', 1.0)


def build(source, out, config=CONFIG):
    return build_index(source, out, config, ProjectionDescriber(), False, 4)


def update(out, source=None, removal=None, describer=None):
    describer = describer or ProjectionDescriber()
    update_index(out, CONFIG, source, removal, describer, False, 4)
    return IndexFolder.open(out)
