# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The flight: a closed smooth track over a site, with the small tilts of a real gimbal."""

from __future__ import annotations

import numpy as np
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.worlds.camera import CameraPose
from visual_navsat_sim.worlds.noise import seeded_rng

_CORNERS = 9
TILT_SIGMA_DEG = 1.0
_HEIGHT_SIGMA_M = 1.0


def make_track(site: Site, count: int, height_agl_m: float, seed: int) -> list[CameraPose]:
    """Return the poses of ``count`` photos, evenly spaced; the camera's up is the way ahead."""
    rng = seeded_rng(seed, 401)
    line = track_line(site, seed)
    ahead = np.diff(line, axis=0)
    steps = np.hypot(*ahead.T)
    reached = np.concatenate([[0], np.cumsum(steps)])
    poses = []
    for station in (np.arange(count) + 0.5) / count * reached[-1]:
        index = int(np.searchsorted(reached, station)) - 1
        place = line[index] + (station - reached[index]) / steps[index] * ahead[index]
        heading_deg = np.degrees(np.arctan2(*ahead[index])) % 360.0
        tilt_deg = rng.normal(0, TILT_SIGMA_DEG, 2)
        height_m = height_agl_m + rng.normal(0, _HEIGHT_SIGMA_M)
        poses.append(CameraPose(*map(float, (*place, height_m, heading_deg, *tilt_deg))))
    return poses


def track_line(site: Site, seed: int) -> np.ndarray:
    """Return the (P, 2) track in the world, its end at its start."""
    rng = seeded_rng(seed, 402)
    turn = 2 * np.pi * (np.arange(_CORNERS) + rng.uniform(-0.25, 0.25, _CORNERS)) / _CORNERS
    radius = site.size_m * np.where(np.arange(_CORNERS) % 2, 0.41, 0.24)
    radius = radius * rng.uniform(0.88, 1.05, _CORNERS)
    corners = radius[:, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    return site.center_m + _closed_spline(corners, 60)


def _closed_spline(points: np.ndarray, steps: int) -> np.ndarray:
    """Return a Catmull-Rom curve through points and back to the first."""
    share = np.linspace(0, 1, steps, endpoint=False)[:, None]
    before, start, end, after = (np.roll(points, -k, axis=0)[:, None] for k in (-1, 0, 1, 2))
    curve = (
        start
        + share * (end - before) / 2
        + share**2 * (before - 2.5 * start + 2 * end - after / 2)
        + share**3 * (-before + 3 * start - 3 * end + after) / 2
    ).reshape(-1, 2)
    return np.concatenate([curve, curve[:1]])
