# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Start and end a node's process well: exit code 0 on SIGINT and SIGTERM, also when sent twice."""

from __future__ import annotations

from collections.abc import Callable
import gc
import os
import signal
import sys
from typing import Any

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from visual_navsat.errors import ConfigError, VisualNavsatError
from visual_navsat.memory import share_one_arena
from visual_navsat.openmp import let_threads_sleep

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# ros2 launch sends SIGTERM five seconds after SIGINT, and SIGKILL five seconds after that.
WORKER_GRACE_S = 2.0


def run_node(make_node: Callable[[], Any]) -> int:
    """
    Make the node, let it start itself, spin it until a signal comes; return the exit code.

    :param make_node: returns a node with ``autostart()``, ``note_stray(error)``,
        ``stop(timeout_s)``, and ``has_failed``, which ends the process with code 1.
    """
    let_threads_sleep()
    share_one_arena()
    # Before rclpy.init, whose own handlers call these: they interrupt loading too.
    _handle_signals(_interrupt_once)
    node = None
    exit_code = 0
    is_interrupted, has_ended = False, True
    try:
        rclpy.init()
        node = make_node()
        exit_code = _start_and_spin(node)
    except KeyboardInterrupt:
        is_interrupted = True
    except (ParameterException, ConfigError) as error:
        print(f'parameter refused: {error}', file=sys.stderr)
        exit_code = 1
    except VisualNavsatError as error:
        print(error, file=sys.stderr)
        exit_code = 1
    finally:
        _handle_signals(_do_nothing)
    if node is not None:
        has_ended = node.stop(WORKER_GRACE_S)
        node.destroy_node()
        # A lifecycle node's state machine holds its handle, and the handle the shared memory of
        # DDS: the file stays in /dev/shm if the process ends first.
        node = None
        gc.collect()
    rclpy.try_shutdown()
    if is_interrupted or not has_ended:
        # Taking the interpreter down under a query or a load would crash in native code.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)
    # Python puts its own handlers back to killing while it exits, but not ignored ones. Not
    # earlier: rclpy's handler wakes this thread before it tells Python of the signal, and puts
    # Python's handler back on shutdown; Python calls it a fault if it hears of an ignored signal.
    _handle_signals(signal.SIG_IGN)
    return exit_code


def _start_and_spin(node: Any) -> int:
    """Return the exit code."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        node.autostart()
        while node.context.ok() and not node.has_failed:
            _spin_once(executor, node)
        return int(node.has_failed)
    finally:
        executor.shutdown(timeout_sec=0)


def _spin_once(executor: SingleThreadedExecutor, node: Any) -> None:
    try:
        executor.spin_once()
    except ExternalShutdownException:
        pass
    except Exception as error:
        # Of a message that cannot be decoded, or of rclpy's own services: ours are guarded.
        if node.context.ok():  # else it met the shutdown
            node.note_stray(error)


def _interrupt_once(*_: object) -> None:
    _handle_signals(_do_nothing)
    raise KeyboardInterrupt


def _do_nothing(*_: object) -> None:
    # Unlike SIG_IGN this also suits a signal that has arrived and waits for its handler.
    pass


def _handle_signals(handler: Callable[..., None] | signal.Handlers) -> None:
    for number in ENDING_SIGNALS:
        signal.signal(number, handler)
