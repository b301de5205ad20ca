# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Write a backbone as ONNX: one image size, the position embedding of it baked in."""

from __future__ import annotations

from collections.abc import Sequence
import json
import logging
from pathlib import Path
import tempfile
import warnings

import cv2
import numpy as np
import torch
from torch import nn, Tensor
from visual_navsat.errors import ShapeError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import PATCH_SIZE
from visual_navsat.features.onnx_network import (
    as_png,
    IDENTITY,
    NEEDS_ONNX,
    OnnxNetwork,
    pixels_of,
    PROBE,
)
from visual_navsat.features.vision_transformer import VisionTransformer
from visual_navsat.optional import import_optional

_MAX_BYTES = 1_900_000_000  # of one ONNX file; weights beyond it lie in a file beside it


class _OneFacet(nn.Module):
    """A network with its facet chosen."""

    def __init__(self, network: VisionTransformer, facet: str) -> None:
        super().__init__()
        self.network, self.facet = network, facet

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, N, D) of (B, 3, h, w)."""
        return self.network(images, self.facet)


def export_onnx(
    extractor: DinoV2Extractor, size: tuple[int, int], images: Sequence[np.ndarray], path: Path
) -> float:
    """
    Write the backbone and return the lowest cosine of its patch descriptors with those of torch.

    :param extractor: in float32.
    :param size: height and width of the images that it will describe, multiples of 14.
    :param images: (H, W, 3) uint8 RGB, real ones, at least one, on which it is compared; the
        first goes with the file, for whoever loads it to compare again.
    :raises ShapeError: if the size cannot be used.
    :raises ModelError: if the descriptors differ; nothing is written then.
    :raises MissingDependencyError: if a package is missing.
    """
    for name in ('onnx', 'onnxscript', 'onnxruntime'):
        import_optional(name, NEEDS_ONNX)
    if min(size) < PATCH_SIZE or size[0] % PATCH_SIZE or size[1] % PATCH_SIZE:
        raise ShapeError(f'sides must be multiples of {PATCH_SIZE} px, got {size[0]} x {size[1]}')
    height, width = size
    resized = [cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in images]
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f'{path.name}.') as folder:
        made = Path(folder) / path.name
        _write(extractor, size, as_png(resized[0]), made)
        written = OnnxNetwork(made, extractor.device)
        cosine = min(extractor.cosine_with(written, pixels_of(one)) for one in resized)
        written.check_cosine(cosine)
        # The weights, where they lie beside it, before what refers to them.
        for file in sorted(Path(folder).iterdir(), key=lambda file: file == made):
            file.replace(path.with_name(file.name))
    return cosine


def _write(extractor: DinoV2Extractor, size: tuple[int, int], probe: str, path: Path) -> None:
    network = _OneFacet(extractor.network, extractor.facet).eval()
    images = torch.zeros(2, 3, *size, dtype=extractor.dtype, device=extractor.device)
    # What the exporter says of itself and of packages that are not needed.
    logging.getLogger('torch.onnx').setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        network(images)  # computes the position embedding, which is a constant from here on
        program = torch.onnx.export(
            network,
            (images,),
            input_names=['images'],
            output_names=['patches'],
            dynamic_shapes={'images': {0: torch.export.Dim.DYNAMIC}},
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # as it is with dynamo
    identity = {**extractor.identity, 'size': size}
    program.model.metadata_props[IDENTITY] = json.dumps(identity)
    program.model.metadata_props[PROBE] = probe
    weights = sum(p.numel() * p.element_size() for p in network.parameters())
    program.save(str(path), external_data=weights > _MAX_BYTES)
