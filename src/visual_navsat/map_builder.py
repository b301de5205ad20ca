"""Build a map's index: tile images -> descriptors -> index folder; resumes after being killed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from visual_navsat import __version__
from visual_navsat.config import Config
from visual_navsat.errors import ImageError, MapError, ModelError
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.describer import (
    ImageDescriber,
    counting_patches,
    make_aggregator,
    make_extractor,
    make_preprocessor,
    resolve_settings,
)
from visual_navsat.features.preprocess import ImagePreprocessor
from visual_navsat.features.vlad import VLADAggregator
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.background import map_background
from visual_navsat.localization.gradient_field import FieldOptions
from visual_navsat.localization.map_area import build_area_fields
from visual_navsat.maps.read_ahead import read_ahead
from visual_navsat.retrieval.build_folder import BuildFolder
from visual_navsat.retrieval.store import AreaField, IndexFolder

DEFAULT_BATCH_SIZE = 16

# What a vocabulary is fitted on: k-means gains nothing from more, and this fits in memory.
_FIT_TILES = 500
_FIT_PATCHES = 200_000

Item = TypeVar('Item')


def build_map(
    tiles: Sequence[TileMetadata],
    image_dir: str | os.PathLike,
    out_dir: str | os.PathLike,
    config: Config,
    describer: ImageDescriber | None = None,
    progress: bool = True,
    batch_size: int = DEFAULT_BATCH_SIZE,
) -> IndexFolder:
    """
    Describe every tile and return the index, which replaces one at ``out_dir`` when complete.

    A build that was stopped, by whatever, goes on where it was when it is started again.

    :param tiles: at least one; their images lie below ``image_dir``.
    :param out_dir: the index folder to make.
    :param describer: None makes the one that the config asks for, with a vocabulary fitted on
        this map where there is none.
    :param batch_size: tiles that are described at once.
    :raises MapError: if there are no tiles or images are missing.
    :raises ImageError: if an image cannot be read.
    :raises IndexFolderError: if the disk is full, another build of ``out_dir`` runs, or it is
        something else than an index; an index that is there stays as it is.
    """
    image_dir = Path(image_dir)
    stamps = tile_stamps(tiles, image_dir)
    build = BuildFolder(out_dir)
    try:
        with build:
            if describer is None:
                describer = _make_describer(tiles, stamps, image_dir, config, build, progress)
            _describe_tiles(tiles, stamps, image_dir, describer, build, progress, batch_size)
            descriptors, gsds_m_per_px = build.read_back()
            areas, fields = _make_fields(tiles, image_dir, config, progress)
            build.publish(
                tiles,
                describer.aggregator.vocabulary.cpu().numpy(),
                fields,
                areas=tuple(areas),
                identity=describer.identity,
                dimension=descriptors.shape[1],
                described_gsd_m_per_px=float(np.median(gsds_m_per_px)),
                background=map_background(descriptors, tiles),
                image_dir=str(image_dir.resolve()),
                created=datetime.now(timezone.utc).isoformat(timespec='seconds'),
                package_version=__version__,
            )
    except OSError as error:
        raise build.explain(error) from error
    return IndexFolder.open(out_dir, check=False)


def tile_stamps(tiles: Sequence[TileMetadata], image_dir: Path) -> list[str]:
    """
    Return one text per tile that changes with its metadata and its image file.

    :raises MapError: if there are no tiles or images are missing.
    """
    if not tiles:
        raise MapError('the map has no tiles: give at least one')
    stamps, missing = [], []
    for tile in tiles:
        try:
            status = (image_dir / tile.filename).stat()
        except OSError:
            missing.append(tile.filename)
            continue
        text = f'{tile} {status.st_size} {status.st_mtime_ns}'
        stamps.append(hashlib.sha256(text.encode()).hexdigest()[:16])
    if missing:
        raise MapError(
            f'{len(missing)} of {len(tiles)} images are missing in {image_dir}, the first is '
            f'{missing[0]}: add them or remove their lines from the CSV'
        )
    return stamps


def _describe_tiles(
    tiles: Sequence[TileMetadata],
    stamps: Sequence[str],
    image_dir: Path,
    describer: ImageDescriber,
    build: BuildFolder,
    progress: bool,
    batch_size: int,
) -> None:
    """Append the descriptor of every tile that is not done yet."""
    identity = describer.identity
    done = build.start(identity, stamps, identity['dimension'], batch_size)
    images = read_ahead(
        tiles[done:], image_dir, describer.preprocessor.prepare_tile, 2 * batch_size
    )
    with closing(images), _progress_bar('tiles', len(tiles), done, progress) as bar:
        try:
            for batch in _batches(images, batch_size):
                descriptors = describer.describe(batch)
                _check_finite(descriptors, tiles[build.count :])
                build.append(descriptors, [image.gsd_m_per_px for image in batch])
                bar.update(len(batch))
        except (ImageError, ModelError) as error:
            kept = f'{build.count} of {len(tiles)} tiles are done and kept'
            raise type(error)(f'{error} ({kept})') from error


def _make_fields(
    tiles: Sequence[TileMetadata], image_dir: Path, config: Config, progress: bool
) -> tuple[list[AreaField], list[np.ndarray]]:
    """Return what the map is correlated by: each area's gradient field; none if that is off."""
    if not config.correlation.correlate:
        return [], []
    options = FieldOptions(gsd_m_per_px=config.correlation.gsd_m_per_px)
    with _progress_bar('gradients', len(tiles), 0, progress) as bar:

        def images(members: Sequence[TileMetadata]) -> Iterator[np.ndarray]:
            for image in read_ahead(members, image_dir, lambda image, _: image, 4):
                yield image
                bar.update()

        return build_area_fields(tiles, images, options)


