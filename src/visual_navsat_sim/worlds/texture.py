# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Noise tiles computed once, sampled at any place and scale without repeating."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from visual_navsat_sim.worlds.noise import seeded_rng
from visual_navsat_sim.worlds.sheet import Sheet

_SIZE = 1024  # period of the finest level, texels
_CELL_PX = 256
_TURN = 0.7  # rad, between tiles that are laid over each other; no small part of a circle
_MAX_CELL_TEXELS = 600  # a cell turned by 45 degrees at 1.5 texels per pixel


@dataclass(frozen=True)
class TextureTile:
    """Periodic noise with mean 0 and standard deviation 1, at several resolutions."""

    texel_m: float
    # float32, each of half the period of the one before; repeated at the end for whole cells
    levels: tuple[np.ndarray, ...]

    def sample(self, sheet: Sheet, angle: float = 0.0, shift_m=(0.0, 0.0)) -> np.ndarray:
        """
        Return the noise in a sheet, (height, width) float32, undefined outside of the part shown.

        Noise finer than a pixel is averaged.

        :param angle: direction of the tile's first axis, rad from east.
        :param shift_m: displacement of the tile, so that two samples of it differ.
        """
        noise = np.empty(sheet.grid.shape, np.float32)
        rows, columns = sheet.shown.slices
        # By cells of the whole sheet, so that rounding does not depend on the part shown.
        for top in range(rows.start // _CELL_PX * _CELL_PX, rows.stop, _CELL_PX):
            for left in range(columns.start // _CELL_PX * _CELL_PX, columns.stop, _CELL_PX):
                cell = noise[top:, left:][:_CELL_PX, :_CELL_PX]
                corner = (
                    sheet.grid.west_m + left * sheet.gsd_m + shift_m[0],
                    sheet.grid.north_m - top * sheet.gsd_m + shift_m[1],
                )
                self._sample_cell(cell, corner, sheet.gsd_m, angle)
        return noise

    def _sample_cell(self, cell: np.ndarray, corner, gsd_m: float, angle: float) -> None:
        """Fill a few pixels, the west and north of whose corner are given."""
        level = int(np.clip(np.round(np.log2(gsd_m / self.texel_m)), 0, len(self.levels) - 1))
        texel, size = self.texel_m * 2**level, _SIZE >> level
        cos, sin = np.cos(angle) / texel, np.sin(angle) / texel
        # Texture axes: u along the angle, v to its right, as rows run down.
        turn = np.array([[cos, -sin], [sin, cos]]) * gsd_m
        west, north = corner
        height, width = cell.shape
        origin = np.array([cos * west + sin * north, sin * west - cos * north])
        origin += turn @ (0.5, 0.5)
        corners = turn @ np.array([[0, width, 0, width], [0, 0, height, height]])
        origin -= np.floor((origin + corners.min(axis=1)) / size) * size
        cv2.warpAffine(
            self.levels[level],
            np.column_stack([turn, origin - 0.5]),
            (width, height),
            dst=cell,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )


def _make_tile(spectrum: np.ndarray, texel_m: float, seed: int) -> TextureTile:
    size, levels = _SIZE, []
    spectrum[0, 0] = 0
    white = seeded_rng(seed, 71).normal(size=(size, size))
    noise = np.fft.irfft2(np.fft.rfft2(white) * spectrum, s=(size, size))
    noise = np.clip(noise / noise.std(), -3, 3).astype(np.float32)
    while size >= 16:
        reach = size + _MAX_CELL_TEXELS
        repeats = -(-reach // size)
        levels.append(np.ascontiguousarray(np.tile(noise, (repeats, repeats))[:reach, :reach]))
        noise = cv2.resize(noise, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        size //= 2
    return TextureTile(texel_m, tuple(levels))


def _frequencies(texel_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Return cycles per metre along rows (y) and along columns (x) of a real spectrum."""
    return np.fft.fftfreq(_SIZE, texel_m)[:, None], np.fft.rfftfreq(_SIZE, texel_m)[None]


@dataclass(frozen=True)
class Lumps:
    """
    Noise that does not repeat: periodic tiles laid over each other, each turned otherwise.

    Where one of them repeats the others do not, so no ground far away has the same texture.
    """

    tiles: tuple[TextureTile, ...]

    def sample(self, sheet: Sheet) -> np.ndarray:
        """Return the noise in a sheet as :meth:`TextureTile.sample` does."""
        total = self.tiles[0].sample(sheet)
        for number, tile in enumerate(self.tiles[1:], start=1):
            cv2.add(total, tile.sample(sheet, number * _TURN), dst=total)
        return cv2.multiply(total, len(self.tiles) ** -0.5, dst=total)


@cache
def lumps(lump_m: float, seed: int) -> Lumps:
    """Return noise as :func:`lump_texture` does that does not repeat."""
    return Lumps(tuple(lump_texture(lump_m, seed + 100 * number) for number in range(3)))


@cache
def lump_texture(lump_m: float, seed: int) -> TextureTile:
    """Return noise with lumps from ``lump_m`` to ten times as large, the large ones stronger."""
    frequency = np.hypot(*_frequencies(lump_m / 3))
    longest = 1 / (10 * lump_m)
    spectrum = np.maximum(frequency, longest) ** -1.0 * np.exp(-((frequency * lump_m) ** 2))
    return _make_tile(spectrum, lump_m / 3, seed)


@cache
def row_texture(number: int) -> TextureTile:
    """Return streaks along the first axis, as drills, mowers and wheels leave them."""
    texel_m = 0.3
    across, along = _frequencies(texel_m)
    # Streaks of 0.7 to 12 m across, 60 m and longer along.
    spectrum = np.exp(-((along * 45.0) ** 2)) * np.maximum(np.abs(across), 1 / 12) ** -0.6
    return _make_tile(spectrum * np.exp(-((across * 0.55) ** 2)), texel_m, 91 + number)
