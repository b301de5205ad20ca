"""How charts are drawn: their style, their axes, and how they become SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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


@contextmanager
def drawing(size: tuple[float, float]) -> Iterator[tuple[Figure, Callable[[], str]]]:
    """Yield a figure in the report's style, and what returns it as SVG once it is drawn."""
    with matplotlib_module().rc_context(_STYLE):
        figure = matplotlib_module('matplotlib.figure').Figure(figsize=size, layout='constrained')
        matplotlib_module('matplotlib.backends.backend_svg').FigureCanvasSVG(figure)
        finished: list[str] = []
        yield figure, lambda: finished[0]
        text = io.StringIO()
        figure.savefig(text, format='svg', metadata={'Date': None}, transparent=True)
        finished.append(text.getvalue().replace("'DejaVu Sans'", _FONTS))


def error_axis(
    axis: Axis,
    set_scale: Callable[[str], object],
    set_limits: Callable[[float, float], object],
    shown: Iterable[float],
) -> None:
    """Make an axis of metres that shows a metre and a kilometre alike."""
    shown = list(shown) or [1.0, 50.0]
    low, high = min(0.5, 0.8 * min(shown)), max(20.0, 1.3 * max(shown))
    set_scale('log')
    set_limits(max(low, 0.1), high)
    ticks = [tick for tick in _ERROR_TICKS_M if low <= tick <= high]
    axis.set_ticks(ticks, [f'{tick:g}' for tick in ticks])
    axis.set_ticks([], minor=True)


def duration_axis(axis: Axis) -> None:
    """Let an axis of seconds say them as people do."""
    axis.set_major_formatter(lambda seconds, _: duration_text(seconds) if seconds else '0')


def share_axis(axis: Axis, set_limits: Callable[[float, float], object]) -> None:
    set_limits(0, 1)
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1], ['0', '25 %', '50 %', '75 %', '100 %'])


def legend_above(ax: Axes) -> None:
    ax.legend(loc='lower left', bbox_to_anchor=(-0.02, 1), ncols=2, borderpad=0.2)


def say(ax: Axes, text: str) -> None:
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha='center', va='center', color=FAINT)
