# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pictures of which a table says where they lie, as one raster that GDAL opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
import warnings
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from visual_navsat.errors import MapError, reason_of
from visual_navsat.files import write_text
from visual_navsat.maps.gdal import gdal_errors, rasterio_module

# A place in the pattern of pictures: row and column, counted from the north-west.
Cell = tuple[int, int]

_ROWS_AT_ONCE = 512
_GDAL_TYPES = {'uint8': 'Byte', 'uint16': 'UInt16', 'int16': 'Int16', 'float32': 'Float32'}


@dataclass(frozen=True)
class Placement:
    """Where all pictures together lie, north up, in the coordinates of a CRS."""

    crs: str
    west: float
    north: float
    east: float
    south: float


def write_placed_raster(path: Path, pictures: Mapping[Cell, Path], place: Placement) -> Path:
    """
    Write a virtual raster of pictures that together fill a place, and return its path.

    Their pixels are read where they are. What they say of their place themselves is not used.

    :param path: of the ``.vrt`` to write.
    :param pictures: each by its row and column; they must fill the pattern.
    :param place: in degrees, by the CRS EPSG:4326.
    :raises MapError: if a picture is missing or damaged, or they do not fit together.
    """
    found = {cell: _Picture.of(picture) for cell, picture in pictures.items()}
    lefts, tops = _edges(path, found)
    root = Element('VRTDataset', rasterXSize=str(lefts[-1]), rasterYSize=str(tops[-1]))
    SubElement(root, 'SRS', dataAxisToSRSAxisMapping='2,1').text = place.crs
    steps = (place.east - place.west) / lefts[-1], (place.south - place.north) / tops[-1]
    numbers = (place.west, steps[0], 0.0, place.north, 0.0, steps[1])
    SubElement(root, 'GeoTransform').text = ', '.join(map(repr, numbers))
    for number, (kind, colour) in enumerate(found[0, 0].bands, start=1):
        band = SubElement(root, 'VRTRasterBand', dataType=kind, band=str(number))
        SubElement(band, 'ColorInterp').text = colour
        for (row, column), picture in sorted(found.items()):
            source = SubElement(band, 'SimpleSource')
            name = SubElement(source, 'SourceFilename', relativeToVRT='0')
            name.text = str(picture.path.resolve())
            SubElement(source, 'SourceBand').text = str(number)
            for box, left, top in (('SrcRect', 0, 0), ('DstRect', lefts[column], tops[row])):
                sides = {'xSize': str(picture.width), 'ySize': str(picture.height)}
                SubElement(source, box, {'xOff': str(left), 'yOff': str(top), **sides})
    write_text(path, ElementTree.tostring(root, encoding='unicode') + '\n')
    return path


def write_placed_copy(
    path: Path,
    picture: Path,
    crs: str,
    corner: tuple[float, float],
    step: tuple[float, float],
) -> Path:
    """
    Write a picture as a GeoTIFF, and return its path.

    Parts of it are then read at once, which those of a large PNG are not.

    :param corner: east and north of its upper left one in the CRS.
    :param step: width and height of a pixel.
    :raises MapError: if the picture is missing or damaged.
    """
    rasterio, windows = rasterio_module(), rasterio_module('rasterio.windows')
    from_origin = rasterio_module('rasterio.transform').from_origin
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # that the picture does not say where it lies
            source = rasterio.open(picture)
        with source:
            width, height = source.width, source.height
            profile = {
                'driver': 'GTiff',
                'width': width,
                'height': height,
                'crs': crs,
                'count': source.count,
                'dtype': source.dtypes[0],
                'compress': 'deflate',
                'tiled': True,
                'transform': from_origin(*corner, *step),
            }
            path.parent.mkdir(parents=True, exist_ok=True)
            with rasterio.open(path, 'w', **profile) as copy:
                for top in range(0, height, _ROWS_AT_ONCE):
                    rows = min(_ROWS_AT_ONCE, height - top)
                    window = windows.Window(0, top, width, rows)
                    copy.write(source.read(window=window), window=window)
    except gdal_errors() as error:
        raise MapError(f'cannot open map {picture}: {reason_of(error)}') from error
    return path


@dataclass(frozen=True)
class _Picture:
    path: Path
    width: int
    height: int
    bands: tuple[tuple[str, str], ...]  # type and colour of each, as GDAL names them

    @classmethod
    def of(cls, path: Path) -> _Picture:
        rasterio = rasterio_module()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')  # that it does not say where it lies
                dataset = rasterio.open(path)
            with dataset:
                kinds = [_GDAL_TYPES.get(kind, 'Float64') for kind in dataset.dtypes]
                colours = [one.name.capitalize() for one in dataset.colorinterp]
                bands = tuple(zip(kinds, colours, strict=True))
                return cls(path, dataset.width, dataset.height, bands)
        except gdal_errors() as error:
            raise MapError(f'cannot open map {path}: {reason_of(error)}') from error


def _edges(path: Path, pictures: Mapping[Cell, _Picture]) -> tuple[list[int], list[int]]:
    """Return where each column and each row begins, and last where all of them end."""
    rows, columns = (1 + max(cell[axis] for cell in pictures) for axis in (0, 1))
    fits = len(pictures) == rows * columns
    widths, heights = [0] * columns, [0] * rows
    for (row, column), one in pictures.items():
        fits &= widths[column] in (0, one.width) and heights[row] in (0, one.height)
        fits &= len(one.bands) == len(next(iter(pictures.values())).bands)
        widths[column], heights[row] = one.width, one.height
    if not fits:
        raise MapError(
            f'the {len(pictures)} pictures of {path.stem} do not form {rows} rows of {columns}: '
            'download the data set again'
        )
    return [0, *accumulate(widths)], [0, *accumulate(heights)]
