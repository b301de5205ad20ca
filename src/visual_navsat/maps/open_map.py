# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Open map imagery of any kind, which its path tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import logging
import os
from pathlib import Path

from visual_navsat.errors import MapError, VisualNavsatError
from visual_navsat.files import check_input, is_input, is_there
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.places import MapPlace
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.cut import cut_tiles
from visual_navsat.maps.empty_colour import border_note, Colour
from visual_navsat.maps.image_folder import ImageFolder
from visual_navsat.maps.imagery import MapImagery, NamedOwners, Owner, SoleOwner
from visual_navsat.maps.mbtiles import MbTiles
from visual_navsat.maps.metadata_csv import read_tiles
from visual_navsat.maps.name_hints import name_notes
from visual_navsat.maps.ortho import ENOUGH_PX, Ortho
from visual_navsat.maps.pmtiles import PmTiles
from visual_navsat.maps.pyramid import PyramidOrtho
from visual_navsat.maps.raster import RasterOrtho
from visual_navsat.maps.reader import MapReader
from visual_navsat.maps.slippy_folder import is_slippy_folder, SlippyFolder
from visual_navsat.maps.sqlite_store import sqlite_columns
from visual_navsat.maps.sqlitedb import SqliteDb
from visual_navsat.maps.tile_plan import plan_tiles, TilePlan
from visual_navsat.maps.tile_store import TileStore

logger = logging.getLogger(__name__)

_OVERLAYS = ('.kml', '.kmz')
_WORLD_FILES = {
    '.jpg': ('.jgw', '.jpgw'),
    '.jpeg': ('.jgw', '.jpegw'),
    '.png': ('.pgw', '.pngw'),
    '.webp': ('.webpw',),
    '.bmp': ('.bpw', '.bmpw'),
    '.gif': ('.gfw', '.gifw'),
}
_RASTERS = ('.tif', '.tiff', '.vrt', '.jp2', '.img', '.ecw')


@dataclass(frozen=True)
class MapOptions:
    """How imagery is read; each kind uses the options that concern it."""

    plan: TilePlan = field(default_factory=plan_tiles)
    area: GeoBox | None = None  # only tiles whose middle lies in it
    zoom: int | None = None  # of slippy tiles; None takes the one that is fine enough
    field_gsd_m_per_px: float = 0.5
    image_dir: str | None = None  # of a metadata CSV; None is the folder that it is in
    empty_colour: Colour | None = None  # of rasters and slippy tiles: shows no ground


def open_map(texts: Sequence[str], options: MapOptions | None = None) -> MapImagery:
    """
    Return one or several sources as one map, to be described.

    :param texts: each ``PATH`` or ``NAME=PATH``: a metadata CSV, or a folder with one; a raster
        that GDAL opens, or a folder of them; a folder of slippy tiles; MBTiles; PMTiles.
    :raises MapError: if a source cannot be used, or two have the same name.
    """
    options = options or MapOptions()
    maps = [one for text in texts for one in _open(text, options)]
    reasons = options.plan.reasons if any(isinstance(r, Ortho) for r, _ in maps) else ()
    notes = (*reasons, *(note for reader, tiles in maps for note in _notes_of(reader, tiles)))
    if len(maps) == 1:
        reader, tiles = maps[0]
        return MapImagery(tiles, SoleOwner(reader), (reader.name,), (reader.origin,), notes)
    names = tuple(reader.name for reader, _ in maps)
    for name in names:
        if names.count(name) > 1:
            raise MapError(f'{names.count(name)} sources are called {name}: give NAME=PATH')
    named = {f'{r.name}/{tile.filename}': tile for r, tiles in maps for tile in tiles}
    tiles = [replace(tile, filename=name) for name, tile in named.items()]
    origins = tuple(reader.origin for reader, _ in maps)
    owner = NamedOwners({reader.name: reader for reader, _ in maps})
    return MapImagery(tiles, owner, names, origins, notes)


def _notes_of(reader: MapReader, tiles: Sequence[TileMetadata]) -> list[str]:
    """Return what people should know of a source: its own notes, and what its names contradict."""
    path = Path(reader.origin)
    names = dict.fromkeys((reader.name, path.name if path.is_dir() else path.stem))
    extent = MapPlace.of(tiles).extent
    found = (note for name in names for note in name_notes(name, extent, tiles))
    return [*reader.notes, *dict.fromkeys(found)]


def open_image_folder(
    tiles: Sequence[TileMetadata], image_dir: str | os.PathLike, name: str = ''
) -> MapImagery:
    """Return tiles with their images below a folder; raise MapError if one is missing."""
    folder = ImageFolder(image_dir, name)
    folder.check(tiles)
    return MapImagery(tiles, SoleOwner(folder), (folder.name,), (folder.origin,))


def open_origins(tiles: Sequence[TileMetadata], origins: Sequence[tuple[str, str]]) -> MapImagery:
    """
    Return the tiles of an index with as much of their imagery as is still where it was.

    :param origins: paths of the imagery, each after the name that its tiles' names begin with.
    """
    readers = [
        (frozenset((name, Path(path).name, Path(path).stem)), reader)
        for name, path in dict.fromkeys(origins)
        if (reader := _reader_if_there(Path(path))) is not None
    ]

    def owner(tile: TileMetadata) -> Owner | None:
        prefixes = set(Path(tile.filename).parts[:-1])
        named = [reader for names, reader in readers if names & prefixes]
        holding = named or [reader for _, reader in readers]
        if len(holding) > 1:
            holding = [reader for reader in holding if reader.holds(tile)]
        # Files of one name in two folders show two places: better no picture than a wrong one.
        if not holding or (len(holding) > 1 and isinstance(holding[0], ImageFolder)):
            return None
        return holding[0], tile

    return MapImagery(tiles, owner)


