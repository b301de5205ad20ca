"""A replayed flight as KML 2.2, for Google Earth, and as GPX 1.1."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from visual_navsat.replay.fix_record import ImageRecord
from visual_navsat.replay.tracks import TRACKS, Place, point_of, runs_of, utc_text

_KML_COLOURS = {'fix': 'ff0000ff', 'tracked': 'ffff8000', 'truth': 'ff00c000'}  # aabbggrr


def kml_text(records: Sequence[ImageRecord]) -> str:
    """Return a document with a folder for each track; fixes are points, the others lines too."""
    root = Element('kml', xmlns='http://www.opengis.net/kml/2.2')
    document = SubElement(root, 'Document')
    SubElement(document, 'name').text = 'visual_navsat replay'
    for kind, colour in _KML_COLOURS.items():
        style = SubElement(document, 'Style', id=kind)
        for part in ('IconStyle', 'LineStyle'):
            SubElement(SubElement(style, part), 'color').text = colour
    for kind, title in TRACKS.items():
        folder = SubElement(document, 'Folder')
        SubElement(folder, 'name').text = title
        for record in records if kind == 'fix' else ():
            place = point_of(record, kind)
            if place is not None:
                _kml_point(folder, place)
        for run in runs_of(records, kind) if kind != 'fix' else ():
            _kml_line(folder, kind, title, run)
    return _text(root)


def gpx_text(records: Sequence[ImageRecord]) -> str:
    """Return a track for each of ``TRACKS``, in segments of consecutive images."""
    root = Element(
        'gpx',
        version='1.1',
        creator='visual_navsat',
        xmlns='http://www.topografix.com/GPX/1/1',
    )
    for kind, title in TRACKS.items():
        track = SubElement(root, 'trk')
        SubElement(track, 'name').text = title
        for run in runs_of(records, kind):
            segment = SubElement(track, 'trkseg')
            for place in run:
                point = SubElement(
                    segment, 'trkpt', lat=_degrees(place.latitude), lon=_degrees(place.longitude)
                )
                SubElement(point, 'time').text = utc_text(place.stamp_ns)
                SubElement(point, 'name').text = place.name
    return _text(root)


def _kml_point(folder: Element, place: Place) -> None:
    placemark = SubElement(folder, 'Placemark')
    SubElement(placemark, 'name').text = place.name
    SubElement(SubElement(placemark, 'TimeStamp'), 'when').text = utc_text(place.stamp_ns)
    SubElement(placemark, 'styleUrl').text = '#fix'
    SubElement(SubElement(placemark, 'Point'), 'coordinates').text = _coordinates(place)


def _kml_line(folder: Element, kind: str, title: str, run: list[Place]) -> None:
    placemark = SubElement(folder, 'Placemark')
    SubElement(placemark, 'name').text = title
    SubElement(placemark, 'styleUrl').text = f'#{kind}'
    line = SubElement(placemark, 'LineString')
    SubElement(line, 'tessellate').text = '1'
    # A line of one point is none: the point twice.
    places = run * 2 if len(run) == 1 else run
    SubElement(line, 'coordinates').text = ' '.join(_coordinates(place) for place in places)


def _coordinates(place: Place) -> str:
    return f'{_degrees(place.longitude)},{_degrees(place.latitude)}'


def _degrees(value: float) -> str:
    return f'{value:.9f}'  # 0.1 mm; never in exponents, which GPX does not allow


def _text(root: Element) -> str:
    ElementTree.indent(root, ' ')
    return ElementTree.tostring(root, encoding='unicode', xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', '\n')
    )
