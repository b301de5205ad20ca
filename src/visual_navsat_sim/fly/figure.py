# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A flight as a picture: truth, estimator and fixes on the map, and the errors over time."""

from __future__ import annotations

from collections.abc import Sequence
import io
from itertools import pairwise
from pathlib import Path
from typing import Any, TYPE_CHECKING

import numpy as np
from PIL import Image
from visual_navsat.files import write_bytes
from visual_navsat.geometry.web_mercator import gsd_m_per_px, world_from_geodetic
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.mercator_tile import TILE_PX
from visual_navsat.report.plotting import draw_png
from visual_navsat.session.reader import Session
from visual_navsat.session.records import tile_picture
from visual_navsat_sim.fly.course import Course
from visual_navsat_sim.fly.summary import GAP_S

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE_IN = (12.0, 5.6)
_TRUTH, _BELIEF, _FIX, _GAP = '#ffffff', '#ffd23f', '#3ddc84', '#ff3b5c'
_LINE, _DOT = '#c98a00', '#1b9e5a'  # the same on white
_LEVELS = {'ok': '#3aa76d', 'warn': '#e0a030', 'error': '#d6455d'}
_PARTS = ('node', 'track', 'autopilot')
_AROUND_PX = 60


def save_figure(path: str | Path, session: Session, title: str) -> None:
    """
    Write the picture of a simulated flight as PNG.

    :raises MissingDependencyError: if matplotlib is not installed.
    :raises FileWriteError: if the file cannot be written.
    """

    def draw(figure: Figure) -> None:
        figure.suptitle(title, x=0.01, ha='left', fontsize=11)
        halves: Any = figure.subfigures(1, 2, width_ratios=(1.0, 1.25))
        left, right = halves
        flown = _Flown(session)
        flown.draw_map(left.subplots())
        errors, states = right.subplots(2, 1, height_ratios=(4.0, 1.0), sharex=True)
        flown.draw_errors(errors)
        flown.draw_states(states)

    write_bytes(path, draw_png(_SIZE_IN, draw))


