# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Turn imagery into a gradient orientation field: what a photo and a map of another day share.

Where edges lie and which way they run survives season, sun, colour grading and sensor; how bright
or strong they are does not. So each pixel keeps only the direction of its gradient, doubled (light
on dark and dark on light then agree), and how much it stands out from its neighbourhood. What a
neighbourhood has in common, such as the furrows of a field, is reduced: it says little about the
place, and its broad peaks would hide the others. It is not removed, because broad peaks are all
that remains where map and photo are bent against each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from visual_navsat.errors import ShapeError

_STRIP_ROWS = 1024  # even
_GREY_ROWS = 64
_INT8_UNITS = 100  # of 127: a weight under 1 less a mean of another direction


@dataclass(frozen=True)
class FieldOptions:
    """How the field is made. Map and query must be made with the same options."""

    gsd_m_per_px: float = 0.5  # of the field; images are resampled to it
    smoothing_px: float = 1.0  # standard deviation of the Gaussian before the gradient, field px
    neighbourhood_m: float = 12.0  # half width of the square that a gradient is compared with
    common_share: float = 0.5  # how much of the neighbourhood's mean direction is taken away
    floor: float = 2.0  # grey levels per field pixel that do not count as an edge


@dataclass(frozen=True)
class GradientField:
    """
    A weighted doubled-angle gradient field on a square grid.

    ``vectors`` (2, H, W) float32, or int8 in units of 1/100: weight * (cos 2a, sin 2a), where a is
    the angle of the gradient from the image's right towards its down direction and weight 0 to 1,
    less a share of the neighbourhood's mean; 0 where nothing is known. ``valid`` (H, W) bool:
    where the image shows ground. ``gsd_m_per_px`` is that of the field; ``extent_m`` the width and
    height of the image, whose top left corner is the grid's.
    """

    vectors: torch.Tensor
    valid: torch.Tensor
    gsd_m_per_px: float
    extent_m: tuple[float, float]

    @classmethod
    def without_pixels(cls, extent_m: tuple[float, float] = (0.0, 0.0)) -> GradientField:
        """Return a field of which only the extent counts, as where a search is planned."""
        return cls(torch.empty(2, 0, 0), torch.empty(0, 0, dtype=torch.bool), 0.0, extent_m)

    @property
    def texture(self) -> float:
        """Mean squared length of the valid pixels' vectors; 0 if there are none."""
        count = int(self.valid.sum())
        return float(as_float(self.vectors).square().sum()) / count if count else 0.0

    def to(self, device: torch.device | str) -> GradientField:
        """Return the field on another device."""
        return replace(self, vectors=self.vectors.to(device), valid=self.valid.to(device))

    def quantized(self) -> GradientField:
        """Return the field in bytes: a quarter of the memory, two bytes a pixel."""
        return replace(self, vectors=_as_int8(as_float(self.vectors)))

    def halved(self) -> GradientField:
        """Return the field at twice the GSD: directions that agree add up, others cancel."""
        # In strips: a large map in floats would take many times its own memory.
        strips = zip(
            torch.split(self.vectors, _STRIP_ROWS, dim=1),
            torch.split(self.valid, _STRIP_ROWS),
            strict=True,
        )
        vectors, valid = zip(*(_halve(*strip) for strip in strips), strict=True)
        return GradientField(
            torch.cat(vectors, dim=1), torch.cat(valid), 2 * self.gsd_m_per_px, self.extent_m
        )


def as_float(vectors: torch.Tensor) -> torch.Tensor:
    """Return a field's vectors as float32, whatever they are stored in."""
    if vectors.dtype == torch.int8:
        return vectors.float() / _INT8_UNITS
    return vectors.float()


def _as_int8(vectors: torch.Tensor) -> torch.Tensor:
    return torch.round(vectors * _INT8_UNITS).clamp(-127, 127).to(torch.int8)


