# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a manifest says of places: the areas of the map, their parts, and ground heights."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.index.json_values import items, number, text, whole

_HIGHEST_M = 1e4  # no ground is


@dataclass(frozen=True)
class AreaField:
    """One area of the map whose gradient field is stored: its place and its pixels."""

    frame: LocalFrame
    grid: PixelGrid  # in that frame

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> AreaField:
        """Return the area of :meth:`to_json`."""
        grid = PixelGrid(
            number(values, 'west_m'),
            number(values, 'north_m'),
            whole(values, 'rows', 1),
            whole(values, 'columns', 1),
            number(values, 'gsd_m_per_px', 1e-3, 1e3),
        )
        lat, long = number(values, 'origin_lat', -90, 90), number(values, 'origin_long', -180, 180)
        return cls(LocalFrame(lat, long), grid)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        origin = {'origin_lat': self.frame.origin_lat, 'origin_long': self.frame.origin_long}
        return {**origin, **dataclasses.asdict(self.grid)}


@dataclass(frozen=True)
class StoredTerrain:
    """The ground heights that an index holds: where they are, and what they are above."""

    place: AreaField
    datum: str  # of the elevation model
    sigma_m: float
    has_undulation: bool  # whether the geoid's height above the ellipsoid is stored too
    origins: tuple[str, ...] = ()  # paths of the elevation models

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> StoredTerrain:
        """Return the terrain of :meth:`to_json`."""
        return cls(
            AreaField.from_json(values),
            text(values, 'datum'),
            number(values, 'sigma_m', 0.0, 1e4),
            bool(whole(values, 'layers', 1) - 1),
            tuple(items(values, 'origins', str)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            **self.place.to_json(),
            'datum': self.datum,
            'sigma_m': self.sigma_m,
            'layers': self.layers,
            'origins': list(self.origins),
        }

    @property
    def layers(self) -> int:
        """Return how many numbers are stored for each pixel."""
        return 2 if self.has_undulation else 1

    def terrain(self, stored: np.ndarray) -> Terrain:
        """
        Return the terrain of a file.

        :param stored: (layers, rows, columns) float32.
        :raises ValueError: if it does not fit, or holds what is no height.
        """
        shape = (self.layers, *self.place.grid.shape)
        if stored.shape != shape:
            raise ValueError(f'the terrain has shape {stored.shape}, the manifest says {shape}')
        if not (np.abs(stored[np.isfinite(stored)]) < _HIGHEST_M).all() or np.isinf(stored).any():
            raise ValueError(f'the terrain has heights of {_HIGHEST_M:g} m and more')
        undulation_m = stored[1] if self.has_undulation else None
        frame, grid = self.place.frame, self.place.grid
        return Terrain(frame, grid, stored[0], self.sigma_m, self.datum, undulation_m)


@dataclass(frozen=True)
class FieldPatch:
    """The part of an area's field that a segment holds."""

    area: int  # index of the area
    box: PixelBox  # of the area's grid

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FieldPatch:
        """Return the patch of :meth:`to_json`."""
        top, left = whole(values, 'top'), whole(values, 'left')
        bottom, right = top + whole(values, 'rows', 1), left + whole(values, 'columns', 1)
        return cls(whole(values, 'area'), PixelBox(top, left, bottom, right))

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        top, left, _, _ = self.box
        rows, columns = self.box.shape
        return {'area': self.area, 'top': top, 'left': left, 'rows': rows, 'columns': columns}
