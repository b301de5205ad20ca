# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Run the service with a small library and a map, to look at in the browser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
from pathlib import Path

from visual_navsat.cli.main import main
from visual_navsat.errors import ConfigError
from visual_navsat.features.describer import make_describer
from visual_navsat.files import find_shared_file, is_input
from visual_navsat.index.versions import CURRENT
from visual_navsat.service.intake import take_in
from visual_navsat.service.library import Library
from visual_navsat.service.model_queue import ModelQueue
from visual_navsat.service.settings import Settings
from visual_navsat_sim.service.photos import write_photos

# Of the camera that took the photos beside the map.
_PLAN = ('--height-m', '140', '--hfov-deg', '70')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        '--out', default='out/serve', metavar='DIR', help='folder for all of it (%(default)s)'
    )


def run(args: argparse.Namespace) -> int:
    """Make what is missing of map, photos and library, then serve until it is stopped."""
    map_file = find_shared_file('maps/small/map.tif')
    if map_file is None:
        raise ConfigError('maps/small is not installed: run it in a checkout of the repository')
    out = Path(args.out)
    index = out / 'map'
    if not is_input(index / CURRENT):
        main(['build-map', str(map_file), *_PLAN, '--out', str(index)])
    photos = write_photos(map_file.parent, out / 'photos')
    # What is set outside counts more.
    os.environ.setdefault('DATA_DIR', str(out / 'library'))
    os.environ.setdefault('MAPS', f'small={index}')
    os.environ.setdefault('EXPOSE_LOCATION', 'true')
    count = _fill(photos)
    print(f'{out}: {count} new photos in the library, {len(photos)} in all')
    return main(['serve'])


def _fill(photos: Sequence[Path]) -> int:
    """Take in the photos that the library does not have; return how many."""
    settings = Settings.load()
    describer = make_describer(settings.config())
    library = Library.open(settings, describer.identity, describer.aggregator.dimension)
    queue = ModelQueue(describer)
    try:
        return sum(_take(library, queue, path) for path in photos)
    finally:
        queue.close()
        library.close()


def _take(library: Library, queue: ModelQueue, path: Path) -> bool:
    staging = library.stage()
    staging.write(path.read_bytes())
    return take_in(library, queue, staging.finish(path.name), path.name).is_new
