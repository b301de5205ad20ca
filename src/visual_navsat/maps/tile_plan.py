# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How large the tiles of a map should be, from how high the camera flies and how wide it sees."""

from __future__ import annotations

from dataclasses import dataclass
import math

from visual_navsat.errors import ConfigError

DEFAULT_HEIGHT_M = (120.0, 120.0)  # what most countries allow without a permit
DEFAULT_HFOV_DEG = 70.0
DEFAULT_OVERLAP = 0.5

# A 4:3 image covers as much ground as a square of this many of its widths.
_SQUARE_PER_WIDTH = math.sqrt(3 / 4)
# One size of tile serves heights up to twice each other: it is then wrong by 1.4 at most.
_HEIGHTS_PER_SCALE = 2.0


@dataclass(frozen=True)
class TilePlan:
    """Into what a map is cut, and why."""

    tile_sizes_m: tuple[float, ...]  # sides of the tiles, one per scale
    overlap: float  # share of a tile that its neighbour covers too
    reasons: tuple[str, ...]  # for people, a line each


def plan_tiles(
    height_m: tuple[float, float] | None = None,
    hfov_deg: float | None = None,
    tile_m: tuple[float, ...] = (),
    overlap: float | None = None,
) -> TilePlan:
    """
    Return tile sizes for the heights that a camera will fly at.

    :param height_m: lowest and highest height above ground; None: 120 m.
    :param hfov_deg: the camera's horizontal field of view; None: 70 degrees.
    :param tile_m: sides of the tiles, used instead of the two above.
    :param overlap: None: half, so that any place lies within a quarter tile of a tile's centre.
    :raises ConfigError: if a value is out of range.
    """
    overlap = DEFAULT_OVERLAP if overlap is None else overlap
    hfov = DEFAULT_HFOV_DEG if hfov_deg is None else hfov_deg
    _check('--overlap', overlap, 0, 0.9)
    for size in tile_m:
        _check('--tile-m', size, 1, 1e5, ' m')
    if tile_m:
        sizes = ', '.join(f'{size:g}' for size in tile_m)
        return TilePlan(tile_m, overlap, (f'tiles of {sizes} m, overlap {overlap:g}: as asked',))
    low, high = height_m or DEFAULT_HEIGHT_M
    if not 1 <= low <= high <= 1e5:
        raise ConfigError(f'--height-m must be LOW-HIGH, 1 to 100000 m, got {low:g}-{high:g}')
    _check('--hfov-deg', hfov, 1, 170, ' degrees')
    count = max(1, math.ceil(math.log(high / low, _HEIGHTS_PER_SCALE) - 1e-9))
    heights = [low * (high / low) ** ((i + 0.5) / count) for i in range(count)]
    widths = [2 * height * math.tan(math.radians(hfov) / 2) for height in heights]
    sides = tuple(round(_SQUARE_PER_WIDTH * width, 1) for width in widths)
    seen = '; '.join(
        f'from {height:.0f} m a camera of {hfov:g} deg sees {width:.0f} m across: '
        f'tiles of {side:g} m, as much ground as a 4:3 image'
        for height, width, side in zip(heights, widths, sides, strict=True)
    )
    given = {'--height-m': height_m, '--hfov-deg': hfov_deg}
    assumed = ' and '.join(name for name, value in given.items() if value is None)
    scales = f'; {count} scales, as one serves heights up to twice' if count > 1 else ''
    reasons = (
        f'{seen} (assumed: give {assumed})' if assumed else seen,
        f'overlap {overlap:g}: any place lies within {(1 - overlap) / 2:.2g} tiles of the centre '
        f'of one{scales}',
    )
    return TilePlan(sides, overlap, reasons)


def _check(flag: str, value: float, low: float, high: float, unit: str = '') -> None:
    """Raise ConfigError unless a flag's value is in range."""
    if not low <= value <= high:
        raise ConfigError(f'{flag} must be {low:g} to {high:g}{unit}, got {value:g}')
