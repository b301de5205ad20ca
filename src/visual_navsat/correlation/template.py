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
    device = field.vectors.device
    angle = torch.deg2rad(heading_deg.to(device, torch.float32))
    grid = _grid(field, angle, gsd_m_per_px / scale.to(device, torch.float32), size)
    source = torch.cat([as_float(field.vectors), field.valid[None].float()])
    source = source[None].expand(len(angle), -1, -1, -1)
    sampled = F.grid_sample(source, grid, mode='bilinear', align_corners=False)

    mask = (sampled[:, 2] > 0.5).float()
    # Turning the photo by an angle turns its gradients by it, so doubled angles by twice as much.
    cos2, sin2 = torch.cos(2 * angle), torch.sin(2 * angle)
    turn = torch.stack([cos2, -sin2, sin2, cos2], dim=-1).view(-1, 2, 2)
    vectors = torch.bmm(turn, sampled[:, :2].flatten(2)).view(len(angle), 2, *size)
    return Templates(vectors.mul_(mask[:, None]), mask)


def _grid(
    field: GradientField, angle: torch.Tensor, step_m: torch.Tensor, size: tuple[int, int]
) -> torch.Tensor:
    """
    Return (K, h, w, 2): x and y in the field of each template pixel, as F.grid_sample asks.

    :param angle: (K,) heading in radians.
    :param step_m: (K,) metres of the photo's ground per template pixel.
    """
    # Both count -1 to 1: a template's pixels over its canvas, and the field, which may lack a
    # fraction of a pixel of the image.
    height, width = size
    field_h, field_w = (side * field.gsd_m_per_px for side in field.valid.shape)
    cos, sin = step_m * torch.cos(angle), step_m * torch.sin(angle)
    to_x = torch.full_like(cos, field.extent_m[0] / field_w - 1)
    to_y = torch.full_like(cos, field.extent_m[1] / field_h - 1)
    rows = [
        torch.stack([cos * width / field_w, sin * height / field_w, to_x], dim=-1),
        torch.stack([-sin * width / field_h, cos * height / field_h, to_y], dim=-1),
    ]
    shape = [len(angle), 1, height, width]
    return F.affine_grid(torch.stack(rows, dim=1), shape, align_corners=False)
