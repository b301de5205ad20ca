# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Values as people read them; what is unknown is a dash."""

from __future__ import annotations

import math


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share, 0 to 1, for people."""
    return '–' if share is None else f'{share:.{digits}%}'.replace('%', ' %')


def metres(value: float | None) -> str:
    """Return metres for people: to a decimetre, of long distances to a metre."""
    if value is None or math.isnan(value):
        return '–'
    return f'{value:.1f} m' if value < 100 else f'{value:,.0f} m'


def number(value: float | None, digits: int) -> str:
    """Return a number with some decimals."""
    return '–' if value is None or math.isnan(value) else f'{value:.{digits}f}'
