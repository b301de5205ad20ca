# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The kinds of hostile images, and how many of each are tried among 10,000.

Each maker returns an image with what is told of it, and the places where an answer would be right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import io
import string
from typing import Any

from bench.hostile.scene import (
    CAMERA,
    cut_turned,
    HEIGHTS_M,
    Hostile,
    Maker,
    MAP_GSD_M_PER_PX,
    Scene,
    told_view,
    view_of,
)
import cv2
import numpy as np
from PIL import Image
from visual_navsat.geometry.view import View

Rng = np.random.Generator
KINDS: dict[str, tuple[int, Maker]] = {}
_SHAPE = CAMERA.height, CAMERA.width


def kind(count: int) -> Callable[[Maker], Maker]:
    """Register a maker under its name, with its share of 10,000 images."""

    def register(maker: Maker) -> Maker:
        KINDS[maker.__name__] = count, maker
        return maker

    return register


def _told(rng: Rng) -> View:
    """Return what a flight would tell: some heading, some height."""
    return view_of(rng, rng.uniform(0, 360), CAMERA.gsd_m_per_px(rng.uniform(*HEIGHTS_M)))


def _as_image(values: np.ndarray) -> np.ndarray:
    """Return (H, W) or (H, W, 3) values stretched to grey levels, as RGB."""
    low, high = values.min(), values.max()
    levels = np.uint8(255 * (values - low) / max(high - low, 1e-9))
    return levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, axis=2)


@kind(1800)
def other_places(scene: Scene, rng: Rng) -> Hostile:
    shot = scene.photo_elsewhere(rng)
    return Hostile(shot.image, told_view(rng, shot))


@kind(800)
def mirrored(scene: Scene, rng: Rng) -> Hostile:
    shot = scene.photo(rng)
    return Hostile(np.fliplr(shot.image).copy(), told_view(rng, shot), _places(shot.place))


@kind(400)
def glued_elsewhere(scene: Scene, rng: Rng) -> Hostile:
    first, second = scene.photo_elsewhere(rng), scene.photo_elsewhere(rng)
    return Hostile(_glued(rng, first.image, second.image), told_view(rng, first))


@kind(600)
def noise(_: Scene, rng: Rng) -> Hostile:
    scale = 2.0 ** rng.uniform(-1, 6)  # pixels: from white noise to blotches
    values = rng.normal(size=(*_SHAPE, rng.choice([1, 3])))
    if scale > 1:
        values = cv2.GaussianBlur(values, (0, 0), scale).reshape(*_SHAPE, -1)
    if rng.random() < 0.3:
        values = np.sign(values)
    return Hostile(_as_image(np.broadcast_to(values, (*_SHAPE, 3))), _told(rng))


@kind(400)
def fractal_noise(_: Scene, rng: Rng) -> Hostile:
    fy, fx = np.fft.fftfreq(_SHAPE[0])[:, None], np.fft.rfftfreq(_SHAPE[1])
    falloff = np.maximum(np.hypot(fy, fx), 1 / max(_SHAPE)) ** -rng.uniform(0.5, 2.5)
    phases = np.exp(2j * np.pi * rng.random(falloff.shape))
    return Hostile(_as_image(np.fft.irfft2(falloff * phases, _SHAPE)), _told(rng))


@kind(700)
def periodic(_: Scene, rng: Rng) -> Hostile:
    rows, columns = np.mgrid[: _SHAPE[0], : _SHAPE[1]].astype(float)
    angle, period = rng.uniform(0, np.pi), 2.0 ** rng.uniform(1.5, 7)
    along = (columns * np.cos(angle) + rows * np.sin(angle)) / period
    across = (rows * np.cos(angle) - columns * np.sin(angle)) / period * rng.uniform(0.5, 2)
    waves = {
        'grating': np.sin(2 * np.pi * along),
        'rows': np.sign(np.sin(2 * np.pi * along)),
        'checkerboard': np.sign(np.sin(2 * np.pi * along) * np.sin(2 * np.pi * across)),
        'dots': np.cos(2 * np.pi * along) + np.cos(2 * np.pi * across),
        'bricks': np.sign(np.sin(2 * np.pi * (along + 0.5 * (np.floor(across) % 2)))),
        'roofs': np.maximum((along % 1) > 0.5, (across % 1) > 0.7).astype(float),
    }
    values = waves[str(rng.choice(list(waves)))] + rng.uniform(0, 0.5) * rng.normal(size=_SHAPE)
    return Hostile(_as_image(values), _told(rng))


