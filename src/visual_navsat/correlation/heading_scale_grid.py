# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which headings and scales to try, by what is known of the query's attitude and height."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import torch
from visual_navsat.errors import ConfigError

SEARCHED_SIGMAS = 2.0  # headings and scales are searched this far either side of the known ones
_EDGE_SHARE = 0.9  # of a tolerance, beyond which a find is near its limit
_WIDENED = 2.5
_WIDEST_SCALE = 0.4


@dataclass(frozen=True)
class HeadingScaleRange:
    """What is known of the query's heading and GSD, and how well."""

    heading_deg: float | None = None  # of the image's up direction; None: any
    heading_tolerance_deg: float = 5.0  # either side of the heading
    scale_tolerance: float = 0.1  # true GSD over given GSD is within 1 plus or minus this

    def __post_init__(self) -> None:
        if self.heading_deg is not None and not math.isfinite(self.heading_deg):
            raise ConfigError(f'heading must be finite, got {self.heading_deg} degrees')
        if not 0.0 <= self.heading_tolerance_deg <= 180.0:
            raise ConfigError(
                f'heading tolerance must be 0 to 180 degrees, got {self.heading_tolerance_deg}'
            )
        if not 0.0 <= self.scale_tolerance <= 0.9:
            raise ConfigError(f'scale tolerance must be 0 to 0.9, got {self.scale_tolerance}')

    def widened_around(self, heading_deg: float, scale: float) -> HeadingScaleRange:
        """
        Return the range to try after something was found in this one.

        It is this one, unless the heading or the scale is so near its limit that the true one may
        lie beyond.
        """
        span = self
        if abs(scale - 1.0) > _EDGE_SHARE * self.scale_tolerance:
            wider = min(_WIDENED * self.scale_tolerance, _WIDEST_SCALE)
            span = replace(span, scale_tolerance=max(wider, self.scale_tolerance))
        if self.heading_deg is not None:
            off_deg = (heading_deg - self.heading_deg + 180.0) % 360.0 - 180.0
            if abs(off_deg) > _EDGE_SHARE * self.heading_tolerance_deg:
                wider_deg = min(_WIDENED * self.heading_tolerance_deg, 180.0)
                span = replace(span, heading_tolerance_deg=wider_deg)
        return span


@dataclass(frozen=True)
class HeadingScaleGrid:
    """
    The variants of a photo that are tried: each heading with each scale.

    Flat index = heading, then scale.
    """

    heading_deg: torch.Tensor  # (K,) degrees
    scale: torch.Tensor  # (K,)

    def __len__(self) -> int:
        return len(self.heading_deg)

    @classmethod
    def covering(cls, span: HeadingScaleRange, step: float) -> HeadingScaleGrid:
        """
        Return a grid with a heading and scale within half a step of every possible one.

        :param step: radians of heading, and as a fraction of scale: both move the footprint's
            border equally.
        """
        if span.heading_deg is None or span.heading_tolerance_deg == 180.0:
            count = math.ceil(2 * math.pi / step)
            headings = torch.arange(count) * (360.0 / count)
        else:
            tolerance = span.heading_tolerance_deg
            low, high = span.heading_deg - tolerance, span.heading_deg + tolerance
            headings = _cells(low, high, math.degrees(step))
        smallest = math.log1p(-span.scale_tolerance)
        scales = torch.exp(_cells(smallest, math.log1p(span.scale_tolerance), step))
        return cls(headings.repeat_interleave(len(scales)), scales.repeat(len(headings)))


def _cells(low: float, high: float, step: float) -> torch.Tensor:
    """Return the middles of the fewest equal cells, at most ``step`` wide, from low to high."""
    count = max(1, math.ceil((high - low) / step - 1e-9))
    return low + (torch.arange(count) + 0.5) * ((high - low) / count)
