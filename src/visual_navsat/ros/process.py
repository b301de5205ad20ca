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
from rclpy.executors import ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from visual_navsat.errors import ConfigError
from visual_navsat.openmp import let_threads_sleep

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# ros2 launch sends SIGTERM five seconds after SIGINT, and SIGKILL five seconds after that.
WORKER_GRACE_S = 2.0


def run_node(make_node: Callable[[], Any]) -> int:
    """
    Make the node, let it start itself, spin it until a signal comes; return the exit code.

    :param make_node: returns a node with ``autostart()`` and ``stop_worker(timeout_s)``.
    """
    let_threads_sleep()
    # Before rclpy.init, whose own handlers call these: they interrupt loading too.
    _handle_signals(_interrupt_once)
    node = None
    exit_code = 0
    is_interrupted = False
    try:
        rclpy.init()
        node = make_node()
        _start_and_spin(node)
    except KeyboardInterrupt:
        is_interrupted = True
    except (ParameterException, ConfigError) as error:
        print(f'parameter refused: {error}', file=sys.stderr)
        exit_code = 1
    finally:
        # Python puts its own handlers back to killing while it exits, but not ignored ones.
        _handle_signals(signal.SIG_IGN)
    if node is not None:
        if not node.stop_worker(WORKER_GRACE_S):
            # Inside a long query: taking the interpreter down under it would crash in native code.
            sys.stderr.flush()
            os._exit(exit_code)
        node.destroy_node()
        # A lifecycle node's state machine holds its handle, and the handle the shared memory of
        # DDS: the file stays in /dev/shm if the process ends first.
        node = None
        gc.collect()
    rclpy.try_shutdown()
    if is_interrupted:
        # A native import that was interrupted half way may crash while Python takes itself down.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)
    return exit_code


def _start_and_spin(node: Any) -> None:
    try:
        node.autostart()
        rclpy.spin(node)
    except ExternalShutdownException:
        pass
    except rclpy_implementation.RCLError:
        # A message or an answer that met the shutdown is no fault.
        if node.context.ok():
            raise


def _interrupt_once(*_: object) -> None:
    _handle_signals(_do_nothing)
    raise KeyboardInterrupt


def _do_nothing(*_: object) -> None:
    # Unlike SIG_IGN this also suits a signal that has arrived and waits for its handler.
    pass


def _handle_signals(handler: Callable[..., None] | signal.Handlers) -> None:
    for number in ENDING_SIGNALS:
        signal.signal(number, handler)
