# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An index with ground heights: built, added to, described, and damaged."""

import argparse
import json

from elevation_files import LAT, LONG, plane, write_dem, write_geoid
import numpy as np
from pattern_map import raster_profile, write_raster
import pyproj
import pytest
from visual_navsat.cli import build_map, info
from visual_navsat.cli.terrain_options import relief_note
from visual_navsat.errors import ConfigError, IndexFolderError, MapError
from visual_navsat.index.consistency import check_consistent
from visual_navsat.index.index_folder import IndexFolder

rasterio = pytest.importorskip('rasterio')
HEIGHTS = plane()


def run(verb, *argv):
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return verb.run(parser.parse_args([str(word) for word in argv]))


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Return a folder with a map, its elevation model and an index of both."""
    folder = tmp_path_factory.mktemp('terrain')
    profile = raster_profile('EPSG:32632', 0.5, 300)
    to_utm = pyproj.Transformer.from_crs('EPSG:4326', 'EPSG:32632', always_xy=True)
    east, north = to_utm.transform(LONG + 0.05, LAT + 0.05)
    profile['transform'] = rasterio.Affine(0.5, 0, round(east), 0, -0.5, round(north))
    write_raster(folder / 'ortho.tif', profile)
    write_dem(folder / 'dem.tif', HEIGHTS)
    write_geoid(folder / 'geoid.tif', 47.5)
    build(folder, '--terrain', folder / 'dem.tif', '--terrain-datum', 'egm2008')
    return folder


def build(folder, *more, out='index'):
    return run(
        build_map, folder / 'ortho.tif', '--out', folder / out, '--tile-m', '60', '--overlap',
        '0', *more,
    )  # fmt: skip


def test_heights_come_back_from_the_index(files):
    index = IndexFolder.open(files / 'index')
    check_consistent(index)
    tile = index.tiles[0]
    expected = 400 + 0.5 * (tile.center_long - LONG) * 3600
    found = index.terrain.height_of(tile.center_lat, tile.center_long)
    assert found == pytest.approx(expected, abs=0.1)
    assert index.manifest.terrain.origins == (str(files / 'dem.tif'),)
    assert 'terrain.npy' in index.manifest.sha256


def test_info_says_the_relief_or_that_ground_counts_as_flat(files, capsys):
    assert run(info, files / 'index') == 0
    said = capsys.readouterr().out
    assert 'm above the sea (egm2008)' in said
    assert 'the geoid is unknown' in said
    assert 'relief of' in said
    build(files, out='flat')
    assert run(info, files / 'flat', '--json') == 0
    assert 'no elevation model: flat ground is assumed' in capsys.readouterr().out
    assert run(info, files / 'flat') == 0
    assert 'no elevation model: flat ground is assumed' in capsys.readouterr().out
    assert IndexFolder.open(files / 'flat').terrain is None


def test_heights_are_added_to_an_index_and_stay_with_it(files, capsys):
    build(files, out='later')
    dem = ('--terrain', files / 'dem.tif', '--terrain-datum', 'egm96')
    geoid = ('--geoid', files / 'geoid.tif')
    assert run(build_map, '--out', files / 'later', '--add', *dem, *geoid) == 0
    assert 'the sea is 47.5 m above the ellipsoid' in capsys.readouterr().out
    first = IndexFolder.open(files / 'later').terrain
    more = f'again={files / "ortho.tif"}'
    assert run(build_map, more, '--out', files / 'later', '--add', '--tile-m', '60') == 0
    index = IndexFolder.open(files / 'later')
    check_consistent(index)
    np.testing.assert_array_equal(index.terrain.heights_m, first.heights_m)
    assert index.terrain.undulation_m.mean() == pytest.approx(47.5)


def test_what_is_wrong_with_an_elevation_model_is_said_before_anything_is_built(files):
    foreign = write_dem(files / 'small.tif', plane(20, 20))
    with pytest.raises(MapError, match='knows no height under the map'):
        build(files, '--terrain', foreign, '--terrain-datum', 'egm96', out='none')
    with pytest.raises(MapError, match='cannot open elevation model'):
        build(files, '--terrain', files / 'missing.tif', out='none')
    with pytest.raises(ConfigError, match='--geoid is about --terrain'):
        build(files, '--geoid', files / 'geoid.tif', out='none')
    assert not (files / 'none').exists()


def damage_manifest(folder, change):
    path = folder / 'manifest.json'
    values = json.loads(path.read_text())
    change(values['terrain'])
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda terrain: terrain.update(rows=7), 'the manifest says'),
        (lambda terrain: terrain.pop('sigma_m'), 'sigma_m is missing'),
        (lambda terrain: terrain.update(layers='2'), 'layers must be a whole number'),
    ],
)
def test_a_manifest_that_does_not_fit_its_heights_is_damaged(files, change, message):
    build(files, '--terrain', files / 'dem.tif', '--terrain-datum', 'egm96', out='damaged')
    damage_manifest(files / 'damaged' / 'v0001', change)
    with pytest.raises(IndexFolderError, match=message):
        IndexFolder.open(files / 'damaged', check=False)
    for path in sorted((files / 'damaged').rglob('*'), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def test_damaged_heights_are_found_by_their_checksum(files):
    build(files, '--terrain', files / 'dem.tif', '--terrain-datum', 'egm96', out='bits')
    path = next((files / 'bits').glob('v*/terrain.npy'))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexFolderError, match=r'terrain.npy .* is damaged'):
        IndexFolder.open(files / 'bits')
    path.unlink()
    with pytest.raises(IndexFolderError, match=r'has no terrain.npy'):
        IndexFolder.open(files / 'bits')


def test_relief_is_said_where_it_matters():
    facts = {'low_m': 400.0, 'median_m': 420.0, 'high_m': 460.0}
    assert '30%' in relief_note(facts, 200.0)
    assert relief_note(facts, 700.0) is None
    assert 'below 600 m' in relief_note(facts, None)
    assert relief_note(None, 100.0) is None
