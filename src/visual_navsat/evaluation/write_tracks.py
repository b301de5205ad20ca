# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The lines that a flight draws on a map, as KML 2.2, for Google Earth, and as GPX 1.1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from visual_navsat.evaluation.scored_answer import ScoredAnswer

LINES = {'fix': 'fixes of single images', 'tracked': 'tracked fixes', 'truth': 'truth'}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_KML_COLOURS = {'fix': 'ff0000ff', 'tracked': 'ffff8000', 'truth': 'ff00c000'}  # aabbggrr


class FlightPoint(NamedTuple):
    """Where one of ``LINES`` puts the vehicle at an image."""

    name: str
    stamp_ns: int
    latitude: float  # degrees
    longitude: float


def point_of(scored: ScoredAnswer, line: str) -> FlightPoint | None:
    """Return where one of ``LINES`` puts the vehicle at an image; None if it says nothing."""
    place = scored.truth
    if line != 'truth':
        fix = (scored.tracked if line == 'tracked' else scored).fix
        place = None if fix is None else (float(fix.latitude), float(fix.longitude))
    answer = scored.answer
    return None if place is None else FlightPoint(answer.name, answer.stamp_ns or 0, *place)


def runs_of(answers: Sequence[ScoredAnswer], line: str) -> Iterator[list[FlightPoint]]:
    """Yield the points of consecutive images: a gap is not drawn across."""
    points = [point_of(scored, line) for scored in answers]
    for _, run in groupby(points, key=lambda point: point is None):
        known = [point for point in run if point is not None]
        if known:
            yield known


def kml_text(answers: Sequence[ScoredAnswer]) -> str:
    """Return a document with a folder for each track; fixes are points, the others lines too."""
    root = Element('kml', xmlns='http://www.opengis.net/kml/2.2')
    document = SubElement(root, 'Document')
    SubElement(document, 'name').text = 'visual_navsat replay'
    for kind, colour in _KML_COLOURS.items():
        style = SubElement(document, 'Style', id=kind)
        for part in ('IconStyle', 'LineStyle'):
            SubElement(SubElement(style, part), 'color').text = colour
    for kind, title in LINES.items():
        folder = SubElement(document, 'Folder')
        SubElement(folder, 'name').text = title
        for scored in answers if kind == 'fix' else ():
            place = point_of(scored, kind)
            if place is not None:
                _kml_point(folder, place)
        for run in runs_of(answers, kind) if kind != 'fix' else ():
            _kml_line(folder, kind, title, run)
    return _text(root)


def gpx_text(answers: Sequence[ScoredAnswer]) -> str:
    """Return a track for each of ``LINES``, in segments of consecutive images."""
    root = Element(
        'gpx',
        version='1.1',
        creator='visual_navsat',
        xmlns='http://www.topografix.com/GPX/1/1',
    )
    for kind, title in LINES.items():
        track = SubElement(root, 'trk')
        SubElement(track, 'name').text = title
        for run in runs_of(answers, kind):
            segment = SubElement(track, 'trkseg')
            for place in run:
                point = SubElement(
                    segment, 'trkpt', lat=_degrees(place.latitude), lon=_degrees(place.longitude)
                )
                SubElement(point, 'time').text = _utc_text(place.stamp_ns)
                SubElement(point, 'name').text = place.name
    return _text(root)


def _kml_point(folder: Element, place: FlightPoint) -> None:
    placemark = SubElement(folder, 'Placemark')
    SubElement(placemark, 'name').text = place.name
    SubElement(SubElement(placemark, 'TimeStamp'), 'when').text = _utc_text(place.stamp_ns)
    SubElement(placemark, 'styleUrl').text = '#fix'
    SubElement(SubElement(placemark, 'Point'), 'coordinates').text = _coordinates(place)


def _kml_line(folder: Element, kind: str, title: str, run: list[FlightPoint]) -> None:
    placemark = SubElement(folder, 'Placemark')
    SubElement(placemark, 'name').text = title
    SubElement(placemark, 'styleUrl').text = f'#{kind}'
    line = SubElement(placemark, 'LineString')
    SubElement(line, 'tessellate').text = '1'
    # A line needs two points: a single one is written twice.
    places = run * 2 if len(run) == 1 else run
    SubElement(line, 'coordinates').text = ' '.join(_coordinates(place) for place in places)


def _utc_text(stamp_ns: int) -> str:
    """Return a stamp as XML Schema writes a time, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=stamp_ns // 1000)
    return moment.isoformat(timespec='microseconds').replace('+00:00', 'Z')


def _coordinates(place: FlightPoint) -> str:
    return f'{_degrees(place.longitude)},{_degrees(place.latitude)}'


def _degrees(value: float) -> str:
    return f'{value:.9f}'  # 0.1 mm; never in exponents, which GPX does not allow


def _text(root: Element) -> str:
    ElementTree.indent(root, ' ')
    return ElementTree.tostring(root, encoding='unicode', xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', '\n')
    )
