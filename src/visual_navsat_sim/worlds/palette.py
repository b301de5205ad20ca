# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The colour and texture of each material in each season."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.materials import (
    CONIFERS,
    MATERIALS,
    NUM_MATERIALS,
    NUM_SPECIES,
    ROOF_LEVELS,
    TREE_SHADES,
)
from visual_navsat_sim.worlds.noise import seeded_rng

ROOF_GAINS = 0.42 + 1.04 * np.arange(ROOF_LEVELS) / (ROOF_LEVELS - 1)
_WALL_GAINS = 0.55, 1.05
_TREE_GAINS = 0.52, 0.9, 1.22
_LEAF_SPREAD = 0.06  # standard deviation of a species' brightness from year to year

# Red, green and blue of each season, spring to winter, as orthophotos show them.
_GROUND = {
    'rough': ((133, 130, 95), (117, 122, 82), (130, 122, 86), (122, 117, 92)),
    'grass': ((132, 135, 94), (104, 118, 72), (118, 121, 79), (116, 117, 88)),
    'meadow': ((145, 140, 102), (126, 130, 84), (143, 132, 92), (134, 127, 98)),
    'forest_floor': ((92, 86, 66), (58, 66, 43), (88, 76, 52), (84, 78, 64)),
    'shore': ((112, 108, 84), (96, 98, 70), (110, 102, 76), (104, 100, 82)),
    'hedge': ((82, 86, 58), (62, 80, 46), (84, 80, 48), (82, 80, 62)),
}
_CONSTANT = {
    'soil': (138, 118, 97),
    'sand': (205, 192, 165),
    'gravel': (168, 161, 147),
    'track': (164, 150, 126),
    'asphalt': (133, 133, 133),
    'paving': (167, 165, 158),
    'concrete': (166, 164, 157),
    'kerb': (184, 182, 176),
    'marking': (222, 222, 216),
    'pitch': (92, 120, 66),
    'water': (46, 58, 54),
    'pool': (96, 168, 190),
    'glass': (42, 48, 54),
}
_CROPS = {
    'spring': ((108, 118, 68), (96, 116, 62), (139, 119, 97), (157, 138, 114), (146, 136, 100),
               (121, 104, 86), (172, 155, 128), (120, 126, 80)),
    'summer': ((196, 176, 122), (178, 164, 112), (98, 118, 64), (84, 108, 56), (126, 134, 80),
               (182, 172, 84), (150, 150, 92), (158, 140, 112)),
    'autumn': ((184, 168, 126), (136, 115, 93), (112, 122, 74), (164, 148, 116), (150, 132, 92),
               (118, 100, 82), (104, 120, 68), (172, 154, 112)),
    'winter': ((122, 108, 92), (134, 120, 100), (118, 120, 84), (150, 140, 112), (140, 130, 104),
               (108, 112, 78), (112, 98, 84), (146, 134, 110)),
}  # fmt: skip
_TREES = {
    'spring': ((116, 106, 86), (108, 112, 72), (122, 112, 92), (104, 98, 80), (112, 118, 72),
               (126, 116, 94), (58, 70, 48), (66, 80, 52)),
    'summer': ((80, 99, 55), (72, 92, 50), (92, 108, 62), (86, 98, 58), (66, 86, 48),
               (98, 112, 70), (54, 70, 46), (62, 80, 50)),
    'autumn': ((134, 114, 66), (116, 106, 62), (136, 98, 64), (98, 101, 60), (124, 116, 66),
               (110, 92, 64), (56, 70, 46), (64, 80, 50)),
    'winter': ((106, 97, 84), (112, 103, 90), (100, 92, 80), (116, 106, 94), (108, 99, 87),
               (102, 95, 84), (60, 70, 52), (66, 77, 56)),
}  # fmt: skip
_ROOFS = (
    (98, 97, 98), (128, 127, 126), (118, 99, 87), (156, 92, 72), (174, 112, 86), (126, 76, 66),
    (104, 120, 106), (178, 181, 184), (208, 208, 205), (82, 82, 85), (148, 146, 140),
    (113, 110, 107), (166, 160, 149), (122, 135, 150),
)  # fmt: skip
_WALLS = (
    (196, 192, 182), (184, 168, 142), (168, 128, 108), (140, 132, 120), (176, 178, 180),
    (206, 186, 148),
)  # fmt: skip
_CARS = (
    (214, 214, 212), (168, 170, 173), (40, 41, 44), (92, 94, 97), (142, 46, 43), (56, 76, 118),
    (205, 205, 202), (62, 64, 68), (160, 148, 126), (72, 92, 84),
)  # fmt: skip

