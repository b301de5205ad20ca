# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the names of a source and of its tiles say of their place, against what was read."""

from __future__ import annotations

from collections.abc import Sequence
import re

from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.places import place_text
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.row_order import slippy_box

_CELL = re.compile(r'(?<![A-Z])([NS])(\d{1,2})[_-]?([EW])(\d{1,3})(?!\d)', re.IGNORECASE)
_UTM = re.compile(r'utm[_ -]?(?:zone)?[_ -]?(\d{1,2})[_ -]?([ns])(?![a-z])', re.IGNORECASE)
# 32601 to 32660 north of the equator, 32701 to 32760 south of it; 258xx is Europe's.
_EPSG = re.compile(r'(?<!\d)(326|327|258)(\d{2})(?!\d)')
_SLIPPY = re.compile(r'(?:^|\D)(\d{1,2})[_/-](\d{1,8})[_/-](\d{1,8})(?:\.\w+)*$')
_LEAST_ZOOM = 10  # smaller numbers in a name are likely others
_CELL_DEG = 3.0  # how far from a named cell of up to some degrees a map may lie
_LOOKED_AT = 200  # tiles


def name_notes(name: str, extent: GeoBox, tiles: Sequence[TileMetadata]) -> list[str]:
    """
    Return what people should know where names say another place than was read.

    :param name: of the source's file or folder.
    :param extent: of all its tiles.
    """
    lat, long = extent.center
    said = _named_place(name, lat, long)
    notes = []
    if said:
        notes.append(
            f'{name} is called after {said}, but it lies around {place_text(lat, long)}: check '
            'which is right'
        )
    other = next((tile for tile in tiles[:_LOOKED_AT] if _contradicts(tile)), None)
    if other is not None:
        notes.append(
            f'tile {other.filename} is called as slippy tiles are, but lies around '
            f'{place_text(other.center_lat, other.center_long)}, where that tile does not: check '
            'which is right'
        )
    return notes


def _named_place(name: str, lat: float, long: float) -> str:
    """Return the place in a name that another place contradicts, '' if none does."""
    cell = _CELL.search(name)
    if cell:
        cell_lat = int(cell[2]) * (1 if cell[1].upper() == 'N' else -1)
        cell_long = int(cell[4]) * (1 if cell[3].upper() == 'E' else -1)
        away = max(abs(lat - cell_lat), abs((long - cell_long + 180) % 360 - 180))
        if cell_lat <= 90 and abs(cell_long) <= 180 and away > _CELL_DEG:
            return cell[0]
    for found, zone, south in _zones(name):
        middle = zone * 6 - 183
        away = abs((long - middle + 180) % 360 - 180)
        if 1 <= zone <= 60 and (away > 9 or (lat < -1 if south is False else south and lat > 1)):
            return found
    return ''


def _zones(name: str) -> list[tuple[str, int, bool | None]]:
    """Return UTM zones in a name: how they are written, their number, whether they are south."""
    zones: list[tuple[str, int, bool | None]] = [
        (found[0], int(found[1]), found[2].lower() == 's') for found in _UTM.finditer(name)
    ]
    zones += [
        (f'EPSG:{found[0]}', int(found[2]), found[1] == '327') for found in _EPSG.finditer(name)
    ]
    return zones


def _contradicts(tile: TileMetadata) -> bool:
    """Return whether a tile is called after a slippy tile that does not touch it."""
    found = _SLIPPY.search(tile.filename)
    if found is None:
        return False
    zoom, column, row = (int(number) for number in found.groups())
    if not _LEAST_ZOOM <= zoom <= 24 or max(column, row) >= 2**zoom:
        return False
    box = GeoBox.of_tile(tile)
    return not any(
        box.overlap(slippy_box(zoom, column, way)) > 0 for way in (row, 2**zoom - 1 - row)
    )
