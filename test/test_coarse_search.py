# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from makers import place_field
import numpy as np
import pytest
import torch
from visual_navsat.correlation.coarse_search import search_coarse
from visual_navsat.correlation.gradient_field import GradientField, make_gradient_field
from visual_navsat.correlation.heading_scale_grid import HeadingScaleGrid, HeadingScaleRange
from visual_navsat.correlation.map_field import MapField
from visual_navsat.correlation.masked_correlation import (
    BlockSpectra,
    cut_blocks,
    masked_scores,
    TemplateSpectra,
)
from visual_navsat.correlation.template import canvas_size, make_templates
from visual_navsat.geometry.pixel_grid import PixelBox

VARIANTS = HeadingScaleGrid.covering(HeadingScaleRange(20.0, 6.0, 0.05), 0.05)


@pytest.fixture
def level():
    image = np.random.default_rng(0).uniform(0, 255, (230, 310))
    return place_field(make_gradient_field(image, 0.5))


@pytest.fixture
def query():
    return make_gradient_field(np.random.default_rng(1).uniform(0, 255, (24, 36)), 0.5)


def best_of_all(query: GradientField, level: MapField) -> torch.Tensor:
    """Return the best exact strength over the variants at every pixel, in one block."""
    size = canvas_size(query, VARIANTS.heading_deg, VARIANTS.scale, 0.5)
    templates = make_templates(query, VARIANTS.heading_deg, VARIANTS.scale, 0.5, size)
    rows, cols = level.field.valid.shape
    block = (rows + size[0] - 1, cols + size[1] - 1)
    blocks = cut_blocks(level.field.vectors, [(-(size[0] // 2), -(size[1] // 2))], block)
    scores = masked_scores(BlockSpectra.of(blocks), TemplateSpectra.of(templates, block))[0]
    return (scores * torch.sqrt(VARIANTS.scale)[:, None, None]).amax(dim=0)


@pytest.mark.parametrize('batch_px', [1, 100_000, 10_000_000])
def test_blocks_give_what_one_exact_block_gives(level, query, batch_px):
    exact = best_of_all(query, level)
    found, spread = search_coarse(
        query, level, VARIANTS, [PixelBox(0, 0, *level.grid.shape)], 10, batch_px
    )
    assert spread.places == exact.numel()
    assert spread.mean == pytest.approx(float(exact.mean()), rel=0.02)
    assert spread.std == pytest.approx(float(exact.std()), rel=0.02)
    best = found.strength.argmax()
    row, col = level.grid.row_col(found.east_m[best], found.north_m[best])
    assert found.strength[best] == pytest.approx(float(exact.max()), rel=0.03)
    assert float(exact[round(row), round(col)]) > 0.97 * float(exact.max())


def test_boxes_limit_where_peaks_lie(level, query):
    boxes = [PixelBox(10, 20, 60, 90), PixelBox(100, 200, 230, 310)]
    found, spread = search_coarse(query, level, VARIANTS, boxes, 5, 1_000_000)
    assert spread.places == 50 * 70 + 130 * 110
    row, col = level.grid.row_col(found.east_m, found.north_m)
    first = (row >= 10) & (row < 60) & (col >= 20) & (col < 90)
    second = (row >= 100) & (col >= 200)
    assert (first | second).all()
    assert first.any()
    assert second.any()
