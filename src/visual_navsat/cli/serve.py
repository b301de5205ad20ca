# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Serve photos by likeness, and where they were taken, over HTTP with a page for the browser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
import logging
from typing import Any

from visual_navsat.errors import ConfigError, MissingDependencyError
from visual_navsat.index.imagery import open_imagery
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.optional import import_optional
from visual_navsat.session.flown_map import FlownMap
from visual_navsat.session.recorder import SessionRecorder
from visual_navsat.session.records import Record
from visual_navsat.session.writer import SessionWriter


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
    live = parser.add_argument_group('a flight', 'Shown in the view Flight, and only watched.')
    live.add_argument(
        '--live', action='store_true', help='watch the localizer and the bridge; needs ROS 2'
    )
    live.add_argument(
        '--namespace', default='', metavar='NS', help='of these nodes, such as /uav1'
    )
    live.add_argument('--session', metavar='FILE', help='also write what is seen here, a new file')


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
    if not args.live:
        if args.namespace or args.session:
            raise ConfigError('--namespace and --session need --live')
        server.serve(settings)
        return 0
    if settings.workers != 1:
        raise ConfigError(f'--live takes one process, got WORKERS={settings.workers}')
    with ExitStack() as stack:
        feed = _watch(args, settings.maps, stack)
        server.serve(settings, feed)
    return 0


def _watch(args: argparse.Namespace, maps: Sequence[str], stack: ExitStack) -> Any:
    """Return the feed of a flight, which is also written where that is asked for."""
    try:
        from visual_navsat.ros.flight_view import FlightView  # noqa: PLC0415 (ROS is optional)
    except ImportError as error:
        raise MissingDependencyError(
            f'--live needs ROS 2 ({error}): source a ROS distribution, or pip install '
            "'visual_navsat[ros]'"
        ) from error
    import_optional('wsproto', "--live needs wsproto: pip install 'visual_navsat[service]'")
    feed = import_optional('visual_navsat.service.live_feed', '').LiveFeed()
    takers = [feed.take]
    if args.session:
        writer = SessionWriter(args.session)
        stack.callback(writer.close)
        takers.append(SessionRecorder(writer, _flown_map(maps)).take)

    def take(record: Record) -> None:
        for taker in takers:
            taker(record)

    stack.enter_context(FlightView(take, args.namespace))
    return feed


def _flown_map(maps: Sequence[str]) -> FlownMap | None:
    """Return the painter of the first map, None without one."""
    if not maps:
        return None
    folder = IndexFolder.open(maps[0].rpartition('=')[2].strip())
    return FlownMap(open_imagery(folder.tiles, folder.manifest))
