# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Measure how fast this machine describes an image and searches a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time

import numpy as np
import torch
from visual_navsat.correlation.first_level import first_level
from visual_navsat.correlation.gradient_field import make_gradient_field
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.map_area import NUM_LEVELS
from visual_navsat.correlation.map_field import make_levels, MapField
from visual_navsat.correlation.search import search
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import get_model_spec, PATCH_SIZE
from visual_navsat.geometry.pixel_grid import PixelGrid

_GSD = 0.5
_FEW, _MANY = HeadingScaleRange(0.0, 10.0, 0.1), HeadingScaleRange(0.0, 40.0, 0.1)
_MAP_SIDES = 6.0  # of the measured map, in footprints: a smaller one has more work per place
_SHAPE = 3 / 4  # height over width of a usual photo


@dataclass(frozen=True)
class MachineSpeed:
    """What takes how long on this machine."""

    device: str
    describe_ms: dict[str, float]  # of one image of a model's usual size, by model
    search_ms: float  # of a search, beside what grows with its scores
    ms_per_million_scores: float


def measure_speed(models: Sequence[str], footprint_m: float, device: str = 'auto') -> MachineSpeed:
    """
    Return how fast this machine is, each with random weights or noise: neither changes the time.

    :param footprint_m: width of the ground that a photo shows.
    """
    describe_ms = {model: _describe_ms(model, device) for model in models}
    used = DinoV2Extractor.with_random_weights(models[0], layer=0, device=device).device
    few, many = _searches(footprint_m, used)
    slope = max(many[1] - few[1], 0.0) / (many[0] - few[0])
    return MachineSpeed(device_name(used), describe_ms, max(few[1] - slope * few[0], 0.0), slope)


def device_name(device: torch.device) -> str:
    """Return what people call a device."""
    return torch.cuda.get_device_name(device) if device.type == 'cuda' else str(device)


def _describe_ms(model: str, device: str) -> float:
    spec = get_model_spec(model)
    extractor = DinoV2Extractor.with_random_weights(model, spec.layer, device=device)
    width = spec.max_side - spec.max_side % PATCH_SIZE
    height = round(_SHAPE * width / PATCH_SIZE) * PATCH_SIZE
    image = torch.rand(1, 3, height, width)

    def describe() -> None:
        extractor(image).cpu()  # waits for the device

    return _best_ms(describe)


def _searches(footprint_m: float, device: torch.device) -> list[tuple[float, float]]:
    """Return million scores and milliseconds of a search of few headings, and of many."""
    rng = np.random.default_rng(0)
    width, side = round(footprint_m / _GSD), round(_MAP_SIDES * footprint_m / _GSD)
    ground = rng.integers(0, 256, (side, side), np.uint8)
    field = make_gradient_field(ground, _GSD)
    grid = PixelGrid(0.0, 0.0, side, side, _GSD)
    placed = MapField.of(grid, field.vectors, field.valid)
    levels = [level.to(device) for level in make_levels(placed, NUM_LEVELS)]
    top, left = (side - round(_SHAPE * width)) // 2, (side - width) // 2
    photo = ground[top:, left:][: round(_SHAPE * width), :width]
    query = make_gradient_field(photo, _GSD, device=device)
    found = []
    for span in (_FEW, _MANY):
        begun = first_level(query, levels, span)

        def run(span: HeadingScaleRange = span) -> None:
            search(query, levels, span)

        found.append((begun.num_scores / 1e6, _best_ms(run)))
    return found


def _best_ms(work: Callable[[], None], rounds: int = 2) -> float:
    """Return the shortest of some times, after one that warms up."""
    work()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - started))
    return min(times)
