"""Draw everything in a window: ground, water, roads, cars, shadows, buildings, trees."""

from __future__ import annotations

from itertools import chain

import cv2
import numpy as np

from visual_navsat.worlds.buildings import paint_buildings
from visual_navsat.worlds.canvas import Canvas
from visual_navsat.worlds.epoch import Epoch
from visual_navsat.worlds.features import LAYER_PATCH, LAYER_WATER, Features
from visual_navsat.worlds.materials import CONIFERS, MATERIALS, TREE_SHADES, material
from visual_navsat.worlds.noise import hash_uniform
from visual_navsat.worlds.polygons import rectangle
from visual_navsat.worlds.texture import lump_texture, row_texture
from visual_navsat.worlds.trees import paint_trees
from visual_navsat.worlds.window import CameraView, LeanView, Window
from visual_navsat.worlds.world import World

_REACH_M = 75.0  # how far a building's shadow or parallax goes
_WATER_STEP_M = 8.0
BARE_SEASONS = ('spring', 'winter')


def paint(world: World, epoch: Epoch, view: LeanView | CameraView, window: Window) -> Canvas:
    """Return the canvas of a window on one day, seen from one side or from one point."""
    canvas = Canvas(window, material('rough'))
    districts = world.features_near(
        window.west_m - _REACH_M,
        window.south_m - _REACH_M,
        window.east_m + _REACH_M,
        window.north_m + _REACH_M,
    )
    _paint_ground(canvas, districts, epoch, world)
    _paint_cars(canvas, _gather(districts, 'cars'), epoch)
    buildings = _gather(districts, 'buildings')
    places = np.stack([buildings['east'], buildings['north']], axis=1)
    buildings = buildings[window.near(places, _REACH_M)]
    trees = _gather(districts, 'trees')
    is_tall = buildings['eave'] > 8.0
    paint_buildings(canvas, buildings[~is_tall], epoch, view)
    below = canvas.materials.copy() if epoch.season in BARE_SEASONS else None
    paint_trees(canvas, trees, epoch, view)
    if below is not None:
        _thin_out(canvas, below)
    paint_buildings(canvas, buildings[is_tall], epoch, view)
    return canvas


def _thin_out(canvas: Canvas, below: np.ndarray) -> None:
    """Let the ground show between the twigs of bare trees."""
    is_bare = np.zeros(256, np.uint8)
    is_bare[MATERIALS['tree'].start : MATERIALS['tree'].start + TREE_SHADES * min(CONIFERS)] = 1
    gaps = lump_texture(0.45, 5).sample(canvas.window) > 0.35
    cv2.copyTo(below, cv2.LUT(canvas.materials, is_bare) * gaps, canvas.materials)


def _gather(districts: list[Features], name: str) -> np.ndarray:
    return np.concatenate([getattr(district, name) for district in districts])


def _paint_ground(canvas: Canvas, districts: list[Features], epoch: Epoch, world: World) -> None:
    shapes = sorted(
        chain.from_iterable(
            (district.shapes[index] for index in _touched(canvas.window, district.shape_bounds))
            for district in districts
        ),
        key=lambda shape: shape.layer,
    )
    above = [shape for shape in shapes if shape.layer > LAYER_WATER]
    for shape in shapes[: len(shapes) - len(above)]:
        if shape.layer > LAYER_PATCH:
            break
        _paint_shape(canvas, shape)
    for district in districts:
        for index in _touched(canvas.window, district.field_bounds):
            _paint_field(canvas, district.fields[index], epoch)
    for shape in shapes[: len(shapes) - len(above)]:
        if shape.layer >= LAYER_PATCH:
            _paint_shape(canvas, shape)
    _paint_water(canvas, world)
    for shape in above:
        _paint_shape(canvas, shape)


def _touched(window: Window, bounds: np.ndarray) -> np.ndarray:
    return np.flatnonzero(window.overlaps(bounds))


def _paint_shape(canvas: Canvas, shape) -> None:
    if shape.width_m:
        canvas.stroke(shape.points, shape.width_m, shape.material)
    else:
        canvas.fill(shape.points, shape.material)


