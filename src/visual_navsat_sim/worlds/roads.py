# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Roads of every class: kerbs, surfaces, markings, trees and traffic along a line."""

from __future__ import annotations

import numpy as np
from visual_navsat_sim.worlds.features import FeatureList, Layer
from visual_navsat_sim.worlds.materials import material
from visual_navsat_sim.worlds.polygons import axes, rectangle

HALF_WIDTH_M = {'main': 9.0, 'street': 6.5, 'rural': 6.0, 'track': 3.5, 'none': 0.5}


def lay_road(
    out: FeatureList, line: np.ndarray, kind: str, rng: np.random.Generator, in_town: bool
) -> None:
    """Add one road of the net, with what belongs to it."""
    surface = material('asphalt', rng.integers(0, 3))
    if kind == 'none':
        return
    if kind == 'track':
        lay_track(out, line, rng)
        return
    if kind == 'street':
        lay_street(out, line, rng, width_m=6.5)
        return
    width = 8.5 if kind == 'main' else 6.0
    if in_town:
        out.line(line, width + 7.0, material('paving', rng.integers(0, 4)), Layer.VERGE)
        out.line(line, width + 0.7, material('kerb'), Layer.ROAD_KERB)
    else:
        out.line(line, width + 5.0, material('rough', 1), Layer.VERGE)
        out.line(line, width + 1.6, material('gravel', rng.integers(0, 3)), Layer.ROAD_KERB)
    out.line(line, width, surface, Layer.ROAD)
    if kind == 'main':
        for offset in (-width / 2 + 0.35, width / 2 - 0.35):
            out.line(shift(line, offset), 0.16, material('marking'), Layer.ROAD_LINE)
    _dashes(out, line, Layer.ROAD_LINE)
    _traffic(out, line, width, rng, spacing_m=55.0 if in_town else 130.0)
    if in_town or rng.random() < 0.4:
        _avenue(out, line, width / 2 + rng.uniform(4.5, 6.0), rng, share=rng.uniform(0.1, 0.8))


def lay_street(
    out: FeatureList, line: np.ndarray, rng: np.random.Generator, width_m: float
) -> None:
    """Add a street of a town: sidewalks, kerbs, asphalt, parked cars."""
    paving = material('paving', rng.integers(0, 4))
    out.line(line, width_m + 3.6, paving, Layer.SIDEWALK)
    out.line(line, width_m + 0.5, material('kerb'), Layer.KERB)
    out.line(line, width_m, material('asphalt', rng.integers(0, 5)), Layer.STREET)
    if width_m > 6 and rng.random() < 0.5:
        _dashes(out, line, Layer.STREET_LINE)
    if rng.random() < 0.3:
        _avenue(out, line, width_m / 2 + 1.6, rng, share=rng.uniform(0.3, 0.9))
    for sign in (-1, 1):
        if rng.random() < 0.6:
            places, angles = walk(shift(line, sign * (width_m / 2 - 1.1)), 6.2, start=9.0)
            out.park(places, angles, 0.3, rng)


def lay_track(out: FeatureList, line: np.ndarray, rng: np.random.Generator) -> None:
    """Add an unpaved track: two wheel ruts with grass between them."""
    out.line(line, 3.4, material('rough', 2), Layer.PATH)
    for offset in (-0.8, 0.8):
        out.line(shift(line, offset), 0.9, material('track', rng.integers(0, 2)), Layer.LOT)


def lay_car_park(
    out: FeatureList, center, length: float, width: float, angle: float, rng: np.random.Generator
) -> None:
    """Add a car park: asphalt, marked bays in double rows, cars in many of them."""
    along, across = axes(angle)
    surface = material('asphalt', rng.integers(0, 5))
    out.area(rectangle(center, length + 1, width + 1, angle), material('kerb'), Layer.PATH)
    out.area(rectangle(center, length, width, angle), surface, Layer.LOT)
    presence = rng.uniform(0.25, 0.85)
    rows = max(1, int(width // 16.5))
    bays = max(0, int((length - 4) // 2.6))
    middles = ((np.arange(rows) - (rows - 1) / 2)[:, None] * 16.5 + (-5.6, 5.6)).ravel()
    stations = (np.arange(bays + 1) - bays / 2) * 2.6
    places = center + stations[None, :, None] * along + middles[:, None, None] * across
    ends = np.stack([places - across * 2.4, places + across * 2.4], axis=2).reshape(-1, 2, 2)
    out.lines(ends, 0.12, material('marking'), Layer.LOT_LINE)
    spots = (places[:, :-1] + along * 1.3).reshape(-1, 2)
    spots = spots + rng.uniform(-0.3, 0.3, (len(spots), 1)) * across
    turn = rng.choice([-0.5, 0.5], len(spots)) * np.pi + rng.normal(0, 0.02, len(spots))
    out.park(spots, angle + turn, presence, rng)


def shift(line: np.ndarray, offset_m: float) -> np.ndarray:
    """Return a line moved to its left."""
    tangent = np.gradient(line, axis=0)
    tangent /= np.hypot(*tangent.T)[:, None]
    return line + offset_m * np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)


def reach_out(line: np.ndarray, length_m: float) -> np.ndarray:
    """Return a street lengthened at both ends to join the next one, with points for a bend."""
    along = (line[1] - line[0]) / max(np.hypot(*(line[1] - line[0])), 1e-6)
    start, end = line[0] - length_m * along, line[1] + length_m * along
    return start + np.linspace(0, 1, 5)[:, None] * (end - start)


def walk(line: np.ndarray, step_m: float, start: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """
    Return places along a line every ``step_m`` metres, ``start`` off both ends.

    :return: (N, 2) east and north, and (N,) directions, rad from east.
    """
    steps = np.hypot(*np.diff(line, axis=0).T)
    reached = np.concatenate([[0], np.cumsum(steps)])
    stations = np.arange(start, reached[-1] - start, step_m)
    east = np.interp(stations, reached, line[:, 0])
    north = np.interp(stations, reached, line[:, 1])
    segment = np.clip(np.searchsorted(reached, stations) - 1, 0, len(steps) - 1)
    angles = np.arctan2(*np.diff(line, axis=0)[segment].T[::-1])
    return np.stack([east, north], axis=1), angles


def _dashes(out: FeatureList, line: np.ndarray, layer: int) -> None:
    places, angles = walk(line, 9.0, start=8.0)
    along, _ = axes(angles)
    out.lines(np.stack([places, places + 3.0 * along], axis=1), 0.16, material('marking'), layer)


def _traffic(
    out: FeatureList, line: np.ndarray, width: float, rng: np.random.Generator, spacing_m: float
) -> None:
    for sign in (-1, 1):
        stops = walk(shift(line, sign * width / 4), spacing_m, rng.uniform(5, 30))
        for place, angle in zip(*stops, strict=True):
            length = 4.5 if rng.random() < 0.85 else 10.0
            out.car(place, angle, 0.5, rng, length, 1.8 if length < 6 else 2.5)


def _avenue(
    out: FeatureList, line: np.ndarray, offset: float, rng: np.random.Generator, share: float
) -> None:
    species = rng.integers(0, 6)
    places = np.concatenate(
        [walk(shift(line, sign * offset), 9.0, start=12.0)[0] for sign in (-1, 1)]
    )
    places = places[rng.random(len(places)) < share]
    places = places + rng.normal(0, 0.5, places.shape)
    radius = rng.uniform(2.0, 3.6, len(places))
    out.plant(places, radius, radius * 2.6, species, rng)
