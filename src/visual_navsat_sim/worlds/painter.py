# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw everything on a sheet: ground, water, roads, cars, shadows, buildings, trees."""

from __future__ import annotations

import cv2
import numpy as np
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat_sim.worlds.buildings import paint_buildings
from visual_navsat_sim.worlds.canvas import Canvas, draw_lines, fill, fill_convex, Project
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.features import Features, Field, join, Layer, places_of, Shapes
from visual_navsat_sim.worlds.materials import CONIFERS, material, MATERIALS, TREE_SHADES
from visual_navsat_sim.worlds.noise import hash_uniform
from visual_navsat_sim.worlds.polygons import axes, rectangle, swept
from visual_navsat_sim.worlds.sheet import FIXED_BITS, Sheet
from visual_navsat_sim.worlds.texture import lump_texture, row_texture
from visual_navsat_sim.worlds.trees import paint_trees
from visual_navsat_sim.worlds.world import World

_REACH_M = 75.0  # how far a building's shadow or parallax goes
_CAR_HEIGHT_M = 1.3
BARE_SEASONS = ('spring', 'winter')


def paint(world: World, epoch: Epoch, project: Project, sheet: Sheet) -> Canvas:
    """Return the canvas of a sheet on one day, seen from one side or from one point."""
    canvas = Canvas(sheet, material('rough'))
    districts = world.features_near(sheet.shown_region.padded(_REACH_M))
    _paint_ground(canvas, districts, epoch, world)
    _paint_cars(canvas, _gather(districts, 'cars'), epoch)
    buildings = _gather(districts, 'buildings')
    buildings = buildings[sheet.near(places_of(buildings), _REACH_M)]
    trees = _gather(districts, 'trees')
    is_tall = buildings['eave'] > 8.0
    paint_buildings(canvas, buildings[~is_tall], epoch, project)
    below = canvas.materials.copy() if epoch.season in BARE_SEASONS else None
    paint_trees(canvas, trees, epoch, project)
    if below is not None:
        _thin_out(canvas, below)
    paint_buildings(canvas, buildings[is_tall], epoch, project)
    return canvas


def _thin_out(canvas: Canvas, below: np.ndarray) -> None:
    """Let the ground show between the twigs of bare trees."""
    is_bare = np.zeros(256, np.uint8)
    first = MATERIALS['tree'].start
    is_bare[first:][: TREE_SHADES * min(CONIFERS)] = 1
    gaps = lump_texture(0.45, 5).sample(canvas.sheet) > 0.35
    cv2.copyTo(below, cv2.LUT(canvas.materials, is_bare) * gaps, canvas.materials)


def _gather(districts: list[Features], name: str) -> np.ndarray:
    return join([getattr(district, name) for district in districts])


def _paint_ground(canvas: Canvas, districts: list[Features], epoch: Epoch, world: World) -> None:
    """Paint what lies flat, layer by layer; fields and water come between two of the layers."""
    shapes = _GroundShapes(canvas, [district.shapes for district in districts])
    shapes.paint(Layer.DISTRICT, Layer.PARCEL)
    for district in districts:
        for field in district.fields:
            if canvas.sheet.overlaps(field.bounds):
                _paint_field(canvas, field, epoch)
    shapes.paint(Layer.PATCH, Layer.WATER)
    _paint_water(canvas, world)
    shapes.paint(Layer.WATER + 1, Layer.ROAD_LINE)


class _GroundShapes:
    """The shapes that touch a sheet, in the order in which they are painted."""

    def __init__(self, canvas: Canvas, shapes: list[Shapes]) -> None:
        self._canvas = canvas
        gsd_m = canvas.sheet.gsd_m
        self._pixels = [canvas.sheet.pixels(part.points) for part in shapes]
        chosen = []
        for number, part in enumerate(shapes):
            # Lines far thinner than a pixel leave no trace.
            shows = (part.widths_m == 0) | (part.widths_m >= 0.3 * gsd_m)
            index = np.flatnonzero(canvas.sheet.overlaps(part.bounds) & shows)
            thickness = np.maximum(1, np.rint(part.widths_m[index] / gsd_m)).astype(int)
            thickness[part.widths_m[index] == 0] = 0
            chosen.append(
                np.column_stack(
                    [part.layers[index], np.full(len(index), number), part.starts[index],
                     part.starts[index + 1], part.materials[index], thickness]
                )
            )  # fmt: skip
        order = np.concatenate(chosen)
        order = order[np.argsort(order[:, 0], kind='stable')]
        self._layers, self._order = order[:, 0], order[:, 1:].tolist()

    def paint(self, first_layer: int, last_layer: int) -> None:
        """Paint some layers, both ends included."""
        start = np.searchsorted(self._layers, first_layer, 'left')
        stop = np.searchsorted(self._layers, last_layer, 'right')
        raster, pixels = self._canvas.materials, self._pixels
        for part, begin, end, material_number, thickness in self._order[start:stop]:
            fixed = pixels[part][begin:end]
            if thickness:
                draw_lines(raster, [fixed], material_number, thickness)
            else:
                fill(raster, [fixed], material_number)


