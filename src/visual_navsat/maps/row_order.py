# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""From where a store of slippy tiles counts its rows: what it says, and what its bounds fit."""

from __future__ import annotations

import numpy as np
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.places import place_text
from visual_navsat.geometry.web_mercator import geodetic_from_world
from visual_navsat.maps.declared import box_text, Declared

_FITS = 0.5  # of the smaller of two boxes that the other one covers


def settle_rows(
    places: np.ndarray, zoom: int, declared: Declared, usually_from_south: bool
) -> tuple[bool, list[str]]:
    """
    Return whether rows are counted from the south, and what people should know of that.

    :param places: (N, 2) column and row of the tiles of a zoom, as stored.
    :param usually_from_south: what the kind of store has where nothing says otherwise.
    """
    boxes = {order: tiles_box(places, zoom, order) for order in (False, True)}
    order = usually_from_south if declared.from_south is None else declared.from_south
    notes = list(declared.notes)
    for number, box in enumerate(declared.boxes):
        fits = {one: box.overlap(boxes[one]) >= _FITS for one in boxes}
        if not any(fits.values()):
            continue
        if number > 0:
            notes.append(f'its bounds {box_text(box)} are written latitude first')
        if fits[order] and fits[not order] and declared.from_south is None:
            break  # they fit both: nothing is told
        if not fits[order]:
            notes.append(
                f'its bounds {box_text(box)} fit only rows counted from the {_side(not order)}: '
                'taken so'
            )
            return not order, notes
        return order, notes
    else:
        if declared.boxes:
            notes.append(
                f'its bounds say {box_text(declared.boxes[0])}, but its tiles lie at '
                f'{box_text(boxes[order])}: check which is right'
            )
            return order, notes
    if declared.from_south is None:
        notes.append(
            'nothing in it tells from where its rows are counted, taken from the '
            f'{_side(order)}: it lies at {_place(boxes[order])}; if that is wrong, it is '
            f'{_place(boxes[not order])}'
        )
    return order, notes


def check_bounds(places: np.ndarray, zoom: int, declared: Declared) -> list[str]:
    """Return what people should know where the order of rows is certain: whether bounds fit."""
    box = tiles_box(places, zoom, from_south=False)
    if not declared.boxes or any(one.overlap(box) >= _FITS for one in declared.boxes):
        return list(declared.notes)
    return [
        *declared.notes,
        f'its bounds say {box_text(declared.boxes[0])}, but its tiles lie at {box_text(box)}: '
        'check which is right',
    ]


def tiles_box(places: np.ndarray, zoom: int, from_south: bool) -> GeoBox:
    """Return the box around tiles of a zoom."""
    rows = places[:, 1]
    if from_south:
        rows = 2**zoom - 1 - rows
    north, west = geodetic_from_world(places[:, 0].min() / 2**zoom, rows.min() / 2**zoom)
    south, east = geodetic_from_world(
        (places[:, 0].max() + 1) / 2**zoom, (rows.max() + 1) / 2**zoom
    )
    return GeoBox(float(west), float(south), float(east), float(north))


def slippy_box(zoom: int, column: int, row: int) -> GeoBox:
    """Return the box of one tile, its row counted from the north."""
    return tiles_box(np.array([[column, row]]), zoom, from_south=False)


def _side(from_south: bool) -> str:
    return 'south' if from_south else 'north'


def _place(box: GeoBox) -> str:
    return place_text(*box.center)
