# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Measure visual_navsat against the recipe as published, in one run on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys

from bench.cases import compare_describing, compare_search, compare_vlad
from bench.gpu import compare_precision
from bench.paired import Comparison
from bench.report import describe_machine, markdown_lines
import torch
from visual_navsat.files import write_json, write_text


def main(argv: list[str] | None = None) -> int:
    """Measure everything, print the table and write it with the numbers as JSON."""
    parser = argparse.ArgumentParser(prog='python -m bench', description=__doc__)
    parser.add_argument('--out', default='out/bench', metavar='DIR', help='default %(default)s')
    parser.add_argument(
        '--rounds', type=int, default=7, metavar='N', help='pairs per step (default %(default)s)'
    )
    args = parser.parse_args(argv)
    machine = describe_machine()  # before we are its load
    comparisons = []
    for comparison in _compare_all(args.rounds):
        print(f'{comparison.name}: {comparison.ratio:.2f}', file=sys.stderr, flush=True)
        comparisons.append(comparison)
    on_gpu = None
    if torch.cuda.is_available():
        on_gpu = [compare_precision(batch, args.rounds) for batch in (1, 8)]
    results = {
        'machine': machine,
        'cpu': [comparison.to_json() for comparison in comparisons],
        'gpu': on_gpu,
    }
    write_json(Path(args.out) / 'bench.json', results)
    table = '\n'.join(markdown_lines(results)) + '\n'
    write_text(Path(args.out) / 'bench.md', table)
    print(table, end='')
    return 0


def _compare_all(rounds: int) -> Iterator[Comparison]:
    yield compare_vlad(1369, 1536, rounds)  # an image of 518 px to ViT-g
    for model in ('dinov2_vits14', 'dinov2_vitb14'):
        for side in (224, 448):
            yield from compare_describing(model, side, rounds)
    yield compare_search(2000, 24576, rounds)


if __name__ == '__main__':
    sys.exit(main())
