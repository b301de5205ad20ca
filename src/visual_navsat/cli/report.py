# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Turn what evaluate --json or replay wrote into a page that opens offline."""

from __future__ import annotations

import argparse

from visual_navsat.evaluation import read_run
from visual_navsat.report import sources_from_folders, write_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('run_json', metavar='FILE.json', help='of evaluate --json or replay')
    parser.add_argument('--out', required=True, metavar='FILE.html', help='the page to write')
    parser.add_argument('--map', metavar='DIR', help='index that was used, for the map')
    parser.add_argument('--images', metavar='DIR', help='folder of query images')


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    write_report(args.out, read_run(args.run_json), sources_from_folders(args.map, args.images))
    print(f'report: {args.out}')
    return 0
