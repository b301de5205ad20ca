# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Turn a canvas into colours: material, texture, rows of fields, shadows and lit slopes."""

from __future__ import annotations

import cv2
import numpy as np
from visual_navsat_sim.worlds.canvas import Canvas
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.knot_field import KnotField
from visual_navsat_sim.worlds.palette import Palette
from visual_navsat_sim.worlds.texture import lump_texture, lumps
from visual_navsat_sim.worlds.world import World

_SLOPE_STEP_M = 40.0
_LARGEST_SLOPE_GAIN = 0.35
# A shadow is lit by the blue sky: it takes away less of the blue.
_SHADOW_BY_CHANNEL = 1.0, 0.97, 0.88
# Vegetation drifts between yellow and green: red up, blue down.
_DRIFT_BY_CHANNEL = 0.8, 0.0, -0.9


def light(canvas: Canvas, palette: Palette, epoch: Epoch, slopes: KnotField | None) -> np.ndarray:
    """
    Return the picture that a perfect sensor takes of the part shown, (h, w, 3) uint8 RGB.

    :param slopes: as :func:`hillshade` returns them.
    """
    sheet, shown = canvas.sheet, canvas.sheet.shown.slices
    materials = np.ascontiguousarray(canvas.materials[shown])
    gain: np.ndarray = np.ones(materials.shape, np.float32)
    noises = [
        # Leaves, waves and clods lie otherwise on each day: turned, no two days agree anywhere.
        lump_texture(0.3, 1).sample(sheet, epoch.seed % 6283 / 1000),
        lumps(1.6, 2).sample(sheet),
        lumps(14.0, 3).sample(sheet),
        canvas.rows,
    ]
    for number, noise in enumerate(noises):
        if noise is not None:
            amplitude = cv2.LUT(materials, palette.textures[:, number])
            cv2.accumulateProduct(noise[shown], amplitude, gain)
    if slopes is not None:
        gain = cv2.multiply(gain, slopes.sample(sheet), dst=gain)
    hue = lumps(11.0, 4).sample(sheet)[shown]
    hue = cv2.multiply(hue, cv2.LUT(materials, palette.textures[:, 4]))
    shadow = cv2.blur(canvas.shadow, (3, 3))[shown]
    shadow = cv2.multiply(
        shadow, cv2.LUT(materials, palette.shading), scale=epoch.shadow / 255, dtype=cv2.CV_32F
    )
    planes = []
    for channel in range(3):
        drift, share = _DRIFT_BY_CHANNEL[channel], _SHADOW_BY_CHANNEL[channel]
        plane_gain = cv2.scaleAdd(hue, drift, gain) if drift else gain
        colour = cv2.LUT(materials, palette.colours[:, channel].copy())
        plane = cv2.multiply(colour, plane_gain, dst=colour)
        loss = cv2.multiply(plane, shadow, scale=share)
        planes.append(cv2.subtract(plane, loss, dtype=cv2.CV_8U))
    return cv2.merge(planes)


def hillshade(world: World, epoch: Epoch) -> KnotField | None:
    """Return the gain of slopes: those that face the sun are brighter; None if all is flat."""
    step_m, sun = _SLOPE_STEP_M, epoch.sun_direction / epoch.sun_direction[2]

    def gain_at(east: np.ndarray, north: np.ndarray) -> np.ndarray:
        # One more row and column, so that every knot has a neighbour to the east and south.
        east = np.append(east[0], east[0, -1] + step_m)
        north = np.append(north[:, 0], north[-1, 0] - step_m)
        height = world.height_m(*np.meshgrid(east, north))
        rise_east = (height[:-1, 1:] - height[:-1, :-1]) / step_m
        rise_north = (height[:-1, :-1] - height[1:, :-1]) / step_m
        facing = -rise_east * sun[0] - rise_north * sun[1]
        return 1 + np.clip(epoch.shadow * facing, -_LARGEST_SLOPE_GAIN, _LARGEST_SLOPE_GAIN)

    return KnotField(gain_at, step_m) if world.relief else None
