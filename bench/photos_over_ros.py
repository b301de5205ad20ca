# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Publish real photos as ROS images to the running node and score the fixes that come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.evaluation.queries_csv import Query
from visual_navsat.image_file import read_image
from visual_navsat.ros.large_images import prepare_for_large_images
from visual_navsat.ros.node_process import keep_ros_on_this_machine, LocalizerProcess
from visual_navsat_sim.demo.drone import Drone
from visual_navsat_sim.demo.outcome import NO_ANSWER

_START_TIMEOUT_S = 60.0
_ANSWER_TIMEOUT_S = 10.0


def publish_photos(index_dir: Path, queries: list[Query], log_file: Path) -> dict:
    """
    Return what became of each photo: fixes, refusals, images without an answer, errors in metres.

    The node knows each heading, and one GSD: the median of the photos'.
    """
    prepare_for_large_images()  # photos are over 512 kB
    drone = Drone(keep_ros_on_this_machine())
    gsd = float(np.median([query.known.gsd_m_per_px for query in queries]))
    node = LocalizerProcess(
        {'node.map': str(index_dir.resolve()), 'node.gsd_m_per_px': gsd}, log_file
    )
    try:
        drone.wait_for_localizer(_START_TIMEOUT_S, node.check_alive)
        scored = [
            ScoredAnswer.of(
                drone.send(
                    query.filename,
                    read_image(query.path),
                    query.known.heading_deg,
                    _ANSWER_TIMEOUT_S,
                ),
                (query.true_lat, query.true_long),
            )
            for query in queries
        ]
    finally:
        exit_code = node.stop()
        drone.close()
    errors = np.array([answer.error_m for answer in scored if answer.is_fix])
    lost = sum(answer.reason == NO_ANSWER for answer in scored)
    milliseconds = [1e3 * answer.answer.seconds for answer in scored if answer.reason != NO_ANSWER]
    return {
        'n': len(queries),
        'without_answer': lost,
        'refused': len(queries) - len(errors) - lost,
        'fixes': len(errors),
        'error_m': {
            'median': float(np.median(errors)) if len(errors) else None,
            'p90': float(np.quantile(errors, 0.9)) if len(errors) else None,
        },
        'share_within_m': {str(d): float((errors <= d).sum() / len(queries)) for d in (50, 100)},
        'latency_ms_median': float(np.median(milliseconds)),
        'node_exit_code': exit_code,
    }
