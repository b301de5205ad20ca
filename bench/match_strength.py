# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
How strongly photos of other days agree with their true places: the limits of preflight.

Run ``python -m bench.match_strength``; minutes on one core.
"""

from __future__ import annotations

from bench.procedural_trials import disturbed, draw_map, draw_pose
from bench.world_map import CAMERA, draw_corner
import numpy as np
from visual_navsat.correlation.gradient_field import FieldOptions, make_gradient_field
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.search import search
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.region import Region
from visual_navsat_sim.worlds.camera import photograph
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.world import World

FIRST_WORLD, WORLDS, PHOTOS, SIDE_M = 9001, 12, 8, 500.0
REACH_M = 12.0  # either way of the true place, in which its peak is looked for


def strengths(seed: int) -> list[float]:
    """Return the coarsest strengths of a world's photos at their true places; 0 for none."""
    rng = np.random.default_rng([78, seed])
    world = World(seed)
    west, north = draw_corner(rng)
    area = draw_map(world, seed, (west, north), SIDE_M)
    found = []
    for number in range(PHOTOS):
        pose = draw_pose(rng, west, north, SIDE_M, True)
        shot = photograph(world, flight_epoch(100_000 * seed + number), pose, CAMERA)
        photo = NadirImage(shot.image, None, disturbed(pose, rng), None)
        field = make_gradient_field(photo.image, photo.view.gsd_m_per_px, FieldOptions())
        box = Region.around(shot.center).padded(REACH_M)
        result = search(field, area.levels, HeadingScaleRange(photo.view.heading_deg), [box])
        found.append(result.matches[0].level_strengths[0] if result.matches else 0.0)
    return found


def main() -> None:
    """Print the quantiles."""
    values = [s for k in range(WORLDS) for s in strengths(FIRST_WORLD + k)]
    for percent in (5, 10, 25, 50, 75, 90):
        print(f'{percent} %: {np.percentile(values, percent):.3f}')


if __name__ == '__main__':
    main()
