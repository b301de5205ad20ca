# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""With a prior a photo costs what the prior's ground does, however large the map around it is."""

from dataclasses import dataclass, field
import math

import numpy as np
import pytest
import torch
from visual_navsat.correlation.map_area import stored_areas
from visual_navsat.correlation.masked_correlation import BlockSpectra, TemplateSpectra
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.view import View
from visual_navsat.localization.correlate import correlate
from visual_navsat.localization.photo_search import PhotoSearch
from visual_navsat.localization.prior import Prior

FRAME, GSD, SIDE_M = LocalFrame(46.5, 7.9), 0.5, 1000.0
BUDGET = 200e6
NOISE = np.random.default_rng(0).integers(-100, 101, (3, 512, 512)).astype(np.int8)


@dataclass
class Cost:
    """What a search took."""

    pixels: list[int] = field(default_factory=lambda: [0] * 5)  # read, by level
    blocks: int = 0  # transformed
    templates: int = 0


def noise_area(side_m, cost):
    """Return a square of a map whose fields are noise, and count what is read of them."""

    def read(_, level, box):
        cost.pixels[level] += math.prod(box.shape)
        rows, columns = (
            np.arange(*ends) % 512 for ends in ((box.top, box.bottom), (box.left, box.right))
        )
        return NOISE[:, rows][:, :, columns]

    side = round(side_m / GSD)
    grid = PixelGrid(-side_m / 2, side_m / 2, side, side, GSD)
    return stored_areas([(FRAME, grid)], read, 256e6, torch.device('cpu'))


@pytest.fixture
def cost_of(monkeypatch):
    """Return what measures a search of a photo on a square map."""
    pixels = np.random.default_rng(1).integers(0, 256, (150, 200, 3), np.uint8)
    photo = NadirImage(pixels, None, View(heading_deg=0.0, gsd_m_per_px=1.0), None)

    def measure(side_m, prior=None):
        cost = Cost()
        areas = noise_area(side_m, cost)
        of_blocks, of_templates = BlockSpectra.of, TemplateSpectra.of

        def blocks(pieces, pool=1):
            cost.blocks += len(pieces)
            return of_blocks(pieces, pool)

        def templates(made, size, pool=1):
            cost.templates += len(made.mask)
            return of_templates(made, size, pool)

        with monkeypatch.context() as patch:
            patch.setattr(BlockSpectra, 'of', blocks)
            patch.setattr(TemplateSpectra, 'of', templates)
            # Noise fits best anywhere: a second search of a wider range would be chance.
            patch.setattr(PhotoSearch, 'widened_around', lambda *_: None)
            found = correlate(photo, areas, (), 200.0, BUDGET, prior)
        assert found.matches
        return cost

    return measure


def test_a_square_kilometre_costs_the_same_on_any_map(cost_of):
    prior = Prior(FRAME, (Region(-500.0, -500.0, 500.0, 500.0),))
    whole = cost_of(SIDE_M)
    small, large = (cost_of(side_m, prior) for side_m in (3 * SIDE_M, 30 * SIDE_M))
    for cost in (small, large):
        assert (cost.blocks, cost.templates) == (whole.blocks, whole.templates)
        # Blocks reach over the prior's edge, where a small map ends; and 256 m are read at a time.
        assert cost.pixels[2] < 3.5 * whole.pixels[2]
        assert cost.pixels[3:] == [0, 0]
    assert large.pixels[2] == small.pixels[2]
