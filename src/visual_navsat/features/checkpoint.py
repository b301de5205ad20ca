# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fill a network from a checkpoint file, strictly and without running code in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import dataclasses
import math
from pathlib import Path
import zipfile

import torch
from torch import Tensor
from visual_navsat.errors import ModelError
from visual_navsat.features.model_zoo import ModelSpec
from visual_navsat.features.vision_transformer import VisionTransformer
from visual_navsat.files import cache_folder, check_input, file_sha256, find_shared_file


def find_checkpoint(spec: ModelSpec) -> Path:
    """
    Return a model's weights: those of the package, or those that fetch-model saved.

    :raises ModelError: if there are neither.
    """
    relative = f'models/{spec.filename}'
    fetched = cache_folder() / relative
    found = find_shared_file(relative) or (fetched if fetched.is_file() else None)
    if found is None:
        raise ModelError(
            f'no weights of {spec.name} at {fetched}: run visual-navsat fetch-model {spec.name}, '
            'or name the file with model.checkpoint'
        )
    return found


def load_network(
    spec: ModelSpec, layer: int, path: Path, device: torch.device, dtype: torch.dtype
) -> VisionTransformer:
    """
    Return a network with the weights in ``path``, cut after block ``layer``.

    :raises ModelError: if the file is missing, damaged, holds code or another architecture.
    """
    tensors = read_tensors(path)
    network = match_network(spec, tensors, path)
    network.keep_blocks(layer)
    needed = ((name, tensors[name]) for name in network.state_dict())
    return _fill(network, needed, device, dtype)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """
    Return the tensors in a checkpoint file by name, on the CPU; no code in it is run.

    :raises ModelError: if the file is missing, damaged, or holds anything but tensors by name.
    """
    try:
        check_input(path)
        # Mapped files are read only where the network needs them (ViT-g is 4.5 GB).
        content = torch.load(
            path, map_location='cpu', weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except OSError as error:
        raise ModelError(f'cannot read checkpoint {path}: {error.strerror or error}') from error
    except Exception as error:  # damaged pickles raise nearly anything
        raise ModelError(
            f'{path} is no checkpoint that is safe to read: it is damaged, cut short, or holds '
            'more than tensors; get the file again'
        ) from error
    if not isinstance(content, Mapping) or not all(
        isinstance(tensor, Tensor) and tensor.is_floating_point() for tensor in content.values()
    ):
        raise ModelError(f'{path} must hold a DINOv2 state dict: float tensors by name')
    return dict(content)


def match_network(
    spec: ModelSpec, tensors: Mapping[str, Tensor], source: Path | str
) -> VisionTransformer:
    """
    Return the network, on the meta device, that has exactly these tensors.

    The side of the position grid is the checkpoint's; everything else must be as in ``spec``.

    :raises ModelError: if they differ, naming the first tensor that does.
    """
    if 'pos_embed' in tensors and tensors['pos_embed'].ndim == 3:
        side = math.isqrt(max(tensors['pos_embed'].shape[1] - 1, 1))
        spec = dataclasses.replace(spec, grid_side=side)
    network = meta_network(spec)
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    differences = [
        *(f'lacks {name}' for name in expected if name not in found),
        *(f'has {name}, which it should not' for name in found if name not in expected),
        *(
            f'{name} must be {shape}, got {found[name]}'
            for name, shape in expected.items()
            if found.get(name, shape) != shape
        ),
    ]
    if differences:
        more = f' (and {len(differences) - 1} more differences)' if len(differences) > 1 else ''
        raise ModelError(
            f'{source} is no checkpoint of {spec.name}: {differences[0]}{more}; '
            'name the model that it belongs to, or give the right file'
        )
    return network


def meta_network(spec: ModelSpec) -> VisionTransformer:
    """Return the whole network without memory for its weights."""
    with torch.device('meta'):
        return VisionTransformer(spec)


def random_network(
    spec: ModelSpec, layer: int, seed: int, device: torch.device, dtype: torch.dtype
) -> VisionTransformer:
    """Return a network cut after block ``layer`` with small random weights, for tests."""
    network = meta_network(spec)
    network.keep_blocks(layer)
    return _fill(network, _random_tensors(network, seed), device, dtype)


def checkpoint_sha256(path: Path) -> str:
    """Return the SHA-256 of a checkpoint file; raise ModelError if it cannot be read."""
    try:
        return file_sha256(path)
    except OSError as error:
        raise ModelError(f'cannot read {path}: {error.strerror}') from error


def _random_tensors(network: VisionTransformer, seed: int) -> Iterator[tuple[str, Tensor]]:
    """Yield name and values of each parameter: norms and scales are 1, biases 0."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in network.state_dict().items():
        values = torch.zeros(parameter.shape)
        if name.endswith('.gamma') or ('norm' in name and name.endswith('.weight')):
            values.fill_(1.0)
        elif not name.endswith('.bias'):
            values.normal_(std=0.02, generator=generator)
        yield name, values


def _fill(
    network: VisionTransformer,
    tensors: Iterable[tuple[str, Tensor]],
    device: torch.device,
    dtype: torch.dtype,
) -> VisionTransformer:
    """Return the network, ready to run, with copies of these tensors as its parameters."""
    copies = {
        # Positions are resized before use, which wants full precision.
        name: tensor.to(device, torch.float32 if name == 'pos_embed' else dtype, copy=True)
        for name, tensor in tensors
    }
    network.load_state_dict(copies, strict=True, assign=True)
    return network.eval().requires_grad_(False)