class _Flown:
    """One flight, drawn."""

    def __init__(self, session: Session) -> None:
        self._session, self._course = session, Course.of(session)
        self._start_s = float(self._course.times_s[0]) if len(self._course.times_s) else 0.0
        self._end_s = float(self._course.times_s[-1]) if len(self._course.times_s) else 1.0
        self._fixes = [
            (answer, answer.position)
            for answer in session.answers()
            if isinstance(answer.position, PositionEstimate)
        ]
        tiles = session.of_kind('tile')
        self._zoom = tiles[0]['z'] if tiles else 17

    def draw_map(self, ax: Axes) -> None:
        """Draw what was flown over the map."""
        for tile in self._session.of_kind('tile'):
            picture = np.array(Image.open(io.BytesIO(tile_picture(tile))).convert('RGBA'))
            picture[..., :3] = picture[..., :3] // 3 * 2
            left, top = TILE_PX * tile['x'], TILE_PX * tile['y']
            extent = (left, left + TILE_PX, top + TILE_PX, top)
            ax.imshow(picture, extent=extent, interpolation='bilinear')
        truth, believed = self._pixels(self._course.truth), self._pixels(self._course.believed)
        ax.plot(*truth.T, color=_TRUTH, lw=2.2, label='truth')
        ax.plot(*believed.T, color=_BELIEF, lw=1.1, label='estimator')
        places = np.array([(p.latitude, p.longitude) for _, p in self._fixes]).reshape(-1, 2)
        ax.plot(*self._pixels(places).T, 'o', ms=3, mec='black', mew=0.4, color=_FIX, label='fix')
        for start_s, end_s in self._gaps():
            times_s = self._course.times_s
            within = (times_s >= start_s) & (times_s <= end_s)
            ax.plot(*truth[within].T, color=_GAP, lw=2.2, label='no fix')
        lost_s = self._course.gnss_lost_s
        if lost_s is not None:
            index = int(np.searchsorted(self._course.times_s, lost_s))
            if index < len(truth):
                ax.plot(*truth[index], 'X', ms=9, mec='black', color=_TRUTH, label='GNSS lost')
        self._frame(ax, truth)

    def draw_errors(self, ax: Axes) -> None:
        """Draw the errors of estimator and fixes over time."""
        course = self._course
        for start_s, end_s in self._gaps():
            ax.axvspan(start_s - self._start_s, end_s - self._start_s, color=_GAP, alpha=0.15)
        ax.plot(course.times_s - self._start_s, course.errors_m, color=_LINE, label='estimator')
        at_s, errors_m = [], []
        for answer, position in self._fixes:
            there = course.truth_at(answer.stamp_s or 0.0)
            if there is not None:
                at_s.append((answer.stamp_s or 0.0) - self._start_s)
                errors_m.append(position.distance_m(*there))
        ax.plot(at_s, errors_m, 'o', ms=3.5, color=_DOT, label='fix, at its image')
        if course.gnss_lost_s is not None:
            ax.axvline(course.gnss_lost_s - self._start_s, color='black', lw=1, ls='--')
            ax.annotate(
                ' GNSS lost',
                (course.gnss_lost_s - self._start_s, 1.0),
                xycoords=('data', 'axes fraction'),
                va='top',
            )
        ax.set(ylabel='error, m', ylim=(0, None), xlim=(0, self._end_s - self._start_s))
        ax.legend(loc='upper right')

    def draw_states(self, ax: Axes) -> None:
        """Draw how node, track and autopilot did: green, amber, red."""
        for row, part in enumerate(_PARTS):
            told = self._session.of_kind('state', part)
            ends_s = [*(record['time_s'] for record in told[1:]), self._end_s]
            for record, end_s in zip(told, ends_s, strict=False):
                start_s = max(record['time_s'], self._start_s)
                if start_s < min(end_s, self._end_s):
                    span = (start_s - self._start_s, min(end_s, self._end_s) - start_s)
                    ax.broken_barh([span], (row, 0.8), color=_LEVELS[record['level']])
        ax.set_yticks([row + 0.4 for row in range(len(_PARTS))], _PARTS)
        ax.set(xlabel='seconds', ylim=(len(_PARTS), 0))
        ax.grid(False)

    def _gaps(self) -> Sequence[tuple[float, float]]:
        """Return start and end of the times without GNSS in which no fix came for long."""
        lost_s = self._course.gnss_lost_s
        if lost_s is None:
            return []
        heard_s = [(answer.answered_ns or 0) / 1e9 for answer, _ in self._fixes]
        edges_s = [lost_s, *(s for s in heard_s if lost_s < s < self._end_s), self._end_s]
        return [(a, b) for a, b in pairwise(edges_s) if b - a > GAP_S]

    def _pixels(self, places: np.ndarray) -> np.ndarray:
        """Return (N, 2) right and down, of (N, 2) degrees."""
        x, y = world_from_geodetic(*places.reshape(-1, 2).T)
        return np.stack([x, y], axis=-1) * (TILE_PX * 2**self._zoom)

    def _frame(self, ax: Axes, truth: np.ndarray) -> None:
        """Show what was flown, with a scale."""
        ax.set_xticks([])
        ax.set_yticks([])
        ax.grid(False)
        ax.set_facecolor('#12181e')
        if not len(truth):
            return
        (left, top), (right, bottom) = truth.min(axis=0), truth.max(axis=0)
        side = max(right - left, bottom - top) / 2 + _AROUND_PX
        middle = (left + right) / 2, (top + bottom) / 2
        ax.set(
            xlim=(middle[0] - side, middle[0] + side), ylim=(middle[1] + side, middle[1] - side)
        )
        length = 100.0 / gsd_m_per_px(float(self._course.truth[0, 0]), self._zoom, TILE_PX)
        start, row = middle[0] - 0.92 * side, middle[1] + 0.92 * side
        ax.plot([start, start + length], [row, row], color=_TRUTH, lw=3)
        ax.text(start, row - 0.03 * side, '100 m', color=_TRUTH, fontsize=8)
        handles, labels = ax.get_legend_handles_labels()
        named = dict(zip(labels, handles, strict=True))  # each gap has the same name
        legend = ax.legend(named.values(), named.keys(), loc='best', labelcolor=_TRUTH)
        legend.set_frame_on(True)
        legend.get_frame().set(facecolor='#12181e', edgecolor='none', alpha=0.75)