def _paint_field(canvas: Canvas, field, epoch: Epoch) -> None:
    """Fill a field with this year's crop, and lay its rows over the brightness."""
    window = canvas.window
    crop = int(hash_uniform(epoch.seed, field.key, 81) * len(MATERIALS['crop']))
    canvas.fill(field.polygon, material('crop', crop))
    if canvas.rows is None:
        canvas.rows = np.zeros(canvas.materials.shape, np.float32)
    fixed = window.pixels(field.polygon)
    low = np.clip(fixed.min(axis=0) >> 4, 0, (window.width, window.height))
    high = np.clip((fixed.max(axis=0) >> 4) + 2, 0, (window.width, window.height))
    if (high <= low).any():
        return
    part = Window(
        window.west_m + low[0] * window.gsd_m,
        window.north_m - low[1] * window.gsd_m,
        int(high[0] - low[0]),
        int(high[1] - low[1]),
        window.gsd_m,
    )
    shift = hash_uniform(field.key, (82, 83)) * 300
    streaks = row_texture().sample(part, field.angle, shift)
    if not field.is_headland:
        _add_tramlines(streaks, part, field)
    mask = np.zeros(streaks.shape, np.uint8)
    cv2.fillPoly(mask, [part.pixels(field.polygon)], 1, cv2.LINE_8, 4)
    cv2.copyTo(streaks, mask, canvas.rows[low[1] : high[1], low[0] : high[0]])


def _add_tramlines(streaks: np.ndarray, part: Window, field) -> None:
    """Darken the pairs of wheel tracks that sprayers leave every 24 m."""
    along = np.array([np.cos(field.angle), np.sin(field.angle)])
    across = np.array([-along[1], along[0]])
    reach = np.hypot(*np.ptp(field.polygon, axis=0))
    middle = field.polygon.mean(axis=0)
    thickness = max(1, round(0.4 / part.gsd_m))
    strength = -2.2 * min(1.0, 0.4 / part.gsd_m / thickness)
    for offset in np.arange(-reach / 2, reach / 2, 24.0):
        for wheel in (-0.9, 0.9):
            line = middle + across * (offset + wheel) + along * np.array([[-reach], [reach]])
            cv2.polylines(streaks, [part.pixels(line)], False, strength, thickness, cv2.LINE_8, 4)


def _paint_water(canvas: Canvas, world: World) -> None:
    window, step = canvas.window, _WATER_STEP_M
    first_column = int(np.floor(window.west_m / step)) - 1
    first_row = int(np.floor(-window.north_m / step)) - 1
    columns = np.arange(first_column, int(np.ceil(window.east_m / step)) + 2) * step
    rows = np.arange(first_row, int(np.ceil(-window.south_m / step)) + 2) * -step
    east, north = np.meshgrid(columns, rows)
    distance = world.water_distance_m(east, north).astype(np.float32)
    if distance.max() < -6.0:
        return
    scale = window.gsd_m / step
    matrix = np.array(
        [
            [scale, 0, window.west_m / step - first_column + scale / 2],
            [0, scale, -window.north_m / step - first_row + scale / 2],
        ]
    )
    distance = cv2.warpAffine(
        distance,
        matrix,
        (window.width, window.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    distance += 0.8 * lump_texture(1.5, 3).sample(window)
    canvas.materials[distance > -2.5] = material('shore')
    canvas.materials[distance > 0] = material('water')


def _paint_cars(canvas: Canvas, cars: np.ndarray, epoch: Epoch) -> None:
    window = canvas.window
    cars = cars[window.near(np.stack([cars['east'], cars['north']], axis=1), 9.0)]
    chance = hash_uniform(epoch.seed, cars['key'], 84)
    cars = cars[chance < cars['presence']]
    looks = hash_uniform(epoch.seed, cars['key'], 85)
    shadow = 1.3 * epoch.shadow_shift
    for car, look in zip(cars, looks, strict=True):
        center = np.array([car['east'], car['north']])
        size, angle = (car['length'], car['width']), float(car['angle'])
        body = rectangle(center, *size, angle)
        canvas.shade(window.pixels(np.concatenate([body, body + shadow])))
        colour = material('car', int(look * look * 10))
        canvas.fill_convex(window.pixels(body), colour)
        if window.gsd_m < 0.6 and size[0] < 6:
            along = np.array([np.cos(angle), np.sin(angle)])
            for place, length in ((0.12, 0.16), (-0.34, 0.1)):
                pane = rectangle(center + along * place * size[0], length * size[0], 1.5, angle)
                canvas.fill_convex(window.pixels(pane), material('glass'))
