# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Measure the search of the service at library level: time, memory, exactness, first answer.

Each measurement is a process of its own, so that its memory is that of a service without the
model. The seed's way is numpy's cosine over all descriptors, read as it reads them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any

from bench.record import make_parser, measured_commit, RESULTS, ROOT, rounded
from bench.service.made_library import MadeLibrary, make_library
import numpy as np
from visual_navsat.files import write_json

# Images, numbers of a descriptor, queries.
CASES = ((10_000, 98_304, 1000), (100_000, 6_144, 1000))
_SEED_QUERIES = 5


def main() -> None:
    """Measure all cases, and write them where they are asked for."""
    args = make_parser(__doc__ or '', RESULTS / 'service_search.json').parse_args()
    record = {'commit': measured_commit(), 'cores': os.cpu_count(), 'search': measure_all()}
    write_json(args.out, record)


def measure_all(cases: tuple[tuple[int, int, int], ...] = CASES) -> list[dict[str, Any]]:
    """Return the figures of each case."""
    return [measure(*case) for case in cases]


def measure(count: int, dimension: int, num_queries: int) -> dict[str, Any]:
    """Return the figures of the search among ``count`` images."""
    with tempfile.TemporaryDirectory() as scratch:
        made = make_library(Path(scratch), count, dimension, num_queries)
        np.save(Path(scratch) / 'queries.npy', made.queries)
        found = _in_process('search', scratch, dimension)
        exact = _in_process('exact', scratch, dimension)
        seed_ms = _seed_way_ms(made)
    top10 = np.array(found.pop('top10'))
    is_right = [set(a) == set(b) for a, b in zip(top10.tolist(), made.top10.tolist(), strict=True)]
    return {
        'images': count,
        'dimension': dimension,
        'queries': num_queries,
        **found,
        'exact_top10': rounded(float(np.mean(is_right))),
        'scan_all_p50_ms': exact['p50_ms'],
        'seeds_way_p50_ms': rounded(seed_ms),
        'times_faster_than_the_seed': rounded(seed_ms / found['p50_ms']),
    }


def _in_process(what: str, folder: str, dimension: int) -> dict[str, Any]:
    command = [sys.executable, '-m', 'bench.service.search_process', what, folder, str(dimension)]
    started = time.time()
    done = subprocess.run(
        [*command, str(started)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return dict(json.loads(done.stdout))


def _seed_way_ms(made: MadeLibrary) -> float:
    """Return the median time of a query by cosine over all files of descriptors."""
    paths = sorted(made.settings.features_path.glob('chunk_*[0-9].npy'))
    paths = [path for path in paths if 'codes' not in path.name]
    times = []
    for query in made.queries[:_SEED_QUERIES]:
        started = time.perf_counter()
        cosines = []
        for path in paths:
            rows = np.load(path)
            norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(query)
            cosines.append(rows @ query / norms)
        np.argsort(-np.concatenate(cosines))[:10]
        times.append(time.perf_counter() - started)
    return 1e3 * float(np.median(times))


if __name__ == '__main__':
    main()
