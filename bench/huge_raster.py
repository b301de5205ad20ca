# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Index a part of a raster of 20 gigapixels in bounded memory, killed on the way and resumed.

    python -m bench.huge_raster --out bench/results/huge_raster.json

The raster is a virtual one: a drawn square of 4096 px stands in it over and over, 36 x 36 times
(21.7 gigapixels, 0.1 m per pixel, 15 x 15 km). Built are the tiles of an area of it, once without
interruption and once killed every few seconds until it is done. Measured are the peak memory of
the process that builds and whether the two indexes are the same, byte for byte.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import time

from bench.record import make_parser, measured_commit, RESULTS, VISUAL_NAVSAT
import numpy as np
import rasterio
from rasterio.transform import Affine
from visual_navsat.files import file_sha256, write_json
from visual_navsat.index.versions import CURRENT, current_folder

SQUARE_PX = 4096
REPEATED = 36
GSD_M = 0.1
CRS, WEST_M, NORTH_M = 'EPSG:32635', 500_000.0, 6_480_000.0
AREA_DEG = (27.112, 58.394, 27.130, 58.402)  # some 1050 x 890 m of it
KILL_AFTER_S = 20.0
# The manifest says when an index was made, so neither it nor the checksums are compared.
SAME = (
    *(f'0001.{part}' for part in ('codes.npy', 'tiles.csv', 'gsds.npy')),
    *('0001.fields.npy', '0001.blocks.npy'),
    'vocabulary.npy',
)


def main() -> None:
    args = make_parser(__doc__, RESULTS / 'huge_raster.json').parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raster = make_raster(Path(folder))
        with rasterio.open(raster) as dataset:
            pixels = dataset.width * dataset.height
        whole, resumed = Path(folder) / 'whole', Path(folder) / 'resumed'
        started = time.monotonic()
        peak_bytes, kills = build(raster, whole), 0
        seconds = time.monotonic() - started
        while not (resumed / CURRENT).exists():
            peak_bytes = max(peak_bytes, build(raster, resumed, KILL_AFTER_S * (1 + kills / 4)))
            kills += 1
        whole, resumed = current_folder(whole), current_folder(resumed)
        record = {
            'commit': measured_commit(),
            'gigapixels': round(pixels / 1e9, 1),
            'tiles': len((whole / '0001.tiles.csv').read_text().splitlines()) - 1,
            'seconds_uninterrupted': round(seconds, 1),
            'peak_memory_gb': round(peak_bytes / 1e9, 2),
            'times_killed': kills - 1,
            'same_bytes': all(
                file_sha256(whole / name) == file_sha256(resumed / name) for name in SAME
            ),
        }
    write_json(args.out, record)
    print(json.dumps(record, indent=1))


def make_raster(folder: Path) -> Path:
    """Write the square, and the virtual raster that repeats it."""
    place = Affine(GSD_M, 0.0, WEST_M, 0.0, -GSD_M, NORTH_M)
    profile = {'driver': 'GTiff', 'crs': CRS, 'transform': place, 'count': 3, 'dtype': 'uint8'}
    shape = {'width': SQUARE_PX, 'height': SQUARE_PX, 'tiled': True}
    options = {'compress': 'jpeg', 'photometric': 'ycbcr', 'jpeg_quality': 85}
    with rasterio.open(folder / 'square.tif', 'w', **profile, **shape, **options) as file:
        file.write(draw_square())
    side = SQUARE_PX * REPEATED
    with rasterio.open(folder / 'square.tif') as file:
        srs = file.crs.to_wkt()
    sources = [
        f'<SimpleSource><SourceFilename relativeToVRT="1">square.tif</SourceFilename>'
        f'<SourceBand>{{band}}</SourceBand><SourceProperties RasterXSize="{SQUARE_PX}" '
        f'RasterYSize="{SQUARE_PX}" DataType="Byte" BlockXSize="256" BlockYSize="256"/>'
        f'<SrcRect xOff="0" yOff="0" xSize="{SQUARE_PX}" ySize="{SQUARE_PX}"/>'
        f'<DstRect xOff="{column * SQUARE_PX}" yOff="{row * SQUARE_PX}" xSize="{SQUARE_PX}" '
        f'ySize="{SQUARE_PX}"/></SimpleSource>'
        for row in range(REPEATED)
        for column in range(REPEATED)
    ]
    bands = [
        f'<VRTRasterBand dataType="Byte" band="{band}"><ColorInterp>{name}</ColorInterp>'
        + ''.join(sources).replace('{band}', str(band))
        + '</VRTRasterBand>'
        for band, name in enumerate(('Red', 'Green', 'Blue'), start=1)
    ]
    numbers = ', '.join(str(value) for value in place.to_gdal())
    path = folder / 'huge.vrt'
    path.write_text(
        f'<VRTDataset rasterXSize="{side}" rasterYSize="{side}"><SRS>{srs}</SRS>'
        f'<GeoTransform>{numbers}</GeoTransform>{"".join(bands)}</VRTDataset>'
    )
    return path


def draw_square() -> np.ndarray:
    """Return (3, S, S) uint8: fields, blocks and grain at several scales, from a fixed seed."""
    rng = np.random.default_rng(0)
    total = np.zeros((SQUARE_PX, SQUARE_PX, 3), np.float32)
    for cell in (512, 128, 32, 8, 2):
        values = rng.standard_normal((SQUARE_PX // cell, SQUARE_PX // cell, 3), np.float32)
        total += values.repeat(cell, 0).repeat(cell, 1) * 12
    return (total + 120).clip(1, 255).astype(np.uint8).transpose(2, 0, 1)


def build(raster: Path, out: Path, kill_after_s: float | None = None) -> int:
    """Run build-map, killed after a while if asked for; return its peak memory in bytes."""
    area = ','.join(str(value) for value in AREA_DEG)
    process = subprocess.Popen(
        [
            *(*VISUAL_NAVSAT, 'build-map', raster, '--out', out),
            *(f'--area={area}', '--height-m', '120', '--hfov-deg', '73'),
        ]
    )
    deadline = time.monotonic() + (kill_after_s or float('inf'))
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            process.send_signal(signal.SIGKILL)
            deadline = float('inf')
        time.sleep(0.05)
    if kill_after_s is None and status != 0:
        sys.exit('build-map failed')
    return usage.ru_maxrss * 1024


if __name__ == '__main__':
    main()
