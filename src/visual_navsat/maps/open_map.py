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
from visual_navsat.files import check_input, is_there
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.cut import cut_tiles
from visual_navsat.maps.image_folder import ImageFolder
from visual_navsat.maps.imagery import MapImagery, Owner
from visual_navsat.maps.mbtiles import MbTiles
from visual_navsat.maps.metadata_csv import read_tiles
from visual_navsat.maps.ortho import ENOUGH_PX, Ortho
from visual_navsat.maps.pmtiles import PmTiles
from visual_navsat.maps.pyramid import PyramidOrtho
from visual_navsat.maps.raster import RasterOrtho
from visual_navsat.maps.reader import MapReader
from visual_navsat.maps.slippy_folder import is_slippy_folder, SlippyFolder
from visual_navsat.maps.tile_plan import plan_tiles, TilePlan
from visual_navsat.maps.tile_store import TileStore

logger = logging.getLogger(__name__)

_RASTERS = ('.tif', '.tiff', '.vrt', '.jp2', '.img', '.ecw')


@dataclass(frozen=True)
class MapOptions:
    """How imagery is read; each kind uses the options that concern it."""

    plan: TilePlan = field(default_factory=plan_tiles)
    area: GeoBox | None = None  # only tiles whose middle lies in it
    zoom: int | None = None  # of slippy tiles; None takes the one that is fine enough
    field_gsd_m_per_px: float = 0.5
    image_dir: str | None = None  # of a metadata CSV; None is the folder that it is in


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
    notes = (*reasons, *(note for reader, _ in maps for note in reader.notes))
    if len(maps) == 1:
        reader, tiles = maps[0]
        return MapImagery(
            tiles, lambda tile: (reader, tile), (reader.name,), (reader.origin,), notes
        )
    names = tuple(reader.name for reader, _ in maps)
    for name in names:
        if names.count(name) > 1:
            raise MapError(f'{names.count(name)} sources are called {name}: give NAME=PATH')
    owners = {f'{r.name}/{tile.filename}': (r, tile) for r, tiles in maps for tile in tiles}
    tiles = [replace(tile, filename=name) for name, (_, tile) in owners.items()]
    origins = tuple(reader.origin for reader, _ in maps)
    return MapImagery(tiles, lambda tile: owners.get(tile.filename), names, origins, notes)


def open_image_folder(
    tiles: Sequence[TileMetadata], image_dir: str | os.PathLike, name: str = ''
) -> MapImagery:
    """Return tiles with their images below a folder; raise MapError if one is missing."""
    folder = ImageFolder(image_dir, name)
    folder.check(tiles)
    return MapImagery(tiles, lambda tile: (folder, tile), (folder.name,), (folder.origin,))


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
        orthos = [RasterOrtho(file, prefix + file.stem) for file in _rasters_in(path)]
    else:
        orthos = [_open_ortho(path, name, wanted_gsd, options.zoom)]
    for ortho in orthos:
        ortho.field_gsd_m_per_px = options.field_gsd_m_per_px
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
    if not rasters:
        count = len(_files_in(path, ('.csv',)))
        raise MapError(
            f'{path} holds no map: give a folder with one metadata CSV (there are {count}), with '
            'rasters, or with slippy tiles as z/x/y.png or z_x_y.png'
        )
    return rasters


def _files_in(path: Path, suffixes: Sequence[str]) -> list[Path]:
    return sorted(e for e in path.iterdir() if e.suffix.lower() in suffixes and e.is_file())


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
    path: Path, name: str = '', wanted_gsd_m_per_px: float = 0.0, zoom: int | None = None
) -> Ortho:
    """Return a raster, or the slippy tiles of a folder or file."""
    suffix = path.suffix.lower()
    store: TileStore
    if path.is_dir():
        store = SlippyFolder(path, name)
    elif suffix == '.mbtiles':
        store = MbTiles(path, name)
    elif suffix == '.pmtiles':
        store = PmTiles(path, name)
    else:
        return RasterOrtho(path, name)
    return PyramidOrtho(store, wanted_gsd_m_per_px, zoom)


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
