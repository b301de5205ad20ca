"""Open whatever people have as a map source; its path says of which kind it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile_csv import read_tiles
from visual_navsat.maps.cut import CutSource
from visual_navsat.maps.folder import FolderSource
from visual_navsat.maps.joined import JoinedSource
from visual_navsat.maps.mbtiles import MbTiles
from visual_navsat.maps.ortho import Ortho
from visual_navsat.maps.pmtiles import PmTiles
from visual_navsat.maps.pyramid import PyramidOrtho
from visual_navsat.maps.raster import RasterOrtho
from visual_navsat.maps.slippy_folder import SlippyFolder, is_slippy_folder
from visual_navsat.maps.source import MapSource
from visual_navsat.maps.tile_plan import TilePlan, plan_tiles
from visual_navsat.maps.tile_store import TileStore

_STORES = {'.mbtiles': MbTiles, '.pmtiles': PmTiles}
_RASTERS = ('.tif', '.tiff', '.vrt', '.jp2', '.img', '.ecw')
# What a tile's image needs: the finest of these that its size and the gradient field ask for.
_PX_PER_TILE = 1024


@dataclass(frozen=True)
class SourceOptions:
    """How sources are read; what does not concern a kind of source is not used for it."""

    plan: TilePlan = field(default_factory=plan_tiles)
    area: GeoBox | None = None  # only tiles whose middle lies in it
    zoom: int | None = None  # of slippy tiles; None takes the one that is fine enough
    field_gsd_m_per_px: float = 0.5
    image_dir: str | None = None  # of a metadata CSV; None is the folder that it is in


def open_sources(texts: Sequence[str], options: SourceOptions | None = None) -> MapSource:
    """
    Return one or several sources as one.

    :param texts: each ``PATH`` or ``NAME=PATH``: a metadata CSV, or a folder with one; a raster
        that GDAL opens, or a folder of them; a folder of slippy tiles; MBTiles; PMTiles.
    :raises MapError: if a source cannot be used.
    """
    sources = [source for text in texts for source in _open(text, options or SourceOptions())]
    return sources[0] if len(sources) == 1 else JoinedSource(sources)


def _open(text: str, options: SourceOptions) -> list[MapSource]:
    """Return the sources that a path stands for: one, or one per raster of a folder."""
    name, path = _named(text)
    if not path.exists():
        raise MapError(f'map source {path} does not exist: give a file or a folder')
    suffix = path.suffix.lower()
    if suffix == '.csv':
        return [_from_csv(path, name, options)]
    if path.is_dir():
        return _from_folder(path, name, options)
    if suffix in _STORES:
        return [_cut(_pyramid(_STORES[suffix](path, name), options), options)]
    return [_cut(RasterOrtho(path, name), options)]


def _named(text: str) -> tuple[str, Path]:
    """Return the name that a source is given, or none, and its path."""
    name, equals, path = text.partition('=')
    if equals and name and os.sep not in name and not Path(text).exists():
        return name, Path(path)
    return '', Path(text)


def _from_folder(path: Path, name: str, options: SourceOptions) -> list[MapSource]:
    files = sorted(entry for entry in path.iterdir() if entry.is_file())
    tables = [file for file in files if file.suffix.lower() == '.csv']
    rasters = [file for file in files if file.suffix.lower() in _RASTERS]
    if len(tables) == 1:
        return [_from_csv(tables[0], name, options)]
    if is_slippy_folder(path):
        return [_cut(_pyramid(SlippyFolder(path, name), options), options)]
    if rasters:
        prefix = f'{name}-' if name else ''
        return [_cut(RasterOrtho(file, prefix + file.stem), options) for file in rasters]
    raise MapError(
        f'{path} holds no map: it takes a folder with one metadata CSV (there are {len(tables)}), '
        'with rasters, or with slippy tiles as z/x/y.png or z_x_y.png'
    )


def _from_csv(path: Path, name: str, options: SourceOptions) -> FolderSource:
    tiles = read_tiles(path)
    if options.area is not None:
        area = options.area
        tiles = [tile for tile in tiles if area.contains(tile.center_lat, tile.center_long)]
        if not tiles:
            raise MapError(
                f'--area holds no tile of {path}: give west,south,east,north in degrees'
            )
    return FolderSource(tiles, options.image_dir or path.parent, name)


def _pyramid(store: TileStore, options: SourceOptions) -> PyramidOrtho:
    tile_m = min(options.plan.tile_sizes_m)
    wanted = min(tile_m / _PX_PER_TILE, options.field_gsd_m_per_px / 2)
    return PyramidOrtho(store, wanted, options.zoom)


def _cut(ortho: Ortho, options: SourceOptions) -> CutSource:
    return CutSource(ortho, options.plan, options.area, options.field_gsd_m_per_px)
