# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A backbone as ONNX describes as torch does, or is refused."""

import argparse
import pickle

from makers import GSD, load_engine, make_ground
import numpy as np
from PIL import Image
import pytest
import torch
from torch.nn import functional as F
from visual_navsat.cli import export_onnx
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError, ModelError, ShapeError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import EMBEDDED_MODEL
from visual_navsat.features.onnx_network import IDENTITY, PROBE
from visual_navsat.index.build import build_map

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxscript')
pytest.importorskip('onnxruntime')

pytestmark = pytest.mark.slow  # torch takes seconds to trace a network


LAYER = 1


def run(*argv):
    parser = argparse.ArgumentParser()
    export_onnx.add_arguments(parser)
    return export_onnx.run(parser.parse_args([str(word) for word in argv]))


@pytest.fixture(scope='module')
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp('photo') / 'photo.png'
    Image.fromarray(make_ground(300)).save(path)
    return path


@pytest.fixture(scope='module')
def exported(tmp_path_factory, photo):
    """Return the embedded model for images of 112 x 112 px, cut after its second block."""
    path = tmp_path_factory.mktemp('onnx') / 'model.onnx'
    assert run(photo, '--device', 'cpu', '--layer', LAYER, '--size', '112x112', '--out', path) == 0
    assert [file.name for file in path.parent.iterdir()] == ['model.onnx']
    return path


def extractor(path, **how):
    return DinoV2Extractor(EMBEDDED_MODEL, LAYER, device='cpu', onnx=path, **how)


def test_it_describes_batches_of_its_size_as_torch_does(exported):
    ours, torchs = extractor(exported), extractor(None)
    for count in (1, 3):
        images = torch.randn(count, 3, 112, 112, generator=torch.Generator().manual_seed(count))
        found, expected = ours(images), torchs(images)
        assert F.cosine_similarity(found, expected, dim=-1).min() > 0.9999
        assert not torch.equal(found, expected)  # another library
    other = torch.randn(1, 3, 112, 126)
    assert torch.equal(ours(other), torchs(other))
    assert ours.identity == torchs.identity
    again = pickle.loads(pickle.dumps(ours))
    assert torch.equal(again(images), found)


def test_an_index_of_torch_is_searched(exported, small_map, tmp_path):
    config = Config().replace('model.device', 'cpu').replace('model.layer', LAYER)
    config = config.replace('preprocess.max_side', 112)
    made = build_map(small_map.tiles, small_map.folder, tmp_path / 'index', config, progress=False)
    engine = load_engine(made.path, config.replace('model.onnx', str(exported)))
    for number in (0, 9):
        best = engine.query(small_map.tile_image(number), heading_deg=0.0, gsd_m_per_px=GSD)[0]
        assert best.tile_metadata == small_map.tiles[number]
        assert best.similarity_score > 0.99  # int8 codes


def changed(path, folder, **values):
    """Return a copy of an exported file with other metadata."""
    model = onnx.load(path)
    for entry in model.metadata_props:
        entry.value = values.get(entry.key, entry.value)
    onnx.save(model, folder / 'changed.onnx')
    return folder / 'changed.onnx'


def test_another_network_is_refused(exported, tmp_path):
    with pytest.raises(ModelError, match=r"exported with facet 'value', this run has 'key'"):
        extractor(exported, facet='key')
    model = onnx.load(exported)
    weights = max(model.graph.initializer, key=lambda one: len(one.raw_data))
    numbers = np.frombuffer(weights.raw_data, np.float32)
    weights.raw_data = np.roll(numbers, 7).tobytes()
    onnx.save(model, tmp_path / 'damaged.onnx')
    with pytest.raises(
        ModelError, match=r'otherwise than torch, cosine .* where 0\.999 is needed'
    ):
        extractor(tmp_path / 'damaged.onnx')


def test_files_that_are_none_are_refused(exported, tmp_path):
    (tmp_path / 'a.onnx').write_bytes(exported.read_bytes()[:5000])
    with pytest.raises(ModelError, match='no ONNX file that onnxruntime runs'):
        extractor(tmp_path / 'a.onnx')
    with pytest.raises(ModelError, match='cannot read'):
        extractor(tmp_path / 'missing.onnx')
    for key, value in ((IDENTITY, '[]'), (IDENTITY, '{}'), (PROBE, 'AAAA'), (PROBE, '')):
        path = changed(exported, tmp_path, **{key: value})
        with pytest.raises(ModelError, match='was not written by visual-navsat export-onnx'):
            extractor(path)


def test_sizes_are_checked(photo, tmp_path):
    with pytest.raises(ConfigError, match='--size must be HxW in pixels such as 224x224, got 20'):
        run(photo, '--size', '20', '--out', tmp_path / 'model.onnx')
    with pytest.raises(ShapeError, match='multiples of 14 px, got 224 x 225'):
        run(photo, '--size', '224x225', '--out', tmp_path / 'model.onnx')
    assert not list(tmp_path.iterdir())
