"""How large the tiles of a map should be, from how high the camera flies and how wide it sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
    Return tile sizes for the heights that a camera will fly at; what is explicit wins.

    :param height_m: lowest and highest height above ground; None takes 120 m.
    :param hfov_deg: the camera's horizontal field of view; None takes 70 degrees.
    :param tile_m: sides of the tiles; given, the two above do not matter.
    :param overlap: None takes half: then any place lies within a quarter tile of the middle of
        one.
    :raises ConfigError: if a value is out of range.
    """
    overlap = DEFAULT_OVERLAP if overlap is None else overlap
    if not 0 <= overlap <= 0.9:
        raise ConfigError(f'--overlap is {overlap}: it takes 0 to 0.9')
    if tile_m:
        wrong = [size for size in tile_m if not 1 <= size <= 1e5]
        if wrong:
            raise ConfigError(f'--tile-m is {wrong[0]}: it takes 1 to 100000 m')
        sizes = ', '.join(f'{size:g}' for size in tile_m)
        return TilePlan(tile_m, overlap, (f'tiles of {sizes} m, overlap {overlap:g}: as asked',))
    low, high = height_m or DEFAULT_HEIGHT_M
    if not 1 <= low <= high <= 1e5:
        raise ConfigError(f'--height-m is {low:g}-{high:g}: it takes 1 to 100000 m, LOW-HIGH')
    hfov = DEFAULT_HFOV_DEG if hfov_deg is None else hfov_deg
    if not 1 <= hfov <= 170:
        raise ConfigError(f'--hfov-deg is {hfov}: it takes 1 to 170')
    count = max(1, math.ceil(math.log(high / low, _HEIGHTS_PER_SCALE) - 1e-9))
    heights = [low * (high / low) ** ((i + 0.5) / count) for i in range(count)]
    widths = [2 * height * math.tan(math.radians(hfov) / 2) for height in heights]
    sides = tuple(round(_SQUARE_PER_WIDTH * width, 1) for width in widths)
    return TilePlan(sides, overlap, _reasons(height_m, hfov_deg, heights, widths, sides, overlap))


def _reasons(
    height_m: tuple[float, float] | None,
    hfov_deg: float | None,
    heights: Sequence[float],
    widths: Sequence[float],
    sizes: Sequence[float],
    overlap: float,
) -> tuple[str, ...]:
    """Return the lines that explain a plan."""
    assumed = [
        name
        for name, value in (('--height-m', height_m), ('--hfov-deg', hfov_deg))
        if value is None
    ]
    hfov = DEFAULT_HFOV_DEG if hfov_deg is None else hfov_deg
    seen = '; '.join(
        f'from {height:.0f} m a camera of {hfov:g} deg sees {width:.0f} m across: '
        f'tiles of {size:g} m, as much ground as a 4:3 image'
        for height, width, size in zip(heights, widths, sizes, strict=True)
    )
    lines = [seen + (f' (assumed: give {" and ".join(assumed)})' if assumed else '')]
    lines.append(
        f'overlap {overlap:g}: any place lies within {(1 - overlap) / 2:.2g} tiles of the middle '
        'of one'
        + (f'; {len(sizes)} scales, as one serves heights up to twice' if len(sizes) > 1 else '')
    )
    return tuple(lines)