def _open(text: str, options: MapOptions) -> list[tuple[MapReader, list[TileMetadata]]]:
    """Return the sources at a path with their tiles: one, or one per raster of a folder."""
    name, path = _named(text)
    try:
        check_input(path, or_folder=True)
    except FileNotFoundError as error:
        raise MapError(
            f'map source {_shown(path)} does not exist: give a file or a folder'
        ) from error
    except OSError as error:
        raise MapError(
            f'cannot open map source {_shown(path)} ({error.strerror}): give a file or a folder'
        ) from error
    table = path if path.suffix.lower() == '.csv' else _only_table(path)
    if table is not None:
        tiles = _tiles_in_area(read_tiles(table), options.area, table)
        folder = ImageFolder(options.image_dir or table.parent, name)
        folder.check(tiles)
        return [(folder, tiles)]
    wanted_gsd = min(min(options.plan.tile_sizes_m) / ENOUGH_PX, options.field_gsd_m_per_px / 2)
    orthos: list[Ortho]
    if path.is_dir() and not is_slippy_folder(path):
        prefix = f'{name}-' if name else ''
        files = _rasters_in(path)
        colour = options.empty_colour
        orthos = [RasterOrtho(file, prefix + file.stem, colour) for file in files]
    else:
        orthos = [_open_ortho(path, name, wanted_gsd, options.zoom, options.empty_colour)]
    for ortho in orthos:
        ortho.field_gsd_m_per_px = options.field_gsd_m_per_px
        note = border_note(ortho) if options.area is None else ''
        ortho.notes += [note] if note else []
    return [(ortho, cut_tiles(ortho, options.plan, options.area)) for ortho in orthos]


def _named(text: str) -> tuple[str, Path]:
    """Return the name that a source is given, or none, and its path."""
    name, equals, path = text.partition('=')
    if equals and name and os.sep not in name and not is_there(text):
        return name, Path(path)
    return '', Path(text)


def _only_table(path: Path) -> Path | None:
    """Return the metadata CSV of a folder that has one and no other."""
    tables = _files_in(path, ('.csv',)) if path.is_dir() else []
    return tables[0] if len(tables) == 1 else None


def _rasters_in(path: Path) -> list[Path]:
    rasters = _files_in(path, _RASTERS)
    # A picture with a world file beside it is a raster too.
    pictures = _files_in(path, tuple(_WORLD_FILES))
    rasters += [picture for picture in pictures if _has_world_file(picture)]
    if not rasters:
        count = len(_files_in(path, ('.csv',)))
        raise MapError(
            f'{path} holds no map: give a folder with one metadata CSV (there are {count}), with '
            'rasters, or with slippy tiles as z/x/y.png or z_x_y.png'
        )
    return rasters


def _files_in(path: Path, suffixes: Sequence[str]) -> list[Path]:
    return sorted(e for e in path.iterdir() if e.suffix.lower() in suffixes and e.is_file())


def _has_world_file(picture: Path) -> bool:
    suffixes = (*_WORLD_FILES[picture.suffix.lower()], '.wld')
    names = (picture.with_suffix(s) for suffix in suffixes for s in (suffix, suffix.upper()))
    return any(is_input(name) for name in names)


def _tiles_in_area(
    tiles: list[TileMetadata], area: GeoBox | None, path: Path
) -> list[TileMetadata]:
    if area is None:
        return tiles
    tiles = [tile for tile in tiles if area.contains(tile.center_lat, tile.center_long)]
    if not tiles:
        raise MapError(f'--area holds no tile of {path}: give west,south,east,north in degrees')
    return tiles


def _open_ortho(
    path: Path,
    name: str = '',
    wanted_gsd_m_per_px: float = 0.0,
    zoom: int | None = None,
    empty_colour: Colour | None = None,
) -> Ortho:
    """Return a raster, or the slippy tiles of a folder or file."""
    store = _tile_store(path, name)
    if store is None:
        return RasterOrtho(path, name, empty_colour)
    return PyramidOrtho(store, wanted_gsd_m_per_px, zoom, empty_colour)


def _tile_store(path: Path, name: str) -> TileStore | None:
    """Return the slippy tiles of a folder or file; None where it is something else."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return SlippyFolder(path, name)
    if suffix in _OVERLAYS:
        raise MapError(
            f'{path} is a KML overlay: make a GeoTIFF of its picture with gdal_translate -a_srs '
            'EPSG:4326 -a_ullr WEST NORTH EAST SOUTH picture.jpg map.tif, the four of its '
            'LatLonBox, and give that'
        )
    if suffix == '.pmtiles':
        return PmTiles(path, name)
    # Both kinds of database are also called .sqlite and .db.
    columns = sqlite_columns(path)
    if suffix == '.mbtiles' or 'tile_column' in columns:
        return MbTiles(path, name)
    if suffix == '.sqlitedb' or {'x', 'y', 'z', 'image'} <= columns:
        return SqliteDb(path, name)
    return None


def _reader_if_there(path: Path) -> MapReader | None:
    """Return what reads the imagery that a map was made of; None where it is gone or damaged."""
    try:
        if path.is_dir() and (_only_table(path) or not is_slippy_folder(path)):
            return ImageFolder(path)
        return _open_ortho(path) if is_there(path) else None
    except (VisualNavsatError, OSError) as error:
        logger.warning('no imagery of %s: %s', path, error)
        return None


def _shown(path: Path) -> str:
    """Return a path for a message, its end if it is very long."""
    text = str(path)
    return text if len(text) <= 300 else f'... {text[-300:]}'
