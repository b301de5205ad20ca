# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Plane geometry of parcels: clip, inset and split polygons."""

from __future__ import annotations

from collections.abc import Iterator
import math

import cv2
import numpy as np


def area_m2(polygon: np.ndarray) -> float:
    """Return the signed area of a (P, 2) polygon, positive when counter-clockwise."""
    if len(polygon) < 3:
        return 0.0
    # Relative to a corner, so that far coordinates do not cancel.
    x, y = (polygon[1:] - polygon[0]).T
    return float(x[:-1] @ y[1:] - x[1:] @ y[:-1]) / 2


def clip(polygon: np.ndarray, origin: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """
    Return the part of a (P, 2) polygon on the side of a line that ``normal`` points to.

    Source: Sutherland and Hodgman, "Reentrant polygon clipping", 1974.
    """
    # Plain floats: for the handful of corners of a parcel, arrays would be ten times slower.
    (x0, y0), (nx, ny) = origin.tolist(), normal.tolist()
    corners = polygon.tolist()
    sides = [(x - x0) * nx + (y - y0) * ny for x, y in corners]
    if not sides or min(sides) >= 0:
        return polygon
    kept = []
    (x_before, y_before), side_before = corners[-1], sides[-1]
    for (x, y), side in zip(corners, sides, strict=True):
        if (side >= 0) != (side_before >= 0):
            share = side_before / (side_before - side)
            kept.append((x_before + share * (x - x_before), y_before + share * (y - y_before)))
        if side >= 0:
            kept.append((x, y))
        x_before, y_before, side_before = x, y, side
    return np.array(kept).reshape(-1, 2)


def convex_core(polygon: np.ndarray) -> np.ndarray:
    """
    Return the part of a counter-clockwise polygon that lies inside of all its edges.

    It is convex; a polygon that is so already comes back unchanged. Edges shorter than 6 m, such
    as an inset leaves at sharp corners, do not count. Where nothing is left, as in some
    horseshoes, the polygon itself is returned.
    """
    if _is_convex(polygon):
        return polygon
    outline = polygon[np.hypot(*_edges(polygon).T) >= 6.0]
    core = outline
    for corner, (east, north) in zip(outline, _edges(outline), strict=True):
        core = clip(core, corner, np.array([-north, east]))
    return core if len(core) > 2 else polygon


def _is_convex(polygon: np.ndarray) -> bool:
    edges = _edges(polygon)
    before = np.roll(edges, 1, axis=0)
    return bool((before[:, 0] * edges[:, 1] - before[:, 1] * edges[:, 0] >= -1e-9).all())


def inset(polygon: np.ndarray, distance_m: float) -> np.ndarray:
    """
    Return a counter-clockwise polygon with every edge moved inwards.

    Made for parcels: edges should be longer than ``distance_m``. Empty if nothing is left.
    """
    edges = _edges(polygon)
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    keep = lengths > 0.5
    if not keep.all():
        return inset(polygon[keep], distance_m) if keep.sum() > 2 else polygon[:0]
    normals = np.column_stack([-edges[:, 1], edges[:, 0]]) / lengths[:, None]
    miter = normals.copy()
    miter[1:] += normals[:-1]
    miter[0] += normals[-1]
    # A sharp corner would shoot far inwards; there the miter is cut short.
    reach = np.maximum((miter * normals).sum(axis=1), 0.35)
    shrunk = polygon + distance_m * miter / reach[:, None]
    return shrunk if area_m2(shrunk) > 4 * distance_m**2 else polygon[:0]


def _edges(polygon: np.ndarray) -> np.ndarray:
    """Return the (P, 2) vectors from each corner to the next."""
    edges = np.empty_like(polygon)
    np.subtract(polygon[1:], polygon[:-1], out=edges[:-1])
    np.subtract(polygon[0], polygon[-1], out=edges[-1])
    return edges


def closed(polygon: np.ndarray) -> np.ndarray:
    """Return the (..., P + 1, 2) outline of polygons (..., P, 2), back to the first corner."""
    return np.concatenate([polygon, polygon[..., :1, :]], axis=-2)


def oriented_box(polygon: np.ndarray) -> tuple[np.ndarray, float, float, float]:
    """Return centre (2,), length, width (length >= width) and angle (rad) of the smallest box."""
    origin = polygon.mean(axis=0)
    # Relative to the origin: OpenCV computes in float32, too coarse for far coordinates.
    (x, y), (length, width), degrees = cv2.minAreaRect((polygon - origin).astype(np.float32))
    if length < width:
        length, width, degrees = width, length, degrees + 90
    return origin + np.array([x, y]), length, width, float(np.deg2rad(degrees))


def axes(angle: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the unit vectors along an angle and left of it, (..., 2) east and north each.

    :param angle: rad, counter-clockwise from east; a number or an array (...).
    """
    if isinstance(angle, np.ndarray):
        cos, sin = np.cos(angle), np.sin(angle)
        return np.stack([cos, sin], axis=-1), np.stack([-sin, cos], axis=-1)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([cos, sin]), np.array([-sin, cos])


def rectangle(center, length, width, angle) -> np.ndarray:
    """
    Return the (..., 4, 2) counter-clockwise corners of rectangles.

    :param center: (..., 2) east and north.
    :param length: metres; it, the width and the angle (rad from east) are numbers or (...).
    """
    along, across = axes(angle)
    u = along * (np.asarray(length)[..., None] / 2)
    v = across * (np.asarray(width)[..., None] / 2)
    return np.stack([center - u - v, center + u - v, center + u + v, center - u + v], axis=-2)


def swept(boxes: np.ndarray, angle: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """
    Return the (N, 6, 2) hulls of what rectangles cover on their way along a shift, (2,) or (N, 2).

    :param boxes: (N, 4, 2) as :func:`rectangle` returns them, with their angles (N,).
    """
    east, north = shift[..., 0], shift[..., 1]
    along = east * np.cos(angle) + north * np.sin(angle)
    across = north * np.cos(angle) - east * np.sin(angle)
    # The corner that goes ahead, and the others counter-clockwise after it.
    ahead = np.where(across >= 0, np.where(along >= 0, 2, 3), np.where(along >= 0, 1, 0))
    row = np.arange(len(boxes))[:, None]
    corners = boxes[row, (ahead[:, None] + np.array([2, 3, 3, 0, 1, 1])) % 4]
    corners[:, 2:5] += np.broadcast_to(shift, (len(boxes), 2))[:, None]
    return corners


def contains(polygon: np.ndarray, points: np.ndarray, margin_m: float = 0.0) -> np.ndarray:
    """
    Return for each of (N, 2) points whether it lies in a convex counter-clockwise polygon.

    :param margin_m: least distance from the edges.
    """
    edges = _edges(polygon)
    edges /= np.maximum(np.hypot(edges[:, 0], edges[:, 1]), 1e-9)[:, None]
    inward = np.column_stack([-edges[:, 1], edges[:, 0]])
    # Relative to a corner, so that far coordinates do not cancel.
    least = ((polygon - polygon[0]) * inward).sum(axis=1) + margin_m
    return ((points - polygon[0]) @ inward.T >= least).all(axis=1)


def encloses(polygon: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return for each of (N, 2) points whether it lies in a polygon, which may be concave."""
    inside = np.zeros(len(points), bool)
    east, north = points.T
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            spans = (y0 > north) != (y1 > north)
            inside ^= spans & (east < x0 + (north - y0) * (x1 - x0) / (y1 - y0))
    return inside


def split(
    polygon: np.ndarray,
    rng: np.random.Generator,
    max_area_m2: float,
    gap_m: float,
    wobble: float = 0.0,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """
    Cut a polygon across its longer side, again and again, until the parts are small.

    :param gap_m: width of the gap along each cut, for a street or a field boundary.
    :param wobble: 0 for square cuts near the middle; 1 for the irregular cuts of an old village.
    :return: the parts, and the (2, 2) centre line of each cut, widest cuts first.
    """
    parts: list[np.ndarray] = []
    cuts: list[np.ndarray] = []
    pending = [polygon]
    while pending:
        part = pending.pop(0)
        if area_m2(part) < max_area_m2 * rng.uniform(0.7, 1.3):
            if area_m2(part) > max_area_m2 / 12:
                parts.append(part)
            continue
        center, length, _, angle = oriented_box(part)
        along, _ = axes(angle)
        origin = center + along * length * rng.uniform(-0.06, 0.06) * (1 + 2 * wobble)
        normal, direction = axes(angle + wobble * rng.uniform(-0.3, 0.3))
        ends = list(_crossings(part, origin, normal))
        if len(ends) >= 2:
            reach = sorted(float((end - origin) @ direction) for end in ends)
            cuts.append(np.stack([origin + direction * reach[0], origin + direction * reach[-1]]))
        pending.append(clip(part, origin + normal * gap_m / 2, normal))
        pending.append(clip(part, origin - normal * gap_m / 2, -normal))
    return parts, cuts


def _crossings(
    polygon: np.ndarray, origin: np.ndarray, normal: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield the points where a line meets the outline of a polygon."""
    side = (polygon - origin) @ normal
    for index in np.flatnonzero((side >= 0) != (np.roll(side, -1) >= 0)):
        following = (index + 1) % len(polygon)
        share = side[index] / (side[index] - side[following])
        yield polygon[index] + share * (polygon[following] - polygon[index])
