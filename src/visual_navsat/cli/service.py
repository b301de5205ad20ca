# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Look after the library of the service: check, compact, export, backup, reindex."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
import sys
from typing import Any

from visual_navsat.optional import import_optional

_REMEDY = "the service needs more packages: pip install 'visual_navsat[service]'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.description = f'{parser.description} Settings are those of visual-navsat serve.'
    parser.add_argument(
        '--data', metavar='DIR', help='DATA_DIR, the folder of the library (default: this one)'
    )
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    for name, (_, summary, takes) in _ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary)
        if takes:
            action.add_argument('target', type=Path, metavar='DIR', help=takes)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 if the check found a fault."""
    settings = import_optional('visual_navsat.service.settings', _REMEDY)
    given = {} if args.data is None else {'data_dir': args.data}
    action, _, _ = _ACTIONS[args.action]
    return action(settings.Settings.load(**given), args)


def _check(settings: Any, _: argparse.Namespace) -> int:
    module = import_optional('visual_navsat.service.upkeep.check', _REMEDY)
    with _opened(settings, is_swept=False) as library:
        faults = module.check_library(library)
        for line in faults:
            print(line)
        count = library.stats().total_images
    print(f'{count} images, {len(faults) or "no"} fault{"s" * (len(faults) != 1)}')
    return 1 if faults else 0


def _compact(settings: Any, _: argparse.Namespace) -> int:
    module = import_optional('visual_navsat.service.upkeep.compact', _REMEDY)
    with _opened(settings) as library:
        moved, removed = module.compact_library(library)
    print(f'{moved} descriptors moved, {removed} files of descriptors removed')
    return 0


def _export(settings: Any, args: argparse.Namespace) -> int:
    module = import_optional('visual_navsat.service.upkeep.export', _REMEDY)
    with _opened(settings, is_swept=False) as library:
        count = module.export_library(library, args.target)
    print(f'{count} images in {args.target}: images.csv, descriptors.npy, pictures')
    return 0


def _backup(settings: Any, args: argparse.Namespace) -> int:
    module = import_optional('visual_navsat.service.upkeep.backup', _REMEDY)
    with _opened(settings, is_swept=False) as library:
        count = module.back_up(library, args.target)
    print(f'{count} images in {args.target}: visual-navsat serve --data {args.target} serves it')
    return 0


def _reindex(settings: Any, _: argparse.Namespace) -> int:
    module = import_optional('visual_navsat.service.upkeep.describe', _REMEDY)

    def show(done: int, total: int) -> None:
        print(f'\r{done} of {total} images', end='', file=sys.stderr, flush=True)

    with _opened(settings) as library:
        count = module.reindex_with_settings(library, settings, show)
    print(f'{count} images described anew')
    return 0


def _opened(settings: Any, is_swept: bool = True) -> Any:
    library = import_optional('visual_navsat.service.library', _REMEDY)
    return library.Library.open(settings, is_swept=is_swept)


_Action = Callable[[Any, argparse.Namespace], int]
_ACTIONS: dict[str, tuple[_Action, str, str]] = {
    'check': (_check, 'Compare rows, pictures and descriptors; change nothing.', ''),
    'compact': (_compact, 'Give back the room of deleted images; it may be in use.', ''),
    'export': (_export, 'Write a table, an array and the pictures.', 'new folder'),
    'backup': (_backup, 'Copy the library while it is in use.', 'new folder'),
    'reindex': (
        _reindex,
        'Describe all pictures anew with the model of the settings; goes on if it was stopped.',
        '',
    ),
}
