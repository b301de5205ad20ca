# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Build a map's index; a build that was stopped continues where it was."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
import os

import numpy as np
from visual_navsat import __version__
from visual_navsat.config import Config
from visual_navsat.features.describer import ImageDescriber
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.area_fields import AreaPatch, plan_patches
from visual_navsat.index.build.build_folder import open_build
from visual_navsat.index.build.described_rows import DescribedRows
from visual_navsat.index.build.describing import describe_tiles
from visual_navsat.index.build.field_blocks import make_fields
from visual_navsat.index.build.field_files import FieldFiles
from visual_navsat.index.build.map_terrain import read_terrain, stored_terrain
from visual_navsat.index.build.map_vocabulary import make_map_describer
from visual_navsat.index.build.new_version import NewVersion
from visual_navsat.index.build.tile_coding import make_code
from visual_navsat.index.build.tile_images import DEFAULT_BATCH_SIZE
from visual_navsat.index.build.workers import HERE, Workers
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import Manifest, Segment
from visual_navsat.maps.elevation import ElevationSource
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.open_map import open_image_folder

_KEY = '0001'  # of a new index's only segment


def build_map(
    tiles: Sequence[TileMetadata],
    image_dir: str | os.PathLike[str],
    out_dir: str | os.PathLike[str],
    config: Config,
    describer: ImageDescriber | None = None,
    progress: bool = True,
    batch_size: int = DEFAULT_BATCH_SIZE,
) -> IndexFolder:
    """Build the index of tiles whose images lie below a folder, as :func:`build_index` does."""
    source = open_image_folder(tiles, image_dir)
    return build_index(source, out_dir, config, describer, progress, batch_size)


def build_index(
    source: MapImagery,
    out_dir: str | os.PathLike[str],
    config: Config,
    describer: ImageDescriber | None = None,
    progress: bool = True,
    batch_size: int = DEFAULT_BATCH_SIZE,
    elevation: ElevationSource | None = None,
    workers: Workers = HERE,
) -> IndexFolder:
    """
    Describe every tile and return the index, which replaces one at ``out_dir`` when complete.

    A build that was stopped continues where it was when it is started again.

    :param source: the map, as :func:`~visual_navsat.maps.open_map.open_map` opens it.
    :param out_dir: the index folder to make.
    :param describer: None: that of the config, with a vocabulary fitted on this map if it has
        none.
    :param batch_size: tiles that are described at once.
    :param elevation: of the ground heights that are stored; None: flat ground is assumed.
    :param workers: who describes tiles and makes fields; the index is the same.
    :raises ImageError: if an image cannot be read.
    :raises WorkerError: if workers cannot do it; what is done is kept.
    :raises IndexFolderError: if the disk is full, another build of ``out_dir`` runs, or
        ``out_dir`` is something other than an index; an index that is there does not change.
    """
    stamps = [source.stamp(tile) for tile in source.tiles]
    # Before hours of describing.
    terrain = None if elevation is None else read_terrain(elevation, source.tiles)
    with open_build(out_dir) as rows, closing(FieldFiles(rows.folder)) as fields:
        if describer is None:
            describer = make_map_describer(source, stamps, config, rows.folder, progress, workers)
        describe_tiles(source, stamps, describer, rows, progress, batch_size, workers)
        descriptors, gsds_m_per_px = rows.read_back()
        patches = []
        if config.correlation.correlate:
            patches = plan_patches(source.tiles, config.correlation.gsd_m_per_px)
        make_fields(source, patches, fields, progress, workers)
        code = make_code(config.retrieval.code, descriptors)
        segment = new_segment(_KEY, source, rows, patches)
        manifest = Manifest(
            identity=describer.identity,
            dimension=descriptors.shape[1],
            count=len(source.tiles),
            described_gsd_m_per_px=float(np.median(gsds_m_per_px)),
            background=[],
            created=now(),
            package_version=__version__,
            segments=(segment,),
            areas=tuple(patch.area for patch in patches),
            terrain=None if terrain is None else stored_terrain(elevation, terrain),
            code=code.name,
        )
        version = NewVersion(rows.index)
        version.add_vocabulary(describer.aggregator.vocabulary.cpu().numpy())
        if terrain is not None:
            version.add_terrain(terrain)
        version.add_code(code)
        version.add_segment(_KEY, source.tiles, rows.descriptors, code, gsds_m_per_px, fields)
        version.publish(replace(manifest, background=version.background(manifest)))
        rows.discard()
    return IndexFolder.open(out_dir, check=False)


def new_segment(
    key: str, source: MapImagery, rows: DescribedRows, patches: Sequence[AreaPatch]
) -> Segment:
    """Return what the manifest says of all tiles of a source, once they are described."""
    return Segment(
        key=key,
        names=source.names,
        origins=source.origins,
        rows=len(source.tiles),
        removed=0,
        fingerprint=rows.fingerprint,
        patches=tuple(one.patch for one in patches),
    )


def now() -> str:
    """Return the time as ISO 8601, UTC."""
    return datetime.now(timezone.utc).isoformat(timespec='seconds')
