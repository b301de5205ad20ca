# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Repeatable randomness on an unbounded plane: hashes, seeded generators and smooth noise."""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def hash_bits(seed: int, *keys) -> np.ndarray:
    """
    Return 64 well-mixed bits for each combination of integer keys; the same on every machine.

    :param keys: integers or integer arrays that broadcast; they may be negative.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014
    (the finaliser of SplitMix64).
    """
    with np.errstate(over='ignore'):
        bits = np.asarray(seed).astype(np.uint64)
        for key in keys:
            bits = bits * _MULTIPLIERS[0] + np.asarray(key).astype(np.int64).astype(np.uint64)
            bits = bits + _GOLDEN
            bits = (bits ^ (bits >> np.uint64(30))) * _MULTIPLIERS[0]
            bits = (bits ^ (bits >> np.uint64(27))) * _MULTIPLIERS[1]
            bits = bits ^ (bits >> np.uint64(31))
    return bits


def hash_uniform(seed: int, *keys) -> np.ndarray:
    """Return a float in [0, 1) for each combination of integer keys."""
    return (hash_bits(seed, *keys) >> np.uint64(11)) * 2.0**-53


def seeded_rng(seed: int, *keys: int) -> np.random.Generator:
    """Return the random generator that belongs to a seed and integer keys."""
    return np.random.default_rng(int(hash_bits(seed, *keys)))


def smooth_noise(seed: int, east, north, wavelength_m: float, octaves: int = 1) -> np.ndarray:
    """
    Return gradient noise at points, about -1 to 1 with mean 0.

    :param east: metres, scalar or array; ``north`` has the same shape.
    :param wavelength_m: size of the largest lumps; each further octave is half that size.

    Source: Perlin, "Improving noise", SIGGRAPH 2002 (the quintic fade).
    """
    total = np.zeros(np.broadcast(east, north).shape)
    for octave in range(octaves):
        scale = 2.0**octave
        x = np.asarray(east, float) * (scale / wavelength_m)
        y = np.asarray(north, float) * (scale / wavelength_m)
        total += _gradient_noise(seed + 7919 * octave, x, y) / scale
    return total


def _gradient_noise(seed: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    column, row = np.floor(x), np.floor(y)
    x, y = x - column, y - row
    fade_x = x**3 * (x * (6 * x - 15) + 10)
    fade_y = y**3 * (y * (6 * y - 15) + 10)
    corners = []
    for gradient_x, gradient_y, step_x, step_y in _corner_gradients(seed, column, row):
        corners.append((x - step_x) * gradient_x + (y - step_y) * gradient_y)
    bottom = corners[0] + fade_x * (corners[1] - corners[0])
    top = corners[2] + fade_x * (corners[3] - corners[2])
    return 1.6 * (bottom + fade_y * (top - bottom))


def _corner_gradients(seed: int, column: np.ndarray, row: np.ndarray):
    """Yield the unit gradients at the four corners of each point's cell, and which corner."""
    steps = (0, 0), (1, 0), (0, 1), (1, 1)
    if not column.size:
        yield from ((column, row, *step) for step in steps)
        return
    west, south = int(column.min()), int(row.min())
    wide, high = int(column.max()) - west + 2, int(row.max()) - south + 2
    if wide * high > column.size:
        # Points far apart: a hash per point is cheaper than one per cell between them.
        for step_x, step_y in steps:
            angle = 2 * np.pi * hash_uniform(seed, column + step_x, row + step_y)
            yield np.cos(angle), np.sin(angle), step_x, step_y
        return
    columns, rows = np.arange(west, west + wide), np.arange(south, south + high)
    angle = 2 * np.pi * hash_uniform(seed, columns[None], rows[:, None])
    cos, sin = np.cos(angle).ravel(), np.sin(angle).ravel()
    cell = (row.astype(int) - south) * wide + (column.astype(int) - west)
    for step_x, step_y in steps:
        corner = cell + (step_y * wide + step_x)
        yield cos[corner], sin[corner], step_x, step_y
