"""The verbs build-map and info: from a folder of images to a checked index."""

import argparse
import json

import numpy as np
import pytest
from PIL import Image

from visual_navsat.cli import build_map, info
from visual_navsat.errors import ConfigError, IndexFolderError, MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.tile_csv import write_tiles
from visual_navsat.retrieval.store import DESCRIPTORS


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
    assert '6 tiles, 6144 numbers each' in output.out
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
    files = (source / 'index').iterdir()
    assert facts['size_bytes'] == sum(len(file.read_bytes()) for file in files)
    assert run(info, source / 'index') == 0
    text = capsys.readouterr().out
    assert 'longitude    179.997000 to -179.997000' in text
    assert f'SHA-256 {facts["identity"]["checkpoint_sha256"]}' in text


def test_damaged_index_is_an_error(source):
    build(source)
    path = source / 'index' / DESCRIPTORS
    path.write_bytes(path.read_bytes()[:-1] + b'?')
    with pytest.raises(IndexFolderError, match=rf'{DESCRIPTORS} of index .* is damaged'):
        run(info, source / 'index')


def test_settings_reach_the_index(source, capsys):
    build(source, '--vocabulary', 'fit', '--num-clusters', 2, '--layer', 3, '--facet', 'key')
    run(info, source / 'index', '--json')
    facts = json.loads(capsys.readouterr().out.partition('\n')[2])
    assert facts['vocabulary_centres'] == 2
    assert (facts['identity']['layer'], facts['identity']['facet']) == (3, 'key')


def test_bad_arguments_are_named(source):
    with pytest.raises(ConfigError, match='--batch-size is 0'):
        build(source, '--batch-size', 0)
    (source / '2.png').unlink()
    with pytest.raises(MapError, match=r'1 of 6 images are missing .*2\.png'):
        build(source)
