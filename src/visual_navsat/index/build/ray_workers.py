# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The machines of a Ray cluster, which do the shards of a build."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from typing import Any

import cv2
from visual_navsat import __version__
from visual_navsat.errors import reason_of, WorkerError
from visual_navsat.index.build.workers import Done, Lost, ShardWorkers, Step
from visual_navsat.optional import import_optional

LOCAL = 'local'  # the address that stands for a cluster of this machine alone
_KNOCK_S = 10.0
_GIVEN = 2  # shards a worker, so that it need not wait for its next one


class RayWorkers(ShardWorkers):
    """
    Tasks on a cluster; each has one core, or one GPU where a step uses it and there are some.

    :param address: of a cluster, as ``ray.init`` takes it; 'local' starts one on this machine
        that ends with the block.
    :param count: tasks at once; None: as many as the cluster has cores or GPUs.
    :raises MissingDependencyError: if Ray is not installed.
    :raises WorkerError: if the cluster cannot be reached.
    """

    def __init__(self, address: str, count: int | None = None) -> None:
        self._ray = import_optional(
            'ray', "--ray needs Ray: pip install 'visual_navsat[ray]', the version of the cluster"
        )
        self._limit = count
        self._handler = signal.getsignal(signal.SIGTERM)
        self._connect(address)
        # Ray's own way to end on SIGTERM is to abort.
        _at_sigterm(lambda *_: sys.exit(128 + signal.SIGTERM))
        super().__init__(self._slots('CPU'))
        self._numbers: dict[Any, int] = {}  # of shards, by the reference of their result
        self._reference: Any = None  # of the step
        self._resources: dict[str, float] = {}

    def _close(self) -> None:
        self._ray.shutdown()
        _at_sigterm(self._handler)

    def _connect(self, address: str) -> None:
        # Ray would report its use to its makers, and put a print of its own in Python's place.
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
        os.environ.setdefault('RAY_TQDM_PATCH_PRINT', '0')
        quiet = {'log_to_driver': False, 'logging_level': 'ERROR'}
        try:
            _knock(address)
            if address == LOCAL:
                cores = self._limit or len(os.sched_getaffinity(0))
                own = {'num_cpus': cores, 'include_dashboard': False}
                self._ray.init('local', _node_ip_address='127.0.0.1', **own, **quiet)
            else:
                self._ray.init(address, **quiet)
        except Exception as error:  # Ray has no class of its own for this
            raise WorkerError(
                f'no Ray cluster at {address} ({reason_of(error)}): start one with ray start, or '
                'give --ray local'
            ) from error

    def _slots(self, kind: str) -> int:
        """Return how many tasks that take one of a resource run at once."""
        there = max(1, int(self._ray.cluster_resources().get(kind, 0)))
        return min(there, self._limit or there)

    def _begin(self, step: Step[Any, Any]) -> None:
        has_gpus = self._ray.cluster_resources().get('GPU', 0) >= 1
        kind = 'GPU' if step.uses_network and has_gpus else 'CPU'
        self.count = self._slots(kind)
        self._resources = {'num_cpus': 1, 'num_gpus': int(kind == 'GPU')}
        self._reference = self._ray.put(step)

    def _most_given(self) -> int:
        return self.count if self._limit else _GIVEN * self.count

    def _give(self, number: int, shard: Any) -> None:
        task = self._ray.remote(max_retries=0, **self._resources)(_run_shard)
        # In a list, so that the step is fetched where it is not at hand, and not every time.
        self._numbers[task.remote([self._reference], __version__, shard)] = number

    def _take(self) -> tuple[int, Done[Any] | Lost]:
        [result], _ = self._ray.wait(list(self._numbers), num_returns=1)
        number = self._numbers.pop(result)
        try:
            return number, Done(self._ray.get(result))
        except self._ray.exceptions.RayTaskError as error:
            return number, Done(error=error.cause)
        except self._ray.exceptions.RayError as error:
            return number, Lost(type(error).__name__)

    def _end(self) -> None:
        for result in self._numbers:
            with contextlib.suppress(Exception):
                self._ray.cancel(result, force=True)
        self._numbers, self._reference = {}, None


def _at_sigterm(handler: Any) -> None:
    """Set what happens on SIGTERM, which only the main thread can; None: what C code had set."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL if handler is None else handler)


def _knock(address: str) -> None:
    """Raise OSError if nobody listens at HOST:PORT: Ray would try for minutes."""
    host, _, port = address.rpartition('/')[2].rpartition(':')
    if host and port.isdecimal():
        socket.create_connection((host.strip('[]'), int(port)), _KNOCK_S).close()


_steps: dict[str, Step[Any, Any]] = {}  # the one that a worker process has at hand


def _run_shard(references: list[Any], version: str, shard: Any) -> list[Any]:
    """Return the results of a shard, on a machine of the cluster."""
    if version != __version__:
        raise WorkerError(
            f'a machine of the cluster has visual_navsat {__version__}, this one has {version}: '
            'install the same'
        )
    [reference] = references
    if reference.hex() not in _steps:
        ray = import_optional('ray', 'a task of Ray runs without it')
        _steps.clear()
        _steps[reference.hex()] = ray.get(reference)
        cv2.setNumThreads(1)
    return list(_steps[reference.hex()](shard))
