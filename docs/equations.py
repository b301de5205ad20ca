# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Set the equations of the pages as SVG, by matplotlib, when the site is built.

They look the same in every browser, need no script and no font, and take the colour of the text.
"""

from __future__ import annotations

from functools import cache
import html
import io
import re

from docutils import nodes
import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image

SIZE_PT = 10.0
INLINE_EM, BLOCK_EM = 1.0, 1.15  # of the text around it


def setup(app) -> dict[str, bool]:
    """Register the renderer that conf.py names."""
    app.add_html_math_renderer(
        'svg', inline_renderers=(_visit_inline, None), block_renderers=(_visit_block, None)
    )
    return {'parallel_read_safe': True, 'parallel_write_safe': True}


@cache
def svg(tex: str, size_em: float) -> str:
    """
    Return an equation as an SVG element to stand in a line of text.

    :param tex: what matplotlib's mathtext understands of TeX.
    :param size_em: height of its letters over that of the text.
    """
    buffer = io.StringIO()
    with mpl.rc_context({'mathtext.fontset': 'stix', 'svg.hashsalt': 'equation'}):
        font = FontProperties(size=SIZE_PT)
        depth_pt = math_to_image(f'${tex}$', buffer, prop=font, dpi=72, format='svg')
    element = '<svg' + buffer.getvalue().partition('<svg')[2]
    element = re.sub(r'<metadata>.*?</metadata>', '', element, flags=re.DOTALL)
    # The sheet behind the equation.
    element = re.sub(r'<g id="patch_1">.*?</g>', '', element, count=1, flags=re.DOTALL)
    element = re.sub(r'\s(?:id="(?:figure|text)_1"|style="fill: #000000")', '', element)

    def in_em(match: re.Match) -> str:
        return f'{match[1]}="{float(match[2]) * size_em / SIZE_PT:.3f}em"'

    start, end = element.split('>', 1)
    start = re.sub(r'\b(width|height)="([\d.]+)pt"', in_em, start)
    drop_em = -depth_pt * size_em / SIZE_PT
    return (
        f'{start} fill="currentColor" role="img" aria-label="{html.escape(tex)}" '
        f'style="vertical-align: {drop_em:.3f}em">{end.strip()}'
    )


def _visit_inline(translator, node) -> None:
    translator.body.append(svg(_one_line(node), INLINE_EM))
    raise nodes.SkipNode


def _visit_block(translator, node) -> None:
    translator.body.append(f'<div class="math">{svg(_one_line(node), BLOCK_EM)}</div>\n')
    raise nodes.SkipNode


def _one_line(node) -> str:
    return ' '.join(node.astext().split())
