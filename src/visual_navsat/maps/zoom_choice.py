# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which zoom of a store of slippy tiles is read: fine enough, and one that covers the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

# A zoom must cover this share of what a coarser one does, or the coarser one is read.
_ENOUGH = 0.9
# How much coarser it may be: a whole map at a quarter of the resolution locates, one at less
# seldom does. Overviews of the world lie further away.
_MAX_STEPS = 2


def choose_zoom(
    zooms: Sequence[int], fine_enough: Sequence[int], places: Callable[[int], np.ndarray]
) -> tuple[int, list[str]]:
    """
    Return the zoom to read, and what people should know of its choice.

    :param zooms: those that have tiles, ascending.
    :param fine_enough: those of them that are as fine as is wanted.
    :param places: returns (N, 2) column and row of the tiles of a zoom.
    """
    chosen = first = min(fine_enough, default=zooms[-1])
    notes: list[str] = []
    for coarser in _coarser(zooms, first):
        share = covered_share(places(coarser), coarser, places(chosen), chosen)
        if share < _ENOUGH:
            notes.append(
                f'zoom {chosen} covers {share:.0%} of what zoom {coarser} does: zoom {coarser} is '
                f'read (--zoom {chosen} reads the other)'
            )
            chosen = coarser
    return chosen, notes


def describe_cover(
    zooms: Sequence[int], chosen: int, places: Callable[[int], np.ndarray]
) -> list[str]:
    """Return a note where a zoom that was asked for leaves out what a coarser one covers."""
    for coarser in _coarser(zooms, chosen):
        share = covered_share(places(coarser), coarser, places(chosen), chosen)
        if share < _ENOUGH:
            return [f'zoom {chosen} covers {share:.0%} of what zoom {coarser} does']
    return []


def _coarser(zooms: Sequence[int], zoom: int) -> list[int]:
    """Return the zooms that may be read instead, the finest first."""
    return [one for one in reversed(zooms) if zoom - _MAX_STEPS <= one < zoom]


def covered_share(coarse: np.ndarray, coarse_zoom: int, fine: np.ndarray, fine_zoom: int) -> float:
    """Return the share of a coarser zoom's tiles that have finer ones in them."""
    parents = np.unique(fine >> (fine_zoom - coarse_zoom), axis=0)
    coarse = np.unique(coarse, axis=0)
    keys, of_coarse = (cells[:, 0] * 2**30 + cells[:, 1] for cells in (parents, coarse))
    return float(np.isin(of_coarse, keys).mean())
