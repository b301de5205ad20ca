# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An answer as markers over the map, for RViz and Foxglove."""

from __future__ import annotations

from collections.abc import Sequence

from geometry_msgs.msg import Point
import numpy as np
from std_msgs.msg import ColorRGBA, Header
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.retrieval.result import RetrievalResult
from visualization_msgs.msg import Marker, MarkerArray

Rgb = tuple[float, float, float]
GREEN, AMBER, BLUE = (0.18, 0.80, 0.35), (1.00, 0.70, 0.10), (0.25, 0.60, 1.00)
VIOLET, WHITE = (0.75, 0.40, 1.00), (1.00, 1.00, 1.00)
MIN_SHOWN_PROBABILITY = 0.01  # of a hypothesis that gets a marker
_LINE_M = 1.0
_TEXT_M = 8.0  # height of a letter


def answer_markers(
    header: Header, frame: LocalFrame, answer: Answer, footprint_m: np.ndarray | None
) -> MarkerArray:
    """
    Return the answer to an image, drawn on the ground; it replaces the previous one.

    Namespaces: ``tiles`` the ranked tiles, the best one the clearest; ``hypotheses`` and
    ``probabilities`` where the vehicle may be; ``footprint`` of the image where it fits best,
    green with a fix and amber without; ``fix`` and ``fix_tracked``, ellipses that hold 95 %.

    :param header: stamp of the image, frame of the map.
    :param frame: of the map.
    :param footprint_m: (N, 2) corners of the footprint in that frame, None if it fits nowhere.
    """
    hypotheses = answer.hypotheses
    shown = [h for h in hypotheses if h.probability >= MIN_SHOWN_PROBABILITY]
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    if answer.ranked_tiles:
        markers.append(_tiles(header, frame, answer.ranked_tiles))
    if shown:
        markers.append(_hypotheses(header, shown))
        markers += [_probability(header, number, h) for number, h in enumerate(shown)]
    if footprint_m is not None:
        colour = GREEN if answer.is_fix else AMBER
        markers.append(_outline(header, 'footprint', footprint_m, colour))
    for namespace, position, colour in (
        ('fix', answer.position, GREEN),
        ('fix_tracked', answer.tracked, BLUE),
    ):
        if isinstance(position, PositionEstimate):
            ellipse_m = position.ellipse_95(frame)
            markers.append(_outline(header, namespace, ellipse_m, colour))
    return MarkerArray(markers=markers)


def _tiles(header: Header, frame: LocalFrame, tiles: Sequence[RetrievalResult]) -> Marker:
    marker = _marker(header, 'tiles', Marker.LINE_LIST, VIOLET)
    marker.scale.x = _LINE_M
    boxes_m = tiles_bounds_m([tile.tile_metadata for tile in tiles], frame)
    for rank, (west, south, east, north) in enumerate(boxes_m):
        corners = [(west, south), (east, south), (east, north), (west, north)]
        colour = _colour(VIOLET, 1.0 - 0.8 * rank / len(boxes_m))
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            marker.points += [_point(start), _point(end)]
            marker.colors += [colour, colour]
    return marker


def _hypotheses(header: Header, hypotheses: Sequence[Hypothesis]) -> Marker:
    marker = _marker(header, 'hypotheses', Marker.SPHERE_LIST, AMBER)
    marker.scale.x = marker.scale.y = marker.scale.z = 4 * _LINE_M
    marker.points = [_point(h.position_enu_m) for h in hypotheses]
    marker.colors = [_colour(AMBER, 0.3 + 0.7 * h.probability) for h in hypotheses]
    return marker


def _probability(header: Header, number: int, hypothesis: Hypothesis) -> Marker:
    marker = _marker(header, 'probabilities', Marker.TEXT_VIEW_FACING, WHITE)
    marker.id = number
    marker.pose.position = _point(hypothesis.position_enu_m)
    marker.pose.position.y += _TEXT_M  # beside the place, not over it
    marker.scale.z = _TEXT_M
    marker.text = f'{min(hypothesis.probability, 0.999):.1%}'  # none is certain
    return marker


def _outline(header: Header, namespace: str, points_m: np.ndarray, colour: Rgb) -> Marker:
    marker = _marker(header, namespace, Marker.LINE_STRIP, colour)
    marker.scale.x = _LINE_M
    marker.points = [_point(point) for point in (*points_m, points_m[0])]
    return marker


def _marker(header: Header, namespace: str, kind: int, colour: Rgb) -> Marker:
    marker = Marker(header=header, ns=namespace, type=kind, action=Marker.ADD)
    marker.pose.orientation.w = 1.0
    marker.color = _colour(colour)
    return marker


def _point(east_north_m: Sequence[float] | np.ndarray) -> Point:
    return Point(x=float(east_north_m[0]), y=float(east_north_m[1]))


def _colour(rgb: Rgb, alpha: float = 1.0) -> ColorRGBA:
    return ColorRGBA(r=rgb[0], g=rgb[1], b=rgb[2], a=float(alpha))
