# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How much work a search does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchOptions:
    """How much work the search does."""

    start_level: int = 2  # halvings of the map's resolution at which the search usually begins
    # Places times headings times scales to try on the first level. If there are more, the search
    # begins on a coarser level, as far as map and footprint allow; None: no limit.
    max_scores: float | None = None
    coarser: int = 0  # levels by which it begins coarser in any case, as far as these allow
    step_px: float = 2.0  # by which neighbouring variants move the footprint's RMS radius
    candidates: int = 16  # places of the coarse search that are tried on the next finer map
    finalists: int = 8  # places that are tried on the maps finer than that
    separation_m: float = 10.0  # peaks closer than this are one place
    min_texture: float = 0.005  # mean squared weight below which a query shows nothing
    batch_px: int | None = None  # scores at a time, which bounds the memory; None: by device