@kind(500)
def text(_: Scene, rng: Rng) -> Hostile:
    image = np.full((*_SHAPE, 3), rng.integers(150, 256), np.uint8)
    letters, size = list(string.ascii_letters + string.digits + '    .,:-'), rng.uniform(0.4, 1.5)
    for row in np.arange(20, _SHAPE[0] + 40, 28 * size):
        line = ''.join(rng.choice(letters, int(60 / size)))
        _write(image, line, (8, int(row)), size, int(rng.integers(0, 90)))
    if rng.random() < 0.5:
        matrix = cv2.getRotationMatrix2D((_SHAPE[1] / 2, _SHAPE[0] / 2), rng.uniform(0, 360), 1.2)
        image = cv2.warpAffine(image, matrix, _SHAPE[::-1], borderMode=cv2.BORDER_REFLECT)
    return Hostile(image, _told(rng))


@kind(500)
def shapes(_: Scene, rng: Rng) -> Hostile:
    image = np.full((*_SHAPE, 3), rng.integers(0, 256, 3), np.uint8)
    for _number in range(rng.integers(1, 60)):
        colour = rng.integers(0, 256, 3).tolist()
        points = rng.uniform(-50, 700, (rng.integers(2, 6), 2)).astype(np.int32)
        if rng.random() < 0.5:
            cv2.fillPoly(image, [points], colour)
        else:
            cv2.polylines(image, [points], False, colour, int(rng.integers(1, 12)))
    return Hostile(image, _told(rng))


@kind(400)
def negative(scene: Scene, rng: Rng) -> Hostile:
    return _changed(scene, rng, lambda image: 255 - image)


@kind(500)
def blurred(scene: Scene, rng: Rng) -> Hostile:
    return _changed(scene, rng, lambda image: cv2.blur(image, _smear(rng)))


def _smear(rng: Rng) -> tuple[int, int]:
    length = int(rng.integers(3, 90))
    return (length, 1 + 2 * int(rng.integers(0, 3))) if rng.random() < 0.5 else (length, length)


@kind(600)
def glued(scene: Scene, rng: Rng) -> Hostile:
    first = scene.photo(rng)
    second = scene.photo(rng) if rng.random() < 0.5 else scene.photo_elsewhere(rng)
    image = _glued(rng, first.image, second.image)
    return Hostile(image, told_view(rng, first), _places(first.place, second.place))


