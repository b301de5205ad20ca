# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Processes on this machine that do the shards of a build."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
import os
import pickle
import signal
import threading
from typing import Any

import cv2
import torch
from visual_navsat.errors import traceback_text
from visual_navsat.index.build.workers import Done, Lost, ShardWorkers, Step

# Threads of torch and handles of GDAL do not survive a fork.
_PROCESSES = get_context('spawn')
_ENDING_S = 5.0  # after a process closed its files it ends at once, unless it writes a core dump


class _InWorkerError(Exception):
    """Shows the traceback of an error in another process above that of this one."""


@dataclass
class _Member:
    """One process, and what it is doing."""

    process: SpawnProcess
    connection: Connection
    number: int | None = None  # of its shard
    has_step: bool = False


class ProcessWorkers(ShardWorkers):
    """
    Processes that share the cores; they end with the block, or when this process does.

    :param count: how many.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._members: list[_Member] = []
        self._step = b''

    def _close(self) -> None:
        for member in list(self._members):
            self._remove(member)

    def _begin(self, step: Step[Any, Any]) -> None:
        self._step = pickle.dumps(step)
        for member in self._members:
            member.has_step = False

    def _most_given(self) -> int:
        return self.count

    def _give(self, number: int, shard: Any) -> None:
        while True:
            idle = [member for member in self._members if member.number is None]
            member = idle[0] if idle else self._start()
            try:
                member.connection.send((None if member.has_step else self._step, shard))
            except OSError:  # it ended while it had nothing to do
                self._remove(member)
                continue
            member.has_step, member.number = True, number
            return

    def _take(self) -> tuple[int, Done[Any] | Lost]:
        busy = {m.connection: m for m in self._members if m.number is not None}
        member = busy[wait(list(busy))[0]]  # type: ignore[index]  # connections, as were given
        number = member.number
        assert number is not None
        try:
            results, error, trace = member.connection.recv()
        except (EOFError, OSError):
            member.process.join(_ENDING_S)
            self._remove(member)
            return number, Lost(_end_of(member.process))
        member.number = None
        if error is not None:
            error.__cause__ = _InWorkerError(trace)  # which is not sent with it
        return number, Done(results, error)

    def _end(self) -> None:
        for member in [m for m in self._members if m.number is not None]:
            self._remove(member)

    def _start(self) -> _Member:
        threads = max(1, len(os.sched_getaffinity(0)) // self.count)
        ours, theirs = _PROCESSES.Pipe()
        process = _PROCESSES.Process(target=_serve, args=(theirs, threads), daemon=True)
        process.start()
        theirs.close()  # so that the end of the process is the end of the connection
        self._members.append(_Member(process, ours))
        return self._members[-1]

    def _remove(self, member: _Member) -> None:
        """End a process, whatever it is doing."""
        self._members.remove(member)
        member.process.kill()
        member.process.join()
        member.connection.close()


def _end_of(process: SpawnProcess) -> str:
    """Return what ended a process."""
    code = process.exitcode or 0
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f'exit code {code}'


def _serve(connection: Connection, threads: int) -> None:
    """Do shards until the other end of the connection is gone."""
    # Ctrl-C reaches every process of the terminal; this one ends with its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    step: Any = None
    while True:
        try:
            content, shard = connection.recv()
        except EOFError:
            return
        results: list[Any] = []
        error, trace = None, ''
        try:
            step = step if content is None else pickle.loads(content)
            results = list(step(shard))
        except Exception as raised:
            error, trace = raised, traceback_text(raised)
        connection.send((results, error, trace))


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
