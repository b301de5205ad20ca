# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the ground and the things on it are made of: small integers, coloured by the epoch."""

from __future__ import annotations

from typing import SupportsInt

# Name -> number of variants. A raster of these numbers is the world as drawn, before any light.
_VARIANTS = {
    'rough': 3,  # grass that nobody mows: margins, verges
    'grass': 6,  # lawns
    'meadow': 4,
    'crop': 24,
    'soil': 3,
    'forest_floor': 2,
    'sand': 1,
    'gravel': 3,
    'track': 2,
    'asphalt': 5,
    'paving': 4,
    'concrete': 2,
    'kerb': 1,
    'marking': 1,
    'pitch': 2,
    'water': 1,
    'shore': 1,
    'pool': 1,
    'hedge': 2,
    'car': 10,
    'glass': 1,
    'roof': 14 * 6,  # 14 coverings, each at 6 levels of light
    'wall': 6 * 2,  # 6 colours, in shade and in sun
    'tree': 8 * 3,  # 8 species, each dark, middle and bright
}
ROOF_LEVELS = 6
TREE_SHADES = 3
NUM_SPECIES = 8
CONIFERS = (6, 7)

MATERIALS: dict[str, range] = {}
for _name, _count in _VARIANTS.items():
    _start = max((numbers.stop for numbers in MATERIALS.values()), default=0)
    MATERIALS[_name] = range(_start, _start + _count)
NUM_MATERIALS = MATERIALS['tree'].stop


def material(name: str, variant: SupportsInt = 0) -> int:
    """Return the number of a material; variants beyond the last start again at the first."""
    numbers = MATERIALS[name]
    return numbers[int(variant) % len(numbers)]
