"""Read the values of build-map's flags: a range of heights, sizes, a box."""

from __future__ import annotations

from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geo_box import GeoBox


def parse_heights(text: str | None) -> tuple[float, float] | None:
    """Return lowest and highest of ``120`` or ``80-150``, metres; None of None."""
    if text is None:
        return None
    low, _, high = text.partition('-')
    try:
        return float(low), float(high or low)
    except ValueError as error:
        raise ConfigError(f'--height-m is {text}: it takes metres, as 120 or 80-150') from error


def parse_tile_sizes(text: str | None) -> tuple[float, ...]:
    """Return the sizes of ``150`` or ``100,300``, metres; none of None."""
    if text is None:
        return ()
    try:
        return tuple(float(size) for size in text.split(','))
    except ValueError as error:
        raise ConfigError(f'--tile-m is {text}: it takes metres, as 150 or 100,300') from error


def parse_area(text: str | None, flag: str = '--area') -> GeoBox | None:
    """Return the box of ``west,south,east,north`` in degrees; None of None."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(value) for value in text.split(','))
    except ValueError as error:
        raise ConfigError(
            f'{flag} is {text}: it takes west,south,east,north in degrees'
        ) from error
    if not (-90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ConfigError(
            f'{flag} is {text}: it takes west,south,east,north in degrees, south below north'
        )
    # East of the antimeridian where it is the smaller number.
    return GeoBox(west, south, east if east > west else east + 360.0, north)
