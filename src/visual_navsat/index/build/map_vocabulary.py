# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The describer that a build uses, with a vocabulary fitted on the map if it has none."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
import hashlib
import io
import json
from pathlib import Path
from typing import ClassVar
from zipfile import BadZipFile

import numpy as np
from visual_navsat.config import Config
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.describer import (
    counting_patches,
    ImageDescriber,
    make_aggregator,
    make_extractor,
    make_preprocessor,
    resolve_settings,
)
from visual_navsat.features.preprocess import ImagePreprocessor
from visual_navsat.features.vlad import VLADAggregator
from visual_navsat.files import write_bytes
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.tile_images import progress_bar, tile_preparer
from visual_navsat.index.build.workers import HERE, Workers
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.read_ahead import read_ahead

# A vocabulary is fitted on these at most: more do not improve it, and this fits in memory.
_FIT_TILES = 500
_FIT_PATCHES = 200_000
_SHARD_TILES = 16


@dataclass(frozen=True)
class ExtractPatches:
    """The step that extracts what a vocabulary is fitted on; a shard is some tiles."""

    imagery: MapImagery
    extractor: DinoV2Extractor
    preprocessor: ImagePreprocessor
    uses_network: ClassVar[bool] = True

    def __call__(self, tiles: Sequence[TileMetadata]) -> Generator[np.ndarray]:
        """Yield the patches of each tile that count, (n, D) float32 unit rows."""
        prepare = tile_preparer(self.preprocessor)
        with closing(read_ahead(self.imagery, tiles, prepare, _SHARD_TILES)) as images:
            for image in images:
                yield counting_patches(self.extractor, [image])


def make_map_describer(
    source: MapImagery,
    stamps: Sequence[str],
    config: Config,
    folder: Path,
    progress: bool,
    workers: Workers,
) -> ImageDescriber:
    """
    Return the describer of the config, its vocabulary fitted on the map if it has none.

    :param folder: keeps a fitted vocabulary for a build that is stopped and continued.
    """
    settings = resolve_settings(config)
    extractor, preprocessor = make_extractor(settings), make_preprocessor(settings)
    aggregator = make_aggregator(settings, extractor)
    if aggregator is None:
        key = json.dumps(
            [
                extractor.spec.name,
                extractor.checkpoint_sha256,
                extractor.layer,
                extractor.facet,
                preprocessor.max_side,
                settings.vlad.num_clusters,
                settings.vlad.seed,
                *stamps,
            ]
        )
        key = hashlib.sha256(key.encode()).hexdigest()
        path = folder / 'vocabulary.npz'
        vocabulary = _saved_vocabulary(path, key)
        if vocabulary is None:
            vocabulary = fit_map_vocabulary(
                source, extractor, preprocessor, settings, progress, workers
            )
            content = io.BytesIO()
            np.savez(content, key=key, vocabulary=vocabulary)
            write_bytes(path, content.getvalue(), durable=True)
        aggregator = make_aggregator(settings, extractor, vocabulary)
        assert aggregator is not None  # it has a vocabulary now
    return ImageDescriber(extractor, aggregator, preprocessor)


def _saved_vocabulary(path: Path, key: str) -> np.ndarray | None:
    """Return the vocabulary that was saved for the same ``key``, or None."""
    try:
        with np.load(path, allow_pickle=False) as saved:
            return saved['vocabulary'] if str(saved['key']) == key else None
    except (OSError, ValueError, KeyError, BadZipFile):
        return None


def fit_map_vocabulary(
    source: MapImagery,
    extractor: DinoV2Extractor,
    preprocessor: ImagePreprocessor,
    config: Config,
    progress: bool = True,
    workers: Workers = HERE,
) -> np.ndarray:
    """
    Return (K, D) centres fitted on patches of the map, the same for the same seed.

    :param config: ``vlad.num_clusters`` and ``vlad.seed`` are used.
    """
    rng = np.random.default_rng(config.vlad.seed)
    tiles = source.tiles
    count = min(len(tiles), _FIT_TILES)
    sample = [tiles[row] for row in np.sort(rng.permutation(len(tiles))[:count])]
    most = -(-_FIT_PATCHES // count)
    collected = []
    step = ExtractPatches(source.without_tiles(), extractor, preprocessor)
    shards = [sample[start:][:_SHARD_TILES] for start in range(0, count, _SHARD_TILES)]
    extracted = workers.run(step, shards)
    with closing(extracted), progress_bar('vocabulary', count, 0, progress) as bar:
        for patches in extracted:
            collected.append(patches[np.sort(rng.permutation(len(patches))[:most])])
            bar.update()
    patches = np.concatenate(collected)
    fitted = VLADAggregator.fit(patches, config.vlad.num_clusters, config.vlad.seed)
    return fitted.vocabulary.cpu().numpy()
