# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The map of the area that is flown over, tile by tile as the flight reaches it."""

from __future__ import annotations

from collections.abc import Iterator
import io

import numpy as np
from PIL import Image
from visual_navsat.geometry.web_mercator import gsd_m_per_px, world_from_geodetic
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.mercator_tile import paint_tile, TILE_PX, zoom_of
from visual_navsat.session.records import Record, tile_record

_GSD_M = 1.0  # finer is not needed to see where a flight went
_RADIUS_M = 250.0
_QUALITY = 75


class FlownMap:
    """Paints each tile around a flight once."""

    def __init__(self, imagery: MapImagery, radius_m: float = _RADIUS_M) -> None:
        """:param radius_m: around each place that is painted."""
        self._imagery, self._radius_m = imagery, radius_m
        self._painted: set[tuple[int, int]] = set()
        self._zoom: int | None = None  # of all tiles: that of where the flight begins

    def records_near(self, time_s: float, lat: float, long: float) -> Iterator[Record]:
        """Yield the tiles around a place that were not painted before."""
        if self._zoom is None:
            self._zoom = zoom_of(lat, _GSD_M)
        for column, row in sorted(self._around(lat, long, self._zoom) - self._painted):
            self._painted.add((column, row))
            shown = paint_tile(self._imagery, self._zoom, column, row)
            if shown is not None:
                yield tile_record(time_s, self._zoom, column, row, _compressed(shown))

    def _around(self, lat: float, long: float, zoom: int) -> set[tuple[int, int]]:
        x, y = (float(value) * 2**zoom for value in world_from_geodetic(lat, long))
        reach = self._radius_m / (gsd_m_per_px(lat, zoom, TILE_PX) * TILE_PX)
        return {
            (column % 2**zoom, row)
            for column in range(int(x - reach), int(x + reach) + 1)
            for row in range(int(y - reach), int(y + reach) + 1)
        }


def _compressed(shown: np.ndarray) -> bytes:
    """Return (H, W, 4) as JPEG; as WebP, which can be transparent, where the map ends within."""
    content = io.BytesIO()
    if (shown[..., 3] == 255).all():
        Image.fromarray(shown[..., :3]).save(content, 'JPEG', quality=_QUALITY)
    else:
        Image.fromarray(shown).save(content, 'WEBP', quality=_QUALITY)
    return content.getvalue()
