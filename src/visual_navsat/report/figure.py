# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw an answer: the photo on the map first, then its rivals, then the tiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
import math
from pathlib import Path
from textwrap import wrap
from typing import Any, TYPE_CHECKING, TypeVar

import numpy as np
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.files import write_bytes
from visual_navsat.geometry.geodesy import distance_m, LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import crop_map, PAPER
from visual_navsat.report.photo_on_map import lay_photo
from visual_navsat.report.pictures import shrink
from visual_navsat.report.plotting import matplotlib_module, say
from visual_navsat.report.style import FAINT, GRADES, INK
from visual_navsat.report.wording import metres
from visual_navsat.retrieval.result import RetrievalResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

Item = TypeVar('Item')

_MAX_RIVALS, _MAX_TILES = 4, 6
_WIDTH_IN, _MAIN_IN = 13.0, 9.0  # of the figure, and of the answer in it
_MAX_MAIN_HEIGHT_IN = 6.5
_MAIN_PX, _SMALL_PX = 1000, 480
_AROUND = 1.45  # of the photo's ground, each way
_TILES_AROUND = 1.6  # of a tile's, where correlation placed nothing
_FIX, _NO_FIX = GRADES[0][1], GRADES[-1][1]
_PHOTO_LABEL = 'the photo, from straight above'
_LINE_LETTERS, _LETTERS_PER_IN = 130, 13
_MISSING = 'the imagery of the map\nis not at hand'


@dataclass(frozen=True)
class AnswerPicture:
    """What the figure shows."""

    photo: NadirImage
    scored: ScoredAnswer
    imagery: MapImagery

    @property
    def places(self) -> list[Candidate]:
        """Return the places that correlation verified, best first."""
        return [place for place in self.scored.answer.candidates if place.is_verified]

    @property
    def tiles(self) -> Sequence[RetrievalResult]:
        """Return the tiles that retrieval ranked, most similar first."""
        return self.scored.answer.ranked_tiles

    @property
    def fix(self) -> PositionEstimate | None:
        """Return what was published."""
        return self.scored.fix


def save_answer_figure(path: str | Path, picture: AnswerPicture) -> None:
    """
    Write what an image was answered as PNG.

    :raises MissingDependencyError: if matplotlib is not installed.
    :raises FileWriteError: if the file cannot be written.
    """
    matplotlib = matplotlib_module('matplotlib.figure')
    agg = matplotlib_module('matplotlib.backends.backend_agg')
    main_in = _main_size_in(picture)
    rival_in = min(2.2, _WIDTH_IN / _MAX_RIVALS / _aspect(picture.photo.image))
    rivals, tiles = picture.places[1:][:_MAX_RIVALS], picture.tiles[:_MAX_TILES]
    lines = _summary(picture)
    heights = [
        main_in[1] + 0.5 + 0.2 * len(lines),
        rival_in + 0.65 if rivals else 0.4,
        2.8 if tiles else 0.4,
    ]
    figure = matplotlib.Figure(figsize=(_WIDTH_IN, sum(heights) + 0.7), layout='constrained')
    agg.FigureCanvasAgg(figure)
    figure.suptitle(_title(picture), x=0.008, ha='left', fontsize=15, color=INK)
    rows = figure.subfigures(3, 1, height_ratios=heights)
    _head(rows[0], '\n'.join(lines), INK)
    _draw_answer(rows[0], picture, main_in)
    _draw_rivals(rows[1], picture, rivals)
    _draw_tiles(rows[2], picture, tiles)
    content = BytesIO()
    figure.savefig(content, format='png', dpi=110, facecolor='white', metadata={'Software': None})
    write_bytes(path, content.getvalue())


def _title(picture: AnswerPicture) -> str:
    fix, name = picture.fix, Path(picture.scored.filename).name
    if fix is None:
        return f'{name}: no fix ({picture.scored.reason})'
    return f'{name}: fix {fix.latitude:.6f}, {fix.longitude:.6f}'


