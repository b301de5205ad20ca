# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The table that papers on public data sets print: a row a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import math

from visual_navsat.evaluation.summary import Evaluation

_RANKS = (1, 5, 10)
_DISTANCES_M = (5, 10, 20, 50, 100)


def benchmark_lines(rows: Mapping[str, Evaluation]) -> Iterator[str]:
    """Yield a row for each sequence, and what the columns mean."""
    recall = ''.join(f'{f"R@{k}":>7}' for k in _RANKS)
    within = ''.join(f'{f"{d} m":>7}' for d in _DISTANCES_M)
    name = max(map(len, ('sequence', *rows)))
    yield f'{"sequence":{name}}  images{recall}{within}  median     p90  published  false'
    for sequence, one in rows.items():
        shares = [one.recall_at[k] for k in _RANKS]
        shares += [one.share_within_m[d] for d in _DISTANCES_M]
        count = len(one.answers)
        yield (
            f'{sequence:{name}}  {count:6d}'
            + ''.join(f'{share:7.1%}' for share in shares)
            + f'{_metres(one.error_median_m)}{_metres(one.error_p90_m)}'
            f'  {count - one.refused:9d}  {one.false_fixes:5d}'
        )
    yield (
        'R@k: the true point lies in one of the first k tiles; metres: share of all images with '
        'a fix within; median, p90: of the published fixes; false: published and over 50 m or 5 '
        'sigma off'
    )


def _metres(value: float) -> str:
    return f'{"–" if math.isnan(value) else f"{value:.1f} m":>8}'
