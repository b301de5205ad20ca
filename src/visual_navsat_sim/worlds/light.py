"""Turn a canvas into colours: material, texture at several scales, rows and shadows."""

from __future__ import annotations

import cv2
import numpy as np

from visual_navsat_sim.worlds.canvas import Canvas
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.palette import Palette
from visual_navsat_sim.worlds.texture import lump_texture

# A shadow is lit by the blue sky: it takes less of the blue.
_SHADOW_BY_CHANNEL = 1.0, 0.97, 0.88
# Vegetation drifts between yellow and green: red up, blue down.
_DRIFT_BY_CHANNEL = 0.8, 0.0, -0.9


def light(canvas: Canvas, palette: Palette, epoch: Epoch, slopes: np.ndarray | None) -> np.ndarray:
    """
    Return the (height, width, 3) uint8 RGB picture that a perfect sensor would take.

    Of the canvas's sheet, the part shown.

    :param slopes: gains of slopes in the sun, (h, w) float32 of the part shown.
    """
    sheet, shown = canvas.sheet, canvas.sheet.shown.slices
    materials = np.ascontiguousarray(canvas.materials[shown])
    gain = np.ones(materials.shape, np.float32)
    noises = [
        lump_texture(0.3, 1).sample(sheet, shift_m=(epoch.seed % 151, epoch.seed % 97)),
        lump_texture(1.6, 2).sample(sheet),
        lump_texture(14.0, 3).sample(sheet),
        canvas.rows,
    ]
    for number, noise in enumerate(noises):
        if noise is not None:
            amplitude = cv2.LUT(materials, palette.textures[:, number])
            cv2.accumulateProduct(noise[shown], amplitude, gain)
    if slopes is not None:
        gain = cv2.multiply(gain, slopes, dst=gain)
    hue = lump_texture(11.0, 4).sample(sheet)[shown]
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
