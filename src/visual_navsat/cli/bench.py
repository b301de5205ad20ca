# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Time answers on this machine: percentiles by what is known of a photo, memory, energy."""

from __future__ import annotations

import argparse
from functools import partial
import os
import platform

import torch
from visual_navsat import __version__
from visual_navsat.cli.options import add_config_arguments, config_from_args, QUERY_SETTINGS
from visual_navsat.cli.values import check_number
from visual_navsat.config import Config
from visual_navsat.engine import query
from visual_navsat.evaluation.queries_csv import Query, read_queries
from visual_navsat.files import write_json
from visual_navsat.image_file import read_image
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.photo_metadata import PhotoMetadata
from visual_navsat.planning.machine_speed import device_name
from visual_navsat.planning.timed_answers import (
    Ask,
    peak_memory_mb,
    time_answers,
    timing_lines,
)

# What is kept from the engine.
_CASES = {
    'heading and scale known': (),
    'scale alone known': ('heading',),
    'heading alone known': ('gsd', 'height'),
    'neither known': ('heading', 'gsd', 'height'),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--map', required=True, metavar='DIR', help='index made by build-map')
    parser.add_argument('--images', required=True, metavar='DIR', help='folder of nadir photos')
    parser.add_argument(
        '--queries',
        required=True,
        metavar='CSV',
        help='Filename,Latitude,Longitude and what is known of each photo, as for evaluate',
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=5,
        metavar='N',
        help='how often each photo is answered (default %(default)s)',
    )
    parser.add_argument('--json', metavar='FILE', help='write all of it as JSON')
    add_config_arguments(parser, QUERY_SETTINGS)


def run(args: argparse.Namespace) -> int:
    """Answer the photos again and again, and print how long that took."""
    check_number(args, '--rounds', 1, 10_000)
    config = config_from_args(args)
    queries = read_queries(args.queries, args.images)
    loaded_map = LoadedMap.open(args.map, config)
    load = os.getloadavg()[0]
    timings = [
        time_answers(
            known, [_ask(loaded_map, config, one, hidden) for one in queries], args.rounds
        )
        for known, hidden in _CASES.items()
    ]
    facts = {
        'machine': f'{platform.machine()}, {os.cpu_count()} cores, '
        f'{torch.get_num_threads()} threads, load {load:.1f} before',
        'device': device_name(loaded_map.describer.extractor.device),
        'map': f'{len(loaded_map.tiles)} tiles, {loaded_map.ground_m2 / 1e6:.2f} km2',
        'memory': f'{peak_memory_mb():.0f} MB at most',
        'versions': f'visual_navsat {__version__}, torch {torch.__version__}',
    }
    for line in timing_lines(timings, facts):
        print(line)
    if args.json:
        write_json(args.json, {**facts, 'timings': [one.to_json() for one in timings]})
    return 0


def _ask(loaded_map: LoadedMap, config: Config, photo: Query, hidden: tuple[str, ...]) -> Ask:
    pixels = read_image(photo.path)
    known = photo.known.without(hidden)
    height, width = pixels.shape[:2]
    return partial(query, loaded_map, config, pixels, known.view(PhotoMetadata(width, height)))
