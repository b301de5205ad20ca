# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw the flight on the map: true track, fixes with their errors, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.files import write_bytes
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.demo.outcome import NO_ANSWER

_MAP_PX = 1280
_PANEL_PX = 150
_OVERSAMPLING = 2  # drawn twice as large and reduced: smooth lines
_GRADES = ((5.0, '#3ddc84'), (10.0, '#ffd23f'), (25.0, '#ff8c42'), (np.inf, '#ff3b5c'))
_INK, _FAINT, _PAPER = '#f4f6f8', '#9fb0bd', '#12181e'


def draw_flight(
    path: Path,
    mosaic: np.ndarray,
    site: Site,
    line: np.ndarray,
    answers: Sequence[ScoredAnswer],
    summary: Sequence[str],
) -> None:
    """
    Write the picture of a flight as PNG.

    :param mosaic: (side, side, 3) uint8 RGB, the whole map of the site.
    :param line: (P, 2) true track in the world.
    :param summary: lines of text for the panel below the map.
    """
    side = _MAP_PX * _OVERSAMPLING
    canvas = Image.new('RGB', (side, side + _PANEL_PX * _OVERSAMPLING), _PAPER)
    background = Image.fromarray(mosaic).resize((side, side), Image.Resampling.LANCZOS)
    background = ImageEnhance.Color(background).enhance(0.75)
    canvas.paste(ImageEnhance.Brightness(background).enhance(0.72), (0, 0))
    sketch = _Sketch(ImageDraw.Draw(canvas, 'RGBA'), site, side / site.size_m)
    sketch.track(line)
    for scored in answers:
        sketch.answer(scored)
    _draw_panel(sketch.draw, side, site, summary)
    final = canvas.resize(
        (canvas.width // _OVERSAMPLING, canvas.height // _OVERSAMPLING), Image.Resampling.LANCZOS
    )
    data = io.BytesIO()
    final.save(data, 'PNG')
    write_bytes(path, data.getvalue())


@dataclass(frozen=True)
class _Sketch:
    """Draws in metres of the world."""

    draw: ImageDraw.ImageDraw
    site: Site
    px_per_m: float

    def track(self, line: np.ndarray) -> None:
        """Draw the true track with a dark edge."""
        points = [self._at(east, north) for east, north in line]
        self.draw.line(points, fill='#00000090', width=11, joint='curve')
        self.draw.line(points, fill='#ffffff', width=5, joint='curve')

    def answer(self, scored: ScoredAnswer) -> None:
        """Draw where an image was taken, and its fix or refusal; nothing without a truth."""
        if scored.truth is None:
            return
        truth = self._at(*self.site.world_from_geodetic(*scored.truth))
        if scored.fix is not None:
            colour = error_colour(scored.error_m)
            place = scored.fix.latitude, scored.fix.longitude
            fix = self._at(*self.site.world_from_geodetic(*place))
            self.draw.line([truth, fix], fill='#00000080', width=8)
            self.draw.line([truth, fix], fill=colour, width=4)
            self._dot(fix, 13, colour)
        else:
            colour = '#808890' if scored.reason == NO_ANSWER else '#ffffff'
            self._cross(truth, 14, colour)
        if scored.answer.heading_deg is not None:
            self._arrow(truth, scored.answer.heading_deg)

    def _at(self, east: float, north: float) -> tuple[float, float]:
        x = (east - self.site.region.west_m) * self.px_per_m
        return x, (self.site.region.north_m - north) * self.px_per_m

    def _dot(self, center, radius: float, colour: str) -> None:
        x, y = center
        for r, ink in ((radius + 3, '#000000a0'), (radius, colour)):
            self.draw.ellipse([x - r, y - r, x + r, y + r], fill=ink)

    def _cross(self, center, radius: float, colour: str) -> None:
        x, y = center
        for width, ink in ((12, '#000000a0'), (6, colour)):
            for sign in (-1, 1):
                ends = [(x - radius, y - sign * radius), (x + radius, y + sign * radius)]
                self.draw.line(ends, fill=ink, width=width)

    def _arrow(self, center, heading_deg: float) -> None:
        """Draw the small white arrow of the drone."""
        turns = np.radians(heading_deg + np.array([0, 145, 180, 215]))
        points = [
            (center[0] + reach * np.sin(turn), center[1] - reach * np.cos(turn))
            for turn, reach in zip(turns, (17, 14, 5, 14), strict=True)
        ]
        self.draw.polygon(points, fill='#ffffff', outline='#000000')


def error_colour(error_m: float) -> str:
    """Return the colour of a fix that is wrong by some metres."""
    return next(colour for limit, colour in _GRADES if error_m <= limit)


def _draw_panel(draw: ImageDraw.ImageDraw, side: int, site: Site, summary) -> None:
    """Write the summary, the legend and the scale below the map."""
    unit = _OVERSAMPLING
    top = side + 18 * unit
    title, text = ImageFont.load_default(22 * unit), ImageFont.load_default(15 * unit)
    draw.text((24 * unit, top), 'A flight located on the map, without GNSS', _INK, title)
    for row, line in enumerate(summary):
        draw.text((24 * unit, top + (36 + 25 * row) * unit), line, _FAINT, text)
    x, y = side - 390 * unit, top + 8 * unit
    labels = ('fix within 5 m', 'within 10 m', 'within 25 m', 'farther off')
    for index, ((_, colour), label) in enumerate(zip(_GRADES, labels, strict=True)):
        left, row = x + 190 * unit * (index // 2), y + 26 * unit * (index % 2)
        draw.ellipse([left, row, left + 13 * unit, row + 13 * unit], fill=colour)
        draw.text((left + 22 * unit, row - 3 * unit), label, _INK, text)
    row = y + 52 * unit
    middle = row + 7 * unit
    for rise in (-6 * unit, 6 * unit):
        draw.line([(x, middle - rise), (x + 13 * unit, middle + rise)], _INK, 3 * unit)
    draw.text((x + 22 * unit, row - 3 * unit), 'refused', _INK, text)
    draw.line([(x + 190 * unit, middle), (x + 206 * unit, middle)], _INK, 3 * unit)
    draw.text((x + 212 * unit, row - 3 * unit), 'true track', _INK, text)
    length = 200 * side / site.size_m
    row = y + 92 * unit
    draw.line([(x, row), (x + length, row)], _INK, 3 * unit)
    draw.text((x + length + 10 * unit, row - 10 * unit), '200 m, north is up', _FAINT, text)
