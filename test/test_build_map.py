# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The verbs build-map and info: from a folder of images to a checked index."""

import argparse
import json

import numpy as np
from pattern_map import raster_profile, write_raster
from PIL import Image
import pytest
from visual_navsat.cli import build_map, info
from visual_navsat.errors import ConfigError, IndexFolderError, MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.maps.metadata_csv import write_tiles


@pytest.fixture
def source(tmp_path):
    """Return a folder with six tile images and their map.csv, across the antimeridian."""
    rng = np.random.default_rng(0)
    tiles = []
    for row in range(6):
        pixels = rng.integers(0, 256, (56, 56, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f'{row}.png')
        west = 179.997 + row * 0.001
        east = west + 0.001
        west, east = (long - 360 if long > 180 else long for long in (west, east))
        tiles.append(TileMetadata(f'{row}.png', 0.001, west, 0.0, east))
    write_tiles(tmp_path / 'map.csv', tiles)
    return tmp_path


def run(verb, *argv):
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return verb.run(parser.parse_args([str(word) for word in argv]))


def build(source, *argv):
    places = ('--images', source, '--metadata', source / 'map.csv', '--out', source / 'index')
    return run(build_map, *places, '--device', 'cpu', *argv)


def test_built_index_is_described_and_checked(source, capsys):
    assert build(source) == 0
    output = capsys.readouterr()
    assert '6 tiles, 6144 numbers each in 6144 bytes (int8)' in output.out
    assert 'tiles/s' in output.err
    assert run(info, source / 'index', '--json') == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts['tiles'] == 6
    assert facts['identity']['model'] == 'dinov2_vit_d192_l6_aerial'
    assert facts['west'] == pytest.approx(179.997)
    assert facts['east'] == pytest.approx(-179.997)
    # One degree on the equator is 111.320 km east-west and 110.574 km north-south.
    assert facts['width_km'] == pytest.approx(0.006 * 111.320, rel=1e-4)
    assert facts['height_km'] == pytest.approx(0.001 * 110.574, rel=1e-4)
    assert facts['origins'] == [str(source)]
    files = (source / 'index' / 'v0001').iterdir()
    assert facts['size_bytes'] == sum(len(file.read_bytes()) for file in files)
    assert (facts['code'], facts['bytes_per_tile']) == ('int8', 6144)
    assert facts['descriptors_bytes'] == 6 * 6144 + 128  # a header
    # Six tiles in a row, each of 0.001 degrees.
    assert facts['ground_km2'] == pytest.approx(0.006 * 0.001 * 111.320 * 110.574, rel=1e-3)
    assert run(info, source / 'index') == 0
    text = capsys.readouterr().out
    per_km2 = facts['descriptors_bytes'] / 1e6 / facts['ground_km2']
    assert f'descriptors {per_km2:.2f}' in text
    assert 'longitude    179.997000 to -179.997000' in text
    assert f'SHA-256 {facts["identity"]["checkpoint_sha256"]}' in text


def test_a_raster_is_cut_and_the_reasons_are_said(tmp_path, capsys):
    pytest.importorskip('rasterio')
    path = write_raster(tmp_path / 'ortho.tif', raster_profile('EPSG:32635', 0.5, 400))
    assert run(build_map, path, '--out', tmp_path / 'index', '--height-m', '40-60') == 0
    said = capsys.readouterr().err.splitlines()
    # 2 * 49.0 m * tan(35 degrees) across, of which 0.866 is a tile's side.
    assert said[0].startswith('from 49 m a camera of 70 deg sees 69 m across: tiles of 59.4 m')
    assert said[0].endswith('(assumed: give --hfov-deg)')
    index = IndexFolder.open(tmp_path / 'index')
    assert index.manifest.origins == (str(path),)
    assert index.tiles[0].filename == '59.4m/00000_00000'
    assert len(index.manifest.areas) == 1
    # The corners of the box around the turned raster show no ground, and neither does the field.
    field = index.field(0)
    assert not field[2, 0, 0]
    assert field[2].mean() > 0.8


def test_damaged_index_is_an_error(source):
    build(source)
    path = source / 'index' / 'v0001' / '0001.codes.npy'
    path.write_bytes(path.read_bytes()[:-1] + b'?')
    with pytest.raises(IndexFolderError, match=r'0001\.codes\.npy of index .* is damaged'):
        run(info, source / 'index')


def test_settings_reach_the_index(source, capsys):
    build(source, '--vocabulary', 'fit', '--num-clusters', 2, '--layer', 3, '--facet', 'key')
    run(info, source / 'index', '--json')
    facts = json.loads(capsys.readouterr().out.partition('\n')[2])
    assert facts['vocabulary_centres'] == 2
    assert (facts['identity']['layer'], facts['identity']['facet']) == (3, 'key')


def test_imagery_is_added_and_removed(source, capsys):
    build(source)
    places = ('--out', source / 'index', '--device', 'cpu')
    assert run(build_map, f'again={source}/map.csv', '--add', *places) == 0
    assert '12 tiles, 6144 numbers each' in capsys.readouterr().out
    run(build_map, '--remove', 'again/1.png', '--remove', '0.png', *places)
    assert '10 tiles' in capsys.readouterr().out
    west = '179.99,-1,179.9985,1'  # the middles of the first tiles of each
    run(build_map, '--remove', 'again', '--remove-area', west, *places)
    assert '9 tiles' in capsys.readouterr().out
    run(info, source / 'index', '--json')
    assert json.loads(capsys.readouterr().out)['tiles'] == 9
    with pytest.raises(ConfigError, match='a SOURCE with --remove is not added without --add'):
        build(source, '--remove', 'again')
    with pytest.raises(ConfigError, match='no map is named'):
        run(build_map, '--add', *places)
    with pytest.raises(MapError, match='has imagery called again'):
        (source / '5.png').write_bytes((source / '4.png').read_bytes())
        run(build_map, f'again={source}/map.csv', '--add', *places)


def test_bad_arguments_are_named(source):
    with pytest.raises(ConfigError, match='--batch-size must be at least 1, got 0'):
        build(source, '--batch-size', 0)
    with pytest.raises(ConfigError, match='no map is named'):
        run(build_map, '--out', source / 'index')
    for flag, value in (
        ('--height-m', '80 to 150'),
        ('--tile-m', 'large'),
        ('--area', '1,2,3'),
        ('--area', '1,5,3,4'),
    ):
        with pytest.raises(ConfigError, match=f"{flag} must be .*, got '?{value}"):
            build(source, flag, value)
    (source / '2.png').unlink()
    with pytest.raises(MapError, match=r'1 of 6 images are missing .*2\.png'):
        build(source)
