# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The whole preflight: cells, their grades, the cost and the route, as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
import math
from typing import Any

import numpy as np
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.durations import duration_text
from visual_navsat.errors import IndexFolderError
from visual_navsat.geometry.geodesy import wrap_long
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.preflight.cost import Cost, measure_cost
from visual_navsat.preflight.grade import (
    grade_cells,
    GradedCell,
    GRADES,
    TYPICAL_MATCH,
    WEAK_MATCH,
)
from visual_navsat.preflight.lookalikes import find_lookalikes, Lookalikes
from visual_navsat.preflight.map_cells import Cell, MapCells
from visual_navsat.preflight.route import judge_route, RouteVerdict
from visual_navsat.preflight.way import Route


@dataclass(frozen=True)
class Preflight:
    """What was measured of a map, and of a route on it."""

    cells: MapCells
    graded: tuple[GradedCell, ...]
    spacing_m: float  # of the graded cells
    lookalikes: Lookalikes
    cost: Cost
    verdict: RouteVerdict | None

    def share(self, grade: str) -> float:
        """Return which share of the cells has a grade."""
        return sum(one.grade == grade for one in self.graded) / len(self.graded)

    def as_text(self) -> str:
        """Return lines for people."""
        rivals = [one.distinction.rival for one in self.graded]
        shares = ', '.join(f'{self.share(grade):.0%} {grade}' for grade in GRADES)
        known, unknown = (
            duration_text(ms / 1e3)
            for ms in (self.cost.known_heading_ms, self.cost.open_heading_ms)
        )
        is_sample = self.spacing_m > self.cells.side_m
        every = 'a sample, as --max-cells allows: one each' if is_sample else 'one each'
        lines = {
            'cells': f'{len(self.graded)} of {self.cells.side_m:.0f} m ({every} '
            f'{self.spacing_m:.0f} m): {shares}',
            'rivals': f'best other place {np.median(rivals):.2f} of a cell itself in the median, '
            f'{max(rivals):.2f} at most; doubtful from {WEAK_MATCH:.2f}, '
            f'poor from {TYPICAL_MATCH:.2f}',
            'tiles': self._tiles_text(),
            'memory': f'{self.cost.disk_mb:.1f} MB on disk; loaded at most '
            f'{self.cost.fields_mb:.1f} MB of fields, and {self.cost.descriptors_mb:.1f} MB of '
            'descriptors',
            'time': 'one search of the whole map, here: '
            f'{known} with the heading within 10 degrees, '
            f'{unknown} with none; the backbone comes on top',
        }
        text = [f'{name:<8}{line}' for name, line in lines.items()]
        text.append('The grades compare places of this map; they promise no fix.')
        if self.verdict is not None:
            text += _route_text(self.verdict)
        return '\n'.join(text)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; what is unknown is null."""
        return {
            'cell_m': self.cells.side_m,
            'spacing_m': self.spacing_m,
            'limits': {'weak_match': WEAK_MATCH, 'typical_match': TYPICAL_MATCH},
            'shares': {grade: self.share(grade) for grade in GRADES},
            'neighbour_similarity': _number(self.lookalikes.neighbour),
            'cost': asdict(self.cost),
            'cells': [self._cell_json(one) for one in self.graded],
            'route': None if self.verdict is None else _route_json(self.verdict),
        }

    def _cell_json(self, one: GradedCell) -> dict[str, Any]:
        lat, long = self.cells.geodetic(one.cell)
        measured = {**vars(one.distinction), 'similar_tile': one.similar_tile}
        return {
            'latitude': lat,
            'longitude': long,
            **{name: _number(value) for name, value in measured.items()},
            'why': one.why,
            'grade': one.grade,
        }

    def _tiles_text(self) -> str:
        known = self.lookalikes.similarity[np.isfinite(self.lookalikes.similarity)]
        if not len(known):
            return 'too few without overlap to compare their descriptors'
        text = f'{np.median(known):.2f} similar to the best that shows other ground, in the median'
        if math.isnan(self.lookalikes.neighbour):
            return f'{text}; no tiles overlap, so there is nothing to compare that with'
        usual = self.lookalikes.neighbour
        alike = float((known > usual).mean())
        return f'{text}; {alike:.0%} more than overlapping ones usually are ({usual:.2f})'


def examine(
    index: IndexFolder,
    footprint_m: float | None,
    route: Route | None,
    max_gap_m: float,
    max_cells: int,
    open_heading: bool,
) -> Preflight:
    """
    Return the preflight of an index.

    :param footprint_m: width of the ground that a photo shows, the side of a cell; None: a tile's.
    :param route: what is flown over it.
    :param max_cells: searched for at most, and again at most along the route.
    :param open_heading: whether rivals that are turned count.
    :raises IndexFolderError: if the index has no fields, or shows no cell's ground.
    """
    side_m = footprint_m or float(np.median([min(tile.size_m) for tile in index.tiles]))
    cells = MapCells.of_index(index, side_m)
    chosen, spacing_m = cells.grid(max_cells)
    if not chosen:
        raise IndexFolderError(
            f'index {index.path} shows no ground as large as a footprint of {side_m:.0f} m: lower '
            '--height-m, or build a larger map'
        )
    span = HeadingScaleRange(None if open_heading else 0.0, 0.0, 0.0)
    lookalikes = find_lookalikes(index.rows, index.tiles)
    tile_at = _tile_finder(index, cells)

    def grade_places(places: Sequence[Cell]) -> list[GradedCell]:
        return grade_cells(cells, places, span, tile_at, lookalikes)

    def grade_at(lat: float, long: float) -> GradedCell | None:
        cell = cells.at(lat, long)
        return None if cell is None else grade_places([cell])[0]

    verdict = None
    if route is not None:
        verdict = judge_route(route, cells, grade_at, max_gap_m, max_cells)
    graded = tuple(grade_places(chosen))
    cost = measure_cost(index, cells, chosen[len(chosen) // 2])
    return Preflight(cells, graded, spacing_m, lookalikes, cost, verdict)


def _tile_finder(index: IndexFolder, cells: MapCells) -> Callable[[Cell], int | None]:
    """Return what finds the tile whose centre is nearest to a cell's, if it holds the cell's."""
    lats = np.array([tile.center_lat for tile in index.tiles])
    longs = np.array([tile.center_long for tile in index.tiles])

    def tile_at(cell: Cell) -> int | None:
        lat, long = cells.geodetic(cell)
        across = wrap_long(longs - long) * math.cos(math.radians(lat))
        nearest = int(np.argmin((lats - lat) ** 2 + across**2))
        return nearest if index.tiles[nearest].contains(lat, long) else None

    return tile_at


def _route_text(verdict: RouteVerdict) -> list[str]:
    head = 'GO' if verdict.is_go else f'NO-GO: {verdict.reason}'
    lines = [
        f'route   {verdict.length_m:.0f} m, looked at each {verdict.spacing_m:.0f} m: '
        f'{verdict.on_map:.0%} on the map, {verdict.good:.0%} good, '
        f'{verdict.longest_gap_m:.0f} m without a good cell at most'
    ]
    lines += [
        f'  leg {number}, {leg.name}: {leg.length_m:.0f} m, {leg.on_map:.0%} on the map, '
        f'{leg.good:.0%} good'
        for number, leg in enumerate(verdict.legs, start=1)
    ]
    return [*lines, *verdict.notes, head]


def _route_json(verdict: RouteVerdict) -> dict[str, Any]:
    samples = [
        {
            'latitude': one.lat,
            'longitude': one.long,
            'along_m': one.along_m,
            'grade': one.graded.grade if one.graded else None,
        }
        for one in verdict.samples
    ]
    legs = [asdict(leg) for leg in verdict.legs]
    return {**vars(verdict), 'legs': legs, 'samples': samples}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
