# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Run trials of many worlds on all cores; a run that was stopped resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import json
import multiprocessing
import os
from pathlib import Path
import time
from typing import TypeVar

from bench.procedural_trials import run_trials, Trial
from visual_navsat.files import write_text

Result = TypeVar('Result')


def each_world(run_world: Callable[[int], list[Result]], seeds: Sequence[int]) -> list[Result]:
    """Return what a function of a seed returns for each world, in order, on all cores."""
    with multiprocessing.get_context('spawn').Pool() as pool:
        return [result for results in pool.imap(run_world, seeds) for result in results]


def run_worlds(
    seeds: Sequence[int],
    photos: int,
    side_m: float,
    folder: Path,
    *,
    processes: int | None = None,
) -> list[Trial]:
    """
    Return the trials of some worlds, in order.

    :param photos: of each world.
    :param side_m: of the square that is its map.
    :param folder: for the trials of each finished world.
    :param processes: None: one per core.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        (seed, photos, side_m, folder / f'trials_{seed}_{photos}_{side_m:.0f}.json')
        for seed in seeds
    ]
    os.environ['OMP_NUM_THREADS'] = '1'  # one process per core is faster than threads
    started = time.monotonic()
    with multiprocessing.get_context('spawn').Pool(processes or os.cpu_count()) as pool:
        for count, path in enumerate(pool.imap_unordered(_run_world, tasks), start=1):
            minutes = (time.monotonic() - started) / 60
            print(f'{count}/{len(tasks)} worlds, {minutes:.1f} min: {path.name}', flush=True)
    return [trial for *_, path in tasks for trial in read_trials(path)]


def _run_world(task: tuple[int, int, float, Path]) -> Path:
    seed, photos, side_m, path = task
    if not path.exists():
        trials = [trial.to_json() for trial in run_trials(seed, photos, side_m)]
        # A search that found nothing has NaN, which Python's json writes and reads.
        write_text(path, json.dumps(trials))
    return path


def read_trials(path: Path) -> list[Trial]:
    """Return the trials of one file."""
    return [Trial.from_json(values) for values in json.loads(path.read_text(encoding='utf-8'))]