@kind(700)
def with_display(scene: Scene, rng: Rng) -> Hostile:
    elsewhere = rng.random() < 0.3
    shot = scene.photo_elsewhere(rng) if elsewhere else scene.photo(rng)
    image = shot.image.copy()
    bright = int(rng.integers(180, 256))
    height, width = image.shape[:2]
    for row in range(24, height, int(rng.integers(24, 90))):
        _write(image, f'ALT {rng.uniform(0, 200):.1f}', (8, row), 0.5, bright)
        _write(image, f'N{rng.uniform(40, 60):.5f}', (width - 150, row), 0.5, bright)
    cv2.circle(image, (width // 2, height // 2), int(rng.integers(20, 200)), [bright] * 3, 2)
    cv2.line(image, (0, height // 2), (width, height // 2), [bright] * 3, 2)
    if rng.random() < 0.3:
        bar = height // 6
        image[:bar] = image[-bar:] = 0  # above and below
    return Hostile(image, told_view(rng, shot), _places(shot.place))


@kind(800)
def map_crops(scene: Scene, rng: Rng) -> Hostile:
    """Cut the map itself, turned and scaled; what is told of it is right, wrong or nothing."""
    side_m = scene.site.size_m
    gsd, heading_deg = rng.uniform(0.15, 0.6), rng.uniform(0, 360)
    offset_m = rng.uniform(-0.3, 0.3, 2) * side_m
    middle = (np.array(scene.map_pixels.shape[1::-1]) - 1) / 2
    at = middle + offset_m * (1, -1) / MAP_GSD_M_PER_PX
    image = cut_turned(scene.map_pixels, at, heading_deg, gsd / MAP_GSD_M_PER_PX)
    view = view_of(rng, heading_deg, gsd) if rng.random() < 0.5 else _told(rng)
    return Hostile(image, view, (scene.site.geodetic(*(scene.site.center_m + offset_m)),))


@kind(400)
def spoiled(scene: Scene, rng: Rng) -> Hostile:
    """Photos as bad links and bad sensors leave them."""
    return _changed(scene, rng, SPOILERS[int(rng.integers(len(SPOILERS)))](rng))


SPOILERS: list[Callable[[Rng], Callable[[np.ndarray], np.ndarray]]] = [
    lambda rng: lambda image: _recoded(image, int(rng.integers(1, 12))),
    lambda rng: lambda image: (image // 64) * 64,
    lambda rng: lambda image: image[..., rng.permutation(3)],
    lambda rng: lambda image: np.where(rng.random(_SHAPE)[..., None] < 0.3, 255, image),
    lambda rng: lambda image: np.clip(image * rng.uniform(3, 20), 0, 255),
    lambda rng: lambda image: image * rng.uniform(0.02, 0.2),
    lambda rng: lambda image: np.where(np.arange(_SHAPE[0])[:, None, None] % 2, 0, image),
    lambda rng: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    lambda rng: (
        lambda image: cv2.copyMakeBorder(
            image[100:380, 150:490], 100, 100, 150, 150, cv2.BORDER_REFLECT
        )
    ),
]


@kind(300)
def odd_sizes(scene: Scene, rng: Rng) -> Hostile:
    shot = scene.photo(rng)
    long_side = int(2.0 ** rng.uniform(0, 12))
    short_side = max(1, int(long_side * rng.uniform(0.001, 1) ** 2))
    size = (long_side, short_side) if rng.random() < 0.5 else (short_side, long_side)
    image = cv2.resize(shot.image, size, interpolation=cv2.INTER_AREA)
    return Hostile(image, told_view(rng, shot), _places(shot.place))


@kind(10)
def huge(scene: Scene, rng: Rng) -> Hostile:
    elsewhere = rng.random() < 0.5
    shot = scene.photo_elsewhere(rng) if elsewhere else scene.photo(rng)
    width = int(rng.integers(6000, 11_500))
    height = width * _SHAPE[0] // _SHAPE[1]
    image = cv2.resize(shot.image, (width, height), interpolation=cv2.INTER_CUBIC)
    view = told_view(rng, shot)
    if view.gsd_m_per_px is not None:
        view = replace(view, gsd_m_per_px=view.gsd_m_per_px * _SHAPE[1] / width)
    return Hostile(image, view, _places(shot.place))


@kind(300)
def wrong_types(scene: Scene, rng: Rng) -> Hostile:
    shot = scene.photo(rng)
    makers: list[Callable[[np.ndarray], Any]] = [
        lambda image: np.full(image.shape, np.nan),
        lambda image: image.astype(float) / 255,
        lambda image: image.astype(np.uint16) * 257,
        lambda image: image[..., :2],
        lambda image: np.dstack([image, image]),
        lambda image: image[None],
        lambda image: image[:0],
        lambda image: np.zeros((0, 0, 3), np.uint8),
        lambda image: image > 100,
        lambda image: image.tolist()[0],
        lambda image: Image.fromarray(image).convert('CMYK'),
        lambda image: Image.fromarray(image).convert('1'),
        lambda image: Image.fromarray(image).convert('P'),
        lambda image: Image.fromarray(image[..., 0].astype(np.float32)),
        lambda image: np.dstack([image, rng.integers(0, 256, image.shape[:2], np.uint8)]),
        lambda _: None,
        lambda _: b'not an image',
        lambda _: '/nowhere/photo.jpg',
    ]
    image = makers[int(rng.integers(len(makers)))](shot.image)
    return Hostile(image, told_view(rng, shot), _places(shot.place))


@kind(290)
def wild_views(scene: Scene, rng: Rng) -> Hostile:
    """Photos of the map of which nonsense is told."""
    shot = scene.photo(rng)
    gsd = float(rng.choice([1e-12, 1e-4, 0.01, 3.0, 10.0, 1e4, 1e12]))
    heading = float(rng.choice([-720.0, 0.0, 1e5, 12345.6]))
    view = View(heading_deg=heading if rng.random() < 0.5 else None, gsd_m_per_px=gsd)
    return Hostile(shot.image, view, _places(shot.place))


def _changed(scene: Scene, rng: Rng, change: Callable[[np.ndarray], np.ndarray]) -> Hostile:
    shot = scene.photo(rng)
    image = np.ascontiguousarray(change(shot.image).astype(np.uint8))
    return Hostile(image, told_view(rng, shot), _places(shot.place))


def _places(*places: tuple[float, float] | None) -> tuple[tuple[float, float], ...]:
    return tuple(place for place in places if place is not None)


def _glued(rng: Rng, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    image, axis = first.copy(), int(rng.integers(2))
    start = int(rng.uniform(0.2, 0.8) * image.shape[axis])
    half = (slice(start, None), slice(None)) if axis == 0 else (slice(None), slice(start, None))
    image[half] = second[half]
    return image


def _recoded(image: np.ndarray, quality: int) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, 'JPEG', quality=quality)
    return np.array(Image.open(stream))


def _write(image: np.ndarray, line: str, at: tuple[int, int], size: float, level: int) -> None:
    cv2.putText(image, line, at, cv2.FONT_HERSHEY_SIMPLEX, size, [level] * 3, 1, cv2.LINE_AA)
