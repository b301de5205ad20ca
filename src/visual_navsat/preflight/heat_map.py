# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw the graded map, and the route on it, as PNG or as a page that opens offline."""

from __future__ import annotations

from collections.abc import Sequence
import io
from pathlib import Path

import numpy as np
from PIL import Image
from visual_navsat.errors import VisualNavsatError
from visual_navsat.files import write_bytes
from visual_navsat.geometry.geodesy import wrap_long
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.web_mercator import mercator_from_geodetic
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.preflight.grade import GRADES
from visual_navsat.preflight.report import Preflight
from visual_navsat.report.map_picture import draw_map
from visual_navsat.report.page import check_packages, POLICY, render
from visual_navsat.report.pictures import data_uri
from visual_navsat.report.plotting import matplotlib_module
from visual_navsat.report.style import GRADES as COLOURS

SUFFIXES = ('.png', '.html')
_COLOUR_OF = {grade: COLOURS[k][1] for grade, k in zip(GRADES, (0, 2, 3), strict=True)}


def check_suffix(path: str | Path) -> None:
    """Raise VisualNavsatError unless a heat map can be written to ``path``."""
    if Path(path).suffix.lower() not in SUFFIXES:
        raise VisualNavsatError(f'--out must end in .png or .html, got {path}')
    check_packages()


def write_heat_map(path: str | Path, preflight: Preflight, imagery: MapImagery) -> None:
    """
    Write the picture, whole or not at all; in a page, the text is below it.

    :param imagery: for the ground below the cells, as far as it is still there.
    :raises FileWriteError: if the file cannot be written.
    """
    path = Path(path)
    content = _draw(preflight, imagery)
    if path.suffix.lower() == '.html':
        picture = data_uri(content, 'image/png')
        page = render(
            'preflight.html', policy=POLICY, picture=picture, summary=preflight.as_text()
        )
        content = page.encode()
    write_bytes(path, content)


def _draw(preflight: Preflight, imagery: MapImagery) -> bytes:
    cells, graded, verdict = preflight.cells, preflight.graded, preflight.verdict
    patches, collections = map(matplotlib_module, ('matplotlib.patches', 'matplotlib.collections'))
    near_long = cells.geodetic(graded[0].cell)[1]
    # Each cell is drawn as large as the ground that it stands for.
    squares = [
        _projected(cells.corners(one.cell, preflight.spacing_m), near_long) for one in graded
    ]
    shown = np.concatenate(squares)
    if verdict is not None:
        track = _projected([(s.lat, s.long) for s in verdict.samples], near_long)
        shown = np.concatenate([shown, track])
    region = Region.around(shown)
    region = region.padded(0.03 * max(region.size_m))

    figure = matplotlib_module('matplotlib.figure').Figure(
        figsize=(9, 8), dpi=130, layout='constrained'
    )
    matplotlib_module('matplotlib.backends.backend_agg').FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    picture = draw_map(imagery, region)
    if picture is not None:
        west, south, east, north = picture.region.bounds
        ax.imshow(Image.open(io.BytesIO(picture.content)), extent=(west, east, south, north))
    colours = [_COLOUR_OF[one.grade] for one in graded]
    ax.add_collection(
        collections.PolyCollection(
            squares, facecolors=colours, edgecolors='white', linewidths=0.3, alpha=0.5
        )
    )
    handles = [
        patches.Patch(color=_COLOUR_OF[g], alpha=0.6, label=f'{g}: {preflight.share(g):.0%}')
        for g in GRADES
    ]
    if verdict is not None:
        ways = np.array([sample.way for sample in verdict.samples])
        for way in range(ways.max() + 1):
            ax.plot(*track[ways == way].T, color='#111827', linewidth=1.2, zorder=3)
        dots = [_COLOUR_OF[s.graded.grade] if s.graded else '#111827' for s in verdict.samples]
        ax.scatter(*track.T, c=dots, s=14, edgecolors='#111827', linewidths=0.5, zorder=4)
        handles.append(patches.Patch(color='#111827', label='route: black dots are off the map'))
    west, south, east, north = region.bounds
    ax.set(xlim=(west, east), ylim=(south, north), aspect='equal')
    ax.set(xticks=[], yticks=[])
    title = 'How well places of the map can be told apart (relative)'
    if verdict is not None:
        title += f'\nroute: {"GO" if verdict.is_go else "NO-GO, " + verdict.reason}'
    ax.set_title(title, fontsize=11)
    figure.legend(handles=handles, loc='outside lower center', ncols=len(handles), fontsize=9)
    file = io.BytesIO()
    figure.savefig(file, format='png', metadata={'Software': None})
    return file.getvalue()


def _projected(points: Sequence[tuple[float, float]], near_long: float) -> np.ndarray:
    """Return (N, 2) EPSG:3857 metres, in one piece across the antimeridian."""
    lats, longs = np.array(points).T
    return mercator_from_geodetic(lats, near_long + wrap_long(longs - near_long))
