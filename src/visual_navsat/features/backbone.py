# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The backbone step: normalised images -> patch descriptors (DINOv2, one facet of one block)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from visual_navsat.errors import ConfigError, ModelError, ShapeError
from visual_navsat.features.checkpoint import (
    checkpoint_sha256,
    find_checkpoint,
    load_network,
    random_network,
)
from visual_navsat.features.model_zoo import get_model_spec, ModelSpec, PATCH_SIZE
from visual_navsat.features.onnx_network import OnnxNetwork, pixels_of
from visual_navsat.features.vision_transformer import FACETS, VisionTransformer

_DTYPES = {'float32': torch.float32, 'bfloat16': torch.bfloat16, 'float16': torch.float16}


class DinoV2Extractor:
    """
    Describe each 14 x 14 patch of an image by a facet of one transformer block.

    Nothing after that block is computed or kept in memory, and for query, key and value only
    that third of the block's projection.

    Source: Amir et al., "Deep ViT Features as Dense Visual Descriptors", 2021 (facets); Keetha
    et al., "AnyLoc", RA-L 2023.
    """

    _onnx: OnnxNetwork | None = None

    def __init__(
        self,
        model: str | ModelSpec,
        layer: int | None = None,
        facet: str = 'value',
        checkpoint: str | Path | None = None,
        device: str = 'auto',
        dtype: str = 'auto',
        onnx: str | Path | None = None,
    ) -> None:
        """
        Load the weights of a model.

        :param model: a name in MODELS, or another architecture.
        :param layer: block to read, 0-based; None takes the model's usual one.
        :param facet: 'query', 'key', 'value' or 'token' (the block's output).
        :param checkpoint: state dict with the official names; None takes the model's own file.
        :param device: 'cpu', 'cuda', 'cuda:N', or 'auto': CUDA where there is one.
        :param dtype: 'float32', 'bfloat16', 'float16', or 'auto': bfloat16 on CUDA, else float32.
        :param onnx: what export-onnx wrote of the same weights; onnxruntime runs it for images of
            its size, torch describes all others. None: torch describes all.
        :raises ModelError: if the model is unknown, or its checkpoint is missing, damaged, holds
            code, or has another architecture; or ``onnx`` describes an image otherwise.
        :raises ConfigError: if another argument is out of range.
        """
        self._recipe = partial(
            DinoV2Extractor, model, layer, facet, checkpoint, device, dtype, onnx
        )
        self._set_up(model, layer, facet, device, dtype)
        path = find_checkpoint(self.spec) if checkpoint is None else Path(checkpoint)
        self._network = load_network(self.spec, self.layer, path, self.device, self.dtype)
        self.checkpoint_sha256 = checkpoint_sha256(path)
        if onnx is not None:
            self.use_onnx(OnnxNetwork(Path(onnx), self.device))

    @classmethod
    def with_random_weights(
        cls,
        model: str | ModelSpec,
        layer: int | None = None,
        facet: str = 'value',
        device: str = 'auto',
        dtype: str = 'auto',
        seed: int = 0,
    ) -> DinoV2Extractor:
        """Return an extractor with seeded random weights, for tests and timing only."""
        extractor = cls.__new__(cls)  # __init__ needs a checkpoint
        extractor._recipe = partial(
            DinoV2Extractor.with_random_weights, model, layer, facet, device, dtype, seed
        )
        extractor._set_up(model, layer, facet, device, dtype)
        extractor._network = random_network(
            extractor.spec, extractor.layer, seed, extractor.device, extractor.dtype
        )
        extractor.checkpoint_sha256 = f'random weights of seed {seed}'
        return extractor

    @property
    def network(self) -> VisionTransformer:
        """Return what torch runs, cut after the block."""
        return self._network

    @property
    def identity(self) -> dict[str, str | int]:
        """Return what patch descriptors follow from, whatever runs the network."""
        return {
            'model': self.spec.name,
            'checkpoint_sha256': self.checkpoint_sha256,
            'layer': self.layer,
            'facet': self.facet,
        }

    def use_onnx(self, network: OnnxNetwork) -> None:
        """Let onnxruntime describe images of a size, if it does it as torch does."""
        network.check_identity(self.identity)
        network.check_cosine(self.cosine_with(network, pixels_of(network.probe)))
        self._onnx = network

    def cosine_with(self, network: OnnxNetwork, images: Tensor) -> float:
        """Return the lowest cosine of torch's patch descriptors with another network's."""
        with torch.inference_mode():
            ours = self._network(images.to(self.device, self.dtype), self.facet).float().cpu()
            return float(F.cosine_similarity(ours, network(images), dim=-1).min())

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process, or another machine, reads the same weights."""
        return _made_again, (self._recipe, self.checkpoint_sha256)

    def __call__(self, images: Tensor) -> Tensor:
        """
        Return the patch descriptors of images of one size.

        :param images: (B, 3, h, w) float32, ImageNet-normalised; h and w multiples of 14.
        :return: (B, N, D) float32 on the extractor's device, unit rows; N = h/14 * w/14, row by
            row from the top left.
        :raises ShapeError: if the images have another shape.
        """
        if images.ndim != 4 or images.shape[1] != 3 or 0 in images.shape:
            raise ShapeError(f'images must be (B, 3, h, w), got {tuple(images.shape)}')
        height, width = images.shape[-2:]
        if height % PATCH_SIZE or width % PATCH_SIZE:
            raise ShapeError(
                f'sides of images must be multiples of {PATCH_SIZE} px, got {height} x {width}'
            )
        with torch.inference_mode():
            if self._onnx is not None and self._onnx.size == (height, width):
                patches = self._onnx(images).to(self.device)
            else:
                patches = self._network(images.to(self.device, self.dtype), self.facet)
            return F.normalize(patches.float(), dim=-1)

    def _set_up(
        self, model: str | ModelSpec, layer: int | None, facet: str, device: str, dtype: str
    ) -> None:
        """Set everything but the weights."""
        self.spec = model if isinstance(model, ModelSpec) else get_model_spec(model)
        self.layer = self.spec.layer if layer is None else layer
        if not 0 <= self.layer < self.spec.depth:
            raise ConfigError(
                f'layer of {self.spec.name} must be 0 to {self.spec.depth - 1}, got {layer}'
            )
        if facet not in FACETS:
            raise ConfigError(f'facet must be one of {", ".join(FACETS)}, got {facet!r}')
        self.facet = facet
        self.device = resolve_device(device)
        self.dtype = _resolve_dtype(dtype, self.device)


def _made_again(recipe: Callable[[], DinoV2Extractor], sha256: str) -> DinoV2Extractor:
    """Return the extractor of a recipe; raise ModelError if its weights are others here."""
    extractor = recipe()
    if extractor.checkpoint_sha256 != sha256:
        raise ModelError(
            f'the weights of {extractor.spec.name} differ between the machines: copy the same '
            'file to all of them'
        )
    return extractor


def resolve_device(name: str) -> torch.device:
    """Return the torch device called ``name``; raise ConfigError if this machine lacks it."""
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f'device must be auto, cpu, cuda or cuda:N, got {name!r}') from error
    if device.type == 'cuda' and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(
            f'device is {name!r}, but torch sees {torch.cuda.device_count()} CUDA devices: '
            'give cpu, or install the CUDA build of torch'
        )
    return device


def _resolve_dtype(name: str, device: torch.device) -> torch.dtype:
    if name == 'auto':
        return torch.bfloat16 if device.type == 'cuda' else torch.float32
    if name not in _DTYPES:
        raise ConfigError(f'dtype must be one of auto, {", ".join(_DTYPES)}, got {name!r}')
    return _DTYPES[name]
