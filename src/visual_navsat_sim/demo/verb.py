# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fly a drone over a procedural world and locate its images with the real ROS node."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import time
from typing import TYPE_CHECKING

import numpy as np
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError, MissingDependencyError
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.evaluation.write_geojson import flight_geojson
from visual_navsat.evaluation.write_table import csv_lines
from visual_navsat.files import write_text
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build import build_map
from visual_navsat.ros.node_process import keep_ros_on_this_machine, LocalizerProcess
from visual_navsat.ros.signals import CleanEnding
from visual_navsat_sim.demo.flight_site import choose_site, Site
from visual_navsat_sim.demo.ortho_map import MAP_GSD_M_PER_PX, write_map
from visual_navsat_sim.demo.outcome import answer_line, summary_lines
from visual_navsat_sim.demo.picture import draw_flight
from visual_navsat_sim.demo.track import make_track, TILT_SIGMA_DEG, track_line
from visual_navsat_sim.worlds.camera import CameraPose, photograph, Pinhole
from visual_navsat_sim.worlds.epoch import Epoch, flight_epoch, map_epoch
from visual_navsat_sim.worlds.world import World

if TYPE_CHECKING:  # it imports ROS
    from visual_navsat_sim.demo.drone import Drone

_SIZE_M = 1000.0
_HEIGHT_AGL_M = 200.0
_WIDTH_PX, _HEIGHT_PX = 448, 336  # rgb8: under the 500 kB that DDS carries with its defaults
_FOCAL_LENGTH_PX = 400.0  # half a metre per pixel, as the map
_START_TIMEOUT_S = 90.0
_ANSWER_TIMEOUT_S = 30.0
_COLUMNS = (
    *('image', 'stamp_s', 'status', 'reason', 'latitude', 'longitude', 'covariance_ee_m2'),
    *('covariance_en_m2', 'covariance_nn_m2', 'true_latitude', 'true_longitude', 'error_m'),
    'total_ms',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        '--out', default='out/demo', metavar='DIR', help='folder for the results (%(default)s)'
    )
    parser.add_argument(
        '--images', type=int, default=24, metavar='N', help='photos of the flight (%(default)s)'
    )
    parser.add_argument(
        '--seed', type=int, default=7, metavar='S', help='seed of the world (%(default)s)'
    )
    parser.add_argument(
        '--rate', type=float, default=2.0, metavar='HZ', help='photos per second (%(default)s)'
    )


def run(args: argparse.Namespace) -> int:
    """Make the world, the map and the index, start the node, fly, and report."""
    try:
        from visual_navsat_sim.demo.drone import Drone  # noqa: PLC0415 (ROS is optional)
    except ImportError as error:
        raise MissingDependencyError(
            f'the demo needs ROS 2 ({error}): source a ROS distribution, or run make venv'
        ) from error

    _check(args)
    out = Path(args.out)
    domain_id = keep_ros_on_this_machine()
    started = time.monotonic()
    print(f'1. Making a world from seed {args.seed}: towns, fields, forest and water.')
    site = choose_site(World(args.seed), _SIZE_M)
    tiles, mosaic = _make_map(site, args.seed, out)
    epoch = flight_epoch(args.seed)
    camera = Pinhole(_WIDTH_PX, _HEIGHT_PX, _FOCAL_LENGTH_PX)
    parameters: dict[str, str | float] = {
        'node.map': str((out / 'index').resolve()),
        'node.gsd_m_per_px': camera.gsd_m_per_px(_HEIGHT_AGL_M),
        'position.unknown_tilt_deg': TILT_SIGMA_DEG,  # what a good gimbal leaves
    }
    with CleanEnding() as ending:
        drone, node = Drone(domain_id), None
        try:
            print('4. Starting the ROS 2 node: ros2 run visual_navsat localizer')
            with ending.held():
                node = LocalizerProcess(parameters, out / 'localizer.log')
            poses = make_track(site, args.images, _HEIGHT_AGL_M, args.seed)
            drone.wait_for_localizer(_START_TIMEOUT_S, node.check_alive)
            print(
                f'5. Flying in {epoch.season}, {_HEIGHT_AGL_M:.0f} m above ground. Each image '
                'goes out as sensor_msgs/Image,\n   each answer comes back as '
                'sensor_msgs/NavSatFix:'
            )
            answers = _fly(drone, site, epoch, poses, camera, args.rate)
        finally:
            exit_code = node.stop() if node is not None else 0
            drone.close()
    if exit_code:
        print(f'   (the node ended with exit code {exit_code}; see {out}/localizer.log)')
    summary = summary_lines(answers, tiles)
    write_text(out / 'fixes.csv', '\n'.join([*csv_lines(answers, _COLUMNS), '']))
    write_text(out / 'fixes.geojson', flight_geojson(answers))
    draw_flight(out / 'map.png', mosaic, site, track_line(site, args.seed), answers, summary)
    print(f'6. Done in {time.monotonic() - started:.0f} s.')
    for line in summary:
        print(f'   {line}')
    print(f'   Look at {out}/map.png; the numbers are in {out}/fixes.csv and {out}/fixes.geojson')
    return 0


def _make_map(site: Site, seed: int, out: Path) -> tuple[list[TileMetadata], np.ndarray]:
    """Draw the map and build its index; return its tiles, and the whole as (H, W, 3) uint8 RGB."""
    epoch = map_epoch(seed)
    print(
        f'2. Drawing 1 km² of it as the map, seen in {epoch.season}, '
        f'at {MAP_GSD_M_PER_PX} m per pixel.'
    )
    tiles, mosaic = write_map(site, epoch, out)
    print(f'   {len(tiles)} overlapping tiles in {out}/tiles, their corners in {out}/map.csv')
    print('3. Describing each tile with DINOv2 and VLAD; this is visual-navsat build-map.')
    index = build_map(tiles, out / 'tiles', out / 'index', Config())
    print(f'   {index.manifest.count} descriptors in {out}/index')
    return tiles, mosaic


def _check(args: argparse.Namespace) -> None:
    if args.images < 1:
        raise ConfigError(f'--images must be at least 1, got {args.images}')
    if not 0 < args.rate <= 100:
        raise ConfigError(f'--rate must be above 0 and at most 100 Hz, got {args.rate}')


def _fly(
    drone: Drone,
    site: Site,
    epoch: Epoch,
    poses: Sequence[CameraPose],
    camera: Pinhole,
    rate_hz: float,
) -> list[ScoredAnswer]:
    """Take each photo, send it and wait for its answer; print and return the answers."""
    answers = []
    takeoff = time.monotonic()
    for number, pose in enumerate(poses, start=1):
        shot = photograph(site.world, epoch, pose, camera, exposure_key=number)
        drone.rest(takeoff + (number - 1) / rate_hz - time.monotonic())
        time_s = time.monotonic() - takeoff
        answer = drone.send(str(number), shot.image, pose.heading_deg, _ANSWER_TIMEOUT_S)
        scored = ScoredAnswer.of(answer, site.geodetic(pose.east_m, pose.north_m))
        print(answer_line(scored, time_s), flush=True)
        answers.append(scored)
    return answers
