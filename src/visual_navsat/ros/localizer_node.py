# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The ROS node: subscribe to a camera, call the engine, publish where the vehicle is."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.time import Time
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from visual_navsat.errors import IndexFolderError, VisualNavsatError
from visual_navsat.localization.position import Refusal
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.diagnostics_thread import DiagnosticsThread
from visual_navsat.ros.frame_worker import FrameWorker
from visual_navsat.ros.image_inputs import ImageInputs
from visual_navsat.ros.image_topics import image_topic_names
from visual_navsat.ros.live_view import LiveView
from visual_navsat.ros.outputs import Outputs, RELIABLE
from visual_navsat.ros.parameters import declare_parameters, explain_rejection, read_config
from visual_navsat.ros.process import run_node
from visual_navsat.ros.sensor_inputs import SensorInputs
from visual_navsat.tracking.timed_image import TimedImage

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from visual_navsat.tracking.localizer import Localizer

LOG_PERIOD_S = 5.0  # a camera repeats its faults at its frame rate


class LocalizerNode(LifecycleNode):
    """
    Turn camera images into fixes.

    Loads the index and the model in configure, publishes only when active. The executor's thread
    receives, counts and answers; the worker's thread decodes, queries the engine and publishes; a
    third one tells the diagnostics whatever the other two are busy with.
    """

    _diagnostics_thread: DiagnosticsThread | None = None  # a node that fails to start has none

    def __init__(self) -> None:
        super().__init__('localizer')
        self._health = NodeHealth()
        self.add_on_set_parameters_callback(self._check_parameters)
        declare_parameters(self)
        self._config = read_config(self)
        self._localizer: Localizer | None = None
        self._worker: FrameWorker | None = None
        self._inputs: SensorInputs | None = None
        self._images: ImageInputs | None = None
        self._outputs = Outputs(self)
        self._live_view = LiveView(self)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', RELIABLE)
        self.create_service(SetBool, '~/set_enabled', self._on_set_enabled)
        self.create_service(Trigger, '~/reset', self._on_reset)
        self._diagnostics_thread = DiagnosticsThread(self._publish_diagnostics)

    def autostart(self) -> None:
        """Configure and activate, unless node.autostart leaves that to a lifecycle manager."""
        if not self._config.node.autostart:
            return
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def stop_worker(self, timeout_s: float | None = None) -> bool:
        """End the worker's thread; return whether it has ended within the timeout."""
        return self._worker is None or self._worker.stop(timeout_s)

    def destroy_node(self) -> None:
        """End the diagnostics, then take the node down."""
        if self._diagnostics_thread is not None:
            self._diagnostics_thread.stop()
        super().destroy_node()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the index and the model and warm up; on failure stay unconfigured and say why."""
        self._config = read_config(self)
        try:
            self._load()
        except VisualNavsatError as error:
            return self._fail_to('configure', str(error))
        except Exception as error:  # rclpy would swallow it without a word
            self.get_logger().error(traceback.format_exc())
            return self._fail_to('configure', f'unexpected {type(error).__name__}: {error}')
        self._worker = FrameWorker(self._localize)
        self._health.enter('inactive')
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start taking images and the measurements of the vehicle's sensors."""
        assert self._localizer is not None and self._worker is not None  # since configure
        flight, config = self._localizer.flight, self._config.node
        try:
            self._inputs = SensorInputs(self, flight, config, self._ignore_input)
            self._images = ImageInputs(
                self, config.image_transport, flight.stamps, self._inputs.gimbal,
                self._worker.submit, self._health, self._warn,
            )  # fmt: skip
        except VisualNavsatError as error:
            self._drop_subscriptions()
            return self._fail_to('activate', str(error))
        self._health.enter('active')
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop taking images, so that the camera need not send them."""
        self._drop_subscriptions()
        self._health.enter('inactive')
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unload the index and the model."""
        self._unload('unconfigured')
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unload everything for good."""
        self._unload('finalized')
        return super().on_shutdown(state)

    def _load(self) -> None:
        index_dir = self._config.node.map
        if not index_dir:
            raise IndexFolderError(
                'node.map is empty: set it to an index folder made by visual-navsat build-map'
            )
        self.get_logger().info(f'loading {index_dir}')
        from visual_navsat.tracking.localizer import Localizer  # noqa: PLC0415 (torch: seconds)

        self._localizer, loaded_map = Localizer.open(index_dir, self._config)
        self._live_view.use(loaded_map)
        frame = loaded_map.frame
        self._health.identify(
            index=index_dir,
            tiles=len(loaded_map.tiles),
            map_origin=f'{frame.origin_lat:.7f}, {frame.origin_long:.7f}',
            **(loaded_map.manifest.identity if loaded_map.manifest is not None else {}),
        )
        self.get_logger().info(f'ready: {len(loaded_map.tiles)} tiles of {index_dir}')

    def _fail_to(self, transition: str, reason: str) -> TransitionCallbackReturn:
        self.get_logger().error(f'{transition} failed: {reason}')
        self._health.note_error(reason)
        return TransitionCallbackReturn.FAILURE

    def _drop_subscriptions(self) -> None:
        for inputs in (self._images, self._inputs):
            if inputs is not None:
                inputs.close()
        self._images = self._inputs = None
        if self._worker is not None:
            self._worker.clear()

    def _unload(self, state: str) -> None:
        self._drop_subscriptions()
        self.stop_worker()
        self._worker = self._localizer = None
        self._live_view.use(None)
        self._health.identify()
        self._health.enter(state)

    def _ignore_input(self, reason: str) -> None:
        self._health.count('inputs_ignored')
        self._warn(f'{reason}; ignored')

    def _on_set_enabled(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._health.enabled = request.data
        if self._worker is not None and not request.data:
            self._worker.clear()
        response.success, response.message = True, 'enabled' if request.data else 'disabled'
        return response

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._worker is not None:
            self._worker.clear()
        if self._localizer is not None:
            self._localizer.flight.clear()
        self._health.reset()
        response.success = True
        response.message = 'track, measurements, counters, problems and waiting image cleared'
        return response

    def _check_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        reason = explain_rejection(parameters, self._health.state)
        return SetParametersResult(successful=not reason, reason=reason)

    def _localize(self, image: TimedImage) -> None:
        """Answer an image and publish the answer; runs on the worker's thread."""
        try:
            with self._health.busy():
                self._answer(image)
        except Exception as error:  # whatever it was, the next image may fare better
            if not self.context.ok():
                return  # a publisher that met the shutdown
            self._health.count('query_errors')
            self._health.note_error(f'unexpected {type(error).__name__}: {error}')
            self.get_logger().error(traceback.format_exc(), throttle_duration_sec=LOG_PERIOD_S)

    def _answer(self, image: TimedImage) -> None:
        localizer, config = self._localizer, self._config.node
        if localizer is None or self._inputs is None:
            return  # deactivated while the image waited
        flight = localizer.flight
        answer = localizer.answer(image, self.get_clock().now().nanoseconds)
        header = Header(stamp=Time(nanoseconds=image.stamp_ns).to_msg(), frame_id=answer.frame_id)
        self._outputs.publish(header, answer, flight.frame, config)
        flight.fix_state.note(answer.is_fix, self.get_clock().now().nanoseconds / 1e9)
        self._health.note_answer(answer, flight.gnss.compare_answer(answer))
        if isinstance(answer.position, Refusal) and (answer.is_unreadable or answer.has_failed):
            self._health.count('images_refused' if answer.is_unreadable else 'query_errors')
            self._health.note_error(answer.position.detail)
            self._warn(answer.position.detail)
        draw_ms = self._live_view.show(header, config.map_frame_id, image.read, answer)
        if draw_ms is not None:
            self._health.note_timings({**answer.timings_ms, 'draw': draw_ms})

    def _warn(self, line: str) -> None:
        self._health.note_problem(line)
        self.get_logger().warning(line, throttle_duration_sec=LOG_PERIOD_S)

    def _publish_diagnostics(self) -> None:
        """Publish the node's health; runs on the diagnostics' own thread."""
        now = self.get_clock().now()
        message = DiagnosticArray(header=Header(stamp=now.to_msg()))
        localizer = self._localizer
        if localizer is not None:
            fix_state = localizer.flight.fix_state.at(now.nanoseconds / 1e9)
            self._health.note_facts(fix_state=fix_state.value)
        topics = image_topic_names(self, self._config.node.image_transport)
        message.status = [self._health.status(f'{self.get_name()}: localization', topics)]
        try:
            self._diagnostics.publish(message)
        except Exception:
            if self.context.ok():
                raise  # else it met the shutdown


def main() -> int:
    """Run the node until SIGINT or SIGTERM; return the exit code."""
    return run_node(LocalizerNode)


if __name__ == '__main__':
    raise SystemExit(main())
