# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Choose settings for a map and a machine: what fits its memory and time, and publishes most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
import math
from typing import Any

from visual_navsat.config import CorrelationConfig, PreprocessConfig
from visual_navsat.correlation.map_area import field_bytes, level_grids
from visual_navsat.features.model_zoo import EMBEDDED_MODEL, get_model_spec
from visual_navsat.files import read_package_json
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.localization.map_match import PART
from visual_navsat.maps.tile_plan import plan_tiles
from visual_navsat.planning.machine_speed import MachineSpeed
from visual_navsat.preflight.search_scope import search_scopes, SearchScope

# A square kilometre of fields at 0.5 m per pixel: 1.1 to 1.5 MB in the index, over worlds of
# bench.index_bytes.
FIELD_DISK_MB_PER_KM2 = 1.5
# Python with PyTorch and ROS, and the blocks of one search.
_PROCESS_MB = 500.0
_DEFAULT_CENTRES = 32
_MIN_MILLION_SCORES = 0.001


@dataclass(frozen=True)
class Flight:
    """What is flown over, and what the computer on board may take for it."""

    area_km2: float
    height_m: float  # above ground
    hfov_deg: float
    is_heading_known: bool
    memory_mb: float
    latency_ms: float  # of one answer

    @property
    def footprint_m(self) -> float:
        """Width of the ground that a photo shows."""
        return 2 * self.height_m * math.tan(math.radians(self.hfov_deg) / 2)


@dataclass(frozen=True)
class Proposal:
    """Settings, and what they cost."""

    model: str
    num_rotations: int
    max_million_scores: float
    tiles: int
    tile_m: float
    scope: str  # of the search, as matches have it
    search_line: str  # the same in words
    published: float  # share of the photos over the map, as on procedural worlds
    latency_ms: float
    memory_mb: float
    disk_mb: float
    exceeds: str = ''  # what it does not keep to; empty: it fits

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Sections of settings for ``--config`` of the verbs and ``params_file`` of the node."""
        return {
            'model': {'name': self.model},
            'preprocess': {'num_rotations': self.num_rotations},
            'correlation': {'max_million_scores': round(self.max_million_scores, 3)},
        }


def propose(flight: Flight, speed: MachineSpeed) -> list[Proposal]:
    """Return one proposal for each model that was measured, the best first."""
    proposals = [_proposal(flight, speed, model) for model in speed.describe_ms]

    def merit(one: Proposal) -> tuple[bool, float, float]:
        # Where retrieval decides, a larger model is worth its time; else only the time counts.
        is_worth_it = one.scope == PART and not one.exceeds
        size = get_model_spec(one.model).dim if is_worth_it else -one.latency_ms
        return not one.exceeds, one.published, size

    return sorted(proposals, key=merit, reverse=True)


def _proposal(flight: Flight, speed: MachineSpeed, model: str) -> Proposal:
    spec = get_model_spec(model)
    rotations = 1 if flight.is_heading_known else PreprocessConfig().num_rotations
    described_ms = rotations * speed.describe_ms[model]
    left_ms = flight.latency_ms - described_ms - speed.search_ms
    slope = max(speed.ms_per_million_scores, 1e-6)
    budget = min(left_ms / slope, CorrelationConfig().max_million_scores)
    scope = _scope(flight, max(budget, _MIN_MILLION_SCORES))
    (tile_m,) = plan_tiles((flight.height_m,) * 2, flight.hfov_deg).tile_sizes_m
    tiles = math.ceil(flight.area_km2 * 1e6 / (tile_m / 2) ** 2)
    descriptors_mb = tiles * spec.dim * _DEFAULT_CENTRES / 1e6  # a byte a number
    # Of all levels, or as much of them as may be kept.
    fields_mb = field_bytes(level_grids(_grid(flight))) / 1e6
    fields_mb = min(fields_mb, CorrelationConfig().field_memory_mb)
    memory_mb = _PROCESS_MB + descriptors_mb + fields_mb
    latency_ms = described_ms + speed.search_ms + slope * min(scope.million_scores, max(budget, 0))
    exceeds = []
    if left_ms <= 0:
        exceeds.append(f'{described_ms + speed.search_ms:.0f} ms pass before any place is tried')
    if memory_mb > flight.memory_mb:
        exceeds.append(f'takes {memory_mb:,.0f} MB of memory')
    return Proposal(
        model,
        rotations,
        max(budget, _MIN_MILLION_SCORES),
        tiles,
        tile_m,
        scope.scope,
        scope.line,
        published_share(scope.scope, flight.height_m),
        latency_ms,
        memory_mb,
        descriptors_mb + flight.area_km2 * FIELD_DISK_MB_PER_KM2,
        ' and '.join(exceeds),
    )


def _scope(flight: Flight, budget: float) -> SearchScope:
    known = 'heading and scale known' if flight.is_heading_known else 'scale alone known'
    scopes = search_scopes([_grid(flight)], flight.footprint_m, budget)
    return next(scope for scope in scopes if scope.known == known)


def _grid(flight: Flight) -> PixelGrid:
    """Return the pixels of a square map."""
    gsd = CorrelationConfig().gsd_m_per_px
    side_px = math.ceil(1e3 * math.sqrt(flight.area_km2) / gsd)
    return PixelGrid(0.0, 0.0, side_px, side_px, gsd)


def published_share(scope: str, height_m: float) -> float:
    """
    Return the share of photos over the map that are published, of those on procedural worlds.

    Measured by ``bench.procedural``, between 60 and 400 m above ground; beyond, the nearest.
    """
    record = _published()
    bands = record['height_m']
    number = sum(height_m >= band[1] for band in bands[:-1])
    return float(record['published'][scope][number])


@cache
def _published() -> dict[str, Any]:
    found: dict[str, Any] = read_package_json('visual_navsat.planning', 'published.json')
    return found


def proposal_lines(proposals: Sequence[Proposal], flight: Flight) -> list[str]:
    """Return for people what is proposed, and what the others would cost."""
    best = proposals[0]
    lines = [
        f'{flight.area_km2:g} km2 from {flight.height_m:g} m, photos {flight.footprint_m:.0f} m '
        f'across, within {flight.latency_ms:g} ms and {flight.memory_mb:,.0f} MB:',
        '',
        f'{"model":<28}{"ms":>7}{"memory MB":>11}{"disk MB":>9}{"published":>11}  search',
    ]
    lines += [
        f'{one.model:<28}{one.latency_ms:7.0f}{one.memory_mb:11,.0f}{one.disk_mb:9,.0f}'
        f'{one.published:11.0%}  {one.scope}' + (f'; {one.exceeds}' if one.exceeds else '')
        for one in proposals
    ]
    lines.append('published: of the photos over the map, as bench.procedural counted over 2 km2')
    lines += ['', f'{best.model}, {best.tiles:,} tiles of {best.tile_m:g} m', best.search_line]
    if best.model != EMBEDDED_MODEL:
        lines.append(f'its weights: visual-navsat fetch-model {best.model}')
    if best.exceeds:
        lines.append(f'nothing fits: it {best.exceeds}')
    return lines
