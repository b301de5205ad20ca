# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Add imagery to an index and remove it, in time that follows the change and not the index."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
import os
from pathlib import Path

import numpy as np
from visual_navsat import __version__
from visual_navsat.config import Config
from visual_navsat.errors import IndexFolderError, MapError
from visual_navsat.features.describer import ImageDescriber, make_describer
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.arrays import load_array
from visual_navsat.index.build.area_fields import AreaPatch, moved, plan_patches
from visual_navsat.index.build.build_folder import open_build
from visual_navsat.index.build.build_index import new_segment, now
from visual_navsat.index.build.described_rows import plan_fingerprint
from visual_navsat.index.build.describing import describe_tiles
from visual_navsat.index.build.field_blocks import make_fields
from visual_navsat.index.build.field_files import FieldFiles
from visual_navsat.index.build.map_terrain import read_terrain, stored_terrain
from visual_navsat.index.build.new_version import NewVersion
from visual_navsat.index.build.removal import Removal, Removals, removed_rows
from visual_navsat.index.build.tile_images import DEFAULT_BATCH_SIZE
from visual_navsat.index.build.workers import HERE, Workers
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import (
    FORMAT_VERSION,
    Manifest,
    RAW_FIELDS_FORMAT,
    read_manifest,
    REMEDY,
    Segment,
    VOCABULARY,
)
from visual_navsat.index.segment import stored_tiles
from visual_navsat.index.stored_areas import AreaField
from visual_navsat.index.stored_code import StoredCode
from visual_navsat.index.versions import current_folder
from visual_navsat.maps.elevation import ElevationSource
from visual_navsat.maps.imagery import MapImagery

# The background is measured again once this share of the map is another.
_STALE_SHARE = 0.25


def update_index(
    index_dir: str | os.PathLike[str],
    config: Config,
    source: MapImagery | None = None,
    remove: Removal | None = None,
    describer: ImageDescriber | None = None,
    progress: bool = True,
    batch_size: int = DEFAULT_BATCH_SIZE,
    elevation: ElevationSource | None = None,
    workers: Workers = HERE,
) -> Manifest:
    """
    Remove tiles from an index, add those of a source, and return the new manifest.

    Both happen at once: a reader sees the index before or after. New tiles are described by the
    model of the index. Their gradient field lies on top of what is there. An update that was
    stopped continues where it was when the same is asked for again.

    :param source: what to add, its tiles named ``NAME/...``; None adds nothing.
    :param remove: which tiles to remove; None removes nothing.
    :param elevation: of the ground heights of the whole map, in place of those that the index
        has; None keeps these.
    :param workers: who describes the new tiles and makes their fields; the index is the same.
    :raises IndexFolderError: if there is no index, or it was built by another model.
    :raises MapError: if nothing matches ``remove``, no tile would be left, or the index has
        imagery of the source's name already.
    """
    read_manifest(current_folder(Path(index_dir)))  # before anything is made in another folder
    with open_build(index_dir) as rows, closing(FieldFiles(rows.folder)) as fields:
        folder = current_folder(rows.index)
        base = read_manifest(folder)
        _check_code(rows.index, base, config.retrieval.code)
        stamps: list[str] = []
        if source is not None:
            describer = describer or _describer_of(folder, base, config)
            stamps = [source.stamp(tile) for tile in source.tiles]
            fingerprint = plan_fingerprint(describer.identity, stamps)
            if (source.names, fingerprint) in [(s.names, s.fingerprint) for s in base.segments]:
                rows.discard()  # a run that was killed had published it
                return base
        removed = removed_rows(folder, base, remove)
        kept = _kept_segments(base, removed)
        _check_change(rows.index, base, kept, source)
        terrain = None
        if elevation is not None:
            terrain = read_terrain(elevation, _all_tiles(folder, kept, source))
        segments, areas = list(kept), list(base.areas)
        patches: list[AreaPatch] = []
        if source is not None and describer is not None:
            describe_tiles(source, stamps, describer, rows, progress, batch_size, workers)
            if areas:
                patches = plan_patches(source.tiles, areas[0].grid.gsd_m_per_px, areas)
            make_fields(source, patches, fields, progress, workers)
            for one in patches:
                place = one.patch.area
                areas[slice(place, place + 1)] = [one.area]
            segments = [_moved(segment, base.areas, areas) for segment in kept]
            key = f'{max(int(segment.key) for segment in base.segments) + 1:04d}'
            segments.append(new_segment(key, source, rows, patches))
        version = NewVersion(rows.index)
        taken = base if terrain is None else replace(base, terrain=None)
        version.keep(folder, taken, kept, removed)
        if terrain is not None:
            version.add_terrain(terrain)
        if source is not None:
            _, gsds_m_per_px = rows.read_back()
            version.add_segment(
                segments[-1].key,
                source.named_tiles,
                rows.descriptors,
                StoredCode.open(folder, base),
                gsds_m_per_px,
                fields,
            )
        manifest = _with_segments(base, segments, areas)
        if terrain is not None:
            manifest = replace(manifest, terrain=stored_terrain(elevation, terrain))
        left = sum(segment.rows - segment.removed for segment in kept)
        change = base.count - left + manifest.count - left
        manifest = _measured(manifest, change, version)
        version.publish(manifest)
        rows.discard()
    return manifest


