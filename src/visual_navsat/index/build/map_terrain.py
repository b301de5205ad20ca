# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The ground heights under the tiles of a map, as the index stores them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from visual_navsat.geometry.areas import area_frame, group_tiles, tiles_bounds_m
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.stored_areas import AreaField, StoredTerrain
from visual_navsat.maps.elevation import ElevationSource


def read_terrain(elevation: ElevationSource, tiles: Sequence[TileMetadata]) -> Terrain:
    """Return the terrain under all tiles, in the plane of their largest area."""
    frame = area_frame([tiles[index] for index in group_tiles(tiles)[0]])
    return elevation.read(frame, Region.around(tiles_bounds_m(tiles, frame).reshape(-1, 2, 2)))


def stored_terrain(elevation: ElevationSource | None, terrain: Terrain) -> StoredTerrain:
    """Return what the manifest says of a terrain."""
    paths = () if elevation is None else elevation.paths
    return StoredTerrain(
        AreaField(terrain.frame, terrain.grid),
        terrain.datum,
        terrain.sigma_m,
        terrain.undulation_m is not None,
        tuple(str(Path(path).resolve()) for path in paths),
    )
