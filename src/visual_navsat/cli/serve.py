# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Serve photos by likeness, and where they were taken, over HTTP with a page for the browser."""

from __future__ import annotations

import argparse
import logging
from typing import Any

from visual_navsat.optional import import_optional


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments; each overrides the environment variable of its name."""
    parser.description = f'{parser.description} Settings are environment variables or lines of '
    parser.description += '.env; docs/service.md lists them. A flag overrides its variable.'
    parser.add_argument('--host', metavar='ADDRESS', help='HOST (default 127.0.0.1)')
    parser.add_argument('--port', type=int, metavar='N', help='PORT (default 8000)')
    parser.add_argument(
        '--data', metavar='DIR', help='DATA_DIR, the folder of the library (default: this one)'
    )
    parser.add_argument(
        '--map',
        action='append',
        default=[],
        metavar='[NAME=]DIR',
        help='an index made by build-map, on which photos are located; may be given again',
    )
    parser.add_argument('--workers', type=int, metavar='N', help='WORKERS (default 1)')


def run(args: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    remedy = "the service needs more packages: pip install 'visual_navsat[service]'"
    import_optional('fastapi', remedy)
    settings_module = import_optional('visual_navsat.service.settings', remedy)
    server = import_optional('visual_navsat.service.server', remedy)
    given: dict[str, Any] = {
        'host': args.host,
        'port': args.port,
        'data_dir': args.data,
        'maps': tuple(args.map) or None,
        'workers': args.workers,
    }
    settings = settings_module.Settings.load(
        **{name: value for name, value in given.items() if value is not None}
    )
    logging.getLogger().setLevel(settings.log_level.upper())
    server.serve(settings)
    return 0