# Amplitude of brightness noise at about 0.3 m, 3 m and 30 m, of rows, and of the drift of hue.
_TEXTURES = {
    'rough': (0.13, 0.09, 0.06, 0.0, 0.022),
    'grass': (0.08, 0.05, 0.05, 0.0, 0.020),
    'meadow': (0.10, 0.07, 0.07, 0.04, 0.022),
    'crop': (0.06, 0.025, 0.09, 0.07, 0.02),
    'soil': (0.11, 0.06, 0.05, 0.0, 0.012),
    'forest_floor': (0.26, 0.16, 0.07, 0.0, 0.02),
    'sand': (0.05, 0.04, 0.04, 0.0, 0.01),
    'gravel': (0.09, 0.05, 0.05, 0.0, 0.008),
    'track': (0.09, 0.08, 0.05, 0.0, 0.010),
    'asphalt': (0.045, 0.022, 0.035, 0.0, 0.004),
    'paving': (0.055, 0.03, 0.035, 0.0, 0.006),
    'concrete': (0.045, 0.04, 0.035, 0.0, 0.006),
    'kerb': (0.05, 0.04, 0.02, 0.0, 0.004),
    'marking': (0.08, 0.08, 0.04, 0.0, 0.0),
    'pitch': (0.05, 0.03, 0.03, 0.0, 0.01),
    'water': (0.06, 0.0, 0.0, 0.0, 0.0),  # nothing of it lasts
    'shore': (0.15, 0.12, 0.06, 0.0, 0.02),
    'pool': (0.02, 0.03, 0.0, 0.0, 0.0),
    'hedge': (0.28, 0.10, 0.04, 0.0, 0.015),
    'car': (0.02, 0.0, 0.0, 0.0, 0.0),
    'glass': (0.02, 0.0, 0.0, 0.0, 0.0),
    'roof': (0.05, 0.018, 0.02, 0.0, 0.005),
    'wall': (0.08, 0.04, 0.0, 0.0, 0.0),
    'tree': (0.30, 0.11, 0.06, 0.0, 0.02),
}
# Shares of the ground that materials cover, over many kilometres.
_COVER = {
    'crop': 0.30, 'tree': 0.26, 'grass': 0.10, 'meadow': 0.08, 'rough': 0.08, 'asphalt': 0.06,
    'roof': 0.05, 'paving': 0.02, 'forest_floor': 0.03, 'water': 0.02,
}  # fmt: skip
_UNSHADED = ('roof', 'wall', 'tree', 'car', 'glass')


@dataclass(frozen=True)
class Palette:
    """How each material looks on one day."""

    colours: np.ndarray  # (M, 3) float32, red, green, blue, 0 to 255
    textures: np.ndarray  # (M, 5) float32: fine, medium, coarse, rows, hue
    shading: np.ndarray  # (M,) float32: share of a shadow that it receives


def typical_colours(palette: Palette) -> np.ndarray:
    """Return (N, 3) colours, 0 to 255, in the shares that a large piece of a world has of them."""
    rng = seeded_rng(23)
    colours = []
    for name, share in _COVER.items():
        numbers = np.resize(np.array(MATERIALS[name]), round(4000 * share))
        spread = np.hypot.reduce(palette.textures[numbers, :3], axis=1, keepdims=True)
        gain = 1 + spread * rng.normal(0, 1, (len(numbers), 1))
        colours.append(palette.colours[numbers] * gain)
    return np.concatenate(colours)


def make_palette(epoch: Epoch) -> Palette:
    """Return the looks of all materials in an epoch's season."""
    colours = np.zeros((256, 3), np.float32)
    textures = np.zeros((256, 5), np.float32)
    shading = np.ones(256, np.float32)
    for name, numbers in MATERIALS.items():
        block = slice(numbers.start, numbers.stop)
        colours[block] = _colours(name, len(numbers), epoch)
        textures[block] = _TEXTURES[name]
        if name in _UNSHADED:
            shading[block] = 0.0
    assert NUM_MATERIALS <= 256
    return Palette(colours, textures, shading)


def _colours(name: str, count: int, epoch: Epoch) -> np.ndarray:
    season = ('spring', 'summer', 'autumn', 'winter').index(epoch.season)
    # A variant deviates in the same way in every epoch.
    variants = seeded_rng(17, *name.encode())
    if name == 'roof':
        return np.kron(np.array(_ROOFS), ROOF_GAINS[:, None])
    if name == 'wall':
        return np.kron(np.array(_WALLS), np.array(_WALL_GAINS)[:, None])
    if name == 'tree':
        species = np.array(_TREES[epoch.season], float)
        drift = seeded_rng(epoch.seed, 5).normal(1, _LEAF_SPREAD, (NUM_SPECIES, 1))
        drift[list(CONIFERS)] = 1
        return np.kron(species * drift, np.array(_TREE_GAINS)[:TREE_SHADES, None])
    if name == 'car':
        return np.array(_CARS)
    if name == 'crop':
        base = np.resize(np.array(_CROPS[epoch.season], float), (count, 3))
        return base * seeded_rng(epoch.seed, 6).normal(1, 0.06, (count, 1))
    base = np.array(_GROUND[name][season] if name in _GROUND else _CONSTANT[name], float)
    spread = 0.13 if name in ('asphalt', 'soil', 'concrete', 'paving') else 0.075
    bright = variants.normal(1, spread, (count, 1)) if count > 1 else 1.0
    hue = variants.normal(1, 0.02, (count, 3)) if count > 1 else 1.0
    return base * bright * hue
