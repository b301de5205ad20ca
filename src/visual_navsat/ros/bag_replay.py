# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Play a bag to the real node, and keep its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
import os
from pathlib import Path
import tempfile
from typing import Any

from sensor_msgs.msg import NavSatFix
from tqdm import tqdm
from visual_navsat.config import Config
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.fix import position_from_fix
from visual_navsat.replay.bag import Bag
from visual_navsat.replay.bag_topics import COMPRESSED_IMAGE, TYPES
from visual_navsat.replay.output import ReplayOutput
from visual_navsat.replay.scoring import (
    evaluate_flight,
    placed_truth,
    ranked_tiles,
    score_answer,
)
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.ros.bag_player import BagPlayer, Played, PlayedImage
from visual_navsat.ros.conversions import candidates_from_message
from visual_navsat.ros.large_images import prepare_for_large_images
from visual_navsat.ros.node_process import keep_ros_on_this_machine, LocalizerProcess
from visual_navsat.ros.signals import CleanEnding
from visual_navsat.tracking.timed_image import TimedImage

_START_TIMEOUT_S = 120.0  # imports torch and loads the map, on a machine that may be busy
_ATTACH_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Playing:
    """How a bag is played."""

    rate: float = 1.0  # times as fast as recorded
    attach: bool = False  # to a node that runs already, instead of one that is started for it
    hfov_deg: float | None = None  # of the camera, for a bag that does not describe it


def replay_over_ros(
    bag: Bag, truth: TruthTrack | None, config: Config, playing: Playing
) -> ReplayOutput:
    """
    Play an open bag, showing progress, and return what the node answered.

    :param config: of the node; ``node.map`` is the index.
    :raises VisualNavsatError: if no node listens, or the bag is damaged.
    """
    tiles = IndexFolder.open(config.node.map).tiles  # before a node is started that would fail
    truth = placed_truth(truth, tiles, bag.notes)
    played = _play(bag, config, playing)
    answers = _answers(played, truth, tiles)
    return ReplayOutput(
        recording=bag.name,
        mode='over ROS',
        answers=answers,
        counts={
            'images': played.num_published,
            'stale': played.counters['images_stale'],
            'unreadable': played.counters['images_refused'],
            'failed': played.counters['query_errors'],
            'dropped': played.counters['images_dropped'],
            'lost': played.lost,
        },
        ignored={},
        truth=truth,
        evaluations=evaluate_flight(answers, tiles),
        notes=bag.notes,
    )


def _play(bag: Bag, config: Config, playing: Playing) -> Played:
    """Start the node, unless one runs already, and play the bag to it."""
    # Before either side joins ROS: photos do not fit into Fast DDS' shared memory without it.
    prepare_for_large_images()
    if playing.attach:
        domain_id = int(os.environ.get('ROS_DOMAIN_ID', '0'))
    else:
        domain_id = keep_ros_on_this_machine()
    with CleanEnding() as ending, tempfile.TemporaryDirectory() as scratch:
        node = player = None
        try:
            if not playing.attach:
                with ending.held():
                    node = _start_node(bag, config, Path(scratch) / 'localizer.log')
            player = BagPlayer(bag, domain_id, _camera(bag, playing.hfov_deg))
            if node is None:
                player.wait_for_localizer(_ATTACH_TIMEOUT_S, lambda: None)
            else:
                player.wait_for_localizer(_START_TIMEOUT_S, node.check_alive)
            with tqdm(total=bag.num_images, unit='image', disable=None, leave=False) as bar:
                return player.play(playing.rate, bar.update)
        finally:
            if player is not None:
                player.close()
            if node is not None:
                node.stop()


def _start_node(bag: Bag, config: Config, log_file: Path) -> LocalizerProcess:
    """Start the node on simulated time, with the bag's topics as its inputs."""
    changed = {
        path: value for path, entry, value in config.items() if not _is_same(value, entry.default)
    }
    changed['node.map'] = str(Path(config.node.map).resolve())
    remappings = {role: topic for role, topic in bag.topics.items() if role in TYPES}
    if bag.types['image'] == COMPRESSED_IMAGE:
        remappings['image/compressed'] = remappings.pop('image')
    return LocalizerProcess({**changed, 'use_sim_time': True}, log_file, remappings)


def _camera(bag: Bag, hfov_deg: float | None) -> CameraModel | None:
    """Return the camera of the bag's images by its field of view, where that is all we have."""
    if hfov_deg is None or 'camera_info' in bag.topics:
        return None
    image = next(event for event in bag.events() if isinstance(event, TimedImage))
    height, width = image.read().shape[:2]
    return CameraModel.from_hfov(width, height, math.radians(hfov_deg))


def _answers(
    played: Played, truth: TruthTrack | None, tiles: Sequence[TileMetadata]
) -> list[ScoredAnswer]:
    """Return the images that have an answer, in the order of the bag."""
    return [
        score_answer(_answer(stamp_ns, image, tiles), truth)
        for stamp_ns, image in played.images.items()
        if image.answered_ns is not None
    ]


def _answer(stamp_ns: int, image: PlayedImage, tiles: Sequence[TileMetadata]) -> Answer:
    message = image.candidates
    candidates = () if message is None else candidates_from_message(message)
    frame_ids = [fix.header.frame_id for fix in (image.fix, image.tracked) if fix is not None]
    return Answer(
        _position(image.fix),
        ranked_tiles=ranked_tiles(candidates, tiles),
        timings_ms={'total': 1e3 * image.seconds},
        name=image.name,
        stamp_ns=stamp_ns,
        frame_id=frame_ids[0] if frame_ids else 'camera',
        answered_ns=image.answered_ns,
        tracked=_position(image.tracked),
    )


def _position(message: NavSatFix | None) -> PositionEstimate | Refusal:
    """Return what a fix says; None: it never came."""
    return Refusal('no_answer') if message is None else position_from_fix(message)


def _is_same(value: Any, default: Any) -> bool:
    return value == default or (value != value and default != default)  # NaN is unlike itself
