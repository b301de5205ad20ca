"""The ROS node: subscribe to a camera, call the engine, publish where the vehicle is."""

from __future__ import annotations

import sys
import time
import traceback
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import CompressedImage, Image, NavSatFix, PointCloud2
from std_msgs.msg import Float64, Header
from std_srvs.srv import SetBool, Trigger

from visual_navsat.errors import IndexFolderError, VisualNavsatError
from visual_navsat.localization.position import REASONS, PositionEstimate
from visual_navsat.ros.conversions import (
    candidates_message,
    fix_message,
    no_fix_message,
    rgb_from_message,
)
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.frame_worker import FrameWorker
from visual_navsat.ros.latest_heading import LatestHeading
from visual_navsat.ros.parameters import (
    SETTINGS,
    declare_parameters,
    explain_rejection,
    read_config,
)
from visual_navsat.ros.process import run_node
from visual_navsat.ros.stamp_order import StampOrder, StampVerdict

NEWEST_ONLY = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
LOG_PERIOD_S = 5.0  # a camera repeats its faults at its frame rate


@dataclass(frozen=True)
class Frame:
    """A camera image with what was known when it arrived."""

    message: Image | CompressedImage
    heading_deg: float | None


class LocalizerNode(LifecycleNode):
    """
    Turn camera images into fixes.

    Loads the index and the model in configure, publishes only when active. The executor's thread
    receives, counts and answers; the worker's thread decodes, queries the engine and publishes.
    """

    def __init__(self) -> None:
        super().__init__('localizer')
        self._health = NodeHealth()
        self.add_on_set_parameters_callback(self._check_parameters)
        declare_parameters(self)
        self._config = read_config(self)
        self._engine = None
        self._worker: FrameWorker | None = None
        self._stamps = StampOrder()
        self._heading = LatestHeading(self._config.node.heading_max_age_s)
        self._image_subscriptions = []
        self._fixes = self.create_lifecycle_publisher(NavSatFix, '~/fix', RELIABLE)
        self._candidates = self.create_lifecycle_publisher(PointCloud2, '~/candidates', RELIABLE)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', RELIABLE)
        self.create_subscription(Float64, 'heading', self._on_heading, NEWEST_ONLY)
        self.create_service(SetBool, '~/set_enabled', self._on_set_enabled)
        self.create_service(Trigger, '~/reset', self._on_reset)
        # Not the node's clock: a bag that is paused must not silence the diagnostics.
        steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0, self._publish_diagnostics, clock=steady_clock)

    def autostart(self) -> None:
        """Configure and activate, unless node.autostart leaves that to a lifecycle manager."""
        if not self._config.node.autostart:
            return
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def stop_worker(self, timeout_s: float | None = None) -> bool:
        """End the worker's thread; return whether it has ended within the timeout."""
        return self._worker is None or self._worker.stop(timeout_s)

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the index and the model and warm up; on failure stay unconfigured and say why."""
        self._config = read_config(self)
        self._heading = LatestHeading(self._config.node.heading_max_age_s)
        try:
            self._load_engine()
        except VisualNavsatError as error:
            return self._fail_to_configure(str(error))
        except Exception as error:  # rclpy would swallow it without a word
            self.get_logger().error(traceback.format_exc())
            return self._fail_to_configure(f'unexpected {type(error).__name__}: {error}')
        self._worker = FrameWorker(self._localize)
        self._health.enter('inactive')
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to take images."""
        self._image_subscriptions = [
            self.create_subscription(kind, topic, self._on_image, NEWEST_ONLY)
            for kind, topic in ((Image, 'image'), (CompressedImage, 'image/compressed'))
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
        from visual_navsat.engine import RetrievalEngine  # takes seconds: it imports torch

        engine = RetrievalEngine(self._config)
        engine.load_map(index_dir)
        engine.warm_up()
        self._engine = engine
        self._health.identify(index=index_dir, tiles=len(engine.tiles), **engine.manifest.identity)
        self.get_logger().info(f'ready: {len(engine.tiles)} tiles of {index_dir}')

    def _fail_to_configure(self, reason: str) -> TransitionCallbackReturn:
        self.get_logger().error(f'configure failed: {reason}')
        self._health.note_error(reason)
        return TransitionCallbackReturn.FAILURE

    def _drop_subscriptions(self) -> None:
        for subscription in self._image_subscriptions:
            self.destroy_subscription(subscription)
        self._image_subscriptions = []
        if self._worker is not None:
            self._worker.clear()

    def _unload(self, state: str) -> None:
        self._drop_subscriptions()
        self.stop_worker()
        self._worker = self._engine = None
        self._health.identify()
        self._health.enter(state)

    # Inputs, on the executor's thread -----------------------------------------------------------

    def _on_heading(self, message: Float64) -> None:
        if not self._heading.update(message.data, self.get_clock().now().nanoseconds):
            self._health.count('headings_ignored')
            self._warn(f'heading is {message.data}: it takes finite degrees; ignored')

    def _on_image(self, message: Image | CompressedImage) -> None:
        if not self._health.enabled:
            return
        self._health.count('images_received')
        if self._is_stale(message.header):
            return
        now_ns = self.get_clock().now().nanoseconds
        if self._heading.is_too_old(now_ns):
            self._health.count('headings_too_old')
        if self._worker.submit(Frame(message, self._heading.at(now_ns))):
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
        self._heading = LatestHeading(self._config.node.heading_max_age_s)
        self._health.reset()
        response.success = True
        response.message = 'counters, last problem, heading and waiting image cleared'
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
            self._query_and_publish(frame)
        except Exception as error:  # whatever it was, the next image may fare better
            if not self.context.ok():
                return  # a publisher that met the shutdown
            self._health.count('query_errors')
            self._health.note_error(f'unexpected {type(error).__name__}: {error}')
            self.get_logger().error(traceback.format_exc(), throttle_duration_sec=LOG_PERIOD_S)

    def _query_and_publish(self, frame: Frame) -> None:
        image_header = frame.message.header
        frame_id = self._config.node.frame_id or image_header.frame_id or 'camera'
        header = Header(stamp=image_header.stamp, frame_id=frame_id)
        started = time.perf_counter()
        try:
            image = rgb_from_message(frame.message)
            decode_ms = 1e3 * (time.perf_counter() - started)
            result = self._engine.query(
                image,
                heading_deg=frame.heading_deg,
                gsd_m_per_px=self._config.node.gsd_m_per_px or None,
            )
        except VisualNavsatError as error:
            self._health.count('images_refused')
            self._health.note_error(str(error))
            self._warn(str(error))
            self._fixes.publish(no_fix_message(header))
            return
        total_ms = 1e3 * (time.perf_counter() - started)
        self._health.note_timings({**result.timings_ms, 'decode': decode_ms, 'total': total_ms})
        self._candidates.publish(candidates_message(header, result))
        if isinstance(result.position, PositionEstimate):
            self._fixes.publish(fix_message(header, result.position, self._config.node.altitude_m))
            self._health.count('fixes')
            self._health.note_outcome(DiagnosticStatus.OK, 'fix')
        else:
            self._fixes.publish(no_fix_message(header))
            self._health.count('no_fixes')
            reason = result.position.reason
            detail = result.position.detail or REASONS[reason]
            self._health.note_outcome(DiagnosticStatus.WARN, f'no fix, {reason}: {detail}')

    def _warn(self, line: str) -> None:
        self._health.note_problem(line)
        self.get_logger().warning(line, throttle_duration_sec=LOG_PERIOD_S)

    def _publish_diagnostics(self) -> None:
        topics = ' or '.join(s.topic_name for s in self._image_subscriptions)
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        message.status = [self._health.status(f'{self.get_name()}: localization', topics)]
        self._diagnostics.publish(message)


def main() -> int:
    """Run the node until SIGINT or SIGTERM; return the exit code."""
    return run_node(LocalizerNode)


if __name__ == '__main__':
    sys.exit(main())
