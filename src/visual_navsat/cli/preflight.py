# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Say from an index alone how well its map can be localized on, and whether a route is a go."""

from __future__ import annotations

import argparse
import math

from visual_navsat.cli.options import add_config_arguments, config_from_args
from visual_navsat.cli.terrain_options import relief_note, terrain_facts, terrain_line
from visual_navsat.cli.values import check_number
from visual_navsat.errors import ConfigError
from visual_navsat.files import write_json
from visual_navsat.geometry.places import MapPlace
from visual_navsat.geometry.view import View
from visual_navsat.index.consistency import check_consistent
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.preflight import heat_map
from visual_navsat.preflight.report import examine
from visual_navsat.preflight.route_file import read_route
from visual_navsat.preflight.search_scope import scope_lines, search_scopes
from visual_navsat.preflight.way import checked_point, Point
from visual_navsat.report import sources_from_folders

NO_GO = 3  # as a limit of --fail-if that holds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('index', metavar='DIR', help='index folder made by build-map')
    parser.add_argument(
        '--route',
        metavar='FILE',
        help='.plan of QGroundControl, .waypoints of ArduPilot, .kml, .kmz, .gpx, .geojson or '
        '.csv; exit 3: no-go',
    )
    parser.add_argument(
        '--home',
        metavar='LAT,LON',
        help='where the vehicle starts and returns to, degrees; without it what the route says',
    )
    parser.add_argument('--out', metavar='FILE', help='heat map to write, .png or .html')
    parser.add_argument('--json', metavar='FILE', help='write all of it as JSON')
    parser.add_argument(
        '--height-m', type=float, metavar='H', help='flight height above ground in metres'
    )
    parser.add_argument(
        '--hfov-deg',
        type=float,
        metavar='F',
        default=70.0,
        help='horizontal field of view of the camera in degrees, for --height-m (default 70)',
    )
    parser.add_argument(
        '--max-gap-m',
        type=float,
        metavar='D',
        default=300.0,
        help='distance that may be flown without a good cell, metres (default 300: odometry that '
        'drifts 5 %% is then 15 m off, which a search around its position still finds)',
    )
    parser.add_argument(
        '--max-cells',
        type=int,
        metavar='N',
        default=400,
        help='cells to search for; a larger map is sampled (default 400)',
    )
    parser.add_argument(
        '--open-heading',
        action='store_true',
        help='the vehicle has no heading: count rivals at any heading (about 50 times slower)',
    )
    for flag, text in (
        ('--heading-sigma-deg', 'standard deviation of the heading in degrees (default 2)'),
        ('--height-sigma', 'standard deviation of the height, as a fraction (default 0.05)'),
    ):
        parser.add_argument(
            flag,
            type=float,
            metavar='S',
            help=f'{text}: how much is searched depends on it',
        )
    add_config_arguments(parser, ('correlation.max_million_scores',))


def run(args: argparse.Namespace) -> int:
    """Grade the map and the route; 3 if the route is a no-go."""
    check_number(args, '--height-m', 1, 20_000, 'metres')
    check_number(args, '--hfov-deg', 1, 170, 'degrees')
    check_number(args, '--max-gap-m', 0, 1e6, 'metres')
    check_number(args, '--max-cells', 1, 100_000)
    check_number(args, '--heading-sigma-deg', 0.1, 180, 'degrees')
    check_number(args, '--height-sigma', 0.001, 0.45)
    if args.out:
        heat_map.check_suffix(args.out)
    home = _home(args.home)
    route = read_route(args.route, home) if args.route else None
    footprint_m = None
    if args.height_m is not None:
        footprint_m = 2 * args.height_m * math.tan(math.radians(args.hfov_deg) / 2)
    index = IndexFolder.open(args.index, check=False)
    check_consistent(index)
    print(MapPlace.of(index.tiles, index.manifest.described_gsd_m_per_px).line)
    ground = terrain_facts(index)
    print(terrain_line(ground))
    note = relief_note(ground, args.height_m)
    if note:
        print(note)
    result = examine(
        index,
        footprint_m,
        route,
        args.max_gap_m,
        args.max_cells,
        args.open_heading,
    )
    print(result.as_text())
    scopes = search_scopes(
        [area.grid for area in index.manifest.areas],
        result.cells.side_m,
        config_from_args(args).correlation.max_million_scores,
        View.heading_sigma_deg if args.heading_sigma_deg is None else args.heading_sigma_deg,
        View.scale_sigma if args.height_sigma is None else args.height_sigma,
    )
    first, *others = scope_lines(scopes, result.cells.side_m)
    print(f'{"search":<8}{first}')
    print('\n'.join(others))
    if args.json:
        write_json(args.json, {**result.to_json(), 'search': [one.to_json() for one in scopes]})
    if args.out:
        imagery = sources_from_folders(args.index, None).imagery
        heat_map.write_heat_map(args.out, result, imagery)
        print(f'heat map: {args.out}')
    return NO_GO if result.verdict is not None and not result.verdict.is_go else 0


def _home(text: str | None) -> Point | None:
    """Return the place of ``--home``."""
    if text is None:
        return None
    parts = text.split(',')
    if len(parts) != 2:
        raise ConfigError(f'--home must be LAT,LON in degrees, got {text!r}')
    return checked_point(parts[0], parts[1], '--home')
