"""
How similar the wrong places of a map look, which a match must beat.

Similarities of drone photos to a satellite map are low and vary from photo to photo, so no
threshold on the similarity itself holds. What holds better is how far the best tile stands out
from the rest of the map, in standard deviations. Each map measures on itself how far a wrong
place can stand out: its own tiles are the queries, and the tiles that overlap them do not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata

_SAMPLE_SIZE = 1000  # mean and deviation of similarities are known to 3 % from so many tiles
_NUM_PROBES = 200
_MIN_WRONG_PLACES = 20  # fewer say nothing about how far a wrong place stands out


def background_sample(count: int) -> np.ndarray:
    """Return up to 1000 row numbers spread evenly over ``count`` tiles, the same every time."""
    return np.unique(np.linspace(0, count - 1, min(count, _SAMPLE_SIZE)).round().astype(int))


def standout(best_similarity: float, background_similarities: np.ndarray) -> float:
    """
    Return how many standard deviations the best tile stands above the map as a whole.

    :param background_similarities: (S,) similarities of the same query to a sample of the map.
    :return: 0 where all of the map looks the same.
    """
    deviation = float(np.std(background_similarities))
    if deviation < 1e-7:
        return 0.0
    return float((best_similarity - np.mean(background_similarities)) / deviation)


def map_background(descriptors: np.ndarray, tiles: Sequence[TileMetadata]) -> list[float]:
    """
    Return the quantiles 0, 0.01 ... 1 of how far the best wrong place of a map stands out.

    :param descriptors: (N, d) float32 unit rows, one per tile.
    :return: 101 numbers, or none where the map is too small to have wrong places.
    """
    sample = np.asarray(descriptors[background_sample(len(tiles))])
    centers_m, sizes_m = _tile_extents(tiles)
    standouts = []
    for probe in np.unique(np.linspace(0, len(tiles) - 1, _NUM_PROBES).round().astype(int)):
        reach_m = (sizes_m + sizes_m[probe]) / 2
        is_wrong = (np.abs(centers_m - centers_m[probe]) >= reach_m).any(axis=1)
        if is_wrong.sum() < _MIN_WRONG_PLACES:
            continue
        similarities = descriptors @ descriptors[probe]
        standouts.append(standout(similarities[is_wrong].max(), sample @ descriptors[probe]))
    if not standouts:
        return []
    return [float(q) for q in np.quantile(standouts, np.linspace(0, 1, 101))]


def _tile_extents(tiles: Sequence[TileMetadata]) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, 2) tile centres in metres around the first tile, and (N, 2) sizes in metres."""
    frame = LocalFrame(tiles[0].center_lat, tiles[0].center_long)
    centers_m = frame.enu_from_geodetic(
        [tile.center_lat for tile in tiles], [tile.center_long for tile in tiles]
    )
    return centers_m, np.array([tile.size_m for tile in tiles])
