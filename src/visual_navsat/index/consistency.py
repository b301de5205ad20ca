# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether the parts of an index belong together: a hand that edited one of them is found out."""

from __future__ import annotations

import numpy as np
from visual_navsat.errors import IndexFolderError
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import CHECKSUMS, EXACT, MANIFEST, REMEDY
from visual_navsat.index.segment import StoredSegment
from visual_navsat.index.stored_areas import FieldPatch

# A patch begins and ends with the outermost of its tiles; both are moved out to whole pixels.
_TOLERANCE_PX = 1.5
_NUM_QUANTILES = 101
_LONGEST = 1.01  # of unit rows: float32, and float16 where the model ran so
_GSD_TOLERANCE = 1e-3


def check_consistent(index: IndexFolder) -> None:
    """
    Raise IndexFolderError unless manifest, tiles, fields and descriptors of an index agree.

    A map that lies elsewhere than its tiles say would move every fix.
    """
    try:
        _check_digests(index)
        _check_numbers(index)
        for segment in index.segments:
            _check_patches(index, segment)
    except ValueError as error:
        if isinstance(error, IndexFolderError):
            raise
        raise IndexFolderError(f'index {index.path} is damaged ({error}): {REMEDY}') from error


def _check_digests(index: IndexFolder) -> None:
    """Raise ValueError if a file is another than the one that the manifest was written for."""
    if not index.checksums:
        return
    for name, digest in index.manifest.sha256.items():
        if index.checksums.get(name, digest) != digest:
            raise ValueError(f'{name} is not what {MANIFEST} says, though {CHECKSUMS} fits it')


def _check_numbers(index: IndexFolder) -> None:
    """Raise ValueError if measured numbers cannot be those of the index."""
    manifest = index.manifest
    background = np.array(manifest.background)
    if len(background) not in (0, _NUM_QUANTILES) or (np.diff(background) < 0).any():
        raise ValueError(f'background must be {_NUM_QUANTILES} numbers that do not fall, or none')
    if not np.isfinite(index.vocabulary).all():
        raise ValueError('the vocabulary has numbers that are not finite')
    exact = index.blocks() if index.code.name == EXACT else index.exact_blocks()
    for block in exact:
        with np.errstate(over='ignore', invalid='ignore'):
            norms = np.linalg.norm(block, axis=1)
        if not (norms <= _LONGEST).all():  # false of NaN too
            raise ValueError('descriptors must be unit rows of finite numbers')
    known = index.gsds()
    gsd = manifest.described_gsd_m_per_px
    measured = float(np.median(known)) if len(known) else float('nan')
    is_same = abs(gsd - measured) <= _GSD_TOLERANCE * measured
    if np.isnan(gsd) != np.isnan(measured) or not (np.isnan(gsd) or is_same):
        raise ValueError(f'tiles were described at {measured:.4g} m per pixel, it says {gsd:.4g}')


def _check_patches(index: IndexFolder, segment: StoredSegment) -> None:
    """Raise ValueError unless each patch of a segment is what its tiles cover."""
    patches = segment.entry.patches
    if not patches:
        return
    for place in range(len(patches)):
        segment.fields.check_rim(place)
    is_held = np.zeros(len(segment.tiles), bool)
    for patch in patches:
        is_held |= _held_tiles(index, segment, patch)
    if not is_held.all():
        tile = segment.tiles[int(np.flatnonzero(~is_held)[0])]
        raise ValueError(
            f'tile {tile.filename} at {tile.center_lat:.5f}, {tile.center_long:.5f} lies in no '
            f'area of its segment {segment.entry.key}'
        )


def _held_tiles(index: IndexFolder, segment: StoredSegment, patch: FieldPatch) -> np.ndarray:
    """Return (N,) whether a patch holds each tile; raise ValueError if it is larger than they."""
    area = index.manifest.areas[patch.area]
    region = area.grid.part(patch.box).region
    margin = _TOLERANCE_PX * area.grid.gsd_m_per_px
    low, high = np.array(region.bounds[:2]) - margin, np.array(region.bounds[2:]) + margin
    bounds = tiles_bounds_m(segment.tiles, area.frame)
    held = np.isfinite(bounds).all(axis=1)
    held &= (bounds[:, :2] >= low).all(axis=1) & (bounds[:, 2:] <= high).all(axis=1)
    if not held.any():
        raise ValueError(f'area {patch.area} holds no tile of segment {segment.entry.key}')
    outer = np.concatenate([bounds[held, :2].min(axis=0), bounds[held, 2:].max(axis=0)])
    missed_m = np.abs(outer - region.bounds).max()
    if missed_m > margin:
        raise ValueError(
            f'area {patch.area} reaches {missed_m:.1f} m beyond the tiles of segment '
            f'{segment.entry.key}'
        )
    return held
