# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Open a library, answer queries, and print times, memory and answers as JSON."""

from __future__ import annotations

import json
from pathlib import Path
import sys
import time

from bench.record import rounded
from bench.service.made_library import identity
import numpy as np
from visual_navsat.service.library import Library
from visual_navsat.service.settings import Settings
from visual_navsat.service.store.row_file import RowFile

_WARM_UP, _EXACT_QUERIES = 5, 5


def main() -> None:
    """Do what the command line says: ``search`` or ``exact``, a folder, a dimension, a start."""
    what, folder, dimension, started = sys.argv[1:]
    # Read one at a time: a mapped file would count as memory of the search.
    queries = RowFile(Path(folder) / 'queries.npy', int(dimension))
    settings = Settings.load(_env_file=None, data_dir=folder, exact=what == 'exact')
    with Library.open(settings, identity(int(dimension)), int(dimension)) as library:
        library.similar(queries.read(0)[0], 10)
        first_s = time.time() - float(started)
        for number in range(_WARM_UP):
            library.similar(queries.read(number)[0], 10)
        times, top10 = [], []
        for number in range(_EXACT_QUERIES if what == 'exact' else queries.count):
            query = queries.read(number)[0]
            begun = time.perf_counter()
            found = library.similar(query, 10)
            times.append(1e3 * (time.perf_counter() - begun))
            top10.append([one.record.id for one in found])
        memory_mb = _resident_mb()
    figures = {
        'p50_ms': rounded(float(np.percentile(times, 50))),
        'p95_ms': rounded(float(np.percentile(times, 95))),
        'max_ms': rounded(max(times)),
        'first_answer_s': rounded(first_s),
        'resident_mb': rounded(memory_mb),
        'top10': top10,
    }
    print(json.dumps(figures))


def _resident_mb() -> float:
    """Return the most memory that this process has had."""
    lines = Path('/proc/self/status').read_text().splitlines()
    peak = next(line for line in lines if line.startswith('VmHWM:'))
    return int(peak.split()[1]) * 1024 / 1e6


if __name__ == '__main__':
    main()