def _halve(vectors: torch.Tensor, valid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return vectors and validity of every two by two pixels."""
    odd = [0, valid.shape[1] % 2, 0, valid.shape[0] % 2]
    half = F.avg_pool2d(F.pad(as_float(vectors), odd)[None], 2)[0]
    any_valid = F.max_pool2d(F.pad(valid[None].float(), odd)[None], 2)[0, 0] > 0
    return _as_int8(half) if vectors.dtype == torch.int8 else half, any_valid


def make_gradient_field(
    image: np.ndarray | torch.Tensor,
    gsd_m_per_px: float | tuple[float, float],
    options: FieldOptions | None = None,
    mask: np.ndarray | torch.Tensor | None = None,
    device: torch.device | str = 'cpu',
) -> GradientField:
    """
    Return the gradient orientation field of an image.

    :param image: (H, W) or (H, W, 3), grey levels 0 to 255, any dtype.
    :param gsd_m_per_px: of the image, or its two along x and y; resampled to that of ``options``.
    :param mask: (H, W) bool, True where the image shows ground; None: everywhere.
    :raises ShapeError: if image or mask has the wrong shape, or the GSD is out of range.

    Source: doubled angles after Granlund, "In search of a general picture processing operator",
    CGIP 1978.
    """
    options = options or FieldOptions()
    planes = _as_planes(image, mask, device)
    gsd_x, gsd_y = np.broadcast_to(np.asarray(gsd_m_per_px, float), 2).tolist()
    if not (0 < gsd_x < np.inf and 0 < gsd_y < np.inf):
        raise ShapeError(f'GSD must be above 0 m per pixel, got {gsd_m_per_px}')
    height, width = planes.shape[1:]
    extent_m = (width * gsd_x, height * gsd_y)
    factors = (gsd_y / options.gsd_m_per_px, gsd_x / options.gsd_m_per_px)
    grey, valid = _resample(planes, factors)
    del planes  # before the field takes its memory
    vectors, valid = _orientation(grey, valid, options)
    return GradientField(vectors, valid, options.gsd_m_per_px, extent_m)


def _as_planes(
    image: np.ndarray | torch.Tensor,
    mask: np.ndarray | torch.Tensor | None,
    device: torch.device | str,
) -> torch.Tensor:
    """Return (2, H, W) float32: grey levels, 0 where invalid, and 1 where valid, else 0."""
    pixels = torch.as_tensor(image, device=device)
    shape = tuple(pixels.shape)
    if len(shape) not in (2, 3) or 0 in shape or shape[2:] not in ((), (3,)):
        raise ShapeError(f'image must be (H, W) or (H, W, 3) with at least 1 pixel, got {shape}')
    valid = None
    if mask is not None:
        valid = torch.as_tensor(mask, device=device).bool()
        if valid.shape != shape[:2]:
            raise ShapeError(f'mask must be {shape[:2]}, got {tuple(valid.shape)}')
    planes = torch.empty(2, *shape[:2], device=device)
    # In strips: three floats a pixel of a large photo would be most of the memory of a query.
    for first in range(0, shape[0], _GREY_ROWS):
        rows = slice(first, first + _GREY_ROWS)
        grey = pixels[rows].float()
        if grey.ndim == 3:  # mean() takes eight times as long over so short a dimension
            grey = (grey[..., 0] + grey[..., 1] + grey[..., 2]) / 3
        known = grey.isfinite() if valid is None else grey.isfinite() & valid[rows]
        planes[0, rows] = torch.where(known, grey, 0.0)
        planes[1, rows] = known
    return planes


def _resample(
    planes: torch.Tensor, factors: tuple[float, float]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return image and mask scaled along y and x, corner on corner, without invalid pixels."""
    if factors == (1.0, 1.0):
        return planes[0], planes[1] > 0
    height, width = planes.shape[1:]
    if min(height * factors[0], width * factors[1]) < 1:
        raise ShapeError(f'image must cover a pixel of the field, got ({height}, {width}) px')
    grey, share = F.interpolate(
        planes[None], scale_factor=factors, mode='bilinear', antialias=True, align_corners=False
    )[0]
    return grey / share.clamp(min=1e-3), share > 0.999


def _orientation(
    grey: torch.Tensor, valid: torch.Tensor, options: FieldOptions
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the field's vectors and where they are valid."""
    # Invalid pixels take the mean; what the blur mixes in from there is cut away below.
    mean = torch.where(valid, grey, 0.0).sum() / valid.sum().clamp(min=1)
    grey = torch.where(valid, grey, mean)
    kernel = _gaussian(options.smoothing_px)
    radius = len(kernel) // 2 + 1
    grey = F.pad(grey[None, None], [radius] * 4, mode='replicate')[0, 0]
    grey = _convolve(_convolve(grey, kernel, dim=1), kernel, dim=0)
    right = (grey[1:-1, 2:] - grey[1:-1, :-2]) / 2
    down = (grey[2:, 1:-1] - grey[:-2, 1:-1]) / 2

    # Valid is where the gradient saw ground alone; there is none beyond the image.
    missing = F.pad((~valid).float(), [radius] * 4, value=1.0)
    valid = _box_mean(missing, radius)[radius:-radius, radius:-radius] == 0
    magnitude = torch.where(valid, torch.hypot(right, down), 0.0)
    half_width = max(1, round(options.neighbourhood_m / options.gsd_m_per_px))
    share = _box_mean(valid.float(), half_width).clamp(min=1e-6)
    typical = _box_mean(magnitude, half_width) / share
    # weight / magnitude^2, so that squared components become weighted cosine and sine
    ratio = 1 / ((magnitude + typical + options.floor) * magnitude.clamp(min=1e-6))
    ratio = torch.where(valid, ratio, 0.0)
    vectors = torch.stack([(right**2 - down**2) * ratio, 2 * right * down * ratio])
    common = torch.stack([_box_mean(channel, half_width) for channel in vectors]) / share
    return torch.where(valid, vectors - options.common_share * common, 0.0), valid


def _gaussian(sigma: float) -> list[float]:
    """Return a normalised 1-D Gaussian that reaches two standard deviations."""
    reach = int(np.ceil(2 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    weights: list[float] = (kernel / kernel.sum()).tolist()
    return weights


def _convolve(values: torch.Tensor, kernel: list[float], dim: int) -> torch.Tensor:
    """Return (H, W) values convolved along ``dim`` with a 1-D kernel, without the border."""
    length = values.shape[dim] - len(kernel) + 1
    # A tenth of the time of conv2d, which is made for many channels.
    total = values.narrow(dim, 0, length) * kernel[0]
    for start, weight in enumerate(kernel[1:], start=1):
        total.add_(values.narrow(dim, start, length), alpha=weight)
    return total


def _box_mean(values: torch.Tensor, half_width: int) -> torch.Tensor:
    """Return the mean of (H, W) values over a square of 2 * half_width + 1, zeros outside."""
    size = 2 * half_width + 1
    for dim in (1, 0):
        length = values.shape[dim]
        rim = [half_width + 1, half_width]
        # Running sums: the time does not grow with the square.
        sums = F.pad(values, rim if dim == 1 else [0, 0, *rim]).cumsum(dim)
        values = (sums.narrow(dim, size, length) - sums.narrow(dim, 0, length)) / size
    return values
