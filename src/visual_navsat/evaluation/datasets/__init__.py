# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The public data sets that evaluate reads as they are downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from visual_navsat.errors import ConfigError, MapError
from visual_navsat.evaluation.datasets.alto import open_alto
from visual_navsat.evaluation.datasets.anyvisloc import open_anyvisloc
from visual_navsat.evaluation.datasets.benchmark import Benchmark, BenchmarkSequence
from visual_navsat.evaluation.datasets.index_cache import make_index, usual_folder
from visual_navsat.evaluation.datasets.uav_visloc import open_uav_visloc
from visual_navsat.evaluation.datasets.vpair import open_vpair

DATASETS: dict[str, Callable[[Path], Benchmark]] = {
    'uav-visloc': open_uav_visloc,
    'anyvisloc': open_anyvisloc,
    'vpair': open_vpair,
    'alto': open_alto,
}

__all__ = [
    'DATASETS',
    'Benchmark',
    'BenchmarkSequence',
    'make_index',
    'open_benchmark',
    'usual_folder',
]


def open_benchmark(name: str, folder: str | Path) -> Benchmark:
    """
    Return a public data set in the folder that it was unpacked into.

    :raises ConfigError: if no data set is called so.
    :raises MapError: if the folder is missing or not in the data set's layout.
    """
    if name not in DATASETS:
        raise ConfigError(f'--dataset {name!r} is unknown: choose from {", ".join(DATASETS)}')
    if not Path(folder).is_dir():
        raise MapError(f'--dataset {name}: {folder} is no folder')
    return DATASETS[name](Path(folder))
