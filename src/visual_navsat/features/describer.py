# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The describe step: prepared images -> descriptors, with one backbone and one vocabulary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor
from visual_navsat.config import Config
from visual_navsat.errors import IndexFolderError, ModelError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import EMBEDDED_MODEL, get_model_spec, PATCH_SIZE
from visual_navsat.features.preprocess import ImagePreprocessor, PreparedImage
from visual_navsat.features.vlad import VLADAggregator
from visual_navsat.features.vocabulary import read_vocabulary
from visual_navsat.files import find_shared_file

# Patches that go through the backbone at once: 64 images of 224 px, 4 of 896 px.
_MAX_BATCH_PATCHES = 16384

# The settings behind the entries of an index's identity.
_SETTINGS = {
    'model': 'model.name',
    'checkpoint_sha256': 'model.checkpoint',
    'layer': 'model.layer',
    'facet': 'model.facet',
    'vocabulary_sha256': 'vlad.vocabulary',
    'soft_assignment': 'vlad.assignment',
    'temperature': 'vlad.temperature',
    'max_side': 'preprocess.max_side',
}


class ImageDescriber:
    """Backbone and VLAD together: prepared images -> descriptors."""

    def __init__(
        self,
        extractor: DinoV2Extractor,
        aggregator: VLADAggregator,
        preprocessor: ImagePreprocessor,
    ) -> None:
        """Take the parts; raise ModelError if vocabulary and backbone differ in dimension."""
        vocabulary_dim = aggregator.vocabulary.shape[1]
        if vocabulary_dim != extractor.spec.dim:
            raise ModelError(
                f'the vocabulary of {extractor.spec.name} must have dimension '
                f'{extractor.spec.dim}, got {vocabulary_dim}: give its own, or fit one'
            )
        self.extractor = extractor
        self.aggregator = aggregator
        self.preprocessor = preprocessor

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes an equal one, on a device that it has itself."""
        vlad = self.aggregator
        how = (vlad.vocabulary.cpu().numpy(), vlad.soft_assignment, vlad.temperature)
        return _made_again, (self.extractor, self.preprocessor, *how)

    @property
    def identity(self) -> dict[str, str | int | float | bool]:
        """Return what made the descriptors; only those of equal identity can be compared."""
        soft_assignment = self.aggregator.soft_assignment
        return {
            **self.extractor.identity,
            'vocabulary_sha256': self.aggregator.vocabulary_sha256,
            'soft_assignment': soft_assignment,
            'temperature': self.aggregator.temperature if soft_assignment else 0.0,
            'max_side': self.preprocessor.max_side,
            'dimension': self.aggregator.dimension,
        }

    def describe(
        self, images: Sequence[PreparedImage], timings_ms: dict[str, float] | None = None
    ) -> np.ndarray:
        """
        Return one VLAD descriptor per image.

        :param images: of any sizes; equal sizes go through the backbone together.
        :param timings_ms: where given, 'backbone' and 'vlad' are set to their milliseconds.
        :return: (B, K * D) float32, unit rows; zeros where no patch of an image counts.
        """
        descriptors = np.zeros((len(images), self.aggregator.dimension), np.float32)
        times = {'backbone': 0.0, 'vlad': 0.0}
        for rows in _batches(images):
            with self._add_time(times, 'backbone'):
                patches = _extract(self.extractor, [images[row] for row in rows])
            with self._add_time(times, 'vlad'):
                mask = torch.from_numpy(np.stack([images[row].patch_mask.ravel() for row in rows]))
                descriptors[rows] = self.aggregator.aggregate(patches, mask).cpu().numpy()
        if timings_ms is not None:
            timings_ms.update(times)
        return descriptors

    @contextmanager
    def _add_time(self, times: dict[str, float], step: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        if self.extractor.device.type == 'cuda':
            torch.cuda.synchronize(self.extractor.device)
        times[step] += 1e3 * (time.perf_counter() - started)


def _made_again(
    extractor: DinoV2Extractor,
    preprocessor: ImagePreprocessor,
    vocabulary: np.ndarray,
    soft_assignment: bool,
    temperature: float,
) -> ImageDescriber:
    vlad = VLADAggregator(vocabulary, soft_assignment, temperature, extractor.device)
    return ImageDescriber(extractor, vlad, preprocessor)


def counting_patches(extractor: DinoV2Extractor, images: Sequence[PreparedImage]) -> np.ndarray:
    """Return (M, D) float32 unit rows: the patches of all images that count, in order."""
    counting = [np.zeros((0, extractor.spec.dim), np.float32)] * (1 + len(images))
    for rows in _batches(images):
        patches = _extract(extractor, [images[row] for row in rows]).cpu().numpy()
        for row, described in zip(rows, patches, strict=True):
            counting[1 + row] = described[images[row].patch_mask.ravel()]
    return np.concatenate(counting)


def make_describer(
    config: Config,
    identity: Mapping[str, str | int | float | bool] | None = None,
    vocabulary: np.ndarray | None = None,
) -> ImageDescriber:
    """
    Return the describer of a config, with what it leaves undecided taken from an existing index.

    :param identity: of that index; settings of 'auto', -1 or 0 are undecided.
    :param vocabulary: (K, D) centres stored in that index.
    :raises IndexFolderError: if the describer differs from the one that made the index.
    :raises ModelError: if weights or vocabulary are missing or damaged.
    """
    resolved = resolve_settings(config, identity)
    extractor = make_extractor(resolved)
    aggregator = make_aggregator(resolved, extractor, vocabulary)
    if aggregator is None:
        raise ModelError(
            f'{extractor.spec.name} comes without a vocabulary: build a map with it, which fits '
            'one, or name a file with vlad.vocabulary'
        )
    describer = ImageDescriber(extractor, aggregator, make_preprocessor(resolved))
    if identity is not None:
        _refuse_differences(identity, describer.identity)
    return describer


def resolve_settings(
    config: Config, identity: Mapping[str, str | int | float | bool] | None = None
) -> Config:
    """
    Return the config with every undecided setting taken from an index, or else from the model.

    :param identity: of an existing index.
    :raises IndexFolderError: if a setting contradicts the index.
    """
    identity = identity or {}
    name = config.model.name
    spec = get_model_spec(str(identity.get('model', EMBEDDED_MODEL)) if name == 'auto' else name)
    built_soft = identity.get('soft_assignment', False)
    # What a setting is if it was left undecided, and the value that says so.
    for path, undecided, suited in (
        ('model.name', 'auto', spec.name),
        ('model.layer', -1, identity.get('layer', spec.layer)),
        ('model.facet', 'auto', identity.get('facet', 'value')),
        ('vlad.assignment', 'auto', 'soft' if built_soft else 'hard'),
        ('vlad.temperature', 0.0, identity.get('temperature') or 10.0),
        ('preprocess.max_side', 0, identity.get('max_side', spec.max_side)),
    ):
        section, setting = path.split('.')
        if getattr(getattr(config, section), setting) == undecided:
            config = config.replace(path, suited)
    is_soft = config.vlad.assignment == 'soft'
    running = {
        'model': config.model.name,
        'layer': config.model.layer,
        'facet': config.model.facet,
        'soft_assignment': is_soft,
        'temperature': config.vlad.temperature if is_soft else 0.0,
        'max_side': config.preprocess.max_side,
    }
    # Before the weights are looked for: those of the wrong model may well be missing.
    _refuse_differences({key: identity[key] for key in running if key in identity}, running)
    return config


def make_extractor(config: Config) -> DinoV2Extractor:
    """Return the backbone of a config that :func:`resolve_settings` returned."""
    model = config.model
    return DinoV2Extractor(
        model.name,
        model.layer,
        model.facet,
        model.checkpoint or None,
        model.device,
        model.dtype,
        model.onnx or None,
    )


def make_preprocessor(config: Config) -> ImagePreprocessor:
    """Return the preprocessor of a config that :func:`resolve_settings` returned."""
    return ImagePreprocessor(config.preprocess.max_side, config.preprocess.min_patch_coverage)


def make_aggregator(
    config: Config, extractor: DinoV2Extractor, vocabulary: np.ndarray | None = None
) -> VLADAggregator | None:
    """
    Return the aggregator with its vocabulary, or None if one must be fitted.

    :param vocabulary: (K, D) centres of an index or fitted just now, unless the config names a
        file.
    """
    source = config.vlad.vocabulary
    if source not in ('auto', 'fit'):
        vocabulary = read_vocabulary(source)
    elif vocabulary is None and source == 'auto' and extractor.spec.name == EMBEDDED_MODEL:
        path = find_shared_file('models/c_centers.pt')
        vocabulary = None if path is None else read_vocabulary(path)
    if vocabulary is None:
        return None
    vlad = config.vlad
    return VLADAggregator(
        vocabulary, vlad.assignment == 'soft', vlad.temperature, extractor.device
    )


def _batches(images: Sequence[PreparedImage]) -> Iterator[list[int]]:
    """Yield the rows of images that can go through the backbone together."""
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, image in enumerate(images):
        by_shape[image.pixels.shape].append(row)
    for (_, height, width), rows in by_shape.items():
        size = max(1, _MAX_BATCH_PATCHES // (height * width // PATCH_SIZE**2))
        for start in range(0, len(rows), size):
            yield rows[slice(start, start + size)]


def _extract(extractor: DinoV2Extractor, images: Sequence[PreparedImage]) -> Tensor:
    return extractor(torch.from_numpy(np.stack([image.pixels for image in images])))


def _refuse_differences(identity: Mapping[str, Any], running: Mapping[str, Any]) -> None:
    """Raise IndexFolderError if the index was made with another value than this run's."""
    for key, built_with in identity.items():
        if key in running and running[key] != built_with:
            setting = _SETTINGS.get(key, key)
            raise IndexFolderError(
                f'the index was built with {key} {built_with!r}, this run has {running[key]!r}: '
                f'set {setting} to match, or build the map again'
            )