def _check_finite(descriptors: np.ndarray, tiles: Sequence[TileMetadata]) -> None:
    """Raise ModelError if the first tiles have a descriptor that nothing can be compared with."""
    for tile, descriptor in zip(tiles, descriptors, strict=False):
        if not np.isfinite(descriptor).all():
            raise ModelError(
                f'the descriptor of {tile.filename} is not finite: check the checkpoint, or use '
                'model.dtype float32'
            )


def _make_describer(
    tiles: Sequence[TileMetadata],
    stamps: Sequence[str],
    image_dir: Path,
    config: Config,
    build: BuildFolder,
    progress: bool,
) -> ImageDescriber:
    """Return the describer that the config asks for, its vocabulary fitted where it has none."""
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
        vocabulary = build.saved_vocabulary(key)
        if vocabulary is None:
            vocabulary = fit_map_vocabulary(
                tiles, image_dir, extractor, preprocessor, settings, progress
            )
            build.save_vocabulary(key, vocabulary)
        aggregator = make_aggregator(settings, extractor, vocabulary)
    return ImageDescriber(extractor, aggregator, preprocessor)


def fit_map_vocabulary(
    tiles: Sequence[TileMetadata],
    image_dir: Path,
    extractor: DinoV2Extractor,
    preprocessor: ImagePreprocessor,
    config: Config,
    progress: bool = True,
) -> np.ndarray:
    """
    Return (K, D) centres fitted on patches of the map, the same for the same seed.

    :param config: ``vlad.num_clusters`` and ``vlad.seed`` are used.
    """
    rng = np.random.default_rng(config.vlad.seed)
    count = min(len(tiles), _FIT_TILES)
    sample = [tiles[row] for row in np.sort(rng.permutation(len(tiles))[:count])]
    most = -(-_FIT_PATCHES // count)
    collected = []
    images = read_ahead(sample, image_dir, preprocessor.prepare_tile, DEFAULT_BATCH_SIZE)
    with closing(images), _progress_bar('vocabulary', count, 0, progress) as bar:
        for image in images:
            patches = counting_patches(extractor, [image])
            collected.append(patches[np.sort(rng.permutation(len(patches))[:most])])
            bar.update()
    patches = np.concatenate(collected)
    fitted = VLADAggregator.fit(patches, config.vlad.num_clusters, config.vlad.seed)
    return fitted.vocabulary.cpu().numpy()


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of ``size`` items; the last may be shorter."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _progress_bar(name: str, total: int, done: int, progress: bool) -> tqdm:
    return tqdm(
        desc=name,
        total=total,
        initial=done,
        unit=' tiles',
        disable=not progress,
        bar_format='{desc}: {percentage:3.0f}% |{bar:30}| {n_fmt}/{total_fmt} '
        '[{elapsed}<{remaining}, {rate_noinv_fmt}]',
    )
