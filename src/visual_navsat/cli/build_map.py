# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Describe the tiles of a map and write the index folder that localization needs."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from visual_navsat.cli.options import add_config_arguments, config_from_args
from visual_navsat.cli.terrain_options import (
    add_terrain_arguments,
    elevation_from_args,
    terrain_facts,
    terrain_line,
)
from visual_navsat.cli.values import check_number, parse_area, parse_heights, parse_tile_sizes
from visual_navsat.cli.worker_options import (
    add_worker_arguments,
    check_worker_arguments,
    workers_from_args,
)
from visual_navsat.config import Config
from visual_navsat.durations import duration_text
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.places import MapPlace
from visual_navsat.index.build import build_index, update_index
from visual_navsat.index.build.removal import Removal
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.maps.apart import apart_notes
from visual_navsat.maps.empty_colour import parse_colour
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.open_map import MapOptions, open_map
from visual_navsat.maps.tile_plan import plan_tiles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        'sources',
        nargs='*',
        metavar='SOURCE',
        help='PATH or NAME=PATH of imagery: a metadata CSV (maps/README.md) beside its images; a '
        'GeoTIFF or another raster that GDAL opens, in any CRS; a folder of slippy tiles as '
        'z/x/y.png or z_x_y.png; MBTiles; PMTiles; sqlitedb; several are one map, the first on '
        'top',
    )
    parser.add_argument(
        '--out',
        required=True,
        metavar='DIR',
        help='index folder to make; it replaces an existing one when it is complete; an '
        'interrupted build continues where it stopped',
    )
    parser.add_argument(
        '--add',
        action='store_true',
        help='add the sources to the index at --out, described by its model; existing tiles are '
        'not described again',
    )
    parser.add_argument(
        '--remove',
        action='append',
        default=[],
        metavar='NAME',
        help='remove tiles from the index at --out: those of a source, or whose names fit a '
        "pattern such as '2023/*'; may be repeated and combined with --add",
    )
    parser.add_argument(
        '--remove-area',
        metavar='W,S,E,N',
        help='remove the tiles whose middle lies in this box (with --remove: only those named)',
    )
    parser.add_argument('--metadata', metavar='CSV', help='another way to name a metadata CSV')
    parser.add_argument(
        '--images', metavar='DIR', help="folder of a metadata CSV's images (default: the CSV's)"
    )
    _add_cutting_arguments(parser)
    add_terrain_arguments(parser)
    parser.add_argument(
        '--batch-size',
        type=int,
        default=16,
        metavar='N',
        help='tiles to describe at once (at least 1; default 16)',
    )
    add_worker_arguments(parser)
    stored = ('retrieval.code', 'correlation.correlate', 'correlation.gsd_m_per_px')
    add_config_arguments(parser, ('model', 'vlad', 'preprocess.max_side', *stored))


def _add_cutting_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        'cutting', 'How rasters and slippy tiles are cut into the tiles of the index.'
    )
    group.add_argument(
        '--height-m',
        metavar='H|LOW-HIGH',
        help='planned height above ground, metres; a range wider than a factor of 2 gives '
        'several scales (default 120)',
    )
    group.add_argument(
        '--hfov-deg',
        type=float,
        metavar='X',
        help="the camera's horizontal field of view (1 to 170 deg; default 70)",
    )
    group.add_argument(
        '--tile-m', metavar='M[,M]', help='sides of the tiles in metres, instead of the two above'
    )
    group.add_argument(
        '--overlap',
        type=float,
        metavar='X',
        help='share of a tile that its neighbour covers too (0 to 0.9; default 0.5)',
    )
    group.add_argument(
        '--area',
        metavar='W,S,E,N',
        help='only tiles whose middle lies in this box, degrees (write --area=-1.5,...)',
    )
    group.add_argument('--zoom', type=int, metavar='Z', help='slippy zoom to read')
    group.add_argument(
        '--empty-colour',
        metavar='R,G,B',
        help='areas of exactly this colour show no ground, such as the white frame of a turned '
        'survey: 255,255,255, #ffffff or white',
    )


def run(args: argparse.Namespace) -> int:
    """Build or change the index and print what it holds."""
    check_number(args, '--batch-size', 1)
    check_worker_arguments(args)
    config = config_from_args(args)
    removal = _removal(args)
    is_named = bool(args.sources or args.metadata)
    if removal is not None and is_named and not args.add:
        raise ConfigError(
            'a SOURCE with --remove is not added without --add: give that, or no SOURCE'
        )
    elevation = elevation_from_args(args)
    started = time.monotonic()
    # An elevation model may be added alone.
    is_change = args.add or removal is not None
    is_source = is_named or not is_change or (args.add and elevation is None)
    # Before a large map is opened, since workers may be missing.
    with workers_from_args(args) as workers:
        source = open_sources(args, config) if is_source else None
        how: dict[str, Any] = {'batch_size': args.batch_size, 'elevation': elevation}
        if is_change or source is None:
            made = update_index(args.out, config, source, removal, **how, workers=workers)
        else:
            made = build_index(source, args.out, config, **how, workers=workers).manifest
    duration = duration_text(time.monotonic() - started)
    index = IndexFolder.open(args.out, check=False)
    tiles = index.tiles
    for line in apart_notes(tiles):
        print(line, file=sys.stderr)
    print(
        f'{args.out}: {made.count} tiles, {made.dimension} numbers each in '
        f'{index.code.bytes_per_tile} bytes ({made.code}), '
        f'{made.described_gsd_m_per_px:.3f} m per described pixel, '
        f'by {made.identity["model"]} in {duration}; '
        f'{MapPlace.of(tiles, made.described_gsd_m_per_px).line}; '
        f'{terrain_line(terrain_facts(index))}'
    )
    return 0


def _removal(args: argparse.Namespace) -> Removal | None:
    """Return which tiles the command line removes, None if it removes none."""
    if not args.remove and not args.remove_area:
        return None
    area = parse_area(args.remove_area, '--remove-area')
    return Removal(tuple(args.remove) or ('*',), area)


def open_sources(args: argparse.Namespace, config: Config) -> MapImagery:
    """Return the sources that the command line names, and print how they are cut and why."""
    texts = [*args.sources, *([args.metadata] if args.metadata else [])]
    if not texts:
        raise ConfigError('no map is named: give a SOURCE, such as ortho.tif or tiles.csv')
    plan = plan_tiles(
        parse_heights(args.height_m), args.hfov_deg, parse_tile_sizes(args.tile_m), args.overlap
    )
    options = MapOptions(
        plan,
        parse_area(args.area),
        args.zoom,
        config.correlation.gsd_m_per_px,
        args.images,
        None if args.empty_colour is None else parse_colour(args.empty_colour),
    )
    imagery = open_map(texts, options)
    for line in imagery.notes:
        print(line, file=sys.stderr)
    return imagery
