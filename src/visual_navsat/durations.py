# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Say how long something takes as people do: 340 ms, 2.2 s, 1 min 20 s."""

from __future__ import annotations


def duration_text(seconds: float) -> str:
    """
    Return a duration to about two digits.

    :param seconds: NaN gives a dash; negative ones keep their sign.
    """
    if seconds != seconds:
        return '–'
    if seconds < 0:
        return f'-{duration_text(-seconds)}'
    if seconds < 0.9995:
        milliseconds = 1e3 * seconds
        return f'{milliseconds:.0f} ms' if milliseconds >= 9.95 else f'{milliseconds:.2g} ms'
    if seconds < 9.95:
        return f'{seconds:.1f} s'
    if seconds < 59.5:
        return f'{seconds:.0f} s'
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f'{minutes} min {rest} s' if rest else f'{minutes} min'
    hours, minutes = divmod(round(seconds / 60), 60)
    return f'{hours} h {minutes} min' if minutes else f'{hours} h'
