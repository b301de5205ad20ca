# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A backbone that onnxruntime runs: one image size, and what proves that it is the same one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from visual_navsat.errors import ModelError
from visual_navsat.features.preprocess import ImagePreprocessor
from visual_navsat.files import check_input
from visual_navsat.optional import import_optional

NEEDS_ONNX = "ONNX needs more packages: pip install 'visual_navsat[onnx]'"
MIN_COSINE = 0.999  # of patch descriptors with those of torch, the lowest of an image
IDENTITY, PROBE = 'visual_navsat.identity', 'visual_navsat.probe'  # names in the file

_PROVIDERS = ('TensorrtExecutionProvider', 'CUDAExecutionProvider')


class OnnxNetwork:
    """
    What export-onnx wrote: images of one size -> one facet of their patches.

    :raises ModelError: if the file cannot be read or export-onnx did not write it.
    :raises MissingDependencyError: if onnxruntime is not installed.
    """

    def __init__(self, path: Path, device: torch.device) -> None:
        runtime = import_optional('onnxruntime', NEEDS_ONNX)
        self._path = path
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        wanted = _PROVIDERS if device.type == 'cuda' else ()
        there = [name for name in wanted if name in runtime.get_available_providers()]
        try:
            check_input(path)
            self._session = runtime.InferenceSession(
                str(path), options, providers=[*there, 'CPUExecutionProvider']
            )
        except OSError as error:
            raise ModelError(f'cannot read {path}: {error.strerror or error}') from error
        except Exception as error:  # onnxruntime has a dozen kinds
            raise ModelError(f'{path} is no ONNX file that onnxruntime runs: {error}') from error
        written = self._session.get_modelmeta().custom_metadata_map
        try:
            self.identity: dict[str, Any] = json.loads(written[IDENTITY])
            self.size: tuple[int, int] = tuple(self.identity.pop('size'))  # h, w in pixels
            self.probe = from_png(written[PROBE])
        except (KeyError, ValueError, TypeError, cv2.error) as error:
            raise ModelError(f'{path} was not written by visual-navsat export-onnx') from error

    def __call__(self, images: Tensor) -> Tensor:
        """Return (B, N, D) float32, not normalised, of (B, 3, h, w) images of its size."""
        pixels = images.detach().to('cpu', torch.float32).numpy()
        return torch.from_numpy(self._session.run(None, {'images': pixels})[0])

    def check_identity(self, identity: dict[str, Any]) -> None:
        """Raise ModelError unless it was exported from a model of that identity."""
        for key, value in identity.items():
            if self.identity.get(key) != value:
                raise ModelError(
                    f'{self._path} was exported with {key} {self.identity.get(key)!r}, this run '
                    f'has {value!r}: export it again, or leave model.onnx empty'
                )

    def check_cosine(self, cosine: float) -> None:
        """Raise ModelError if patches of an image, at worst, are less alike than they must be."""
        if not cosine >= MIN_COSINE:  # NaN is not
            providers = ', '.join(self._session.get_providers())
            raise ModelError(
                f'{self._path} describes an image otherwise than torch, cosine {cosine:.4f} where '
                f'{MIN_COSINE} is needed (onnxruntime with {providers}): leave model.onnx empty'
            )


def pixels_of(image: np.ndarray) -> Tensor:
    """Return (1, 3, h, w) for a backbone of an (h, w, 3) uint8 RGB image, multiples of 14."""
    prepared = ImagePreprocessor(max(image.shape)).prepare_tile(image)
    return torch.from_numpy(prepared.pixels)[None]


def as_png(image: np.ndarray) -> str:
    """Return an (h, w, 3) uint8 RGB image as text."""
    _, content = cv2.imencode('.png', image[..., ::-1])
    return base64.b64encode(content.tobytes()).decode('ascii')


def from_png(text: str) -> np.ndarray:
    """Return the image of :func:`as_png`."""
    content = np.frombuffer(base64.b64decode(text), np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError('no image')
    return np.ascontiguousarray(image[..., ::-1])
