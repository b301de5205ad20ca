# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How charts are drawn: their style, their axes, and how they become SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import io
from typing import Any, Literal, TYPE_CHECKING

from visual_navsat.durations import duration_text
from visual_navsat.optional import import_optional
from visual_navsat.report.style import FAINT, INK, LINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_FONTS = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
_ERROR_TICKS_M = (0.5, 1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000, 25000, 100000)
_STYLE = {
    'font.family': 'DejaVu Sans',  # comes with matplotlib; wider than what the page shows it in
    'font.size': 9.5,
    'text.color': INK,
    'axes.labelcolor': FAINT,
    'axes.edgecolor': LINE,
    'axes.grid': True,
    'axes.axisbelow': True,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'grid.color': '#e9edf1',
    'xtick.color': FAINT,
    'ytick.color': FAINT,
    'legend.frameon': False,
    'legend.fontsize': 9,
    'svg.fonttype': 'none',
    'svg.hashsalt': 'visual_navsat',  # the same figure twice is the same text
}


def matplotlib_module(name: str = 'matplotlib') -> Any:
    """
    Return a module of matplotlib, such as ``matplotlib.patches``.

    :raises MissingDependencyError: if it is not installed.
    """
    message = 'pictures need matplotlib, which is not installed: pip install matplotlib'
    return import_optional(name, message)


def draw_svg(size: tuple[float, float], draw: Callable[[Figure], None]) -> str:
    """
    Return what a function draws on a figure in the report's style, as SVG.

    :param size: of the figure, inches.
    """
    text = _drawn(size, draw, 'svg', metadata={'Date': None}, transparent=True).decode()
    return text.replace("'DejaVu Sans'", _FONTS)


def draw_png(size: tuple[float, float], draw: Callable[[Figure], None]) -> bytes:
    """Return what :func:`draw_svg` returns as PNG, on white."""
    return _drawn(size, draw, 'png', metadata={'Software': None}, facecolor='white', dpi=120)


def _drawn(
    size: tuple[float, float], draw: Callable[[Figure], None], kind: str, **options: Any
) -> bytes:
    backend = {'svg': ('svg', 'FigureCanvasSVG'), 'png': ('agg', 'FigureCanvasAgg')}[kind]
    with matplotlib_module().rc_context(_STYLE):
        figure = matplotlib_module('matplotlib.figure').Figure(figsize=size, layout='constrained')
        getattr(matplotlib_module(f'matplotlib.backends.backend_{backend[0]}'), backend[1])(figure)
        draw(figure)
        content = io.BytesIO()
        figure.savefig(content, format=kind, **options)
    return content.getvalue()


def error_axis(ax: Axes, which: Literal['x', 'y'], shown: Iterable[float]) -> None:
    """Make an axis of metres that shows a metre and a kilometre alike."""
    shown = list(shown) or [1.0, 50.0]
    low, high = min(0.5, 0.8 * min(shown)), max(20.0, 1.3 * max(shown))
    ticks = [tick for tick in _ERROR_TICKS_M if low <= tick <= high]
    ax.set(**{f'{which}scale': 'log', f'{which}lim': (max(low, 0.1), high)})
    axis = ax.xaxis if which == 'x' else ax.yaxis
    axis.set_ticks(ticks, [f'{tick:g}' for tick in ticks])
    axis.set_ticks([], minor=True)


def duration_axis(axis: Axis) -> None:
    """Let an axis of seconds say them as people do."""
    axis.set_major_formatter(lambda seconds, _: duration_text(seconds) if seconds else '0')


def share_axis(ax: Axes, which: Literal['x', 'y']) -> None:
    """Make an axis of shares, 0 to 100 %."""
    ax.set(**{f'{which}lim': (0, 1)})
    axis = ax.xaxis if which == 'x' else ax.yaxis
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1], ['0', '25 %', '50 %', '75 %', '100 %'])


def legend_above(ax: Axes) -> None:
    """Put the legend above the axes, in two columns."""
    ax.legend(loc='lower left', bbox_to_anchor=(-0.02, 1), ncols=2, borderpad=0.2)


def say(ax: Axes, text: str, height: float = 0.5) -> None:
    """Write a line over the axes, at a share of their height."""
    ax.text(0.5, height, text, transform=ax.transAxes, ha='center', va='center', color=FAINT)
