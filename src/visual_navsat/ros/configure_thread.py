# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Configure in a thread of its own: loading takes seconds, and services are answered meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import threading

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.service import Service
from rclpy.task import Future
from visual_navsat.ros.guard import Guard


class ConfigureThread:
    """
    Let ``change_state`` run configure beside the executor, and everything else in it.

    Requests that come meanwhile are refused at once, as the lifecycle demands.
    """

    def __init__(self, node: LifecycleNode, service: Service, guard: Guard) -> None:
        """:param service: the node's own ``change_state``; it is answered from here now."""
        self._node, self._guard = node, guard
        self._change_state = service.callback
        self._thread: threading.Thread | None = None
        self._changing = threading.Lock()
        self._has_loaded = self._is_given_up = False
        service.callback = self._on_request
        # A request that waits for the end of configure must hold up no other callback.
        service.callback_group = ReentrantCallbackGroup()
        service.callback_group.add_entity(service)

    def start(self, configure: Callable[[], object], then: Callable[[], object]) -> bool:
        """
        Begin to configure; return whether that has begun, or False if it is under way already.

        :param then: is called in the executor at the end, whatever happened.
        """
        if not self.wait(0.0):
            return False
        self._has_loaded = False
        # A daemon: loading cannot be interrupted, and must not keep the process alive.
        self._thread = threading.Thread(
            target=self._run, args=(configure, then), name='configure', daemon=True
        )
        self._thread.start()
        return True

    def wait(self, timeout_s: float) -> bool:
        """Return whether nothing is being configured any more within the timeout."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def leave_loading(self) -> None:
        """Return to the node from what takes long, unless it is gone: then never return."""
        with self._changing:
            self._has_loaded = not self._is_given_up
        if self._is_given_up:
            threading.Event().wait()

    def stop(self, timeout_s: float) -> bool:
        """
        Return whether nothing is being configured any more within the timeout.

        What is still loading then no longer returns to the node, which may be destroyed: its state
        machine is native code that does not ask whether it is there.
        """
        if self.wait(timeout_s):
            return True
        with self._changing:
            self._is_given_up = not self._has_loaded
        # What has loaded takes a moment to tell the node.
        return not self._is_given_up and self.wait(timeout_s)

    def _run(self, configure: Callable[[], object], then: Callable[[], object]) -> None:
        self._guard.wrap(configure, lambda _: None)()
        executor = self._node.executor
        if executor is None or not self._node.context.ok():
            return

        def end() -> None:
            then()
            executor.wake()  # it has looked at the request that waits for this

        self._guard.wrap(lambda: executor.create_task(end), lambda _: None)()

    async def _on_request(
        self, request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        asked = request.transition
        # As rclpy does: a label goes before a number.
        if (asked.label or asked.id) not in ('configure', Transition.TRANSITION_CONFIGURE):
            return self._change_state(request, response)
        response.success = False
        has_ended: Future = Future()
        if self.start(
            partial(self._change_state, request, response), partial(has_ended.set_result, None)
        ):
            await has_ended
        return response
