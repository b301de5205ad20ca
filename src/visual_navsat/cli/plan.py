# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Measure this machine, and propose settings for a map, a memory and a latency."""

from __future__ import annotations

import argparse
import os

from visual_navsat.cli.values import check_number
from visual_navsat.errors import ConfigError
from visual_navsat.features.model_zoo import EMBEDDED_MODEL, get_model_spec
from visual_navsat.files import write_json, write_text
from visual_navsat.planning.machine_speed import measure_speed
from visual_navsat.planning.plan import Flight, proposal_lines, propose
import yaml

_MODELS = (EMBEDDED_MODEL, 'dinov2_vits14')
_UNITS = {'MB': 1.0, 'GB': 1e3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        '--area-km2', type=float, required=True, metavar='A', help='of the map, square kilometres'
    )
    parser.add_argument(
        '--height-m', type=float, required=True, metavar='H', help='flight height above ground'
    )
    parser.add_argument(
        '--hfov-deg',
        type=float,
        metavar='F',
        default=70.0,
        help='horizontal field of view of the camera in degrees (default 70)',
    )
    parser.add_argument(
        '--memory',
        metavar='SIZE',
        help='that it may take, such as 8GB or 900MB; without it all of this machine',
    )
    parser.add_argument(
        '--latency-ms',
        type=float,
        metavar='T',
        default=1000.0,
        help='of one answer (default %(default)s)',
    )
    parser.add_argument(
        '--no-heading', action='store_true', help='nothing on board tells the heading'
    )
    parser.add_argument(
        '--models',
        metavar='NAMES',
        default=','.join(_MODELS),
        help='backbones to measure (default %(default)s)',
    )
    parser.add_argument(
        '--device', default='auto', help='auto, cpu, cuda or cuda:N (default %(default)s)'
    )
    parser.add_argument('--out', metavar='FILE', help='write the first proposal as YAML')
    parser.add_argument('--json', metavar='FILE', help='write all proposals as JSON')


def run(args: argparse.Namespace) -> int:
    """Print proposals, the best first; 1 if none fits."""
    check_number(args, '--area-km2', 0, 1e6, 'square kilometres', is_open=True)
    check_number(args, '--height-m', 1, 1e5, 'metres')
    check_number(args, '--hfov-deg', 1, 170, 'degrees')
    check_number(args, '--latency-ms', 0, 1e6, 'milliseconds', is_open=True)
    models = [name for name in args.models.split(',') if name]
    if not models:
        raise ConfigError('--models must name at least one backbone')
    for name in models:
        get_model_spec(name)
    flight = Flight(
        args.area_km2,
        args.height_m,
        args.hfov_deg,
        not args.no_heading,
        _memory_mb(args.memory),
        args.latency_ms,
    )
    proposals = propose(flight, measure_speed(models, flight.footprint_m, args.device))
    for line in proposal_lines(proposals, flight):
        print(line)
    if args.json:
        write_json(args.json, [one.to_json() for one in proposals])
    if args.out and not proposals[0].exceeds:
        parameters = {'/**': {'ros__parameters': proposals[0].settings}}
        write_text(args.out, yaml.safe_dump(parameters, sort_keys=False))
        print(f'{args.out}: for --config of build-map and locate, and for params_file of ROS')
    return 1 if proposals[0].exceeds else 0


def _memory_mb(text: str | None) -> float:
    if text is None:
        return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e6
    unit = text[-2:].upper()
    try:
        size = float(text[:-2]) * _UNITS[unit]
    except (ValueError, KeyError):
        size = 0.0
    if not 0 < size < 1e9:
        raise ConfigError(f'--memory must be a size such as 8GB or 900MB, got {text}')
    return size
