# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Run something in processes that are killed at each of its syncs to the disk in turn."""

import os
import signal

from visual_navsat.index.build import described_rows


def in_child(action):
    """Run ``action`` in a forked process; return its exit code, negative if a signal ended it."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = action() or 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at_each_sync(monkeypatch, prepare, action):
    """
    Yield after ``action`` was killed, each time a sync later, and once more when it came through.

    :param prepare: called before each.
    """
    monkeypatch.setattr(described_rows, '_RECORD_EVERY_S', 0.0)
    syncs_left = 0

    def sync_or_die(_):
        nonlocal syncs_left
        syncs_left -= 1
        if syncs_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(os, 'fsync', sync_or_die)
    for kill_at in range(1, 100):
        prepare()
        syncs_left = kill_at
        code = in_child(lambda: action() and 0)
        syncs_left = 0
        yield kill_at
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert code == 0
    assert kill_at > 20
