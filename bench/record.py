# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the records of all benchmarks share: the commit, the command, numbers as JSON has them."""

from __future__ import annotations

import argparse
from pathlib import Path
import subprocess
import sys

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / 'bench/results'
VISUAL_NAVSAT = (sys.executable, '-m', 'visual_navsat.cli.main')


def make_parser(doc: str, out: Path | None = None) -> argparse.ArgumentParser:
    """
    Return a parser that says the first line of a module's docstring, with ``--out``.

    :param out: default path of the record; None makes the flag required.
    """
    parser = argparse.ArgumentParser(description=doc.strip().splitlines()[0])
    parser.add_argument('--out', type=Path, default=out, required=out is None, metavar='FILE')
    return parser


def add_counts(parser: argparse.ArgumentParser, **defaults: float) -> None:
    """Add one flag per name, such as ``first_seed=5000``, of the type of its default."""
    for name, default in defaults.items():
        flag = f'--{name.replace("_", "-")}'
        parser.add_argument(flag, type=type(default), default=default, metavar='N')


def add_photo_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder of real photos and the columns of its table that hold the truth."""
    parser.add_argument('--data', required=True, metavar='DIR', type=Path)
    parser.add_argument('--truth-columns', default='Latitude,Longitude', metavar='LAT,LON')


def command(module: str, args: argparse.Namespace, *names: str) -> str:
    """Return how a benchmark was called, with the flags that decide its numbers."""
    flags = (f'--{name.replace("_", "-")} {getattr(args, name):g}' for name in names)
    return ' '.join([f'python -m {module}', *flags])


def rounded(value: float | None) -> float | None:
    """Return a number rounded to three digits; None for None, NaN and infinity."""
    return None if value is None or not np.isfinite(value) else round(float(value), 3)


def run_verb(*words: object) -> None:
    """Run one verb of the command line; raise CalledProcessError if it fails."""
    subprocess.run([*VISUAL_NAVSAT, *map(str, words)], check=True)


def measured_commit() -> str | None:
    """Return the commit, marked if files differ from it; None without git."""
    try:
        return _git('describe', '--always', '--dirty', '--abbrev=12')
    except (OSError, subprocess.CalledProcessError):
        return None


def clean_commit() -> str:
    """Return the commit; exit with a message if files differ from it."""
    if _git('status', '--porcelain', '--untracked-files=no'):
        sys.exit('there are uncommitted changes: commit them, so that the record names what ran')
    return _git('rev-parse', '--short', 'HEAD')


def _git(*words: str) -> str:
    done = subprocess.run(['git', *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
