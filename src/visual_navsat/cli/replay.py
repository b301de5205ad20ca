"""Replay a recorded flight over a map: a ROS bag, a video or a folder of photos."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from visual_navsat.cli.gate_flag import add_gate_argument
from visual_navsat.cli.options import (
    add_config_arguments,
    check_photo_arguments,
    config_from_args,
)
from visual_navsat.cli.replay_source import (
    add_source_arguments,
    opened_recording,
    topics_from_args,
)
from visual_navsat.errors import ConfigError

if TYPE_CHECKING:
    from visual_navsat.cli.replay_writer import ReplayWriter
    from visual_navsat.config import Config
    from visual_navsat.replay.recording import Recording

# All that changes an answer and that neither the recording nor --map says. By name, as two
# sections have settings of the same name.
_SETTINGS = (
    *('model', 'preprocess', 'retrieval', 'position'),
    *('correlation.correlate', 'correlation.max_million_scores'),
    *('track.cell_m', 'track.odometry_drift', 'track.max_speed_m_per_s'),
    *('track.surprise_probability', 'track.converged_probability', 'track.lost_probability'),
    *('node.frame_id', 'node.altitude_m', 'node.gsd_m_per_px', 'node.height_agl_m'),
    *('node.altitude_meaning', 'node.ground_amsl_m', 'node.mount_roll_deg'),
    *('node.mount_pitch_deg', 'node.mount_yaw_deg', 'node.mount_from_tf'),
    *('node.base_frame_id', 'node.map_frame_id', 'node.odom_axes'),
    *('node.input_max_age_s', 'node.odom_max_age_s', 'node.image_max_age_s'),
    'track.narrow_search',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        'recording',
        metavar='RECORDING',
        help='rosbag2 (folder, .mcap or .db3), ROS 1 .bag, video, or folder of geotagged photos',
    )
    parser.add_argument('--map', required=True, metavar='DIR', help='index made by build-map')
    parser.add_argument(
        '--out',
        metavar='DIR',
        help='write everything into this new folder: the fixes as a bag, CSV, GeoJSON, KML and '
        'GPX, the evaluation as JSON',
    )
    parser.add_argument(
        '--report',
        metavar='FILE.html',
        help='write a page that opens offline: map, charts, the worst images; needs a truth and '
        'matplotlib',
    )
    add_gate_argument(parser)
    add_source_arguments(parser)
    _add_pace_arguments(parser)
    add_config_arguments(parser, _SETTINGS)


def _add_pace_arguments(parser: argparse.ArgumentParser) -> None:
    pace = parser.add_argument_group(
        'pace', 'Without these every image is answered, and the results are the same every time.'
    )
    mode = pace.add_mutually_exclusive_group()
    mode.add_argument(
        '--realtime',
        action='store_true',
        help='drop the images that the node would have dropped, being busy with an earlier one',
    )
    mode.add_argument(
        '--ros', action='store_true', help='play a bag to the real node, with /clock; needs ROS 2'
    )
    pace.add_argument(
        '--latency-ms',
        type=float,
        metavar='MS',
        help='with --realtime: what an image takes on the computer of interest; without it what '
        'it takes on this one',
    )
    pace.add_argument(
        '--rate',
        type=float,
        default=1.0,
        metavar='R',
        help='with --ros: how many times as fast as recorded (default %(default)s)',
    )
    pace.add_argument(
        '--attach',
        action='store_true',
        help='with --ros: play to a node that runs already, with use_sim_time and its inputs '
        "remapped to the bag's topics, instead of starting one",
    )


def run(args: argparse.Namespace) -> int:
    """Replay, say what it gave and write it; 1 if something was lost, 3 if --fail-if holds."""
    from visual_navsat.cli.replay_writer import ReplayWriter

    config = config_from_args(args).replace('node.map', args.map)
    _check_numbers(args)
    writer = ReplayWriter(args.map, args.out, args.report, args.fail_if)
    if args.ros:
        from visual_navsat.cli.replay_ros import replay_over_ros

        return replay_over_ros(args, config, topics_from_args(args), writer)
    with opened_recording(args, config) as recording:
        return _replay(args, config, recording, writer)


def _check_numbers(args: argparse.Namespace) -> None:
    if args.latency_ms is not None and not args.realtime:
        raise ConfigError('--latency-ms needs --realtime')
    if args.latency_ms is not None and not 0 <= args.latency_ms < math.inf:
        raise ConfigError(f'--latency-ms is {args.latency_ms:g}: it takes milliseconds')
    if not 0 < args.rate < math.inf:
        raise ConfigError(f'--rate is {args.rate:g}: it takes numbers over 0')
    if (args.attach or args.rate != 1) and not args.ros:
        raise ConfigError('--attach and --rate need --ros')
    check_photo_arguments(args)


def _replay(
    args: argparse.Namespace, config: Config, recording: Recording, writer: ReplayWriter
) -> int:
    from tqdm import tqdm

    from visual_navsat.engine import RetrievalEngine
    from visual_navsat.replay.fix_record import record_answer
    from visual_navsat.replay.flight_replay import FlightReplay
    from visual_navsat.replay.output import ReplayOutput, known_names
    from visual_navsat.replay.pace import answer_every_image, answer_in_real_time
    from visual_navsat.replay.recording import RecordingError
    from visual_navsat.replay.scoring import score_answers

    truth = recording.truth()
    writer.check_truth(truth)
    engine = RetrievalEngine(config)
    engine.load_map(args.map)
    engine.warm_up()
    replay = FlightReplay(engine, args.hfov_deg)
    if args.realtime:
        latency_s = None if args.latency_ms is None else args.latency_ms / 1e3
        answering = answer_in_real_time(replay, recording, latency_s)
    else:
        answering = answer_every_image(replay, recording)
    answers, damage = [], ''
    bar = tqdm(total=recording.num_images, unit='image', disable=None, leave=False)
    with bar:
        try:
            for answer in answering:
                answers.append(answer)
                bar.update(replay.counts['images'] - bar.n)
        except RecordingError as error:
            if not answers:
                raise
            damage = str(error)  # what came before it is worth its answers
    output = ReplayOutput(
        recording=recording.name,
        mode='real time' if args.realtime else 'every image',
        records=[record_answer(answer, truth, config.node) for answer in answers],
        counts=replay.counts,
        ignored=replay.ignored,
        truth=truth,
        evaluations=score_answers(answers, truth, engine.tiles, engine.frame),
        damage=damage,
        known=known_names(answer.view for answer in answers if answer.view is not None),
    )
    return writer.finish(output, recording)