def _aspect(image: np.ndarray) -> float:
    return float(image.shape[1] / image.shape[0])


def _main_size_in(picture: AnswerPicture) -> tuple[float, float]:
    """Return width and height of the answer, inches."""
    aspect = _aspect(picture.photo.image) if picture.places or not picture.tiles else 1.0
    width_in = min(_MAIN_IN, _MAX_MAIN_HEIGHT_IN * aspect)
    return width_in, width_in / aspect


def _draw_answer(figure: SubFigure, picture: AnswerPicture, main_in: tuple[float, float]) -> None:
    """Draw the photo on the map; beside it photo and map alone."""
    # An array of two, which matplotlib's stubs do not know.
    parts: Any = figure.subfigures(1, 2, width_ratios=(main_in[0], _WIDTH_IN - main_in[0]))
    main, side = parts
    ax = main.subplots()
    _bare(ax)
    if not picture.places and not picture.tiles:
        _show(ax, picture.photo.image, _PHOTO_LABEL)
        return
    is_wide = main_in[0] > _WIDTH_IN / 2 or not picture.places
    first, second = side.subplots(*((2, 1) if is_wide else (1, 2)))
    _show(first, shrink(picture.photo.image, _SMALL_PX), _PHOTO_LABEL)
    if picture.places:
        pose = PhotoPose.of(picture.places[0])
        _draw_laid(ax, picture, pose)
        _show(second, _crop_like_photo(picture, pose), 'the map, as the photo sees it')
        return
    _bare(second)
    center, span_m = _tile_view(picture)
    gsd = span_m / _MAIN_PX
    ground = crop_map(picture.imagery, center, 0.0, gsd, (_MAIN_PX, _MAIN_PX))
    where = 'best tile' if picture.fix is None else 'fix'
    label = f'the map around the {where}, north up; tiles alone give neither heading nor scale'
    _show(ax, ground, label, extent=span_m / 2)
    if ground is not None:
        _draw_marks(ax, picture, PhotoPose(*center, 0.0, gsd), span_m)


def _summary(picture: AnswerPicture) -> list[str]:
    """Return the numbers behind the answer, in lines."""
    lines: list[str] = []
    numbers: list[str] = []
    if picture.fix is not None:
        numbers.append(f'95 % within {metres(picture.fix.axes_95_m[0])}')
    else:
        lines = wrap(picture.scored.detail, _LINE_LETTERS)
        if picture.places or picture.tiles:
            what = 'place' if picture.places else 'tile'
            numbers.append(f'Below is the best {what}, which was NOT published')
    if picture.places:
        best, pose = picture.places[0], PhotoPose.of(picture.places[0])
        if best.probability is not None:
            numbers.append(f'right with probability {_percent(best.probability)}')
        numbers.append(f'heading {pose.heading_deg % 360:.1f}°')
        numbers.append(f'{pose.gsd_m_per_px:.3f} m/px')
    return [*lines, '   ·   '.join(numbers)]


def _draw_laid(ax: Axes, picture: AnswerPicture, pose: PhotoPose) -> None:
    """Draw the photo on the map around it."""
    height, width = picture.photo.image.shape[:2]
    right, top = (_AROUND / 2 * side * pose.gsd_m_per_px for side in (width, height))
    laid = lay_photo(picture.photo, pose, picture.imagery, (right, top), _MAIN_PX)
    ax.imshow(laid.laid, extent=(-right, right, -top, top), interpolation='antialiased')
    colour, line = (_NO_FIX, 'dashed') if picture.fix is None else (_FIX, 'solid')
    outline = picture.photo.ground_from_pixel(picture.photo.outline_px, 0.0, pose.gsd_m_per_px)
    patches = matplotlib_module('matplotlib.patches')
    for edge, width, dash in (('white', 3.2, 'solid'), (colour, 1.8, line)):
        ax.add_patch(patches.Polygon(outline, fill=False, color=edge, lw=width, ls=dash))
    caption = 'Fields of the photo and of the map by turns; outline: what the photo shows'
    if laid.ground is None:
        say(ax, _MISSING, 0.06)
        caption = 'Outline: what the photo shows'
    if picture.fix is not None:
        caption += '; ellipse: the vehicle, in 95 of 100 cases'
    letters = round(_LETTERS_PER_IN * _main_size_in(picture)[0])
    _caption(ax, '\n'.join(wrap(caption, letters)))
    _draw_marks(ax, picture, pose, 2 * right)
    ax.set(xlim=(-right, right), ylim=(-top, top))


