# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Command-line flags of who does the work of building a map."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext

from visual_navsat.cli.values import check_number
from visual_navsat.index.build.process_workers import ProcessWorkers
from visual_navsat.index.build.ray_workers import RayWorkers
from visual_navsat.index.build.workers import HERE, Workers


def add_worker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers`` and ``--ray``."""
    group = parser.add_argument_group(
        'workers', 'Who describes tiles and makes fields; the index is the same.'
    )
    group.add_argument(
        '--workers',
        type=int,
        metavar='N',
        help='processes that share the work (at least 1; default 1, this one; with --ray as many '
        'as the cluster has cores, or GPUs)',
    )
    group.add_argument(
        '--ray',
        metavar='ADDRESS',
        help='let the machines of a Ray cluster share the work: auto, HOST:6379, or local to '
        'start one on this machine; all of them need the same version of visual_navsat and see '
        'the imagery under the same paths',
    )


def check_worker_arguments(args: argparse.Namespace) -> None:
    """Raise ConfigError if a value is out of range."""
    check_number(args, '--workers', 1)


def workers_from_args(args: argparse.Namespace) -> AbstractContextManager[Workers]:
    """Return who does the work, ready when the block begins and ended with it."""
    if args.ray is not None:
        return RayWorkers(args.ray, args.workers)
    if args.workers is not None and args.workers > 1:
        return ProcessWorkers(args.workers)
    return nullcontext(HERE)
