# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Checkpoints: those that load, and those that are refused in one line."""

import dataclasses
import pickle
import zipfile

import pytest
import torch
from visual_navsat.errors import ModelError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.checkpoint import find_checkpoint, meta_network
from visual_navsat.features.model_zoo import get_model_spec

TINY = dataclasses.replace(
    get_model_spec('dinov2_vits14'), name='tiny', dim=24, depth=3, heads=2, grid_side=4, layer=1
)


def tiny_tensors(**changes: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    network = meta_network(dataclasses.replace(TINY, **changes))
    return {
        name: torch.randn(tensor.shape, generator=generator)
        for name, tensor in network.state_dict().items()
    }


def test_half_precision_and_legacy_checkpoints_load(tmp_path):
    tensors = {name: tensor.half() for name, tensor in tiny_tensors().items()}
    torch.save(tensors, tmp_path / 'zip.pth')
    torch.save(tensors, tmp_path / 'legacy.pth', _use_new_zipfile_serialization=False)
    image = torch.randn(1, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    outputs = [
        DinoV2Extractor(TINY, checkpoint=tmp_path / name, device='cpu')(image)
        for name in ('zip.pth', 'legacy.pth')
    ]
    assert outputs[0].dtype == torch.float32
    assert torch.equal(*outputs)


def test_the_side_of_the_position_grid_is_read_from_the_checkpoint(tmp_path):
    torch.save(tiny_tensors(grid_side=6), tmp_path / 'side6.pth')
    extractor = DinoV2Extractor(TINY, checkpoint=tmp_path / 'side6.pth', device='cpu')
    assert extractor(torch.zeros(1, 3, 84, 84)).shape == (1, 36, 24)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'dim': 48}, r'cls_token must be \(1, 1, 24\), got \(1, 1, 48\).* more differences'),
        ({'depth': 2}, 'lacks blocks.2.norm1.weight'),
        ({'depth': 4}, 'has blocks.3.norm1.weight, which it should not'),
        ({'num_registers': 4}, 'has register_tokens, which it should not;'),
        ({'ffn': 'swiglu'}, 'lacks blocks.0.mlp.fc1.weight'),
    ],
)
def test_another_architecture_is_named_by_what_differs(changes, message, tmp_path):
    path = tmp_path / 'other.pth'
    torch.save(tiny_tensors(**changes), path)
    with pytest.raises(ModelError, match=message) as caught:
        DinoV2Extractor(TINY, checkpoint=path)
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_position_grid_that_is_not_square_is_refused(tmp_path):
    tensors = tiny_tensors()
    tensors['pos_embed'] = torch.zeros(1, 16, 24)
    torch.save(tensors, tmp_path / 'oblong.pth')
    with pytest.raises(ModelError, match=r'pos_embed must be .* got \(1, 16, 24\)'):
        DinoV2Extractor(TINY, checkpoint=tmp_path / 'oblong.pth')


class Exploit:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), 'w'))


@pytest.mark.parametrize('is_zipped', [True, False])
def test_code_in_a_checkpoint_is_not_run(is_zipped, tmp_path):
    path, touched = tmp_path / 'evil.pth', tmp_path / 'touched'
    content = {**tiny_tensors(), 'extra': Exploit(touched)}
    torch.save(content, path, _use_new_zipfile_serialization=is_zipped)
    with pytest.raises(ModelError, match='no checkpoint that is safe to read') as caught:
        DinoV2Extractor(TINY, checkpoint=path)
    assert '\n' not in str(caught.value)
    assert not touched.exists()


def test_damaged_files_are_refused_in_one_line(tmp_path):
    whole = tmp_path / 'whole.pth'
    torch.save(tiny_tensors(), whole)
    content = whole.read_bytes()
    with zipfile.ZipFile(tmp_path / 'archive', 'w') as archive:
        archive.writestr('readme.txt', 'no weights here')
    files = {
        'half': content[: len(content) // 2],
        'last_byte_missing': content[:-1],
        'empty': b'',
        'text': b'not a checkpoint\n' * 100,
        'pickle': pickle.dumps({'cls_token': [1, 2, 3]}, protocol=2),
        'zip_of_something': (tmp_path / 'archive').read_bytes(),
    }
    for name, data in files.items():
        path = tmp_path / f'{name}.pth'
        path.write_bytes(data)
        with pytest.raises(ModelError, match=name) as caught:
            DinoV2Extractor(TINY, checkpoint=path)
        assert '\n' not in str(caught.value)


@pytest.mark.parametrize('content', [[1, 2], {'cls_token': 'text'}, {'a': torch.zeros(2).int()}])
def test_a_file_that_holds_no_float_tensors_is_refused(content, tmp_path):
    torch.save(content, tmp_path / 'other.pth')
    with pytest.raises(ModelError, match='must hold a DINOv2 state dict'):
        DinoV2Extractor(TINY, checkpoint=tmp_path / 'other.pth')


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(ModelError, match=r'cannot read checkpoint .*nowhere.pth: No such file'):
        DinoV2Extractor(TINY, checkpoint=tmp_path / 'nowhere.pth')
    with pytest.raises(ModelError, match='cannot read'):
        DinoV2Extractor(TINY, checkpoint=tmp_path)


def test_missing_weights_name_the_command_that_fetches_them(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    with pytest.raises(ModelError, match='run visual-navsat fetch-model dinov2_vitg14_reg'):
        find_checkpoint(get_model_spec('dinov2_vitg14_reg'))
