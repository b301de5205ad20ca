# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Processes share the shards of a build: the results are the same, and no process is left."""

from dataclasses import dataclass
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from makers import cut_tiles, make_ground, TILE_PX
from mortal_describer import files_of, MortalDescriber
import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ImageError, WorkerError
from visual_navsat.features.describer import make_describer
from visual_navsat.index.build import build_index
from visual_navsat.index.build.process_workers import ProcessWorkers
from visual_navsat.index.build.workers import HERE
from visual_navsat.maps.open_map import open_image_folder

pytestmark = pytest.mark.slow  # new processes import torch


@dataclass(frozen=True)
class Square:
    """A step that squares numbers; -1 is an error, and a number that is fatal ends its process."""

    fatal: int = -2
    uses_network = False

    def __call__(self, shard):
        for number in shard:
            if number == self.fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            if number == -1:
                raise ImageError('no square')
            yield number**2


@pytest.fixture(scope='module')
def workers():
    with ProcessWorkers(2) as processes:
        yield processes


def test_results_come_in_order_whoever_is_first(workers):
    shards = [[number, number + 100] for number in range(30)]
    assert list(workers.run(Square(), shards)) == list(HERE.run(Square(), shards))
    assert list(workers.run(Square(), [])) == []


def test_an_error_ends_it_after_the_results_before_it(workers):
    results = workers.run(Square(), [[1], [2, 3], [4, -1], [5]])
    assert [next(results) for _ in range(3)] == [1, 4, 9]
    with pytest.raises(ImageError, match='no square') as raised:
        next(results)
    assert 'yield number**2' not in str(raised.value.__cause__)
    assert "raise ImageError('no square')" in str(raised.value.__cause__)
    assert list(workers.run(Square(), [[6]])) == [36]  # they go on


def test_a_shard_that_ends_every_worker_is_an_error(workers, caplog):
    with pytest.raises(WorkerError, match='3 workers ended at the same tiles, the last SIGKILL'):
        list(workers.run(Square(fatal=3), [[1], [2], [3], [4]]))
    assert caplog.text.count('a worker ended (SIGKILL): its shard is done again') == 2


def test_index_is_the_same_though_a_worker_is_killed(tmp_path, workers):
    tiles = cut_tiles(make_ground(3 * TILE_PX), tmp_path)
    source = open_image_folder(tiles, tmp_path)
    config = Config().replace('model.device', 'cpu').replace('retrieval.code', 'exact')
    describer = make_describer(config)
    here = build_index(source, tmp_path / 'here', config, describer, False, 2).path
    mortal = MortalDescriber(describer, tmp_path / 'calls')
    apart = build_index(source, tmp_path / 'apart', config, mortal, False, 2, workers=workers).path
    assert len((tmp_path / 'calls').read_bytes()) > 5  # batches, of which one was done again
    assert files_of(apart) == files_of(here)


PROGRAM = """
import os, signal, sys, time
from visual_navsat.index.build.process_workers import ProcessWorkers

class Wait:
    uses_network = False

    def __call__(self, shard):
        for seconds in shard:
            time.sleep(seconds)
            yield os.getpid()

if __name__ == '__main__':
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    with ProcessWorkers(2) as workers:
        for pid in workers.run(Wait(), [[0.0], [0.0], [600.0], [600.0]]):
            print(pid, flush=True)
"""


@pytest.mark.parametrize('ending', [signal.SIGINT, signal.SIGTERM])
def test_no_process_is_left(tmp_path, ending):
    program = tmp_path / 'program.py'
    program.write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as parent:
        pids = {int(parent.stdout.readline()) for _ in range(2)}
        assert parent.pid not in pids
        # As a terminal does it: Ctrl-C reaches all processes.
        (os.killpg if ending == signal.SIGINT else os.kill)(parent.pid, ending)
        try:
            parent.wait(timeout=60)
        finally:
            parent.kill()  # one that does not end would be waited for without end
    deadline = time.monotonic() + 60
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid):
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False
