"""The ROS node: subscribe to a camera, call the engine, publish where the vehicle is."""

from __future__ import annotations

import sys
import time
import traceback
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger

from visual_navsat.errors import IndexFolderError, VisualNavsatError
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.ros.conversions import rgb_from_message
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.diagnostics_thread import DiagnosticsThread
from visual_navsat.ros.frame_worker import FrameWorker
from visual_navsat.ros.live_view import LiveView
from visual_navsat.ros.outputs import RELIABLE, Outputs
from visual_navsat.ros.parameters import (
    SETTINGS,
    declare_parameters,
    explain_rejection,
    read_config,
)
from visual_navsat.ros.process import run_node
from visual_navsat.ros.sensor_inputs import SensorInputs
from visual_navsat.tracking.attitude import Attitude
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.stamp_order import StampOrder, StampVerdict

NEWEST_ONLY = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
IMAGE_TOPICS = ((Image, 'image'), (CompressedImage, 'image/compressed'))
LOG_PERIOD_S = 5.0  # a camera repeats its faults at its frame rate


@dataclass(frozen=True)
class Frame:
    """A camera image and when it arrived, on the node's clock."""

    message: Image | CompressedImage
    arrival_ns: int


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
        self._engine = None
        self._flight: Flight | None = None
        self._worker: FrameWorker | None = None
        self._inputs: SensorInputs | None = None
        self._stamps = StampOrder()
        self._image_subscriptions = []
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

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the index and the model and warm up; on failure stay unconfigured and say why."""
        self._config = read_config(self)
        try:
            self._load_engine()
        except VisualNavsatError as error:
            return self._fail_to('configure', str(error))
        except Exception as error:  # rclpy would swallow it without a word
            self.get_logger().error(traceback.format_exc())
            return self._fail_to('configure', f'unexpected {type(error).__name__}: {error}')
        self._worker = FrameWorker(self._localize)
        self._health.enter('inactive')
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to take images, and what the vehicle's sensors say beside them."""
        try:
            self._inputs = SensorInputs(self, self._flight, self._config.node, self._ignore_input)
        except VisualNavsatError as error:
            return self._fail_to('activate', str(error))
        self._image_subscriptions = [
            self.create_subscription(kind, topic, self._on_image, NEWEST_ONLY)
            for kind, topic in IMAGE_TOPICS
        ]
        self._health.enter('active')
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop to take images, and so to make the camera send them."""
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

    def _load_engine(self) -> None:
        index_dir = self._config.node.map
        if not index_dir:
            raise IndexFolderError(
                'node.map is empty: set it to an index folder made by visual-navsat build-map'
            )
        self.get_logger().info(f'loading {index_dir}')
        from visual_navsat.engine import RetrievalEngine  # noqa: PLC0415 (torch takes seconds)

        engine = RetrievalEngine(self._config)
        engine.load_map(index_dir)
        engine.warm_up()
        self._engine = engine
        self._live_view.use(engine)
        frame = engine.frame
        self._flight = Flight(self._config, frame, *engine.bounds_m)
        self._health.identify(
            index=index_dir,
            tiles=len(engine.tiles),
            map_origin=f'{frame.origin_lat:.7f}, {frame.origin_long:.7f}',
            **engine.manifest.identity,
        )
        self.get_logger().info(f'ready: {len(engine.tiles)} tiles of {index_dir}')

    def _fail_to(self, transition: str, reason: str) -> TransitionCallbackReturn:
        self.get_logger().error(f'{transition} failed: {reason}')
        self._health.note_error(reason)
        return TransitionCallbackReturn.FAILURE

    def _drop_subscriptions(self) -> None:
        for subscription in self._image_subscriptions:
            self.destroy_subscription(subscription)
        self._image_subscriptions = []
        if self._inputs is not None:
            self._inputs.close()
        self._inputs = None
        if self._worker is not None:
            self._worker.clear()

    def _unload(self, state: str) -> None:
        self._drop_subscriptions()
        self.stop_worker()
        self._worker = self._engine = self._flight = None
        self._live_view.use(None)
        self._health.identify()
        self._health.enter(state)

    # Inputs, on the executor's thread -----------------------------------------------------------

    def _ignore_input(self, reason: str) -> None:
        self._health.count('inputs_ignored')
        self._warn(f'{reason}; ignored')

    def _on_image(self, message: Image | CompressedImage) -> None:
        if not self._health.enabled:
            return
        self._health.count('images_received')
        if self._is_stale(message.header):
            return
        if self._worker.submit(Frame(message, self.get_clock().now().nanoseconds)):
            self._health.count('images_dropped')

    def _is_stale(self, header: Header) -> bool:
        stamp_ns = Time.from_msg(header.stamp).nanoseconds
        last_ns = self._stamps.last_ns
        verdict = self._stamps.judge(stamp_ns)
        if verdict is StampVerdict.NEXT:
            return False
        line = f'image stamp {stamp_ns / 1e9:.3f} s is not after the last, {last_ns / 1e9:.3f} s: '
        if verdict is StampVerdict.STALE:
            self._health.count('images_stale')
            self._warn(line + 'dropped; publish each image once, with the time that it was taken')
            return True
        self._health.count('stamp_restarts')
        self._warn(line + 'taken as a new sequence, as when a bag starts again')
        return False

    def _on_set_enabled(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._health.enabled = request.data
        if self._worker is not None and not request.data:
            self._worker.clear()
        response.success = True
        response.message = 'enabled' if request.data else 'disabled'
        return response

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._worker is not None:
            self._worker.clear()
        self._stamps = StampOrder()
        if self._flight is not None:
            self._flight.clear()
        self._health.reset()
        response.success = True
        response.message = 'track, measurements, counters, problems and waiting image cleared'
        return response

    def _check_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        reason = explain_rejection(parameters)
        ours = [parameter.name for parameter in parameters if parameter.name in SETTINGS]
        if ours and not reason and self._health.state != 'unconfigured':
            reason = (
                f'{ours[0]} takes effect in configure and the node is {self._health.state}: '
                'deactivate and clean up first'
            )
        return SetParametersResult(successful=not reason, reason=reason)

    # Outputs ------------------------------------------------------------------------------------

    def _localize(self, frame: Frame) -> None:
        """Publish what the engine makes of a frame; runs on the worker's thread."""
        try:
            with self._health.busy():
                self._query_and_publish(frame)
        except Exception as error:  # whatever it was, the next image may fare better
            if not self.context.ok():
                return  # a publisher that met the shutdown
            self._health.count('query_errors')
            self._health.note_error(f'unexpected {type(error).__name__}: {error}')
            self.get_logger().error(traceback.format_exc(), throttle_duration_sec=LOG_PERIOD_S)

    def _query_and_publish(self, frame: Frame) -> None:
        inputs, image_header = self._inputs, frame.message.header
        if inputs is None:
            return  # deactivated while the frame waited
        track, config = self._flight.track, self._config.node
        frame_id = config.frame_id or image_header.frame_id or 'camera'
        header = Header(stamp=image_header.stamp, frame_id=frame_id)
        stamp_ns = Time.from_msg(header.stamp).nanoseconds
        age_s = (self.get_clock().now().nanoseconds - stamp_ns) / 1e9
        if 0 < config.image_max_age_s < age_s:
            track.predict(stamp_ns, None)
            detail = f'the image is {age_s:.1f} s old, {config.image_max_age_s:g} s are allowed'
            self._publish_answer(header, Refusal('stale', detail), None)
            return
        started = time.perf_counter()
        try:
            image = rgb_from_message(frame.message)
            decode_ms = 1e3 * (time.perf_counter() - started)
            known = inputs.match(image_header, frame.arrival_ns, image.shape[1], image.shape[0])
            track.predict(stamp_ns, known.enu_from_body)
            result = self._engine.query(image, known.view, track_prior=track.prior())
        except VisualNavsatError as error:
            track.predict(stamp_ns, None)  # what came as far as this before moves no farther
            self._publish_answer(header, None, None)
            self._health.count('images_refused')
            self._health.note_error(str(error))
            self._warn(str(error))
            return
        track.update(result.hypotheses, result.tile_evidence)
        total_ms = 1e3 * (time.perf_counter() - started)
        timings_ms = {**result.timings_ms, 'decode': decode_ms, 'total': total_ms}
        self._health.note_timings(timings_ms)
        self._health.note_inputs(known.used)
        looked = 'yes' if result.is_track_prior_used else 'no'
        self._health.note_facts(found_by=result.found_by, looked_near_track=looked)
        self._outputs.publish_candidates(header, result)
        is_found = isinstance(result.position, PositionEstimate)
        attitude = known.attitude_by(result.heading_deg if is_found else None)
        tracked = self._publish_answer(header, result.position, attitude)
        draw_ms = self._live_view.show(
            header, config.map_frame_id, image, known.view, result, tracked
        )
        if draw_ms is not None:
            self._health.note_timings({**timings_ms, 'draw': draw_ms})

    def _publish_answer(
        self,
        header: Header,
        position: PositionEstimate | Refusal | None,
        attitude: Attitude | None,
    ) -> PositionEstimate | Refusal:
        """Publish what one image says, if it could be read; return where that took the track."""
        flight, config = self._flight, self._config.node
        stamp_ns = Time.from_msg(header.stamp).nanoseconds
        tracked = flight.track.estimate()
        self._outputs.publish_fix(header, position, config)
        self._outputs.publish_track(header, tracked, attitude, flight.frame, config)
        is_fix = isinstance(position, PositionEstimate)
        flight.fix_state.note(is_fix, self.get_clock().now().nanoseconds / 1e9)
        best = next((p for p in (tracked, position) if isinstance(p, PositionEstimate)), None)
        verdict = None if best is None else flight.gnss.compare(stamp_ns, best)
        if position is not None:
            self._health.note_answer(position, tracked, verdict)
        return tracked

    def _warn(self, line: str) -> None:
        self._health.note_problem(line)
        self.get_logger().warning(line, throttle_duration_sec=LOG_PERIOD_S)

    def _publish_diagnostics(self) -> None:
        """Say how the node is; runs on the diagnostics' own thread."""
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        flight = self._flight
        if flight is not None:
            now_s = self.get_clock().now().nanoseconds / 1e9
            self._health.note_facts(fix_state=flight.fix_state.at(now_s).value)
        topics = ' or '.join(self.resolve_topic_name(topic) for _, topic in IMAGE_TOPICS)
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
    sys.exit(main())
