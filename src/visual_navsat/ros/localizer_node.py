# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The ROS node: subscribe to a camera, call the engine, publish where the vehicle is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import time
from typing import Any, TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger
from visual_navsat.memory import give_back_memory
from visual_navsat.ros.answering import Answering
from visual_navsat.ros.configure_thread import ConfigureThread
from visual_navsat.ros.diagnosed_node import DiagnosedNode
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.diagnostics_publisher import DiagnosticsPublisher
from visual_navsat.ros.frame_worker import FrameWorker
from visual_navsat.ros.guard import Guard, LOG_PERIOD_S
from visual_navsat.ros.image_inputs import ImageInputs
from visual_navsat.ros.image_topics import image_topic_names
from visual_navsat.ros.live_view import LiveView
from visual_navsat.ros.outputs import Outputs
from visual_navsat.ros.parameters import (
    declare_parameters,
    explain_rejection,
    naming_parameters,
    read_config,
)
from visual_navsat.ros.process import run_node
from visual_navsat.ros.sensor_inputs import SensorInputs
from visual_navsat.tracking.calibration_keeper import with_kept_calibration
from visual_navsat.tracking.timed_image import TimedImage

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from visual_navsat.tracking.localizer import Localizer


class LocalizerNode(DiagnosedNode, LifecycleNode):
    """
    Turn camera images into fixes.

    Loads the index and the model in configure, publishes only when active. Each thread has a task
    of its own, so that none waits for another: the executor's receives, counts and serves, the
    worker's answers images, one loads the map and one tells the diagnostics.
    """

    has_failed = False  # it could not start, and shall end

    def __init__(self) -> None:
        super().__init__('localizer')
        self.guard = Guard(self)
        self._health = NodeHealth()
        self.add_on_set_parameters_callback(
            self.guard.wrap(
                self._check_parameters,
                lambda line: SetParametersResult(successful=False, reason=line),
            )
        )
        declare_parameters(self)
        self._config = read_config(self)
        self._localizer: Localizer | None = None
        self._answering: Answering | None = None
        self._inputs: list[SensorInputs | ImageInputs] = []
        self._worker = FrameWorker(lambda answer: answer())
        self._outputs = Outputs(self)
        self._live_view = LiveView(self)
        self._configuring = ConfigureThread(self, self._service_change_state, self.guard)
        self._serve(SetBool, '~/set_enabled', self._on_set_enabled)
        self._serve(Trigger, '~/reset', self._on_reset)
        self._diagnostics = DiagnosticsPublisher(
            self, 'localization', self._read_status, lambda: self._config.node.hardware_id
        )

    def autostart(self) -> None:
        """Configure and activate, unless node.autostart leaves that to a lifecycle manager."""
        if self._config.node.autostart:
            self._configuring.start(self.trigger_configure, self._activate_if_configured)

    def stop(self, timeout_s: float) -> bool:
        """Let configure and worker end; return whether they have within the timeout."""
        end = time.monotonic() + timeout_s
        has_ended = self._configuring.stop(timeout_s)
        return self._worker.stop(max(end - time.monotonic(), 0.0)) and has_ended

    def destroy_node(self) -> None:
        """End the diagnostics, then take the node down."""
        super().destroy_node()
        # It holds the node's handle, and with it the shared memory of DDS.
        self._state_machine.destroy_when_not_in_use()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the index and the model and warm up; on failure stay unconfigured and say why."""
        self._health.enter('configuring')
        failure = self._attempt('configure', self._load, 'inactive', self._unload)
        self._configuring.leave_loading()
        return failure or super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start taking images and the measurements of the vehicle's sensors."""
        failure = self._attempt('activate', self._start_answering, 'active', self._stop_answering)
        return failure or super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop taking images, so that the camera need not send them."""
        failure = self._attempt('deactivate', self._stop_answering, 'inactive')
        return failure or super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unload the index and the model; an image that is worked on is abandoned."""
        failure = self._attempt('cleanup', self._unload, 'unconfigured')
        return failure or super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unload everything for good."""
        failure = self._attempt('shutdown', self._unload, 'finalized')
        return failure or super().on_shutdown(state)

    def _activate_if_configured(self) -> None:
        if self._health.state == 'inactive':
            self.trigger_activate()
        self.has_failed = self._config.node.exit_on_failure and self._health.state != 'active'

    def _attempt(
        self,
        transition: str,
        work: Callable[[], None],
        entered: str,
        undo: Callable[[], None] = lambda: None,
    ) -> TransitionCallbackReturn | None:
        """Do the work of a transition; return None, or its failure, which is said and undone."""

        def succeed() -> None:
            work()
            self._health.enter(entered)

        def fail(reason: str) -> TransitionCallbackReturn:
            self.get_logger().error(f'{transition} failed: {reason}')
            undo()
            if transition == 'configure':
                self._health.enter('unconfigured')
            self._health.note_error(reason, 'transition')
            return TransitionCallbackReturn.FAILURE

        return self.guard.wrap(succeed, fail)()

    def _load(self) -> None:
        self._config = with_kept_calibration(read_config(self))
        index_dir = self._config.node.map
        self.get_logger().info(f'loading {index_dir}')
        from visual_navsat.tracking.localizer import Localizer  # noqa: PLC0415 (torch: seconds)

        with naming_parameters(self._config):
            self._localizer, loaded_map = Localizer.open(
                index_dir, self._config, on_fault=self.guard.log_fault
            )
        self._live_view.use(loaded_map)
        self._health.identify(index=index_dir, **loaded_map.identity)
        self.get_logger().info(f'ready: {len(loaded_map.tiles)} tiles of {index_dir}')

    def _start_answering(self) -> None:
        localizer, config, health = self._localizer, self._config.node, self._health
        assert localizer is not None  # since configure
        flight = localizer.flight
        self._answering = answering = Answering(
            self, localizer, config, self._outputs, self._live_view, health, self.guard
        )

        def submit(image: TimedImage) -> bool:
            return self._worker.submit(partial(answering.answer, image))

        reporting = health, self._report, self.guard
        sensors = SensorInputs(self, flight, config, *reporting)
        self._inputs.append(sensors)
        cameras = config.image_transport, flight.stamps, sensors.gimbal
        self._inputs.append(ImageInputs(self, *cameras, submit, *reporting))

    def _stop_answering(self) -> None:
        while self._inputs:
            self._inputs.pop().close()
        self._drop_waiting()
        if self._answering is not None:
            self._answering.end()
            self._health.abandon()
        self._answering = None

    def _unload(self) -> None:
        self._stop_answering()
        self._localizer = None
        self._live_view.use(None)
        self._health.identify()
        give_back_memory()

    def _drop_waiting(self) -> None:
        if self._worker.clear():
            self._health.count('images_dropped')

    def _report(self, line: str, source: str) -> None:
        self._health.note_problem(line, source)
        self.get_logger().warning(line, throttle_duration_sec=LOG_PERIOD_S)

    def _serve(self, kind: Any, name: str, callback: Callable[[Any, Any], Any]) -> None:
        def fail(line: str) -> Any:
            return kind.Response(success=False, message=line)

        self.create_service(kind, name, self.guard.wrap(callback, fail))

    def _on_set_enabled(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._health.enabled = request.data
        if not request.data:
            self._drop_waiting()
        response.success, response.message = True, 'enabled' if request.data else 'disabled'
        return response

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._worker.clear()
        localizer = self._localizer
        if localizer is not None:
            localizer.flight.clear()
        self._health.reset()
        response.success = True
        response.message = 'track, measurements, counters, problems and waiting image cleared'
        return response

    def _check_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        reason = explain_rejection(parameters, self._health.state)
        return SetParametersResult(successful=not reason, reason=reason)

    def _read_status(self, name: str, now_ns: int) -> DiagnosticStatus:
        localizer = self._localizer
        if localizer is not None:
            fix_state = localizer.flight.fix_state.at(now_ns / 1e9)
            self._health.note_facts(fix_state=fix_state.value)
        topics = image_topic_names(self, self._config.node.image_transport)
        return self._health.status(name, topics)


def main() -> int:
    """Run the node until SIGINT or SIGTERM; return the exit code."""
    return run_node(LocalizerNode)


if __name__ == '__main__':
    raise SystemExit(main())
