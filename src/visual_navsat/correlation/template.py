# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Turn a photo's gradient field north-up: one template for each heading and scale to try."""

from __future__ import annotations

from dataclasses import dataclass
import math

import torch
import torch.nn.functional as F
from visual_navsat.correlation.gradient_field import as_float, GradientField


@dataclass(frozen=True)
class Templates:
    """
    North-up copies of a query's field on one odd-sized grid, the image's centre in the middle.

    ``vectors`` (K, 2, h, w) float32, zero outside the photo; ``mask`` (K, h, w) float32, 1 inside.
    """

    vectors: torch.Tensor
    mask: torch.Tensor

    @property
    def energy(self) -> torch.Tensor:
        """Sum of squared weights of each template, (K,)."""
        return self.vectors.square().sum(dim=(1, 2, 3))


def canvas_size(
    field: GradientField, heading_deg: torch.Tensor, scale: torch.Tensor, gsd_m_per_px: float
) -> tuple[int, int]:
    """Return the odd height and width in pixels that hold the photo at every variant."""
    angle = torch.deg2rad(heading_deg)
    cos, sin = torch.cos(angle).abs() * scale, torch.sin(angle).abs() * scale
    width_m, height_m = field.extent_m
    half_height_m = float((width_m * sin + height_m * cos).max()) / 2
    half_width_m = float((width_m * cos + height_m * sin).max()) / 2
    height, width = (
        2 * math.ceil(half_m / gsd_m_per_px) + 1 for half_m in (half_height_m, half_width_m)
    )
    return height, width


def make_templates(
    field: GradientField,
    heading_deg: torch.Tensor,
    scale: torch.Tensor,
    gsd_m_per_px: float,
    size: tuple[int, int],
) -> Templates:
    """
    Return the photo's field as the map would show it at each variant.

    :param field: of the photo, made with the GSD that it is believed to have.
    :param heading_deg: (K,) clockwise from north, of the photo's up direction.
    :param scale: (K,) true GSD over believed GSD.
    :param gsd_m_per_px: of the templates.
    :param size: odd height and width of the templates in pixels.
    """
    height, width = size
    device = field.vectors.device
    angle = torch.deg2rad(heading_deg.to(device, torch.float32))
    # Photo metres per template pixel, then photo_from_north: right of and down from the centre.
    step = (gsd_m_per_px / scale.to(device, torch.float32))[:, None, None]
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    east = torch.arange(width, device=device) - (width - 1) / 2
    south = (torch.arange(height, device=device) - (height - 1) / 2)[:, None]
    right_m = step * (cos * east + sin * south)
    down_m = step * (cos * south - sin * east)
    # grid_sample counts -1 to 1 over the field, which may lack a fraction of a pixel of the image.
    field_h, field_w = (side * field.gsd_m_per_px for side in field.valid.shape)
    grid_x = (2 * right_m + field.extent_m[0]) / field_w - 1
    grid_y = (2 * down_m + field.extent_m[1]) / field_h - 1

    source = torch.cat([as_float(field.vectors), field.valid[None].float()])
    source = source[None].expand(len(angle), -1, -1, -1)
    grid = torch.stack([grid_x, grid_y], dim=-1)
    sampled = F.grid_sample(source, grid, mode='bilinear', align_corners=False)

    mask = (sampled[:, 2] > 0.5).float()
    # Turning the photo by an angle turns its gradients by it, so doubled angles by twice as much.
    cos2, sin2 = torch.cos(2 * angle)[:, None, None], torch.sin(2 * angle)[:, None, None]
    vectors = torch.stack(
        [
            mask * (cos2 * sampled[:, 0] - sin2 * sampled[:, 1]),
            mask * (sin2 * sampled[:, 0] + cos2 * sampled[:, 1]),
        ],
        dim=1,
    )
    return Templates(vectors, mask)