def _draw_marks(ax: Axes, picture: AnswerPicture, pose: PhotoPose, width_m: float) -> None:
    """Draw the fix with its ellipse, a scale and where north is."""
    patches = matplotlib_module('matplotlib.patches')
    fix = picture.fix
    if fix is not None:
        frame = LocalFrame(*pose.center)
        ellipse = fix.ellipse_95(frame) @ pose.right_up_from_enu.T
        middle = frame.enu_from_geodetic(fix.latitude, fix.longitude) @ pose.right_up_from_enu.T
        for colour, line in (('white', 4.2), (_FIX, 2.2)):
            ax.add_patch(patches.Polygon(ellipse, fill=False, color=colour, lw=line))
        for colour, line in (('white', 4.0), (INK, 1.8)):
            ax.plot(*middle, '+', color=colour, ms=11, mew=line)
    length = _round_length(width_m / 6)
    low, high = ax.get_xlim()
    bottom, top = ax.get_ylim()
    x, y = low + 0.03 * (high - low), bottom + 0.045 * (top - bottom)
    for colour, line in (('white', 6.0), (INK, 2.6)):
        ax.plot([x, x + length], [y, y], color=colour, lw=line, solid_capstyle='butt')
    box = {'facecolor': 'white', 'edgecolor': 'none', 'pad': 1.5, 'alpha': 0.85}
    ax.text(x, y + 0.02 * (top - bottom), f'{length:g} m', fontsize=9, va='bottom', bbox=box)
    side = min(high - low, top - bottom)
    north = pose.right_up_from_enu @ [0.0, 1.0] * 0.06 * side
    at = np.array([high - 0.1 * side, top - 0.1 * side])
    arrow = {'arrowstyle': '-|>', 'color': INK, 'lw': 2, 'shrinkA': 0, 'shrinkB': 0}
    ax.add_patch(patches.Circle(at, 0.09 * side, color='white', alpha=0.85, lw=0))
    tip, end = ((float(x), float(y)) for x, y in (at + 0.5 * north, at - 1.1 * north))
    ax.annotate('', tip, end, arrowprops=arrow)
    x, y = (at + 0.95 * north).tolist()
    ax.text(x, y, 'N', ha='center', va='center', fontsize=10, weight='bold')
    ax.set(xlim=(low, high), ylim=(bottom, top))


def _draw_rivals(figure: SubFigure, picture: AnswerPicture, rivals: Sequence[Candidate]) -> None:
    """Draw the other places as the photo would see them there."""
    if not rivals:
        none = 'No rival: no other place on the map agrees with the photo at all.'
        _head(figure, none if picture.places else 'No place was verified by correlation.', FAINT)
        return
    _head(
        figure, 'Rivals: other places that were weighed, each as the photo would see it there', INK
    )
    best = PhotoPose.of(picture.places[0])
    for number, (ax, rival) in enumerate(_panels(figure, _MAX_RIVALS, rivals), start=2):
        pose = PhotoPose.of(rival)
        apart_m = distance_m(*best.center, *pose.center)
        odds = '' if rival.probability is None else f'{_percent(rival.probability)},  '
        heading = f'heading {pose.heading_deg % 360:.0f}°'
        label = f'{number}.  {odds}{metres(float(apart_m))} away,  {heading}'
        _show(ax, _crop_like_photo(picture, pose), label)


