# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What lies beside slippy tiles in a folder: tilemapresource.xml, or metadata in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from visual_navsat.errors import MapError
from visual_navsat.files import is_input, read_input
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.web_mercator import EQUATOR_M, geodetic_from_mercator
from visual_navsat.maps.declared import Declared, geodetic_boxes, parse_numbers
from visual_navsat.xml_document import parse_xml, XmlError

TMS_NAME = 'tilemapresource.xml'
_JSON_NAMES = ('metadata.json', 'tilejson.json', 'tiles.json', 'tile.json')
_MERCATOR_PROFILES = ('mercator', 'global-mercator')
_MERCATOR_CODES = ('3857', '900913', '41001', '102100', '102113', '3785')
_MAX_BYTES = 10_000_000
_HALF_M = EQUATOR_M / 2
_FARTHEST_M = 3e7  # no place on Earth is


def read_hints(folder: Path) -> Declared:
    """
    Return what a folder says of the tiles in it.

    :raises MapError: if it says that they are in another grid than web Mercator's.
    """
    if (folder / TMS_NAME).exists():
        return _tile_map(folder / TMS_NAME)
    for name in _JSON_NAMES:
        if is_input(folder / name):
            return _json(folder / name)
    return Declared()


def _tile_map(path: Path) -> Declared:
    """Return what a tilemapresource.xml says."""
    try:
        content = read_input(path)
        if not content.strip():
            return Declared(from_south=True)
        root = parse_xml(content, _MAX_BYTES, takes_doctype=True)
    except OSError as error:
        raise MapError(f'cannot read {path}: {error.strerror}') from error
    except XmlError as error:
        raise MapError(
            f'{path} {error}, and it tells from where rows are counted: make the tiles again, or '
            'delete it if they are counted from the north'
        ) from error
    _check_profile(path, root)
    origin = _attributes(root, 'Origin')
    from_south = True
    if len(origin) == 2:
        x, y = origin['x'], origin['y']
        # The corner of the world, in metres or in degrees.
        if not (_is_end(x, _HALF_M) or _is_end(x, 180)) or x > 0:
            raise MapError(
                f'{path} counts tiles from {x:g},{y:g}, not from the corner of the world: '
                f'{_remedy()}'
            )
        from_south = y < 0
    return Declared(_boxes(root), from_south)


def _check_profile(path: Path, root: Element) -> None:
    """Raise MapError unless tiles are those of web Mercator."""
    sets = root.find('TileSets')
    profile = (sets.get('profile', '') if sets is not None else '').strip().lower()
    srs = (root.findtext('SRS') or '').strip()
    code = srs.rpartition(':')[2]
    if profile and profile not in _MERCATOR_PROFILES:
        raise MapError(f'{path} has tiles of the profile {profile!r:.40}: {_remedy()}')
    if not profile and srs and code not in _MERCATOR_CODES:
        raise MapError(f'{path} has tiles in {srs:.40}: {_remedy()}')
    if not profile and not srs:
        raise MapError(f'{path} does not say in which grid its tiles are: {_remedy()}')


def _remedy() -> str:
    return (
        'only web Mercator is read; give the raster itself, or make tiles with gdal2tiles '
        '--profile=mercator'
    )


def _boxes(root: Element) -> tuple[GeoBox, ...]:
    """Return what a BoundingBox may mean: degrees in either order, or metres."""
    numbers = _attributes(root, 'BoundingBox')
    names = ('minx', 'miny', 'maxx', 'maxy')
    if any(name not in numbers for name in names):
        return ()
    box = [numbers[name] for name in names]
    if max(map(abs, box)) > _FARTHEST_M:
        return ()
    if max(map(abs, box)) > 360:
        lats, longs = geodetic_from_mercator([box[:2], box[2:]])
        box = [longs[0], lats[0], longs[1], lats[1]]
    return geodetic_boxes(box)


def _attributes(root: Element, name: str) -> dict[str, float]:
    """Return the attributes of an element that are numbers."""
    element = root.find(name)
    texts = {} if element is None else element.attrib
    return {
        key.lower(): numbers[0]
        for key, text in texts.items()
        if len(numbers := parse_numbers(text)) == 1
    }


def _is_end(value: float, end: float) -> bool:
    return abs(abs(value) - end) < 1e-4 * end


def _json(path: Path) -> Declared:
    """Return what metadata in JSON says; as TileJSON and mb-util write it."""
    try:
        values: Any = json.loads(read_input(path))
    except (OSError, ValueError, RecursionError):
        return Declared(notes=(f'{path.name} cannot be read',))
    if not isinstance(values, dict):
        return Declared()
    return Declared.of(values.get('bounds'), values.get('scheme'))
