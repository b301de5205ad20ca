# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The work of a GPU stays on the GPU, as torch sees it on any machine.

Tensors are without content here and lie on a device that does not exist: a tensor on the other
device, a value that Python asks for and a copy to numpy fail, as each would wait for the GPU.
"""

import numpy as np
import pytest
import torch
from torch._subclasses import FakeTensorMode
from torch.utils import backend_registration
from visual_navsat.correlation.elastic import Pieces
from visual_navsat.correlation.gradient_field import GradientField, make_gradient_field
from visual_navsat.correlation.map_field import MapField
from visual_navsat.correlation.masked_correlation import (
    BlockSpectra,
    masked_scores,
    POOL,
    TemplateSpectra,
)
from visual_navsat.correlation.peaks import find_peaks
from visual_navsat.correlation.stored_level import PieceCache, StoredLevel
from visual_navsat.correlation.template import make_templates
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.vlad import VLADAggregator
from visual_navsat.geometry.pixel_grid import PixelGrid

DEVICE = 'pretended'
SIZE, BLOCK = (101, 125), (384, 384)


@pytest.fixture(scope='module', autouse=True)
def _backend():
    set_up = getattr(backend_registration, '_setup_privateuseone_for_python_backend', None)
    if set_up is None:
        pytest.skip(f'torch {torch.__version__} has no device that only pretends: 2.9 or newer')
    set_up(DEVICE)


@pytest.fixture(autouse=True)
def _without_content(_backend):
    with FakeTensorMode():
        yield


def is_there(*tensors):
    return all(tensor.device.type == DEVICE for tensor in tensors)


def query_field():
    vectors = torch.rand(2, 300, 400, device=DEVICE)
    valid = torch.ones(300, 400, dtype=torch.bool, device=DEVICE)
    return GradientField(vectors, valid, 0.5, (200.0, 150.0))


def templates():
    headings, scales = torch.tensor([0.0, 10.0, 300.0]), torch.ones(3)  # chosen on the host
    return make_templates(query_field(), headings, scales, 2.0, SIZE)


def blocks():
    field = torch.zeros(2, 500, 500, dtype=torch.int8, device=DEVICE)
    ground = MapField.of(PixelGrid(0.0, 0.0, 500, 500, 2.0), field, field[0] > 0)
    return BlockSpectra.under(ground, [(-20, 0), (200, 300)], SIZE, BLOCK)


def test_a_value_that_is_asked_for_is_noticed():
    there = torch.rand(3, device=DEVICE)
    with pytest.raises(Exception, match='_local_scalar_dense'):
        bool(there.any())
    with pytest.raises(RuntimeError, match='device'):
        there + torch.rand(3)


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
@pytest.mark.parametrize('model', ['dinov2_vits14', 'dinov2_vits14_reg'])
def test_backbone_and_vlad(model, dtype):
    extractor = DinoV2Extractor.with_random_weights(model, device=DEVICE, dtype=dtype)
    patches = extractor(torch.rand(2, 3, 224, 280))  # uploads what came from the camera
    assert patches.shape == (2, 16 * 20, 384) and is_there(patches)
    vocabulary = np.random.default_rng(0).normal(size=(32, 384)).astype(np.float32)
    descriptors = VLADAggregator(vocabulary, device=DEVICE).aggregate(patches)
    assert descriptors.shape == (2, 32 * 384) and is_there(descriptors)


def test_the_field_of_a_photo():
    photo = torch.zeros(300, 400, 3, dtype=torch.uint8)
    field = make_gradient_field(photo, 0.3, device=DEVICE)
    assert field.vectors.shape == (2, 180, 240) and is_there(field.vectors, field.valid)
    assert is_there(field.halved().vectors, field.quantized().vectors)


def test_templates_and_spectra():
    made = templates()
    assert made.vectors.shape == (3, 2, *SIZE) and is_there(made.vectors, made.mask)
    of_templates, of_blocks = TemplateSpectra.of(made, BLOCK, POOL), blocks()
    assert is_there(of_templates.vectors, of_templates.mask, of_templates.energy)
    assert is_there(of_blocks.vectors, of_blocks.energy)


def test_pieces_of_a_map_in_an_index():
    def read(box):
        return np.ones((3, *box.shape), np.int8)

    ground = PixelGrid(0.0, 0.0, 500, 500, 2.0)
    level = StoredLevel(ground, 2, read, PieceCache(1e6), torch.device(DEVICE))
    spectra = BlockSpectra.under(level, [(-20, 0), (200, 300)], SIZE, BLOCK)
    assert spectra.vectors.shape[1] == 2 and is_there(spectra.vectors, spectra.energy)


def test_scores_and_peaks():
    spectra = TemplateSpectra.of(templates(), BLOCK, POOL)
    gain = torch.ones(3, device=DEVICE)
    scores = masked_scores(blocks(), spectra, gain=gain)
    assert scores.shape[:2] == (2, 3) and is_there(scores)
    strength, row, column = find_peaks(scores.amax(dim=1), 8)
    assert is_there(strength, row, column)


def test_scores_piece_by_piece():
    pieces = Pieces.of(templates(), 9)
    ground = torch.rand(2, *pieces.ground_size, device=DEVICE)
    assert pieces.score_on(ground).shape == () and is_there(pieces.score_on(ground))
