"""Describe the tiles of a map and write the index folder that localization needs."""

from __future__ import annotations

import argparse
import time

from visual_navsat.cli.options import add_config_arguments, config_from_args


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--images', required=True, metavar='DIR', help='folder of tile images')
    parser.add_argument(
        '--metadata',
        required=True,
        metavar='CSV',
        help='tile corners in degrees WGS 84: Filename, Top_left_lat, Top_left_long, '
        'Bottom_right_lat, Bottom_right_long and, where known, zoom_level (slippy) and '
        'spatial_resolution (metres per pixel)',
    )
    parser.add_argument(
        '--out',
        required=True,
        metavar='DIR',
        help='index folder to make; an index that is there is replaced when the new one is '
        'complete; a build that was stopped goes on where it was',
    )
    parser.add_argument(
        '--batch-size',
        type=int,
        default=16,
        metavar='N',
        help='tiles that are described at once (at least 1; default 16)',
    )
    fields = ('correlation.correlate', 'correlation.gsd_m_per_px')
    add_config_arguments(parser, ('model', 'vlad', 'preprocess.max_side', *fields))


def run(args: argparse.Namespace) -> int:
    """Build the index and say what came of it."""
    from visual_navsat.errors import ConfigError
    from visual_navsat.map_builder import build_map
    from visual_navsat.maps.csv_tiles import MetadataManager

    if args.batch_size < 1:
        raise ConfigError(f'--batch-size is {args.batch_size}: it takes at least 1')
    config = config_from_args(args)
    manager = MetadataManager.from_csv(args.metadata, args.images)
    started = time.monotonic()
    index = build_map(manager.tiles, args.images, args.out, config, batch_size=args.batch_size)
    print(
        f'{args.out}: {index.manifest.count} tiles, {index.manifest.dimension} numbers each, '
        f'{index.manifest.described_gsd_m_per_px:.3f} m per described pixel, '
        f'by {index.manifest.identity["model"]} in {time.monotonic() - started:.1f} s'
    )
    return 0
