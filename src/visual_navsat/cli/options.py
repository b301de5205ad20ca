# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Command-line flags that several verbs share; those of settings are made from ``config.py``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
import dataclasses
import sys
from typing import Any

from visual_navsat.cli.values import check_number
from visual_navsat.config import Config
from visual_navsat.config_file import load_config
from visual_navsat.errors import ConfigError
from visual_navsat.evaluation import Gate
from visual_navsat.photo_knowledge import Knowledge

# The settings that change the answer to a single photo.
QUERY_SETTINGS = (
    *('model', 'preprocess', 'retrieval.top_k', 'retrieval.backend', 'position'),
    *('correlation.correlate', 'correlation.max_million_scores'),
    *('calibration.heading_offset_deg', 'calibration.scale_factor'),
    *('calibration.tilt_right_deg', 'calibration.tilt_up_deg'),
)
FAILED = 3  # exit code of a limit that holds: 1 is an error, 2 a wrong command line


def add_config_arguments(
    parser: argparse.ArgumentParser, sections: Sequence[str], without: Sequence[str] = ()
) -> None:
    """
    Add ``--config`` and one flag for each setting of some sections.

    ``vlad.num_clusters`` becomes ``--num-clusters``; ``model.name`` becomes ``--model``.

    :param sections: of :class:`Config`, or single settings, such as
        ``('model', 'preprocess.max_side')``.
    :param without: single settings that get no flag.
    """
    group = parser.add_argument_group('settings', 'A flag that is given overrides --config.')
    group.add_argument(
        '--config',
        action='append',
        default=[],
        metavar='FILE',
        help='YAML file with sections of settings, or ROS parameters of the node; may be given '
        'several times, and the last counts',
    )
    for path, entry, default in Config().items():
        is_asked = path in sections or path.partition('.')[0] in sections
        if is_asked and path not in without:
            _add_flag(group, path, entry, default)


def add_photo_arguments(parser: argparse._ActionsContainer) -> None:
    """Add what verbs that read photos take: ``--hfov-deg`` and ``--no-exif``."""
    parser.add_argument(
        '--hfov-deg',
        type=float,
        metavar='F',
        help="horizontal field of view of the camera in degrees; without it the photo's own",
    )
    parser.add_argument('--no-exif', action='store_true', help='ignore the metadata of the photos')


def check_photo_arguments(args: argparse.Namespace) -> None:
    """Raise ConfigError if a value of :func:`add_photo_arguments` is out of range."""
    check_number(args, '--hfov-deg', 0, 180, 'degrees', is_open=True)


def add_attitude_arguments(parser: argparse._ActionsContainer) -> None:
    """Add a photo's tilt, and the standard deviations of what is known of it."""
    for flag, letter, text in (
        ('--pitch-deg', 'P', 'of the optical axis above the horizon in degrees: -90 looks down'),
        ('--roll-deg', 'R', 'about the optical axis in degrees, leaning right'),
        ('--heading-sigma-deg', 'S', 'standard deviation of the heading in degrees (default 2)'),
        ('--gsd-sigma', 'S', 'standard deviation of the GSD, as a fraction (default 0.05)'),
        (
            '--height-sigma',
            'S',
            "standard deviation of the height, as a fraction (default 0.05; of a photo's own 0.1)",
        ),
        (
            '--altitude-sigma-m',
            'S',
            'standard deviation of the altitude above the sea in metres (default 10)',
        ),
    ):
        parser.add_argument(flag, type=float, metavar=letter, help=text)


def check_attitude_arguments(args: argparse.Namespace) -> None:
    """Raise ConfigError if a value of :func:`add_attitude_arguments` is out of range."""
    check_number(args, '--pitch-deg', -180, 180, 'degrees')
    check_number(args, '--roll-deg', -180, 180, 'degrees')
    check_number(args, '--heading-sigma-deg', 0.1, 180, 'degrees')
    check_number(args, '--gsd-sigma', 0.001, 0.45)
    check_number(args, '--height-sigma', 0.001, 0.45)
    check_number(args, '--altitude-sigma-m', 0.1, 1000, 'metres')
    if args.roll_deg is not None and args.pitch_deg is None:
        raise ConfigError('--roll-deg needs --pitch-deg: give both angles')


