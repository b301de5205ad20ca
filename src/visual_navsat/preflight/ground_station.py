# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Missions of ground stations: QGroundControl's .plan, and the .waypoints of ArduPilot."""

from __future__ import annotations

from collections.abc import Iterator
import math
from typing import Any

from visual_navsat.preflight.mission import Item, Mission
from visual_navsat.preflight.shapes import around, circle
from visual_navsat.preflight.way import checked_point, Point, RouteError, shown

WAYPOINTS_HEADER = 'QGC WPL'
_HOVERING = {2, 3, 4, 13, 14, 15}  # MAV_TYPE of multirotors and helicopters
_LANDING_POINTS = 12
_DEFAULT_LOITER_M = 75.0  # of QGroundControl's landing patterns
_COLUMNS = 12  # of a line of .waypoints


def mission_of_plan(plan: dict[str, Any], where: str) -> Mission:
    """
    Return what a .plan flies; each of QGroundControl's complex items is followed.

    :param where: the file, for messages.
    :raises RouteError: if an item is of another kind, or does not hold what it flies.
    :raises LookupError, TypeError, AttributeError, ValueError: if it is no plan.
    """
    mission = plan['mission']
    items = [one for item in mission['items'] for one in _items(item, where)]
    rally = (plan.get('rallyPoints') or {}).get('points') or []
    fence = plan.get('geoFence') or {}
    counts = {kind: len(fence.get(kind) or []) for kind in ('polygons', 'circles')}
    notes = []
    if any(counts.values()):
        listed = ' and '.join(f'{count} {kind}' for kind, count in counts.items() if count)
        notes.append(f'the geofence ({listed}) is no way: not looked at')
    return Mission(
        where,
        items,
        _home(mission.get('plannedHomePosition'), where),
        [_corner(point, f'{where} rally point') for point in rally],
        mission.get('vehicleType') in _HOVERING,
        notes,
    )


def mission_of_waypoints(text: str, where: str) -> Mission:
    """
    Return what a .waypoints file flies; its item 0 is home.

    :raises RouteError: if a line is none of the format.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1)]
    rows = [(number, cells) for number, cells in lines if cells and not cells[0].startswith('#')]
    if not rows or ' '.join(rows[0][1][:2]) != WAYPOINTS_HEADER:
        raise RouteError(f'{where} does not begin with {WAYPOINTS_HEADER}: export it again')
    items = [_waypoint(number, cells, where) for number, cells in rows[1:]]
    home = None
    if items and items[0].number == 0 and items[0].command == 16:
        home = _home(items[0].params[4:6], where)
        items = items[1:]
    return Mission(where, items, home)


def _waypoint(line: int, cells: list[str], where: str) -> Item:
    try:
        if len(cells) < _COLUMNS - 1:  # the last one is left out by some
            raise ValueError(f'{len(cells)} columns')
        number, frame, command = (int(float(cells[column])) for column in (0, 2, 3))
        params = tuple(float(cell) for cell in cells[4:11])
    except (ValueError, OverflowError) as error:
        raise RouteError(
            f'{where} line {line} must hold {_COLUMNS} numbers (index, current, frame, command, '
            f'four parameters, latitude, longitude, altitude, autocontinue): {str(error)[:80]}'
        ) from error
    return Item(number, f'item {number}', command, frame, params)


def _home(position: Any, where: str) -> Point | None:
    """Return a home position; None where it is not set, or at 0, 0."""
    if not position or any(value is None for value in position[:2]):
        return None
    home = checked_point(position[0], position[1], f'{where} home')
    return None if home == (0.0, 0.0) else home


def _items(item: dict[str, Any], where: str) -> Iterator[Item]:
    if item.get('type') != 'ComplexItem':
        yield _simple(item)
        return
    kind = str(item.get('complexItemType'))
    track_of = _COMPLEX_ITEMS.get(kind.lower())
    if track_of is None:
        raise RouteError(
            f'{where} has a complex item {shown(kind)}, which is not known here: plan it as '
            'waypoints'
        )
    yield from track_of(item, kind, where)


def _simple(item: dict[str, Any]) -> Item:
    params = [_number(value) for value in item.get('params') or []]
    number = item.get('doJumpId')
    number = number if isinstance(number, int) else -1
    name = f'item {number}' if number >= 0 else 'item'
    command = item.get('command')
    frame = item.get('frame', 3)
    if not isinstance(command, int) or not isinstance(frame, int):
        raise TypeError(f'{name} has command {shown(command)} in frame {shown(frame)}')
    padded = (*params, *[math.nan] * 7)[:7]
    return Item(number, name, command, frame, padded)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _transects(item: dict[str, Any], kind: str, where: str) -> Iterator[Item]:
    """Yield what a survey or a corridor flies: its items, or else the points that it shows."""
    transects = item.get('TransectStyleComplexItem') or item
    inner = [_simple(one) for one in transects.get('Items') or ()]
    if any(one.command == 16 for one in inner):
        yield from inner
        return
    points = transects.get('VisualTransectPoints') or transects.get('visualTransectPoints')
    yield _track(points, kind, where)


def _structure(item: dict[str, Any], kind: str, where: str) -> Iterator[Item]:
    """Yield the way around a structure: its outline, at the distance to its surface."""
    outline = [_corner(corner, f'{where} {kind}') for corner in item.get('polygon') or ()]
    distance_m = (item.get('CameraCalc') or {}).get('DistanceToSurface')
    is_known = isinstance(distance_m, int | float) and 0 <= distance_m <= 10_000
    if len(outline) < 3 or distance_m is None or not is_known:
        raise RouteError(
            f'{where} has a {kind} without '
            + ('a polygon' if len(outline) < 3 else 'its DistanceToSurface')
            + ', so it is not known where it flies: open it in QGroundControl and save it again'
        )
    yield Item(-1, kind, track=tuple(around(outline, distance_m)))


def _landing(item: dict[str, Any], kind: str, where: str) -> Iterator[Item]:
    """Yield the circle of the approach, or its point, and where it lands."""
    name = f'{where} {kind}'
    approach = item.get('landingApproachCoordinate') or item.get('loiterCoordinate')
    if not approach or not item.get('landCoordinate'):
        raise RouteError(
            f'{name} lacks the coordinates of its approach or landing: open it in QGroundControl '
            'and save it again'
        )
    entry = _corner(approach, name)
    track = [entry]
    radius_m = abs(_number(item.get('loiterRadius', _DEFAULT_LOITER_M)))
    if item.get('useLoiterToAlt', True) and 1 <= radius_m <= 10_000:
        track = circle(entry, radius_m, _LANDING_POINTS)
    yield Item(-1, kind, track=(*track, _corner(item['landCoordinate'], name)))


def _track(points: Any, kind: str, where: str) -> Item:
    if not points:
        raise RouteError(
            f'{where} has a {kind} that does not say where it flies: open it in QGroundControl '
            'and save it again'
        )
    name = f'{where} {kind}'
    return Item(-1, kind, track=tuple(_corner(point, name) for point in points))


def _corner(point: Any, where: str) -> Point:
    return checked_point(point[0], point[1], where)


# By kind in lower case.
_COMPLEX_ITEMS = {
    'survey': _transects,
    'corridorscan': _transects,
    'structurescan': _structure,
    'fwlandingpattern': _landing,
    'vtollandingpattern': _landing,
}
