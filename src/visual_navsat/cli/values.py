# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Check and read what people write behind flags: numbers, ranges, boxes."""

from __future__ import annotations

import argparse
import math

from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geo_box import GeoBox


def check_number(
    args: argparse.Namespace,
    flag: str,
    low: float,
    high: float = math.inf,
    unit: str = '',
    is_open: bool = False,
) -> None:
    """
    Raise ConfigError if a flag was given a number that is infinite or not within its limits.

    :param is_open: the limits themselves are wrong.
    """
    value = getattr(args, flag[2:].replace('-', '_'))
    if value is None:
        return
    if math.isfinite(value) and (low < value < high if is_open else low <= value <= high):
        return
    limits = f'{"above" if is_open else "at least"} {low:g}'
    if math.isfinite(high):
        limits = f'{low:g} to {high:g}' if not is_open else f'{limits} and below {high:g}'
    raise ConfigError(f'{flag} must be {limits}{unit and " "}{unit}, got {value:g}')


def parse_heights(text: str | None) -> tuple[float, float] | None:
    """Return lowest and highest of ``120`` or ``80-150``, metres; None of None."""
    if text is None:
        return None
    low, _, high = text.partition('-')
    low_m, high_m = _floats('--height-m', [low, high or low], 'metres such as 120 or 80-150', text)
    return low_m, high_m


def parse_tile_sizes(text: str | None) -> tuple[float, ...]:
    """Return the sizes of ``150`` or ``100,300``, metres; none of None."""
    if text is None:
        return ()
    return _floats('--tile-m', text.split(','), 'metres such as 150 or 100,300', text)


def parse_area(text: str | None, flag: str = '--area') -> GeoBox | None:
    """Return the box of ``west,south,east,north`` in degrees; None of None."""
    return None if text is None else GeoBox.parse(text, flag)


def _floats(flag: str, parts: list[str], form: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, parts))
    except ValueError as error:
        raise ConfigError(f'{flag} must be {form}, got {text}') from error