def knowledge_from_args(args: argparse.Namespace) -> Knowledge:
    """Return what the flags of :func:`add_attitude_arguments` and ``--hfov-deg`` say."""
    return Knowledge(
        hfov_deg=args.hfov_deg,
        pitch_deg=args.pitch_deg,
        roll_deg=args.roll_deg,
        heading_sigma_deg=args.heading_sigma_deg,
        gsd_sigma=args.gsd_sigma,
        height_sigma=args.height_sigma,
        altitude_sigma_m=args.altitude_sigma_m,
    )


def add_join_argument(parser: argparse._ActionsContainer) -> None:
    """Add ``--join-images``, for verbs whose images are not always one flight."""
    parser.add_argument(
        '--join-images',
        type=int,
        default=1,
        metavar='N',
        help='the images are one flight in their order: one that is refused as ambiguous is '
        'looked for again, joined with up to N - 1 images before it where they overlap; as '
        'low_flight.join_images of the node (1 to 8, default %(default)s)',
    )


def check_join_argument(args: argparse.Namespace) -> None:
    """Raise ConfigError if ``--join-images`` is out of range."""
    check_number(args, '--join-images', 1, 8)


def add_report_argument(parser: argparse.ArgumentParser, what: str = '') -> None:
    """
    Add ``--report``.

    :param what: the rest of its help, about this verb.
    """
    parser.add_argument(
        '--report',
        metavar='FILE.html',
        help='write a page that opens offline: map, charts, the images that matter most; needs '
        f'matplotlib{what}',
    )


def add_gate_argument(parser: argparse.ArgumentParser, more_metrics: str = '') -> None:
    """
    Add ``--fail-if``.

    :param more_metrics: a sentence about metrics that only this verb has.
    """
    parser.add_argument(
        '--fail-if',
        default='',
        metavar='LIMITS',
        help="end with exit code 3 if one of these holds, as in 'p90>20, false_fixes>0': a "
        'metric, one of > >= < <= == != and a number; parts joined by "and" must hold together. '
        'Metrics: median, p90 (metres), false_fixes, fixes, refused, availability, anees, '
        'in_95_ellipse, within_5 to within_100, recall@1 to recall@20 (shares are 0 to 1), '
        f'seconds. One that is unknown, such as the p90 of no fix, fails.{more_metrics}',
    )


def exit_code(gate: Gate, values: Mapping[str, float]) -> int:
    """Return 0, or 3 with a line that says which limit holds."""
    failures = gate.failures(values)
    if failures:
        print(f'--fail-if: {"; ".join(failures)}', file=sys.stderr)
    return FAILED if failures else 0


def config_from_args(args: argparse.Namespace) -> Config:
    """
    Return the settings that the command line asks for: defaults, then ``--config``, then flags.

    :param args: what a parser with :func:`add_config_arguments` returned.
    :raises ConfigError: if the file cannot be read or a value is unknown or out of range.
    """
    config = Config()
    for path in args.config:
        config = load_config(path, config)
    for path, _, _ in Config().items():
        if path in vars(args):
            config = config.replace(path, getattr(args, path))
    return config


def _add_flag(
    group: argparse._ActionsContainer, path: str, entry: dataclasses.Field[Any], default: Any
) -> None:
    """Add the flag of one setting; without the flag the namespace has no such attribute."""
    flag = '--model' if path == 'model.name' else '--' + entry.name.replace('_', '-')
    options: dict[str, Any] = {
        'dest': path,
        'default': argparse.SUPPRESS,
        'help': _help(entry, default),
    }
    kind = type(entry.default)
    if kind is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, **options)
    else:
        choices = entry.metadata['choices'] or None
        metavar = None if choices else {int: 'N', float: 'X', str: 'TEXT'}[kind]
        group.add_argument(flag, type=kind, choices=choices, metavar=metavar, **options)


def _help(entry: dataclasses.Field[Any], default: Any) -> str:
    """Return description, unit, range and default in one line, safe for argparse."""
    notes = []
    if entry.metadata['low'] is not None:
        unit = f' {entry.metadata["unit"]}' if entry.metadata['unit'] else ''
        notes.append(f'{entry.metadata["low"]} to {entry.metadata["high"]}{unit}')
    if default != '':
        notes.append(f'default {str(default).lower() if isinstance(default, bool) else default}')
    text = entry.metadata['description'] + (f' ({"; ".join(notes)})' if notes else '')
    return text.replace('%', '%%')
