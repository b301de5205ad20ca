# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The corners of a table's tiles: which are the wrong way round, and what may be swapped."""

from __future__ import annotations

import numpy as np
import pandas as pd
from visual_navsat.table import first_line, Table

TOP, LEFT, BOTTOM, RIGHT = (
    *('Top_left_lat', 'Top_left_long', 'Bottom_right_lat', 'Bottom_right_long'),
)
_LAT, _LONG = '-90 to 90 degrees', '-180 to 180 degrees'
# A tile of a tenth of a metre has 10 px of 1 cm: no map is finer.
_MIN_SIDE_DEG = 1e-6

Corners = tuple[pd.Series, pd.Series, pd.Series, pd.Series]


def read_corners(table: Table) -> Corners:
    """
    Return top, left, bottom and right of every tile, degrees.

    :raises MapError: if a number is out of range, or corners are the wrong way round.
    """
    _ask_about_latitudes(table)
    top = table.numbers(TOP, _LAT, -90, 90)
    left = table.numbers(LEFT, _LONG, -180, 180)
    bottom = table.numbers(BOTTOM, _LAT, -90, 90)
    right = table.numbers(RIGHT, _LONG, -180, 180)
    # No tile is half the Earth wide: a greater span is that of swapped corners.
    is_east = ~((right - left) % 360.0).between(0, 180, inclusive='right')
    _ask_about_both(table, (top <= bottom) & is_east)
    _check_order(table, top <= bottom, TOP, 'north', BOTTOM)
    _check_order(table, is_east, LEFT, 'west', RIGHT)
    width = ((right - left) % 360.0) * np.cos(np.radians((top + bottom) / 2))
    for size, side in ((top - bottom, 'high'), (width, 'wide')):
        line = first_line(size < _MIN_SIDE_DEG)
        if line is not None:
            metres = size[line] * 111e3
            raise table.error_at(
                line,
                f'the tile is {metres:.2g} m {side}, at least 0.1 m is needed: check its corners',
            )
    return top, left, bottom, right


def _ask_about_latitudes(table: Table) -> None:
    """Raise MapError where latitudes are none, but would be with the columns swapped."""
    for lat_name, long_name in ((TOP, LEFT), (BOTTOM, RIGHT)):
        lat, long = table.numbers(lat_name, _LAT, -180, 180), table.numbers(long_name, _LONG)
        line = first_line(lat.abs().gt(90) & long.abs().le(90))
        if line is not None:
            raise table.error_at(
                line,
                f'{lat_name} must be {_LAT}, got {table.text(lat_name)[line]!r}: are latitude '
                'and longitude swapped?',
            )


def _ask_about_both(table: Table, is_wrong: pd.Series[bool]) -> None:
    """Raise MapError where two ways to swap would make all right: the file does not say which."""
    line = first_line(is_wrong)
    if line is None:
        return
    top, left, bottom, right = (table.text(name)[line] for name in (TOP, LEFT, BOTTOM, RIGHT))
    raise table.error_at(
        line,
        f'{TOP} {top} is not north of {BOTTOM} {bottom}, nor {LEFT} {left} west of {RIGHT} '
        f'{right}: are latitude and longitude swapped (then it lies at latitude {left}, longitude '
        f'{top}), or the corners (then at latitude {top}, longitude {left})? Rename the columns',
    )


def _check_order(
    table: Table, is_wrong: pd.Series[bool], first: str, side: str, second: str
) -> None:
    line = first_line(is_wrong)
    if line is not None:
        values = table.text(first)[line], table.text(second)[line]
        raise table.error_at(
            line, f'{first} {values[0]} is not {side} of {second} {values[1]}: swap the corners'
        )
