# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw the figures of how_it_works.md, from the map in maps/small."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from matplotlib.colors import hsv_to_rgb
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
import torch
from visual_navsat.correlation.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.correlation.masked_correlation import (
    BlockSpectra,
    cut_blocks,
    fft_size,
    masked_scores,
    TemplateSpectra,
)
from visual_navsat.correlation.template import canvas_size, make_templates
from visual_navsat.localization.position_model import load_position_model

ROOT = Path(__file__).resolve().parents[1]
SMALL, OUT = ROOT / 'maps/small', ROOT / 'docs'
MAP_GSD_M_PER_PX = 0.5
PHOTO = 'blocks.jpg'
plt.rcParams.update({'font.family': 'DejaVu Sans', 'font.size': 9, 'savefig.dpi': 110})


def main() -> None:
    """Write every figure."""
    map_image = np.array(Image.open(SMALL / 'map.tif').convert('RGB'))
    photo_image = np.array(Image.open(SMALL / 'photos' / PHOTO))
    with (SMALL / 'photos.csv').open(encoding='utf-8') as stream:
        known = next(row for row in csv.DictReader(stream) if row['Filename'] == PHOTO)
    heading_deg, gsd = float(known['Yaw']), float(known['GSD'])
    options = FieldOptions(gsd_m_per_px=MAP_GSD_M_PER_PX)
    map_field = make_gradient_field(map_image, MAP_GSD_M_PER_PX, options)
    photo_field = make_gradient_field(photo_image, gsd, options)
    draw_fields(map_image, photo_image, map_field, photo_field)
    draw_scores(map_image, map_field, photo_field, heading_deg)
    draw_probability()


def draw_fields(map_image, photo_image, map_field, photo_field) -> None:
    """Draw map and photo above the fields that are left of them."""
    figure, axes = plt.subplots(2, 2, figsize=(7.4, 6.4), layout='constrained')
    shown = (
        (map_image, 'map'),
        (photo_image, 'photo of another day'),
        (field_picture(map_field), 'gradient orientation field of the map'),
        (field_picture(photo_field), 'gradient orientation field of the photo'),
    )
    for axis, (picture, title) in zip(axes.flat, shown, strict=True):
        axis.imshow(picture)
        axis.set_title(title)
        axis.set_axis_off()
    save(figure, 'figure_fields')


def field_picture(field: GradientField) -> np.ndarray:
    """Return (H, W, 3): the doubled angle as hue, the weight as brightness."""
    cos, sin = field.vectors.numpy()
    hue = np.arctan2(sin, cos) / (2 * np.pi) % 1.0
    weight = np.clip(1.5 * np.hypot(cos, sin), 0.0, 1.0)
    return hsv_to_rgb(np.stack([hue, np.full_like(hue, 0.75), weight], axis=-1))


def draw_scores(map_image, map_field, photo_field, heading_deg: float) -> None:
    """Draw the score of every place, at the right heading and at a wrong one."""
    figure, axes = plt.subplots(1, 3, figsize=(9.4, 3.4), layout='constrained')
    side_m = len(map_image) * MAP_GSD_M_PER_PX
    extent = (-side_m / 2, side_m / 2, -side_m / 2, side_m / 2)
    axes[0].imshow(map_image, extent=extent)
    axes[0].set_title('map and the place found')
    for axis, turned_deg in ((axes[1], 0.0), (axes[2], 40.0)):
        scores = score_map(map_field, photo_field, heading_deg + turned_deg)
        drawn = axis.imshow(scores, extent=extent, cmap='magma', vmin=-0.03, vmax=0.2)
        title = 'right heading' if not turned_deg else 'turned by 40°'
        axis.set_title(f'{title}: best {scores.max():.2f}')
        if not turned_deg:
            row, column = np.unravel_index(scores.argmax(), scores.shape)
            east = (column + 0.5) / scores.shape[1] * side_m - side_m / 2
            north = side_m / 2 - (row + 0.5) / scores.shape[0] * side_m
            axes[0].plot(east, north, '+', color='#39ff88', markersize=14, markeredgewidth=2.5)
    figure.colorbar(drawn, ax=axes[2], shrink=0.8)
    for axis in axes:
        axis.set_xlabel('metres east')
    axes[0].set_ylabel('metres north')
    save(figure, 'figure_scores')


def score_map(map_field, photo_field, heading_deg: float) -> np.ndarray:
    """Return the score of the photo's centre on every pixel of a map field, at half resolution."""
    level, query = map_field.halved(), photo_field.halved()
    heading, scale = torch.tensor([heading_deg]), torch.ones(1)
    size = canvas_size(query, heading, scale, level.gsd_m_per_px)
    templates = make_templates(query, heading, scale, level.gsd_m_per_px, size)
    rows, columns = level.valid.shape
    block = tuple(
        fft_size(side + taken) for side, taken in zip(level.valid.shape, size, strict=True)
    )
    blocks = cut_blocks(level.vectors, [(-(size[0] // 2), -(size[1] // 2))], block)
    scores = masked_scores(BlockSpectra.of(blocks), TemplateSpectra.of(templates, block))
    return scores[0, 0, :rows, :columns].numpy()


def draw_probability() -> None:
    """Draw how the lead over the best rival becomes a probability."""
    path = ROOT / 'src/visual_navsat/localization/position_model.json'
    model = json.loads(path.read_text(encoding='utf-8'))
    figure, axis = plt.subplots(figsize=(5.6, 3.2), layout='constrained')
    lead = np.linspace(1.0, 2.0, 200)
    kinds = (('whole', 'whole map'), ('coarse', 'begun coarser'), ('part', 'ranked tiles only'))
    for name, label in kinds:
        sure = model[name]
        weights = np.array(sure['weights'])
        line = sure['bias'] + weights[:5].sum() * np.log(lead) + weights[5] * np.log(7.0)
        odds = line + sure['knee_weight'] * np.maximum(line - sure['knee'], 0.0)
        axis.plot(lead, 1 / (1 + np.exp(-odds)), label=label)
    least = load_position_model().whole.min_probability(1e-3)
    axis.axhline(least, color='grey', linewidth=0.8, linestyle='--')
    axis.set_xlabel('strength over that of the best rival, the same in all five comparisons')
    axis.set_ylabel('probability of being right')
    axis.set_title('7 sigmas above the background of the search')
    axis.legend(frameon=False)
    save(figure, 'figure_probability')


def save(figure, name: str) -> None:
    """Write a figure as JPEG, which takes a quarter of PNG."""
    figure.savefig(OUT / f'{name}.jpg', pil_kwargs={'quality': 82})
    plt.close(figure)


if __name__ == '__main__':
    main()
