# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Routes in XML: KML, KMZ (a zip of it, also DJI's waypoint missions) and GPX."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
import io
import re
from xml.etree.ElementTree import Element
import zipfile
import zlib

from visual_navsat.preflight.way import checked_point, Point, Route, RouteError
from visual_navsat.xml_document import parse_xml, XmlError

_MAX_BYTES = 50_000_000
_GOES_HOME = 'goHome'  # of DJI, when the mission ends
# What a KML can hold beside ways and places.
_NO_WAYS = ('Polygon', 'NetworkLink', 'GroundOverlay', 'Model')


def route_xml(content: bytes, where: str) -> Element:
    """Return the root of a document; raise RouteError if it is none, or over 50 MB."""
    try:
        return parse_xml(content, _MAX_BYTES)
    except XmlError as error:
        raise RouteError(f'{where} {error}: export it again') from error


def route_of_kmz(content: bytes, where: str, home: Point | None) -> Route:
    """Return the route of the KML in a zip; of DJI's, what it flies (waylines.wpml)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = {name: _unzipped(archive, name, where) for name in _documents(archive)}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise RouteError(f'{where} is no zip ({str(error)[:200]}): export it again') from error
    if not inside:
        raise RouteError(f'{where} holds no .kml: export it again')
    roots = {name: route_xml(document, f'{where}/{name}') for name, document in inside.items()}
    flown = next((root for name, root in roots.items() if name.endswith('.wpml')), None)
    texts = [text for root in roots.values() for text in _texts(root, 'takeOffRefPoint')]
    start = texts[0].split(',') if texts else []
    if home is None and len(start) >= 2 and start[0].strip():
        home = checked_point(start[0], start[1], f'{where} takeOffRefPoint')
    return route_of_kml(flown if flown is not None else next(iter(roots.values())), where, home)


def route_of_kml(root: Element, where: str, home: Point | None) -> Route:
    """Return the lines and tracks of a KML one after the other, or else its points."""
    lines = []
    for element in root.iter():
        if element.tag == 'LineString':
            lines.append(_coordinates(element, where))
        elif element.tag == 'Track':
            coords = [text.split() for text in _texts(element, 'coord')]
            lines.append([_kml_point(coord, where) for coord in coords])
    marks = [point for one in root.iter('Point') for point in _coordinates(one, where)]
    counts = Counter(element.tag for element in root.iter())
    notes = [f'{counts[tag]} {tag} not looked at: no way' for tag in _NO_WAYS if counts[tag]]
    route = Route.of_lines(lines, marks, notes)
    goes_home = _GOES_HOME in _texts(root, 'finishAction')
    if goes_home and home is None:
        raise RouteError(
            f'{where} returns home, and does not say where that is: name it with --home LAT,LON'
        )
    if not route.ways and notes:
        raise RouteError(f'{where} holds no way ({", ".join(notes)}): export the waypoints')
    return route.with_home(home) if home is not None else route


def route_of_gpx(root: Element, where: str) -> Route:
    """Return the routes and tracks of a GPX one after the other, or else its waypoints."""
    lines = [
        [_gpx_point(point, where) for point in line.iter() if point.tag in ('rtept', 'trkpt')]
        for line in root.iter()
        if line.tag in ('rte', 'trk')
    ]
    return Route.of_lines(lines, [_gpx_point(point, where) for point in root.iter('wpt')])


def _documents(archive: zipfile.ZipFile) -> Iterable[str]:
    names = [name for name in archive.namelist() if not name.startswith('__MACOSX')]
    found = [name for name in names if name.lower().endswith(('.wpml', '.kml'))]
    # doc.kml is the document of a KMZ; others are only what it links to.
    return sorted(found, key=lambda name: (not name.endswith('doc.kml'), name))[:20]


def _unzipped(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(_MAX_BYTES + 1)  # never more, whatever the directory says
    if len(content) > _MAX_BYTES:
        raise RouteError(f'{where}/{name} has over {_MAX_BYTES} bytes: export it again')
    return content


def _coordinates(element: Element, where: str) -> list[Point]:
    """Return the points of a geometry; KML has the longitude first, and blanks between points."""
    text = ' '.join(_texts(element, 'coordinates'))
    tuples = re.sub(r'\s*,\s*', ',', text).split()
    return [_kml_point(one.split(','), where) for one in tuples]


def _kml_point(parts: Sequence[str], where: str) -> Point:
    if len(parts) < 2:
        raise RouteError(f'{where} has a point {" ".join(parts)[:60]!r}: give longitude,latitude')
    return checked_point(parts[1], parts[0], where)


def _gpx_point(element: Element, where: str) -> Point:
    return checked_point(element.get('lat'), element.get('lon'), where)


def _texts(element: Element, tag: str) -> list[str]:
    return [(one.text or '').strip() for one in element.iter(tag)]