def _check_code(index_dir: Path, base: Manifest, code: str) -> None:
    """Raise IndexFolderError if the index cannot be changed, or not with that code."""
    if base.format_version == RAW_FIELDS_FORMAT:
        raise IndexFolderError(
            f'{index_dir} has format {base.format_version}, which is only read, not changed: '
            f'{REMEDY}'
        )
    if code not in ('auto', base.code):
        raise IndexFolderError(
            f'{index_dir} was built with --code {base.code}, not {code}: leave it out, or {REMEDY}'
        )


def _describer_of(folder: Path, base: Manifest, config: Config) -> ImageDescriber:
    """Return the describer that an index was built with."""
    vocabulary = load_array(folder / VOCABULARY, 'float32', 2)
    return make_describer(config, base.identity, vocabulary)


def _all_tiles(
    folder: Path, kept: Sequence[Segment], source: MapImagery | None
) -> list[TileMetadata]:
    """Return the tiles of some segments and those that are added."""
    tiles = [tile for entry in kept for tile in stored_tiles(folder, entry)]
    return tiles + (list(source.tiles) if source is not None else [])


def _kept_segments(base: Manifest, removed: Removals) -> list[Segment]:
    """Return the segments that keep at least one tile."""
    counts = {key: len(rows) for key, rows in removed.items()}
    kept = [replace(s, removed=counts.get(s.key, s.removed)) for s in base.segments]
    return [segment for segment in kept if segment.removed < segment.rows]


def _check_change(
    index_dir: Path, base: Manifest, kept: Sequence[Segment], source: MapImagery | None
) -> None:
    """Raise MapError if nothing would be left, or names would clash."""
    if source is None and not kept:
        raise MapError(
            f'all {base.count} tiles of {index_dir} would be removed: add imagery at the same '
            'time, or delete the folder'
        )
    taken = {name for segment in kept for name in segment.names}
    clashing = [name for name in source.names if name in taken] if source is not None else []
    if clashing:
        raise MapError(
            f'{index_dir} has imagery called {clashing[0]}: name the new one, as NAME=PATH, or '
            f'remove the old one with --remove {clashing[0]}'
        )


def _moved(segment: Segment, before: Sequence[AreaField], after: Sequence[AreaField]) -> Segment:
    """Return a segment with its patches where they lie in areas that grew."""
    patches = (moved(patch, before[patch.area], after) for patch in segment.patches)
    return replace(segment, patches=tuple(patches))


def _with_segments(
    base: Manifest, segments: Sequence[Segment], areas: Sequence[AreaField]
) -> Manifest:
    """Return the manifest of an index of other segments; areas without a patch are left out."""
    used = sorted({patch.area for segment in segments for patch in segment.patches})
    number = {area: index for index, area in enumerate(used)}
    segments = [
        replace(s, patches=tuple(replace(p, area=number[p.area]) for p in s.patches))
        for s in segments
    ]
    return replace(
        base,
        format_version=FORMAT_VERSION,
        count=sum(segment.rows - segment.removed for segment in segments),
        created=now(),
        package_version=__version__,
        segments=tuple(segments),
        areas=tuple(areas[area] for area in used),
    )


def _measured(manifest: Manifest, change: int, version: NewVersion) -> Manifest:
    """
    Return the manifest with what is measured on all tiles.

    :param change: tiles that were added or removed.
    :param version: that holds the files of all segments.
    """
    index = IndexFolder.of_version(version.folder, version.folder, manifest)
    manifest = replace(
        manifest,
        described_gsd_m_per_px=float(np.median(index.gsds())),
        background_age=manifest.background_age + change,
    )
    if manifest.background_age <= _STALE_SHARE * manifest.count:
        return manifest
    return replace(manifest, background=version.background(manifest), background_age=0)
