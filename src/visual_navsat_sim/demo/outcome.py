"""What came of one image of the flight, and of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.geometry.tile import TileMetadata

FIX, NO_FIX, LOST = 'fix', 'no_fix', 'lost'


@dataclass(frozen=True)
class Outcome:
    """One image: where it was taken, and what the localizer said."""

    number: int
    time_s: float  # since the first image
    true_lat: float  # of the vehicle, degrees
    true_long: float
    heading_deg: float
    status: str  # FIX, NO_FIX, or LOST when no answer came
    reason: str = ''
    latitude: float = float('nan')
    longitude: float = float('nan')
    sigma_m: float = float('nan')  # 1 sigma of the horizontal position
    latency_ms: float = float('nan')

    @property
    def error_m(self) -> float:
        """Distance from the truth, NaN without a fix."""
        if self.status != FIX:
            return float('nan')
        return float(distance_m(self.true_lat, self.true_long, self.latitude, self.longitude))

    def line(self) -> str:
        """Return the outcome in one line for people."""
        start = f'  {self.number:3d}  {self.time_s:6.1f} s  '
        if self.status != FIX:
            return f'{start}{self.status.replace("_", " "):8s}{self.reason}'
        return (
            f'{start}fix     {self.latitude:10.6f} {self.longitude:11.6f}  '
            f'{self.error_m:6.1f} m off  (1 sigma {self.sigma_m:5.1f} m)  '
            f'{self.latency_ms:4.0f} ms'
        )


def summary_lines(outcomes: Sequence[Outcome], tiles: Sequence[TileMetadata]) -> list[str]:
    """Return the closing summary; shares count every image, refused and lost ones as misses."""
    count = len(outcomes)
    errors = np.array([outcome.error_m for outcome in outcomes if outcome.status == FIX])
    refused = sum(outcome.status == NO_FIX for outcome in outcomes)
    lost = sum(outcome.status == LOST for outcome in outcomes)
    lines = [f'{count} images: {len(errors)} fixes, {refused} refused, {lost} without an answer']
    if len(errors):
        shares = '  '.join(
            f'{(errors <= d).sum() / count:.0%} within {d} m' for d in (5, 10, 25, 50)
        )
        lines.append(
            f'error of the fixes: median {np.median(errors):.1f} m;  of all images {shares}'
        )
    lines.append(
        f'chance: a tile drawn blindly is within 50 m for {chance_within(outcomes, tiles, 50):.1%}'
    )
    return lines


def chance_within(
    outcomes: Sequence[Outcome], tiles: Sequence[TileMetadata], radius_m: float
) -> float:
    """Return the share of tiles whose centre is within a radius of the truth, over all images."""
    lats = np.array([tile.center_lat for tile in tiles])
    longs = np.array([tile.center_long for tile in tiles])
    shares = [
        (distance_m(o.true_lat, o.true_long, lats, longs) <= radius_m).mean() for o in outcomes
    ]
    return float(np.mean(shares))
