"""Add imagery to an index and remove it, in time that follows the change and not the index."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from visual_navsat import __version__
from visual_navsat.config import Config
from visual_navsat.errors import MapError
from visual_navsat.features.describer import ImageDescriber, make_describer
from visual_navsat.index.build.area_fields import AreaPatch, moved
from visual_navsat.index.build.build_folder import open_build
from visual_navsat.index.build.build_index import now
from visual_navsat.index.build.described_rows import plan_fingerprint
from visual_navsat.index.build.describing import describe_tiles, make_patches
from visual_navsat.index.build.removal import Removal, Removals, removed_rows
from visual_navsat.index.build.tile_images import DEFAULT_BATCH_SIZE
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import (
    FORMAT_VERSION,
    GSDS,
    REMOVED,
    VOCABULARY,
    Manifest,
    Segment,
    read_manifest,
)
from visual_navsat.index.segment import file_names, live_rows
from visual_navsat.index.versions import current_folder
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.retrieval.background import map_background

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
) -> Manifest:
    """
    Remove tiles from an index and add those of a source; return what it says of itself then.

    Both become true at once: a reader sees the index before or after.

    New tiles are described by the model of the index. Their gradient field lies on top of what is
    there. What was stopped goes on where it was when the same is asked for again.

    :param source: what to add, its tiles named ``NAME/...``; None adds nothing.
    :param remove: which tiles go; None removes nothing.
    :raises IndexFolderError: if there is no index, or it was built by another model.
    :raises MapError: if nothing matches ``remove``, all tiles would go, or the index has imagery
        of the source's name already.
    """
    read_manifest(current_folder(Path(index_dir)))  # before anything is made in another folder
    with open_build(index_dir) as build:
        folder = current_folder(build.target)
        base = read_manifest(folder)
        stamps: list[str] = []
        if source is not None:
            describer = describer or _describer_of(folder, base, config)
            stamps = [source.stamp(tile) for tile in source.tiles]
            if _holds(base, source, plan_fingerprint(describer.identity, stamps)):
                build.discard()
                return base
        removed = removed_rows(folder, base, remove)
        kept = _kept_segments(base, removed)
        _check_change(build.target, base, kept, source)
        change = sum(len(rows) for rows in removed.values())
        change -= sum(segment.removed for segment in base.segments if segment.key in removed)
        added: Segment | None = None
        patches: list[AreaPatch] = []
        if source is not None and describer is not None:
            describe_tiles(source, stamps, describer, build.rows, progress, batch_size)
            if base.areas:
                gsd_m_per_px = base.areas[0].grid.gsd_m_per_px
                patches = make_patches(source, gsd_m_per_px, progress, base.areas)
            added = _segment_of(source, base, build.rows.fingerprint)
            change += added.rows
        version = build.begin_version()
        version.keep(folder, kept, removed)
        if source is not None and added is not None:
            _, gsds_m_per_px = build.rows.read_back()
            fields = [one.field for one in patches]
            version.add_segment(
                added.key, source.tiles, build.rows.descriptors, gsds_m_per_px, fields
            )
        manifest = _with_segments(base, kept, added, patches)
        manifest = _measured(manifest, change, version.folder)
        build.publish(version, manifest)
    return manifest


def _describer_of(folder: Path, base: Manifest, config: Config) -> ImageDescriber:
    """Return the describer that an index was built with."""
    vocabulary = np.load(folder / VOCABULARY, allow_pickle=False)
    return make_describer(config, base.identity, vocabulary)


def _holds(base: Manifest, source: MapImagery, fingerprint: str) -> bool:
    """Return whether an index holds this very source: a run that was killed had published it."""
    return any(
        segment.name == source.name and segment.fingerprint == fingerprint
        for segment in base.segments
    )


def _kept_segments(base: Manifest, removed: Removals) -> tuple[Segment, ...]:
    """Return the segments of which anything is left."""
    left = []
    for segment in base.segments:
        rows = removed.get(segment.key)
        if rows is not None:
            segment = replace(segment, removed=len(rows))
        if segment.removed < segment.rows:
            left.append(segment)
    return tuple(left)


def _check_change(
    index_dir: Path, base: Manifest, kept: Sequence[Segment], source: MapImagery | None
) -> None:
    """Raise MapError if nothing would be left, or names would clash."""
    if source is None and not kept:
        raise MapError(
            f'all {base.count} tiles of {index_dir} would go: add imagery at the same time, or '
            'delete the folder'
        )
    if source is not None and any(segment.name == source.name for segment in kept):
        raise MapError(
            f'{index_dir} has imagery called {source.name}: name the new one, as NAME=PATH, or '
            f'remove the old one with --remove {source.name}'
        )


def _segment_of(source: MapImagery, base: Manifest, fingerprint: str) -> Segment:
    """Return the segment of new tiles; its patches are not known yet."""
    key = f'{max(int(segment.key) for segment in base.segments) + 1:04d}'
    return Segment(key, source.name, source.origins, len(source.tiles), 0, fingerprint)


def _with_segments(
    base: Manifest,
    kept: Sequence[Segment],
    added: Segment | None,
    patches: Sequence[AreaPatch],
) -> Manifest:
    """Return the manifest of an index of other segments; areas without any patch are left out."""
    areas = list(base.areas)
    for one in patches:
        areas[one.patch.area : one.patch.area + 1] = [one.area]
    segments = [
        replace(
            segment,
            patches=tuple(
                moved(patch, base.areas[patch.area], areas) for patch in segment.patches
            ),
        )
        for segment in kept
    ]
    if added is not None:
        segments.append(replace(added, patches=tuple(one.patch for one in patches)))
    used = sorted({patch.area for segment in segments for patch in segment.patches})
    number = {area: index for index, area in enumerate(used)}
    segments = [
        replace(
            segment,
            patches=tuple(replace(patch, area=number[patch.area]) for patch in segment.patches),
        )
        for segment in segments
    ]
    return replace(
        base,
        count=sum(segment.rows - segment.removed for segment in segments),
        created=now(),
        package_version=__version__,
        segments=tuple(segments),
        areas=tuple(areas[area] for area in used),
        format_version=FORMAT_VERSION,
    )


def _measured(manifest: Manifest, change: int, folder: Path) -> Manifest:
    """
    Return the manifest with what is measured on all tiles.

    :param change: tiles that were added or removed.
    :param folder: where the files of all segments are.
    """
    gsds = []
    for segment in manifest.segments:
        of_segment = np.load(folder / file_names(segment.key)[GSDS]).ravel()
        if segment.removed:
            removed = np.load(folder / file_names(segment.key)[REMOVED])
            of_segment = of_segment[live_rows(segment, removed)]
        gsds.append(of_segment)
    manifest = replace(
        manifest,
        described_gsd_m_per_px=float(np.median(np.concatenate(gsds))),
        background_age=manifest.background_age + change,
    )
    if manifest.background_age <= _STALE_SHARE * manifest.count:
        return manifest
    index = IndexFolder.of_version(folder, folder, manifest)
    background = map_background(lambda row: index.similarities(index.rows([row])[0]), index.tiles)
    return replace(manifest, background=background, background_age=0)