def _draw_tiles(
    figure: SubFigure, picture: AnswerPicture, tiles: Sequence[RetrievalResult]
) -> None:
    """Draw what retrieval ranked, north up."""
    if not tiles:
        _head(figure, 'Retrieval ranked no tile.', FAINT)
        return
    pose = PhotoPose.of(picture.places[0]) if picture.places else None
    center = pose.center if pose else _tile_view(picture)[0]
    _head(
        figure,
        'Retrieval: the most similar tiles of the map, north up, before any was verified',
        INK,
    )
    for ax, tile in _panels(figure, _MAX_TILES, tiles):
        metadata = tile.tile_metadata
        away = distance_m(*center, metadata.center_lat, metadata.center_long)
        label = f'{tile.rank}.  similarity {tile.similarity_score:.3f},  {metres(float(away))}'
        _show(ax, _tile_image(picture.imagery, metadata), label, shape=(16, 16))
        name = metadata.filename
        _caption(ax, name if len(name) <= 34 else f'…{name[-33:]}', 7)


def _tile_image(imagery: MapImagery, tile: TileMetadata) -> np.ndarray | None:
    image = imagery.look(tile)
    if image is None:
        return None
    pixels = image.pixels
    if image.valid is not None:
        pixels = np.where(image.valid[..., np.newaxis], pixels, np.uint8(PAPER))
    return shrink(pixels, _SMALL_PX)


def _tile_view(picture: AnswerPicture) -> tuple[tuple[float, float], float]:
    """Return the middle of what is shown where correlation placed nothing, and its side."""
    best = picture.tiles[0].tile_metadata
    span_m = _TILES_AROUND * max(best.size_m)
    if picture.fix is not None:
        span_m = max(span_m, 2.6 * picture.fix.axes_95_m[0])
        return (picture.fix.latitude, picture.fix.longitude), span_m
    return (best.center_lat, best.center_long), span_m


def _crop_like_photo(picture: AnswerPicture, pose: PhotoPose) -> np.ndarray | None:
    height, width = picture.photo.image.shape[:2]
    scale = _SMALL_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    gsd = pose.gsd_m_per_px / scale
    return crop_map(picture.imagery, pose.center, pose.heading_deg, gsd, size)


def _round_length(metres_at_most: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is at most some metres."""
    power = 10.0 ** math.floor(math.log10(metres_at_most))
    return max(step * power for step in (1, 2, 5) if step * power <= metres_at_most)


def _percent(probability: float) -> str:
    """Return a probability for people; near 0 and 1 what is left counts."""
    if probability > 0.9999 or probability < 0.0001:
        return '> 99.99 %' if probability > 0.5 else '< 0.01 %'
    digits = 2 if not 0.01 <= probability <= 0.99 else 0
    return f'{100 * probability:.{digits}f} %'


def _panels(figure: SubFigure, columns: int, items: Sequence[Item]) -> Iterable[tuple[Axes, Item]]:
    axes = figure.subplots(1, columns, squeeze=False)[0]
    used = len(items)
    for ax in axes[used:]:
        ax.set_axis_off()
    return zip(axes, items, strict=False)


def _show(
    ax: Axes,
    image: np.ndarray | None,
    label: str,
    extent: float | None = None,
    shape: tuple[int, int] = (9, 16),
) -> None:
    """Show an image under its label; a grey field of some shape where there is none."""
    _bare(ax)
    ax.set_title(label, fontsize=9.5, color=INK, loc='left', pad=4)
    if image is None:
        ax.imshow(np.full((*shape, 3), 235, np.uint8))
        say(ax, _MISSING)
        return
    box = None if extent is None else (-extent, extent, -extent, extent)
    ax.imshow(image, extent=box, interpolation='antialiased')


def _bare(ax: Axes) -> None:
    ax.set_axis_off()
    ax.set_anchor('NW')


def _caption(ax: Axes, text: str, size: float = 9) -> None:
    ax.text(0, -0.015, text, transform=ax.transAxes, va='top', fontsize=size, color=FAINT)


def _head(figure: SubFigure, text: str, colour: str) -> None:
    figure.suptitle(text, x=0.008, ha='left', fontsize=11, color=colour)
