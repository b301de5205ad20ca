# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Group a map's tiles into contiguous areas, each with its own local frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata

_MOST_CELLS = 4_000_000  # of an area, while the ground that it covers is counted


def group_tiles(tiles: Sequence[TileMetadata], gap: float = 1.0) -> list[list[int]]:
    """
    Return the indices of tiles in groups of neighbours, the largest group first.

    :param gap: between neighbours at most, in sizes of the larger of the two tiles.
    """
    spans = np.array(
        [[tile.top_left_lat - tile.bottom_right_lat, tile.span_long] for tile in tiles]
    )
    centers = np.array([[tile.center_lat, tile.center_long] for tile in tiles])
    # Neighbours are never more than one cell apart.
    cell = (1 + gap) * spans.max(axis=0)
    columns = max(1, int(360.0 // cell[1]))
    by_cell: dict[tuple[int, int], list[int]] = defaultdict(list)
    cells = np.floor(centers / [cell[0], 360.0 / columns]).astype(int)
    cells[:, 1] %= columns  # the antimeridian is no border
    for index, (row, column) in enumerate(cells):
        by_cell[row, column].append(index)
    unseen = set(range(len(tiles)))
    groups = []
    while unseen:
        group = []
        waiting = [min(unseen)]
        unseen.remove(waiting[0])
        while waiting:
            index = waiting.pop()
            group.append(index)
            row, column = cells[index]
            around = {(row + i, (column + j) % columns) for i in (-1, 0, 1) for j in (-1, 0, 1)}
            near = [n for place in around for n in by_cell.get(place, ()) if n in unseen]
            for neighbour in near:
                apart = np.abs(centers[neighbour] - centers[index])
                apart[1] = min(apart[1], 360.0 - apart[1])
                reach = (spans[index] + spans[neighbour]) / 2
                if (apart <= reach + gap * np.maximum(spans[index], spans[neighbour])).all():
                    unseen.remove(neighbour)
                    waiting.append(neighbour)
        groups.append(sorted(group))
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def area_frame(tiles: Sequence[TileMetadata]) -> LocalFrame:
    """Return the local frame in the middle of some tiles."""
    first = LocalFrame(tiles[0].center_lat, tiles[0].center_long)
    bounds = tiles_bounds_m(tiles, first)
    middle = (bounds[:, :2].min(axis=0) + bounds[:, 2:].max(axis=0)) / 2
    lat, long = first.geodetic_from_enu(middle)
    return LocalFrame(float(lat), float(long))


def tiles_bounds_m(tiles: Sequence[TileMetadata], frame: LocalFrame) -> np.ndarray:
    """
    Return (N, 4) west, south, east and north of tiles in a local frame, metres.

    A tile is a rectangle in degrees; its edges are taken through its centre.
    """
    lats = [
        (tile.center_lat, tile.center_lat, tile.bottom_right_lat, tile.top_left_lat)
        for tile in tiles
    ]
    longs = [
        (tile.top_left_long, tile.bottom_right_long, tile.center_long, tile.center_long)
        for tile in tiles
    ]
    points = frame.enu_from_geodetic(np.reshape(lats, (-1, 4)), np.reshape(longs, (-1, 4)))
    west, east, south, north = points.swapaxes(0, 1)
    return np.column_stack([west[:, 0], south[:, 1], east[:, 0], north[:, 1]])


def ground_covered_m2(tiles: Sequence[TileMetadata]) -> float:
    """
    Return square metres of ground that tiles cover together, however they overlap.

    Edges are rounded to an eighth of the smallest side, or coarser on a very large area.
    """
    covered_m2 = 0.0
    for group in group_tiles(tiles):
        members = [tiles[index] for index in group]
        bounds = tiles_bounds_m(members, area_frame(members))
        low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
        cell_m = (bounds[:, 2:] - bounds[:, :2]).min(axis=0) / 8
        cell_m *= max(1.0, float(np.sqrt(np.prod((high - low) / cell_m) / _MOST_CELLS)))
        edges = np.rint((bounds - np.tile(low, 2)) / np.tile(cell_m, 2)).astype(int)
        # Corners of boxes, whose sums from the south-west are how many cover a cell.
        corners = np.zeros(np.rint((high - low) / cell_m).astype(int) + 1, int)
        west, south, east, north = edges.T
        for columns, rows, sign in (
            (west, south, 1),
            (east, north, 1),
            (west, north, -1),
            (east, south, -1),
        ):
            np.add.at(corners, (columns, rows), sign)
        covered = corners.cumsum(axis=0).cumsum(axis=1) > 0
        covered_m2 += float(covered.sum() * cell_m.prod())
    return covered_m2
