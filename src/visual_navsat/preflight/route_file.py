# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read a planned route in the format of any ground station."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import json
from pathlib import Path
from typing import Any

from visual_navsat.files import read_input
from visual_navsat.preflight.ground_station import (
    mission_of_plan,
    mission_of_waypoints,
    WAYPOINTS_HEADER,
)
from visual_navsat.preflight.mission import Mission
from visual_navsat.preflight.way import checked_point, HOME, Point, Route, RouteError
from visual_navsat.preflight.xml_route import (
    route_of_gpx,
    route_of_kml,
    route_of_kmz,
    route_xml,
)
from visual_navsat.table import read_table

_NO_HOME = (
    'home is not in the file: the ways from and to it are not looked at; --home LAT,LON names it'
)
_ALIASES = {'lat': 'latitude', 'long': 'longitude', 'lon': 'longitude', 'lng': 'longitude'}


def read_route(path: str | Path, home: Point | None = None) -> Route:
    """
    Return all that a route flies, at least one place.

    :param home: where it starts and returns to, where the file does not say; it goes before what
        the file says.
    :raises RouteError: if the file is missing, of another kind or damaged, holds no places, or
        flies where it does not say.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        raise RouteError(
            f'route {path} must end in .plan (QGroundControl), .waypoints (ArduPilot), .kml, '
            f'.kmz, .gpx, .geojson, .json or .csv, got {suffix or "no suffix"}'
        )
    try:
        route = reader(path, home)
    except OSError as error:
        raise RouteError(f'cannot read route {path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise RouteError(f'route {path} is not text in UTF-8: export it again') from error
    if not route.ways:
        raise RouteError(f'route {path} has no waypoints: give at least one')
    if all(place.name != HOME for way in route.ways for place in way.places):
        return dataclasses.replace(route, notes=(*route.notes, _NO_HOME))
    return route


def _read_csv(path: Path, home: Point | None) -> Route:
    table = read_table(path, ('Latitude', 'Longitude'), RouteError, _ALIASES)
    lats = table.numbers('Latitude', '-90 to 90 degrees', -90, 90)
    longs = table.numbers('Longitude', '-180 to 180 degrees', -180, 180)
    return _homed(Route.along(zip(lats.tolist(), longs.tolist(), strict=True)), home)


def _read_plan(path: Path, home: Point | None) -> Route:
    return _flown(_from_json(path, mission_of_plan), home)


def _read_waypoints(path: Path, home: Point | None) -> Route:
    text = read_input(path).decode('utf-8-sig', 'replace')
    return _flown(mission_of_waypoints(text, f'route {path}'), home)


def _read_geojson(path: Path, home: Point | None) -> Route:
    return _homed(_from_json(path, _route_of_geojson), home)


def _read_kml(path: Path, home: Point | None) -> Route:
    where = f'route {path}'
    return route_of_kml(route_xml(read_input(path), where), where, home)


def _read_kmz(path: Path, home: Point | None) -> Route:
    return route_of_kmz(read_input(path), f'route {path}', home)


def _read_gpx(path: Path, home: Point | None) -> Route:
    where = f'route {path}'
    return _homed(route_of_gpx(route_xml(read_input(path), where), where), home)


def _read_text(path: Path, home: Point | None) -> Route:
    begin = read_input(path)[:200].lstrip(b'\xef\xbb\xbf \r\n\t')
    if not begin.startswith(WAYPOINTS_HEADER.encode()):
        raise RouteError(
            f'route {path} does not begin with {WAYPOINTS_HEADER}: give .plan, .waypoints, .kml, '
            '.kmz, .gpx, .geojson or .csv'
        )
    return _read_waypoints(path, home)


def _flown(mission: Mission, home: Point | None) -> Route:
    return (mission if home is None else dataclasses.replace(mission, home=home)).route()


def _homed(route: Route, home: Point | None) -> Route:
    return route if home is None else route.with_home(home)


def _from_json(path: Path, read: Callable[[Any, str], Any]) -> Any:
    """Return what a reader makes of a JSON document; whatever it stumbles over is one line."""
    try:
        return read(json.loads(read_input(path)), f'route {path}')
    except json.JSONDecodeError as error:
        raise RouteError(
            f'route {path} is not JSON (line {error.lineno}: {error.msg}): export it again'
        ) from error
    except (RouteError, UnicodeDecodeError):
        raise
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise RouteError(
            f'route {path} is damaged, or no {path.suffix} ({repr(error)[:200]}): export it again'
        ) from error
    except RecursionError as error:
        raise RouteError(f'route {path} is nested too deeply: export it again') from error


def _route_of_geojson(document: dict[str, Any], where: str) -> Route:
    lines: list[list[Point]] = []
    marks: list[Point] = []
    areas = 0
    for kind, coordinates in _geometries(document):
        if kind == 'Point':
            marks.append(_geojson_point(coordinates, where))
        elif kind == 'MultiPoint' or kind == 'LineString':
            points = [_geojson_point(point, where) for point in coordinates]
            lines.append(points)
        elif kind == 'MultiLineString':
            lines += [[_geojson_point(point, where) for point in line] for line in coordinates]
        else:
            areas += 1
    notes = [f'{areas} Polygon not looked at: no way'] if areas else []
    return Route.of_lines(lines, marks, notes)


def _geometries(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield kind and coordinates of each geometry, in the order of the file."""
    kind = value['type']
    if kind in ('FeatureCollection', 'GeometryCollection'):
        for part in value['features' if kind == 'FeatureCollection' else 'geometries']:
            yield from _geometries(part)
    elif kind == 'Feature':
        if value['geometry'] is not None:
            yield from _geometries(value['geometry'])
    else:
        yield kind, value['coordinates']


def _geojson_point(coordinates: Any, where: str) -> Point:
    return checked_point(coordinates[1], coordinates[0], where)  # the longitude comes first


_READERS: dict[str, Callable[[Path, Point | None], Route]] = {
    '.csv': _read_csv,
    '.plan': _read_plan,
    '.waypoints': _read_waypoints,
    '.wpl': _read_waypoints,
    '.txt': _read_text,
    '.geojson': _read_geojson,
    '.json': _read_geojson,
    '.kml': _read_kml,
    '.kmz': _read_kmz,
    '.gpx': _read_gpx,
}
