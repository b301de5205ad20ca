"""Read a planned route: QGroundControl .plan, GeoJSON, or a CSV of positions."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from visual_navsat.errors import VisualNavsatError

# MAV_CMD of mission items that are places: waypoint, loiters, land, takeoff, spline waypoint,
# VTOL takeoff and landing.
_PLACES = {16, 17, 18, 19, 21, 22, 31, 82, 84, 85}
_LATITUDE = ('latitude', 'lat')
_LONGITUDE = ('longitude', 'long', 'lon', 'lng')

Point = tuple[float, float]  # latitude, longitude, degrees


class RouteError(VisualNavsatError, ValueError):
    """A route cannot be read, or does not fit the map."""


def read_route(path: str | Path) -> list[Point]:
    """
    Return the points of a route in the order in which they are flown, at least one.

    :raises RouteError: if the file is missing, of another kind or damaged, or holds no points.
    """
    path = Path(path)
    readers = {'.plan': _plan, '.geojson': _geojson, '.json': _geojson, '.csv': _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RouteError(
            f'route {path} ends in {path.suffix or "nothing"!r}: it takes a QGroundControl .plan, '
            '.geojson or .csv'
        )
    try:
        text = path.read_text(encoding='utf-8-sig')
    except OSError as error:
        raise RouteError(f'cannot read route {path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise RouteError(f'route {path} is not text in UTF-8: export it again') from error
    try:
        points = [_checked(path, lat, long) for lat, long in reader(path, text)]
    except json.JSONDecodeError as error:
        raise RouteError(
            f'route {path} is not JSON (line {error.lineno}: {error.msg}): export it again'
        ) from error
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise RouteError(
            f'route {path} is no {path.suffix} that can be followed ({error!r}): export it again'
        ) from error
    if not points:
        raise RouteError(f'route {path} holds no waypoints: it takes at least one')
    return points


def _plan(path: Path, text: str) -> Iterator[tuple[Any, Any]]:
    """Yield the places of a .plan, in the form that QGroundControl documents."""
    for item in json.loads(text)['mission']['items']:
        yield from _plan_item(item)


def _plan_item(item: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if item.get('type') != 'ComplexItem':
        params = item.get('params') or []
        # 0, 0 stands for where the vehicle is.
        if item.get('command') in _PLACES and any(params[4:6]):
            yield params[4], params[5]
        return
    transects = item.get('TransectStyleComplexItem', item)
    flown = transects.get('VisualTransectPoints', transects.get('visualTransectPoints'))
    if flown is None:
        for inner in transects.get('Items', ()):
            yield from _plan_item(inner)
        return
    for point in flown:
        yield point[0], point[1]


def _geojson(path: Path, text: str) -> Iterator[tuple[Any, Any]]:
    yield from _geometry(json.loads(text))


def _geometry(value: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield latitude and longitude of what can be flown; GeoJSON has the longitude first."""
    kind = value['type']
    if kind in ('FeatureCollection', 'GeometryCollection'):
        for part in value['features' if kind == 'FeatureCollection' else 'geometries']:
            yield from _geometry(part)
    elif kind == 'Feature':
        if value['geometry'] is not None:
            yield from _geometry(value['geometry'])
    elif kind == 'Point':
        yield value['coordinates'][1], value['coordinates'][0]
    elif kind in ('LineString', 'MultiPoint'):
        yield from ((point[1], point[0]) for point in value['coordinates'])
    elif kind == 'MultiLineString':
        yield from ((point[1], point[0]) for line in value['coordinates'] for point in line)


def _csv(path: Path, text: str) -> Iterator[tuple[Any, Any]]:
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    columns = [name.strip().lower() for name in next(rows, [])]
    lat = next((columns.index(name) for name in _LATITUDE if name in columns), None)
    long = next((columns.index(name) for name in _LONGITUDE if name in columns), None)
    if lat is None or long is None:
        found = ', '.join(columns) or 'nothing'
        raise RouteError(
            f'route {path} has no Latitude and Longitude columns: its columns are {found}'
        )
    for row in rows:
        if any(cell.strip() for cell in row):
            yield row[lat], row[long]


def _checked(path: Path, lat: Any, long: Any) -> Point:
    try:
        point = float(lat), float(long)
    except (TypeError, ValueError):
        point = math.nan, math.nan
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        raise RouteError(
            f'route {path} goes to latitude {lat!r}, longitude {long!r}: it takes degrees'
        )
    return point
