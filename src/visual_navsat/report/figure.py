"""Draw a query image beside the map tiles that are most similar to it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from visual_navsat.errors import ImageError, MissingDependencyError
from visual_navsat.files import write_bytes
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.image_file import read_image
from visual_navsat.retrieval.result import RetrievalResult

_PANEL_SIDE_PX = 480  # images are drawn no larger than this: the figure holds several
_COLUMNS = 3  # of tiles, right of the query
_QUERY_IN, _TILE_IN = 5.0, 2.5  # widths, inches
_INK, _FAINT = '#1a1a1a', '#6b6b6b'


@dataclass(frozen=True)
class TilePanel:
    """One tile of the figure."""

    rank: int
    filename: str
    similarity: float
    distance_m: float  # from the figure's reference point
    image: np.ndarray | None  # (H, W, 3) uint8 RGB; None if the file is not there


def tile_panels(
    candidates: Sequence[RetrievalResult], origin: tuple[float, float], tile_dir: str | Path
) -> list[TilePanel]:
    """
    Return the panels of ranked tiles, with their images where those are found.

    :param origin: latitude and longitude in degrees from which distances count.
    :param tile_dir: the folder that the map was built from.
    """
    panels = []
    for candidate in candidates:
        tile = candidate.tile_metadata
        try:
            image = read_image(Path(tile_dir) / tile.filename)
        except ImageError:
            image = None
        panels.append(
            TilePanel(
                candidate.rank,
                tile.filename,
                candidate.similarity_score,
                float(distance_m(*origin, tile.center_lat, tile.center_long)),
                image,
            )
        )
    return panels


def north_up(image: np.ndarray, heading_deg: float) -> np.ndarray:
    """
    Return the image turned so that north is up, on a white canvas that holds all of it.

    :param image: (H, W, 3) uint8.
    :param heading_deg: where the image's up direction points, clockwise from north.
    """
    height, width = image.shape[:2]
    # OpenCV turns counter-clockwise; the image's up direction has to go clockwise by the heading.
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -heading_deg, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    canvas = round(width * cos + height * sin), round(width * sin + height * cos)
    turn[:, 2] += (canvas[0] - width) / 2, (canvas[1] - height) / 2
    return cv2.warpAffine(image, turn, canvas, flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))


def save_match_figure(
    path: str | Path,
    title: str,
    query: np.ndarray,
    query_label: str,
    panels: Sequence[TilePanel],
    panels_label: str,
) -> None:
    """
    Write a picture of the query at the left and its best tiles at the right.

    :param query: (H, W, 3) uint8 RGB.
    :param panels: best first; their number sets the rows.
    :raises MissingDependencyError: if matplotlib is not installed.
    :raises FileWriteError: if the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError(
            'a figure needs matplotlib, which is not installed: pip install matplotlib'
        ) from error
    num_rows = max(1, -(-len(panels) // _COLUMNS))
    width_in, height_in = _QUERY_IN + _TILE_IN * _COLUMNS, 0.9 + (_TILE_IN + 0.45) * num_rows
    figure = Figure(figsize=(width_in, height_in), layout='constrained')
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.01, ha='left', fontsize=14, color=_INK)
    left, right = figure.subfigures(1, 2, width_ratios=(_QUERY_IN, _TILE_IN * _COLUMNS))
    left.suptitle(query_label, x=0.02, ha='left', fontsize=10, color=_FAINT)
    right.suptitle(panels_label, x=0.01, ha='left', fontsize=10, color=_FAINT)
    query_ax = left.subplots()
    query_ax.imshow(_shrink(query))
    query_ax.set_title(' ', fontsize=11)  # as high as the tiles' titles: the tops line up
    tile_axes = right.subplots(num_rows, _COLUMNS, squeeze=False).ravel()
    for ax in (query_ax, *tile_axes):
        ax.set_axis_off()
        ax.set_anchor('NW')
    for ax, panel in zip(tile_axes, panels, strict=False):
        _draw_tile(ax, panel)
    content = io.BytesIO()
    figure.savefig(content, format='png', dpi=110, facecolor='white')
    write_bytes(path, content.getvalue())


def _draw_tile(ax, panel: TilePanel) -> None:
    if panel.image is None:
        ax.imshow(np.full((8, 8, 3), 217, np.uint8))
        ax.text(
            0.5,
            0.5,
            'tile image\nnot found',
            transform=ax.transAxes,
            ha='center',
            va='center',
            color=_FAINT,
        )
    else:
        ax.imshow(_shrink(panel.image))
    ax.set_title(
        f'{panel.rank}    {panel.similarity:.3f}    {panel.distance_m:.0f} m',
        fontsize=11,
        color=_INK,
        loc='left',
    )
    name = panel.filename if len(panel.filename) <= 34 else f'…{panel.filename[-33:]}'
    ax.text(0, -0.03, name, transform=ax.transAxes, va='top', fontsize=7, color=_FAINT)


def _shrink(image: np.ndarray) -> np.ndarray:
    scale = _PANEL_SIDE_PX / max(image.shape[:2])
    if scale >= 1:
        return image
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
