# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a store of tiles says of itself: where it lies, and from where its rows are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
import re

from visual_navsat.geometry.geo_box import GeoBox

_NUMBER = re.compile(r'[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?', re.ASCII)
_SCHEMES = {'xyz': False, 'google': False, 'osm': False, 'tms': True}


@dataclass(frozen=True)
class Declared:
    """The boxes that a store may mean by its bounds, likeliest first, and its order of rows."""

    boxes: tuple[GeoBox, ...] = ()
    from_south: bool | None = None  # None where it does not say
    notes: tuple[str, ...] = ()  # what of it cannot be understood

    @classmethod
    def of(cls, bounds: object = None, scheme: object = None) -> Declared:
        """
        Return what some metadata says.

        :param bounds: text or list, west, south, east, north in degrees; or latitude first.
        :param scheme: ``xyz`` or ``tms``.
        """
        from_south = _SCHEMES.get(str(scheme).strip().lower()) if scheme else None
        if bounds is None or bounds == '':
            return cls((), from_south)
        numbers = parse_numbers(bounds)
        boxes = geodetic_boxes(numbers) if len(numbers) == 4 else ()
        shown = ' '.join(str(bounds).split())[:80]
        notes = () if boxes else (f'its bounds {shown!r} are no west,south,east,north in degrees',)
        return cls(boxes, from_south, notes)


def parse_numbers(values: object) -> list[float]:
    """Return the finite numbers in a text, or a list of numbers or texts."""
    texts = map(str, values) if isinstance(values, list | tuple) else [str(values)]
    numbers = [float(found) for text in texts for found in _NUMBER.findall(text)]
    return [number for number in numbers if math.isfinite(number)]


def geodetic_boxes(numbers: Sequence[float]) -> tuple[GeoBox, ...]:
    """Return the boxes that four numbers can be in degrees: longitude first, then latitude."""
    first, second, third, fourth = numbers
    orders = ((first, second, third, fourth), (second, first, fourth, third))
    return tuple(
        GeoBox(west, south, east if east > west else east + 360.0, north)
        for west, south, east, north in orders
        if -90 <= south < north <= 90 and abs(west) <= 180 and abs(east) <= 180 and east != west
    )


def box_text(box: GeoBox) -> str:
    """Return a box for a message: west, south, east, north in degrees."""
    return f'{box.west:.5f},{box.south:.5f},{box.east:.5f},{box.north:.5f}'
