# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Answer the images of one activation and publish each answer; runs on the worker's thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header
from visual_navsat.config import NodeConfig
from visual_navsat.errors import FileWriteError, one_line
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.fault import refused_by
from visual_navsat.ros.conversions import stamp_message
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.guard import Guard, LOG_PERIOD_S
from visual_navsat.ros.live_view import LiveView
from visual_navsat.ros.outputs import Outputs
from visual_navsat.tracking.calibration_keeper import CalibrationKeeper
from visual_navsat.tracking.timed_image import TimedImage

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from visual_navsat.tracking.localizer import Localizer


class Answering:
    """
    From activate to deactivate: one answer for each image, whatever happens.

    A query cannot be interrupted. What is worked on when this ends is abandoned: the worker
    finishes it, and nobody hears of it.
    """

    def __init__(
        self,
        node: LifecycleNode,
        localizer: Localizer,
        config: NodeConfig,
        outputs: Outputs,
        live_view: LiveView,
        health: NodeHealth,
        guard: Guard,
    ) -> None:
        self._node, self._localizer, self._config = node, localizer, config
        self._outputs, self._live_view = outputs, live_view
        self._health, self._guard = health, guard
        self._publishing = threading.Lock()
        self._has_ended = False
        calibration = localizer.flight.calibration.state.configured
        self._keeper = CalibrationKeeper(config.calibration_file, calibration)

    def end(self) -> None:
        """Publish nothing from now on; an image that is worked on is abandoned."""
        with self._publishing:
            self._has_ended = True
        self._keep_calibration(is_last=True)

    def answer(self, image: TimedImage) -> None:
        """Answer an image and publish the answer."""
        self._guard.wrap(self._answer, self._fail)(image)

    def _fail(self, line: str) -> None:
        if self._node.context.ok():  # else a publisher met the shutdown
            self._health.count('query_errors')
            self._health.note_error(line, 'image')

    def _answer(self, image: TimedImage) -> None:
        if self._has_ended:
            self._health.count('images_abandoned')
            return
        with self._health.busy():
            answer = self._localizer.answer(image, self._node.get_clock().now().nanoseconds)
            header = Header(stamp=stamp_message(image.stamp_ns), frame_id=answer.frame_id)
            with self._publishing:
                if self._has_ended:
                    self._health.count('images_abandoned')
                    return
                self._publish(header, answer)
            self._keep_calibration()
            draw_ms = self._live_view.show(header, self._config.map_frame_id, image.read, answer)
            if draw_ms is not None:
                self._health.note_timings({**answer.timings_ms, 'draw': draw_ms})

    def _publish(self, header: Header, answer: Answer) -> None:
        flight = self._localizer.flight
        try:
            self._outputs.publish(header, answer, flight.frame, self._config)
        except Exception as error:  # values that no message holds: the image has its answer
            answer = refused_by(error, self._guard.log_fault)
            self._outputs.publish(header, answer, flight.frame, self._config)
        flight.fix_state.note(answer.is_fix, self._node.get_clock().now().nanoseconds / 1e9)
        self._health.note_answer(answer, flight.gnss.compare_answer(answer))
        self._health.note_facts(**flight.calibration.state.facts)
        if answer.problem:
            self._node.get_logger().warning(answer.problem, throttle_duration_sec=LOG_PERIOD_S)

    def _keep_calibration(self, is_last: bool = False) -> None:
        try:
            self._keeper.keep(self._localizer.flight.calibration.state, is_last)
        except FileWriteError as error:
            self._health.note_problem(f'node.calibration_file: {one_line(error)}', 'calibration')
        else:
            self._health.recover('calibration')