def _paint_field(canvas: Canvas, field: Field, epoch: Epoch) -> None:
    """Fill a field with this year's crop, and lay its rows over the brightness."""
    sheet = canvas.sheet
    crop = int(hash_uniform(epoch.seed, field.key, 81) * len(MATERIALS['crop']))
    fixed = sheet.pixels(field.polygon)
    fill(canvas.materials, [fixed], material('crop', crop))
    if canvas.rows is None:
        canvas.rows = np.zeros(canvas.materials.shape, np.float32)
    left, top = (fixed.min(axis=0) >> FIXED_BITS).tolist()
    right, bottom = ((fixed.max(axis=0) >> FIXED_BITS) + 2).tolist()
    box = PixelBox(top, left, bottom, right).intersection(PixelBox(0, 0, *sheet.grid.shape))
    if box.is_empty:
        return
    part = sheet.part(box)
    # Two fields at one angle share neither: each lays two sets of streaks over each other its way.
    shifts = hash_uniform(field.key, ((82, 83), (85, 86))) * 300
    first, second = (
        row_texture(number).sample(part, field.angle, shift) for number, shift in enumerate(shifts)
    )
    streaks = cv2.addWeighted(first, 0.5**0.5, second, 0.5**0.5, 0.0)
    if not field.is_headland:
        _add_tramlines(streaks, part, field)
    mask = np.zeros(streaks.shape, np.uint8)
    fill(mask, [part.pixels(field.polygon)], 1)
    cv2.copyTo(streaks, mask, canvas.rows[box.slices])


def _add_tramlines(streaks: np.ndarray, part: Sheet, field: Field) -> None:
    """Darken the pairs of wheel tracks that sprayers leave every 24 m."""
    along, across = axes(np.asarray(field.angle))
    reach = np.hypot(*np.ptp(field.polygon, axis=0))
    middle = field.polygon.mean(axis=0)
    thickness = max(1, round(0.4 / part.gsd_m))
    strength = -2.2 * min(1.0, 0.4 / part.gsd_m / thickness)
    offsets = (np.arange(-reach / 2, reach / 2, 24.0)[:, None] + (-0.9, 0.9)).reshape(-1, 1, 1)
    lines = middle + across * offsets + along * np.array([[-reach], [reach]])
    draw_lines(streaks, part.pixels(lines), strength, thickness)


def _paint_water(canvas: Canvas, world: World) -> None:
    distance = world.water.sample(canvas.sheet)
    if distance.max() < -6.0:
        return
    shown = canvas.sheet.shown.slices
    distance = distance + 0.8 * lump_texture(1.5, 3).sample(canvas.sheet)[shown]
    canvas.materials[shown][distance > -2.5] = material('shore')
    canvas.materials[shown][distance > 0] = material('water')


def _paint_cars(canvas: Canvas, cars: np.ndarray, epoch: Epoch) -> None:
    sheet = canvas.sheet
    cars = cars[sheet.near(places_of(cars), 9.0)]
    cars = cars[hash_uniform(epoch.seed, cars['key'], 84) < cars['presence']]
    places = places_of(cars)
    looks = hash_uniform(epoch.seed, cars['key'], 85)
    colours = (material('car') + (looks * looks * 10).astype(int)).tolist()
    length, width, angle = (cars[name].astype(float) for name in ('length', 'width', 'angle'))
    bodies = rectangle(places, length, width, angle)
    for hull in sheet.pixels(swept(bodies, angle, _CAR_HEIGHT_M * epoch.shadow_shift)):
        fill_convex(canvas.shadow, hull, 255)
    for body, colour in zip(sheet.pixels(bodies), colours, strict=True):
        fill_convex(canvas.materials, body, colour)
    if sheet.gsd_m > 0.6:
        return
    has_panes = length < 6
    places, length, angle = places[has_panes], length[has_panes], angle[has_panes]
    along, _ = axes(angle)
    for shift, share in ((0.12, 0.16), (-0.34, 0.1)):
        middle = places + along * (shift * length)[:, None]
        panes = rectangle(middle, share * length, 1.5, angle)
        fill(canvas.materials, sheet.pixels(panes), material('glass'))
