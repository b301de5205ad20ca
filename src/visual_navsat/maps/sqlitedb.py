# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Slippy tiles in the SQLite databases of OsmAnd, Locus, MOBAC and BigPlanet."""

from __future__ import annotations

import os

from visual_navsat.errors import MapError
from visual_navsat.maps.declared import Declared
from visual_navsat.maps.sqlite_store import SqliteStore
from visual_navsat.maps.tile_store import MAX_ZOOM

_FINEST = 17  # BigPlanet counts zooms down from it
_USE_MBTILES = 'export the map again as MBTiles'


class SqliteDb(SqliteStore):
    """
    The tiles of a .sqlitedb file, whose rows are counted from the north unless it says otherwise.

    :raises MapError: if it cannot be read, is of another kind, or is not in spherical Mercator.
    """

    kind = 'sqlitedb'
    tables = ('info', 'tiles')
    columns = ('z', 'x', 'y', 'image')

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        self._is_inverted = True
        super().__init__(path, name)
        info = self._info()
        if not info:
            raise MapError(
                f'{path} has no table info, as OsmAnd, Locus and MOBAC write it, so its zooms '
                f'cannot be told: {_USE_MBTILES}'
            )
        if _is_yes(info.get('ellipsoid')):
            raise MapError(
                f'{path} is in elliptic Mercator (ellipsoid 1, as Yandex has it), kilometres from '
                f'where it would be read: {_USE_MBTILES} in EPSG:3857'
            )
        self._is_inverted = self._counts_down(info)
        declared = Declared(from_south=_is_yes(info.get('inverted_y')))
        self.settle(declared, usually_from_south=False)

    def zoom_of(self, stored: int) -> int:
        """Return the zoom that a number in the table stands for, and the other way round."""
        return _FINEST - stored if self._is_inverted else stored

    def _info(self) -> dict[str, object]:
        """Return the first row of the table info by the names of its columns."""
        names = [str(row[1]).lower() for row in self.table('PRAGMA table_info(info)')]
        rows = self.table('SELECT * FROM info LIMIT 1')
        values = rows[0] if rows else (None,) * len(names)
        return dict(zip(names, values, strict=True))

    def _counts_down(self, info: dict[str, object]) -> bool:
        """Return whether zooms are stored as 17 less the zoom, as BigPlanet has them."""
        said = str(info.get('tilenumbering') or '').strip().lower()
        counts_down = said == 'bigplanet' if 'tilenumbering' in info else True
        # A zoom has no more columns than 2 to its power: that may leave one way only.
        fits = {way: self._fits(way) for way in (True, False)}
        if fits[counts_down] or not fits[not counts_down]:
            return counts_down
        self.notes.append(
            f'{self.name}: its zooms fit only when counted {"up" if counts_down else "down"}: '
            'taken so'
        )
        return not counts_down

    def _fits(self, counts_down: bool) -> bool:
        rows = self.table('SELECT z, max(x), max(y) FROM tiles GROUP BY z')
        return all(isinstance(value, int) for row in rows for value in row) and all(
            0 <= (zoom := _FINEST - stored if counts_down else stored) <= MAX_ZOOM
            and max(column, row) < 2**zoom
            for stored, column, row in rows
        )


def _is_yes(value: object) -> bool:
    return str(value).strip().lower() in ('1', 'true', 'yes')
