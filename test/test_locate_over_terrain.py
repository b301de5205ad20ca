# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map with an elevation model, on which photos are found by their altitude above the sea."""

import csv
import json
import math
from pathlib import Path

from elevation_files import write_dem, write_geoid
import numpy as np
from PIL import Image
import pytest
from visual_navsat.cli.main import main
from visual_navsat.index.index_folder import IndexFolder

ROOT = Path(__file__).resolve().parents[1]
SMALL = ROOT / 'maps/small'
HFOV_DEG = 70.0

pytestmark = pytest.mark.skipif(not SMALL.is_dir(), reason='an installed copy has no maps')


@pytest.fixture(scope='module')
def index(tmp_path_factory):
    """Return the index of the small map, over level ground that ends at a cliff in its east."""
    folder = tmp_path_factory.mktemp('over_terrain')
    heights = np.full((200, 200), 700.0, np.float32)
    # 90 m east of the middle: a photo of the west has a height that no search over all covers.
    heights[:, 97:] = 400.0
    dem = write_dem(folder / 'dem.tif', heights, corner=(47.37, 8.52))
    geoid = write_geoid(folder / 'geoid.tif', 47.5)
    arguments = ['--terrain', dem, '--terrain-datum', 'egm2008', '--geoid', geoid]
    words = ['build-map', SMALL / 'map.tif', '--out', folder / 'index', *arguments]
    assert main([str(word) for word in words]) == 0
    return folder / 'index'


def photo_and_height() -> tuple[Path, dict[str, str], float]:
    """Return a photo, what is known of it, and its height over ground with an assumed lens."""
    with (SMALL / 'photos.csv').open(encoding='utf-8') as stream:
        row = next(csv.DictReader(stream))
    path = SMALL / 'photos' / row['Filename']
    with Image.open(path) as image:
        width_m = image.width * float(row['GSD'])
    return path, row, width_m / 2 / math.tan(math.radians(HFOV_DEG / 2))


def locate(index, *words) -> int:
    return main(['locate', '--map', str(index), '--format', 'json', *map(str, words)])


def test_the_altitude_above_the_sea_gives_the_scale_and_comes_back(index, capsys):
    path, row, height_m = photo_and_height()
    terrain = IndexFolder.open(index).terrain
    ground_m = terrain.height_of(float(row['Latitude']), float(row['Longitude']))
    known = ('--heading-deg', row['Yaw'], '--hfov-deg', HFOV_DEG, '--no-exif')
    capsys.readouterr()
    assert locate(index, path, *known, '--altitude-m', ground_m + height_m) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer['status'] == 'fix', answer['detail']
    assert answer['latitude'] == pytest.approx(float(row['Latitude']), abs=1e-4)
    assert answer['longitude'] == pytest.approx(float(row['Longitude']), abs=1e-4)
    # Two percent of 160 m, by the scale that is found, and the lens is an assumed one.
    assert answer['altitude_amsl_m'] == pytest.approx(ground_m + height_m, abs=8.0)
    assert answer['altitude_m'] == pytest.approx(answer['altitude_amsl_m'] + 47.5, abs=1e-3)
    up_sigma_m = math.sqrt(answer['covariance_enu_m2'][8])
    assert 5.0 < up_sigma_m < 15.0


def test_an_altitude_is_no_help_on_a_map_without_terrain(tmp_path, capsys):
    words = ['build-map', SMALL / 'map.tif', '--out', tmp_path / 'flat']
    assert main([str(word) for word in words]) == 0
    path, row, height_m = photo_and_height()
    capsys.readouterr()
    locate(tmp_path / 'flat', path, '--heading-deg', row['Yaw'], '--altitude-m', 400 + height_m)
    printed = capsys.readouterr()
    assert 'flat ground is assumed' in printed.err
    assert json.loads(printed.out)['altitude_m'] is None
