# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read a planned route: QGroundControl .plan, GeoJSON, or a CSV of positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import json
import math
from pathlib import Path
from typing import Any

from visual_navsat.errors import VisualNavsatError
from visual_navsat.files import read_input
from visual_navsat.table import read_table

# MAV_CMD of mission items that are places: waypoint, loiters, land, takeoff, spline waypoint,
# VTOL takeoff and landing.
_PLACES = {16, 17, 18, 19, 21, 22, 31, 82, 84, 85}
_ALIASES = {'lat': 'latitude', 'long': 'longitude', 'lon': 'longitude', 'lng': 'longitude'}

Point = tuple[float, float]  # latitude, longitude, degrees


class RouteError(VisualNavsatError, ValueError):
    """A route cannot be read, or does not fit the map."""


def read_route(path: str | Path) -> list[Point]:
    """
    Return the points of a route in the order in which they are flown, at least one.

    :raises RouteError: if the file is missing, of another kind or damaged, or holds no points.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == '.csv':
        points = _read_csv(path)
    elif suffix in _JSON_READERS:
        points = _read_json(path, _JSON_READERS[suffix])
    else:
        raise RouteError(
            f'route {path} must end in .plan (QGroundControl), .geojson, .json or .csv, got '
            f'{suffix or "no suffix"}'
        )
    if not points:
        raise RouteError(f'route {path} has no waypoints: give at least one')
    return points


def _read_csv(path: Path) -> list[Point]:
    table = read_table(path, ('Latitude', 'Longitude'), RouteError, _ALIASES)
    lats = table.numbers('Latitude', '-90 to 90 degrees', -90, 90)
    longs = table.numbers('Longitude', '-180 to 180 degrees', -180, 180)
    return list(zip(lats.tolist(), longs.tolist(), strict=True))


def _read_json(path: Path, places: Callable[[Any], Iterator[tuple[Any, Any]]]) -> list[Point]:
    try:
        content = json.loads(read_input(path).decode('utf-8-sig'))
        return [_checked(path, lat, long) for lat, long in places(content)]
    except OSError as error:
        raise RouteError(f'cannot read route {path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise RouteError(f'route {path} is not text in UTF-8: export it again') from error
    except json.JSONDecodeError as error:
        raise RouteError(
            f'route {path} is not JSON (line {error.lineno}: {error.msg}): export it again'
        ) from error
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise RouteError(
            f'route {path} is damaged, or no {path.suffix} ({error!r}): export it again'
        ) from error


def _plan_places(plan: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield latitude and longitude of the items of a .plan, as QGroundControl documents it."""
    for item in plan['mission']['items']:
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
    yield from ((point[0], point[1]) for point in flown)


def _geojson_places(value: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield latitude and longitude of what can be flown; GeoJSON has the longitude first."""
    kind = value['type']
    if kind in ('FeatureCollection', 'GeometryCollection'):
        for part in value['features' if kind == 'FeatureCollection' else 'geometries']:
            yield from _geojson_places(part)
    elif kind == 'Feature':
        if value['geometry'] is not None:
            yield from _geojson_places(value['geometry'])
    elif kind == 'Point':
        yield value['coordinates'][1], value['coordinates'][0]
    elif kind in ('LineString', 'MultiPoint'):
        yield from ((point[1], point[0]) for point in value['coordinates'])
    elif kind == 'MultiLineString':
        yield from ((point[1], point[0]) for line in value['coordinates'] for point in line)


_JSON_READERS = {'.plan': _plan_places, '.geojson': _geojson_places, '.json': _geojson_places}


def _checked(path: Path, lat: Any, long: Any) -> Point:
    try:
        point = float(lat), float(long)
    except (TypeError, ValueError):
        point = math.nan, math.nan
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        raise RouteError(
            f'route {path} goes to latitude {lat!r}, longitude {long!r}: give degrees, -90 to 90 '
            'and -180 to 180'
        )
    return point
