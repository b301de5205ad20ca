# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
How distinct the wrong places of a map look: the right one must be more distinct.

Similarities of drone photos to a satellite map are low and vary from photo to photo, so no fixed
threshold on them works. The ratio that can be compared is how far the best tile rises above the
map as a whole, over how far its best rival elsewhere does. Each map measures that ratio for wrong
places on itself: its own tiles are the queries, without the tiles that overlap them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.retrieval.result import RetrievalResult

_SAMPLE_SIZE = 1000  # enough for the median of the similarities
_NUM_PROBES = 200
_PROBES_AT_ONCE = 25  # of a million tiles: 100 MB of similarities
_MOST_DISTINCT = 1e6  # stands for infinity, which JSON does not know
_MIN_WRONG_PLACES = 20  # fewer do not show how distinct a wrong place can be


def background_sample(count: int) -> np.ndarray:
    """Return up to 1000 row numbers spread evenly over ``count`` tiles, the same every time."""
    return np.unique(np.linspace(0, count - 1, min(count, _SAMPLE_SIZE)).round().astype(int))


def background_sigma(background_similarities: np.ndarray) -> float:
    """Return the standard deviation of (S,) similarities, robust against outliers."""
    away = np.abs(background_similarities - np.median(background_similarities))
    # 1.4826: the standard deviation of a normal distribution over its median absolute deviation.
    return float(1.4826 * np.median(away))


def distinctness(best: float, rival: float, background_similarities: np.ndarray) -> float:
    """
    Return how far the best similarity rises above the map, over how far the rival's does.

    :param rival: the best similarity of a tile that does not overlap the best one.
    :param background_similarities: (S,) similarities of the same query to a sample of the map.
    :return: 1 where the rival is as good; infinite where no rival rises above the map.
    """
    level = float(np.median(background_similarities))
    if best <= level:
        return 1.0
    return (best - level) / (rival - level) if rival > level else float('inf')


def rival_similarity(ranked: Sequence[RetrievalResult]) -> float:
    """
    Return the similarity of the best tile that does not overlap the first one.

    If all of them overlap it, return that of the last: tiles that are not ranked are no better.
    """
    centers_m, sizes_m = _tile_extents([result.tile_metadata for result in ranked])
    apart = np.flatnonzero(_lies_apart(centers_m, sizes_m, 0)).tolist()
    return ranked[apart[0] if apart else -1].similarity_score


def map_background(
    similarities_to: Callable[[np.ndarray], np.ndarray], tiles: Sequence[TileMetadata]
) -> list[float]:
    """
    Return the quantiles 0, 0.01 ... 1 of how distinct the best wrong place of a map is.

    :param similarities_to: returns (n, N) similarities of all tiles to some, by their numbers.
    :return: 101 numbers, or none if the map is too small to have wrong places.
    """
    centers_m, sizes_m = _tile_extents(tiles)
    sample = background_sample(len(tiles))
    probes = np.unique(np.linspace(0, len(tiles) - 1, _NUM_PROBES).round().astype(int))
    ratios = []
    for probe, known in zip(probes.tolist(), _by_batches(similarities_to, probes), strict=True):
        is_wrong = _lies_apart(centers_m, sizes_m, probe)
        similarities = np.where(is_wrong, known, -np.inf)
        best = int(similarities.argmax())
        is_rival = is_wrong & _lies_apart(centers_m, sizes_m, best)
        if is_rival.sum() < _MIN_WRONG_PLACES:
            continue
        rival = similarities[is_rival].max()
        ratio = distinctness(similarities[best], rival, similarities[sample[is_wrong[sample]]])
        ratios.append(min(ratio, _MOST_DISTINCT))
    return np.quantile(ratios, np.linspace(0, 1, 101)).tolist() if ratios else []


def _by_batches(
    similarities_to: Callable[[np.ndarray], np.ndarray], probes: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield the (N,) similarities to each tile; all descriptors are read once for many."""
    for start in range(0, len(probes), _PROBES_AT_ONCE):
        yield from similarities_to(probes[start:][:_PROBES_AT_ONCE])


def _lies_apart(centers_m: np.ndarray, sizes_m: np.ndarray, index: int) -> np.ndarray:
    """Return (N,) whether each tile shares no ground with one of them."""
    reach_m = (sizes_m + sizes_m[index]) / 2
    return (np.abs(centers_m - centers_m[index]) >= 0.999 * reach_m).any(axis=1)


def _tile_extents(tiles: Sequence[TileMetadata]) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, 2) tile centres in metres around the first tile, and (N, 2) sizes in metres."""
    frame = LocalFrame(tiles[0].center_lat, tiles[0].center_long)
    centers_m = frame.enu_from_geodetic(
        [tile.center_lat for tile in tiles], [tile.center_long for tile in tiles]
    )
    return centers_m, np.array([tile.size_m for tile in tiles])
