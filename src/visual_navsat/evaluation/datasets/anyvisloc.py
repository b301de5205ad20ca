# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
AnyVisLoc: drones of DJI over China at any angle, above aerial and satellite maps.

Source: Ye et al., "Exploring the best way for UAV visual localization under Low-altitude
Multi-view Observation Condition: a Benchmark", CVPR Findings 2026, and
https://github.com/UAV-AVL/Benchmark, whose release of June 2026 is read.
"""

from __future__ import annotations

from functools import partial
import json
import math
from pathlib import Path
import re
from typing import Any
import zipfile

import numpy as np
from PIL import Image
from visual_navsat.errors import MapError
from visual_navsat.evaluation.datasets.benchmark import Benchmark, BenchmarkSequence
from visual_navsat.evaluation.datasets.placed_raster import write_placed_copy
from visual_navsat.evaluation.queries_csv import Query
from visual_navsat.files import is_input, read_input
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.image_file import read_image
from visual_navsat.maps.tile_plan import plan_tiles
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import read_photo_metadata

ABOUT = (
    'the set withholds where it was taken: latitudes and longitudes are those of a stand-in, and '
    'only distances mean anything',
    'heights are above the mean of the surface model, so a sigma of 15 % is assumed; lens '
    'distortion is not used',
    'the aerial map is used unless --sequence Scene_01/satellite asks for the other',
)
_MODES = ('aerial', 'satellite')
_STAND_IN = LocalFrame(35.0, 110.0)  # of the upper left corner of a scene's aerial map
_CRS = '+proj=aeqd +lat_0=35 +lon_0=110 +datum=WGS84 +units=m'
_HEIGHT_SIGMA = 0.15
_LEAST_HEIGHT_M = 1.0
_NO_GROUND = (0, 0, 0)
_NEEDED = ('image', 'K', 'xyz', 'euler_deg')


def open_anyvisloc(folder: Path) -> Benchmark:
    """Return the data set in a folder; raise MapError if it is not in its layout."""
    scenes = [
        entry.name for entry in sorted(folder.iterdir()) if _reference_file(entry) is not None
    ]
    if not scenes:
        raise MapError(
            f'{folder} holds no scene of AnyVisLoc: expected folders such as Scene_01 with '
            'L01_reference.json, aerial_map.png and L01_0001.npz; earlier releases are not read'
        )
    others = tuple(f'{scene}/{mode}' for scene in scenes for mode in _MODES)
    return Benchmark(
        *('anyvisloc', folder, ABOUT, tuple(scenes), partial(_read_scene, folder), others),
        writes_images=True,
    )


def _reference_file(scene: Path) -> Path | None:
    files = sorted(scene.glob('L*_reference.json')) if scene.is_dir() else []
    return files[0] if files else None


def _read_scene(folder: Path, name: str, images: Path) -> BenchmarkSequence:
    scene, _, mode = name.partition('/')
    samples = sorted(
        path for path in (folder / scene).glob('L*.npz') if re.fullmatch(r'L\d+_\d+', path.stem)
    )
    if not samples:
        raise MapError(f'{folder / scene} has no images such as L01_0001.npz')
    queries = [_read_sample(path, images) for path in samples]
    heights = [one.known.height_agl_m for one in queries if one.known.height_agl_m]
    hfovs = [one.known.hfov_deg for one in queries if one.known.hfov_deg]
    low, high = np.quantile(heights, [0.1, 0.9]) if heights else (100.0, 100.0)
    return BenchmarkSequence(
        name,
        queries,
        partial(_write_map, folder / scene, mode or _MODES[0]),
        plan_tiles((float(low), float(high)), float(np.median(hfovs))),
        empty_colour=_NO_GROUND,
    )


def _read_sample(path: Path, images: Path) -> Query:
    """Return a photo, written as a file of its own, and what its sample says of it."""
    try:
        with np.load(path, allow_pickle=False) as sample:
            missing = [key for key in _NEEDED if key not in sample.files]
            if missing:
                raise MapError(f'{path} has no {", ".join(missing)}')
            image = sample['image']
            matrix, place, angles = (np.asarray(sample[key], float) for key in _NEEDED[1:])
            relative = '' if image.size else str(sample['image_relpath'])
        east, south, height = place.reshape(3).tolist()
        roll, tilt, yaw = angles.reshape(3).tolist()
        focal = float(matrix.reshape(3, 3)[0, 0])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise MapError(f'cannot read {path}: download the data set again') from error
    photo = _photo_file(path, image, relative, images)
    width = read_photo_metadata(photo).width or 1
    lat, long = _STAND_IN.geodetic_from_enu([east, -south])
    known = Knowledge(
        heading_deg=yaw,
        height_agl_m=height if height >= _LEAST_HEIGHT_M else None,
        hfov_deg=math.degrees(2 * math.atan(width / 2 / focal)),
        pitch_deg=tilt - 90.0,  # the set counts from straight down
        roll_deg=roll,
        height_sigma=_HEIGHT_SIGMA,
    )
    name = f'{images.parent.name}/{images.name}/{photo.name}'
    return Query(photo, name, float(lat), float(long), known)


def _photo_file(path: Path, image: np.ndarray, relative: str, images: Path) -> Path:
    """Return the file of a sample's photo, which is written unless it was before."""
    if relative:
        image = read_image(path.parent / relative)
    photo = images / f'{path.stem}.png'
    if not is_input(photo):
        if image.dtype != np.uint8 or image.ndim != 3:
            raise MapError(f'{path} has an image of {image.dtype} and {image.ndim} axes')
        images.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., :3]).save(photo, compress_level=1)
    return photo


def _write_map(scene: Path, mode: str, out: Path) -> Path:
    """Write one of a scene's maps as a GeoTIFF around the stand-in place."""
    file = _reference_file(scene)
    assert file is not None
    try:
        entry: dict[str, Any] = json.loads(read_input(file))['modes'][mode]
        picture = scene / entry['map_path']
        step = _pair(entry['map_resolution'])
        left, top = _pair(entry.get('map_origin_local', 0.0))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MapError(f'{file} does not say where the {mode} map lies') from error
    if not is_input(picture):
        raise MapError(f'no map {picture}: download the data set again')
    return write_placed_copy(out / f'{mode}_map.tif', picture, _CRS, (left, -top), step)


def _pair(value: Any) -> tuple[float, float]:
    """Return two numbers; one counts twice."""
    first, *rest = np.ravel(value).astype(float).tolist()
    return first, (rest or [first])[0]
