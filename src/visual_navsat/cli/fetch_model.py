# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Download the official weights of a DINOv2 model, to be used with --model NAME."""

from __future__ import annotations

import argparse
from pathlib import Path

from visual_navsat.errors import ConfigError
from visual_navsat.features.fetch import fetch_model, recorded_sha256
from visual_navsat.features.model_zoo import get_model_spec, MODELS
from visual_navsat.files import cache_folder, find_shared_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        'name', nargs='?', metavar='NAME', help='model, such as dinov2_vitg14; see --list'
    )
    parser.add_argument(
        '--list', action='store_true', help='list the models, and which of them are installed'
    )
    parser.add_argument(
        '--dir',
        type=Path,
        metavar='DIR',
        help='folder to save in (default: where models are looked for, '
        '~/.cache/visual_navsat/models)',
    )
    parser.add_argument('--url', default='', help='download from here instead of the official URL')
    parser.add_argument('--quiet', action='store_true', help='no progress bar')


def run(args: argparse.Namespace) -> int:
    """Download, or list; return 0."""
    folder = args.dir or cache_folder() / 'models'
    if args.list:
        _print_models(folder)
        return 0
    if args.name is None:
        raise ConfigError('name a model, such as dinov2_vits14: --list shows them all')
    checkpoint = fetch_model(get_model_spec(args.name), folder, args.url, not args.quiet)
    print(f'{recorded_sha256(checkpoint)}  {checkpoint}')
    return 0


def _print_models(folder: Path) -> None:
    print(f'{"NAME":<28}{"DIMENSION":>10}{"BLOCKS":>8}{"LAYER":>7}{"PIXELS":>8}  WEIGHTS')
    for spec in MODELS.values():
        found = find_shared_file(f'models/{spec.filename}') or folder / spec.filename
        weights = found if found.is_file() else f'not here: {spec.url}'
        sizes = f'{spec.dim:>10}{spec.depth:>8}{spec.layer:>7}{spec.max_side:>8}'
        print(f'{spec.name:<28}{sizes}  {weights}')
