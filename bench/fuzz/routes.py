# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Routes: missions of ground stations, KML, GPX and GeoJSON, nearly right."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from bench.fuzz.edits import damaged_bytes, edited_json, number_texts
from bench.fuzz.target import Target, write
from hypothesis import strategies as st
from visual_navsat.preflight.route_file import read_route

_PLACE = [47.85, 9.0]


def _item(command: int, number: int, *params: float) -> dict[str, Any]:
    return {
        'type': 'SimpleItem',
        'command': command,
        'frame': 3,
        'doJumpId': number,
        'params': [*params, *[0] * (4 - len(params)), *_PLACE, 100],
    }


def _complex(kind: str, **content: Any) -> dict[str, Any]:
    return {'type': 'ComplexItem', 'complexItemType': kind, **content}


PLAN: dict[str, Any] = {
    'fileType': 'Plan',
    'geoFence': {'circles': [], 'polygons': [{}]},
    'mission': {
        'plannedHomePosition': [*_PLACE, 400],
        'vehicleType': 1,
        'items': [
            _item(22, 1),
            _item(17, 2, 0, 0, 60),
            _item(177, 3, 1, 2),
            _item(179, 4, 1),
            _complex(
                'survey',
                TransectStyleComplexItem={
                    'Items': [_item(16, 5)],
                    'VisualTransectPoints': [_PLACE],
                },
            ),
            _complex(
                'StructureScan',
                polygon=[_PLACE, [47.86, 9.0], [47.86, 9.01]],
                CameraCalc={'DistanceToSurface': 10},
            ),
            _complex(
                'fwLandingPattern',
                landingApproachCoordinate=[*_PLACE, 40],
                landCoordinate=[*_PLACE, 0],
                loiterRadius=75,
            ),
            _item(20, 8),
        ],
    },
    'rallyPoints': {'points': [[*_PLACE, 50]]},
}
GEOJSON: dict[str, Any] = {
    'type': 'FeatureCollection',
    'features': [
        {'type': 'Feature', 'geometry': {'type': kind, 'coordinates': coordinates}}
        for kind, coordinates in (
            ('Point', [9.0, 47.85]),
            ('LineString', [[9.0, 47.85], [9.1, 47.85]]),
            ('Polygon', [[[9.0, 47.85], [9.1, 47.85], [9.0, 47.9]]]),
        )
    ],
}
KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml><Document><finishAction>noAction</finishAction>'
    '<Placemark><LineString><coordinates>9.0,47.85,1 9.1,47.85</coordinates></LineString>'
    '<Point><coordinates>9.0,47.85</coordinates></Point><gx:Track><gx:coord>9 47 1</gx:coord>'
    '</gx:Track></Placemark></Document></kml>'
)
GPX = '<gpx><rte><rtept lat="47.85" lon="9.0"/></rte><wpt lat="47.86" lon="9.0"/></gpx>'


@st.composite
def _waypoints(draw: st.DrawFn) -> str:
    lines = ['QGC WPL 110']
    for number in range(draw(st.integers(0, 6))):
        command = draw(st.sampled_from((16, 17, 20, 22, 82, 177, 179, 189, 600, 601, 206)))
        cells = [
            str(number),
            '0',
            '3',
            str(command),
            '1',
            '1',
            '50',
            '0',
            '47.85',
            '9.0',
            '9',
            '1',
        ]
        if draw(st.integers(0, 3)) == 0:
            cells[draw(st.integers(0, 11))] = draw(number_texts)
        lines.append('\t'.join(cells))
    return draw(st.sampled_from(('\n', '\r\n'))).join(lines)


def _read(name: str) -> Callable[[Path, Any], object]:
    return lambda folder, content: read_route(write(folder, name, content))


TARGETS = (
    Target('.plan', edited_json(PLAN) | damaged_bytes(json.dumps(PLAN).encode()), _read('a.plan')),
    Target('GeoJSON', edited_json(GEOJSON), _read('a.geojson')),
    Target('.waypoints', _waypoints() | st.text(max_size=60), _read('a.waypoints')),
    Target('KML', damaged_bytes(KML.encode()), _read('a.kml')),
    Target('GPX', damaged_bytes(GPX.encode()), _read('a.gpx')),
)
