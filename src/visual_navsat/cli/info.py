# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Print what is in an index folder, and check that nothing in it is missing or damaged."""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from visual_navsat.cli.terrain_options import relief_note, terrain_facts, terrain_line
from visual_navsat.config import Config
from visual_navsat.geometry.areas import ground_covered_m2
from visual_navsat.geometry.places import MapPlace
from visual_navsat.index.consistency import check_consistent
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import BLOCKS, CODES, DESCRIPTORS, FIELDS, PROJECTION
from visual_navsat.preflight.search_scope import scope_lines, search_scopes, SearchScope


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('index', metavar='DIR', help='index folder made by build-map')
    parser.add_argument('--json', action='store_true', help='print one JSON object')


def run(args: argparse.Namespace) -> int:
    """Check the index and print what is in it; a damaged one is an error."""
    index = IndexFolder.open(args.index, check=True)
    check_consistent(index)
    facts = describe_index(index)
    if args.json:
        print(json.dumps(facts, indent=2))
        return 0
    print(MapPlace.of(index.tiles, index.manifest.described_gsd_m_per_px).line)
    print(as_table(facts))
    note = relief_note(facts['terrain'], None)
    if note:
        print(f'{"":<13}{note}')
    return 0


def describe_index(index: IndexFolder) -> dict[str, Any]:
    """Return what people want to know of an index, as JSON can hold it."""
    manifest = index.manifest
    extent = MapPlace.of(index.tiles).extent
    width_m, height_m = extent.size_m
    area = extent.as_tile('')
    gsd = manifest.described_gsd_m_per_px
    return {
        'path': str(index.path.resolve()),
        'created': manifest.created,
        'package_version': manifest.package_version,
        'format_version': manifest.format_version,
        'datum': manifest.datum,
        'tiles': manifest.count,
        'south': area.bottom_right_lat,
        'north': area.top_left_lat,
        'west': area.top_left_long,
        'east': area.bottom_right_long,
        'width_km': width_m / 1e3,
        'height_km': height_m / 1e3,
        'described_gsd_m_per_px': gsd if gsd == gsd else None,
        'origins': list(manifest.origins),
        'identity': manifest.identity,
        'vocabulary_centres': len(index.vocabulary),
        'terrain': terrain_facts(index),
        'search': _search_facts(index),
        'size_bytes': index.size_bytes,
        'code': index.code.name,
        'bytes_per_tile': index.code.bytes_per_tile,
        'fields_bytes': index.size_of(FIELDS, BLOCKS),
        'descriptors_bytes': index.size_of(CODES, DESCRIPTORS, PROJECTION),
        'ground_km2': ground_covered_m2(index.tiles) / 1e6,
    }


def _search_facts(index: IndexFolder) -> dict[str, Any] | None:
    """Return what is searched for a photo of as much ground as a tile; None without fields."""
    if not index.manifest.areas:
        return None
    footprint_m = float(np.median([max(tile.size_m) for tile in index.tiles]))
    budget = Config().correlation.max_million_scores
    grids = [area.grid for area in index.manifest.areas]
    scopes = search_scopes(grids, footprint_m, budget)
    return {
        'footprint_m': footprint_m,
        'max_million_scores': budget,
        'scopes': [one.to_json() for one in scopes],
    }


def _search_lines(facts: dict[str, Any] | None) -> str:
    if facts is None:
        return 'no fields to correlate with: only the tiles that retrieval ranks'
    scopes = [SearchScope(**one) for one in facts['scopes']]
    return f'\n{"":<13}'.join(scope_lines(scopes, facts['footprint_m']))


def _size_line(facts: dict[str, Any]) -> str:
    """Return megabytes, of the index and of a square kilometre of its ground."""
    parts = ('size', 'fields', 'descriptors')
    size, fields, descriptors = (facts[f'{part}_bytes'] / 1e6 for part in parts)
    km2 = facts['ground_km2']
    return (
        f'{size:.1f} MB for {km2:.3g} km²: {size / km2:.2f} MB/km², of which fields '
        f'{fields / km2:.2f}, descriptors {descriptors / km2:.2f}'
    )


def as_table(facts: dict[str, Any]) -> str:
    """Return the facts of :func:`describe_index` as lines for people."""
    identity = facts['identity']
    gsd = facts['described_gsd_m_per_px']
    vocabulary = identity.get('vocabulary_sha256', 'unknown')
    lines = {
        'index': f'{facts["path"]} (format {facts["format_version"]}, complete and undamaged)',
        'created': f'{facts["created"]} by visual_navsat {facts["package_version"]}',
        'model': f'{identity.get("model")}, block {identity.get("layer")}, '
        f'{identity.get("facet")}, images up to {identity.get("max_side")} px',
        'checkpoint': f'SHA-256 {identity.get("checkpoint_sha256")}',
        'vocabulary': f'{facts["vocabulary_centres"]} centres, SHA-256 {vocabulary}',
        'tiles': f'{facts["tiles"]}, descriptors of {identity.get("dimension")} numbers in '
        f'{facts["bytes_per_tile"]} bytes ({facts["code"]})',
        'latitude': f'{facts["south"]:.6f} to {facts["north"]:.6f} ({facts["datum"]})',
        'longitude': f'{facts["west"]:.6f} to {facts["east"]:.6f}',
        'area': f'{facts["width_km"]:.3f} km east-west, {facts["height_km"]:.3f} km north-south',
        'described at': 'unknown scale' if gsd is None else f'{gsd:.3f} m/px',
        'terrain': terrain_line(facts['terrain']),
        'search': _search_lines(facts['search']),
        'images': ', '.join(facts['origins']),
        'size': _size_line(facts),
    }
    return '\n'.join(f'{name:<13}{text}' for name, text in lines.items())
