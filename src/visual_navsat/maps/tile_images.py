"""Read a map's tiles again from where an index says that its imagery was."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.image_file import MIN_SIDE, read_image
from visual_navsat.maps.mbtiles import MbTiles
from visual_navsat.maps.ortho import Ortho
from visual_navsat.maps.pmtiles import PmTiles
from visual_navsat.maps.pyramid import PyramidOrtho
from visual_navsat.maps.raster import RasterOrtho
from visual_navsat.maps.slippy_folder import SlippyFolder, is_slippy_folder

logger = logging.getLogger(__name__)

TileReader = Callable[[TileMetadata], np.ndarray | None]

_CACHED_TILES = 24  # decoded ones: neighbouring places share them
_ENOUGH_PX = 1024  # of a tile's longer side
_STORES = {'.mbtiles': MbTiles, '.pmtiles': PmTiles}


@dataclass(frozen=True)
class _Origin:
    """One source of a map's imagery."""

    names: frozenset[str]  # that the names of its tiles may begin with
    is_folder: bool  # of tile images, found by name; others are found by place
    read: TileReader


def tile_reader(origins: Sequence[tuple[str, str]]) -> TileReader:
    """
    Return a function from a tile to its image, (H, W, 3) uint8 RGB, or None if that is gone.

    :param origins: of the index' segments, each with the name that its tiles' names begin with: a
        folder of tile images or of slippy tiles, a raster, MBTiles or PMTiles; several of one
        segment are separated by commas.
    """
    found = [
        _origin(name, Path(path))
        for name, text in dict.fromkeys(origins)
        for path in text.split(', ')
        if Path(path).exists()
    ]

    def read(tile: TileMetadata) -> np.ndarray | None:
        prefixes = set(Path(tile.filename).parts[:-1])
        named = [origin for origin in found if origin.names & prefixes]
        images = [(o, image) for o in named or found if (image := o.read(tile)) is not None]
        # Files of one name in two folders show two places: better no picture than a wrong one.
        if len(images) > 1 and images[0][0].is_folder:
            return None
        return images[0][1] if images else None

    return read


def cached_tile_reader(origins: Sequence[tuple[str, str]]) -> TileReader:
    """Return what :func:`tile_reader` returns, but it keeps the images that it read last."""
    return lru_cache(_CACHED_TILES)(tile_reader(origins))


def _origin(name: str, path: Path) -> _Origin:
    names = frozenset((name, path.name, path.stem))
    try:
        if path.is_dir() and not is_slippy_folder(path):
            return _Origin(names, True, _from_folder(path))
        return _Origin(names, False, _from_ortho(_open_ortho(path)))
    except (VisualNavsatError, OSError) as error:
        logger.warning('no imagery of %s: %s', path, error)
        return _Origin(names, False, lambda tile: None)


def _open_ortho(path: Path) -> Ortho:
    if path.is_dir():
        return PyramidOrtho(SlippyFolder(path))
    store = _STORES.get(path.suffix.lower())
    return RasterOrtho(path) if store is None else PyramidOrtho(store(path))


def _from_folder(folder: Path) -> TileReader:
    def read(tile: TileMetadata) -> np.ndarray | None:
        # Where a map has several sources, a tile's name begins with that of its own.
        parts = Path(tile.filename).parts
        names = [Path(*parts[first:]) for first in range(len(parts))]
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        return None if path is None else _none_if_damaged(read_image, path)

    return read


def _from_ortho(ortho: Ortho) -> TileReader:
    def read(tile: TileMetadata) -> np.ndarray | None:
        box = GeoBox.of_tile(tile)
        gsd = max(ortho.gsd_m_per_px, max(box.size_m) / _ENOUGH_PX)
        width, height = (max(MIN_SIDE, round(side / gsd)) for side in box.size_m)
        found = _none_if_damaged(ortho.read, box, width, height)
        if found is None or (found.valid is not None and not found.valid.any()):
            return None
        return found.pixels

    return read


def _none_if_damaged(read: Callable, *arguments):
    """Return what a function reads, None if the file is damaged there."""
    try:
        return read(*arguments)
    except VisualNavsatError:
        return None
