# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The loop: world, map, autopilot, bridge, localizer and camera, each where it belongs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
import time
from typing import Any

from visual_navsat.autopilot.link import Link
from visual_navsat.autopilot.sender import SenderConfig
from visual_navsat.autopilot.target import Target
from visual_navsat.autopilot.transport import Endpoint, UdpTransport
from visual_navsat.config import Config
from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.index.build import build_map
from visual_navsat.index.imagery import open_imagery
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.preflight.route_file import read_route
from visual_navsat.ros.large_images import prepare_for_large_images
from visual_navsat.ros.node_process import (
    BridgeProcess,
    keep_ros_on_this_machine,
    LocalizerProcess,
    NodeProcess,
)
from visual_navsat.ros.signals import CleanEnding
from visual_navsat.session.flown_map import FlownMap
from visual_navsat.session.writer import SessionWriter
from visual_navsat_sim.demo.flight_site import choose_site, Site
from visual_navsat_sim.demo.ortho_map import write_map
from visual_navsat_sim.fly.drone import FlyingDrone
from visual_navsat_sim.fly.endpoint import checked_target, free_udp_port, own_autopilot
from visual_navsat_sim.fly.flight import Flight
from visual_navsat_sim.fly.flight_thread import FlightThread
from visual_navsat_sim.fly.logbook import Logbook
from visual_navsat_sim.fly.pace import AutopilotPace, Clock, Pace
from visual_navsat_sim.fly.pauses import Pause, Pauses
from visual_navsat_sim.fly.photographer import Photographer, TILT_SIGMA_DEG
from visual_navsat_sim.fly.pilot import Mission
from visual_navsat_sim.fly.route import make_route
from visual_navsat_sim.fly.truth import TrueState
from visual_navsat_sim.worlds.camera import Pinhole
from visual_navsat_sim.worlds.epoch import flight_epoch, map_epoch
from visual_navsat_sim.worlds.world import World

_CAMERA = Pinhole(448, 336, 400.0)
_HEAR_S = 60.0
_START_S = 90.0
_HOME_SIGMA_M = 20.0  # a vehicle knows where it took off
_FIXES_BEFORE = 3  # GNSS is not lost before the localizer works
_PATIENCE_NS = 60_000_000_000  # unless it never does
_REST_S = 0.02
_PHOTOS_FROM = 0.8  # of the height


def fly(args: argparse.Namespace, out: Path, session_file: Path) -> dict[str, Any]:
    """Fly as the arguments say, write the session, and return what was flown on what."""
    # With the little memory of the defaults, images do not come again to a node that was paused.
    prepare_for_large_images()
    domain_id = keep_ros_on_this_machine()
    with CleanEnding() as ending, ExitStack() as stack:
        endpoint = args.connect or stack.enter_context(
            own_autopilot(args.autopilot, args.way, args.seed, args.slower)
        )
        target = checked_target(endpoint, args.way, args.slower if args.connect else 1.0)
        print(f'1. {target.autopilot} at {endpoint} takes fixes by {target.way}.')
        writer = SessionWriter(session_file)
        stack.callback(writer.close)
        logbook = Logbook(writer)
        flight, port = _open_flight(args, endpoint, target, logbook, stack)
        pace: Clock = Pace(args.slower)
        if args.connect:  # its time is what counts, however fast its computer lets it pass
            followed = AutopilotPace(args.slower)
            flight.overhear, pace = followed.hear, followed
        thread = stack.enter_context(FlightThread(flight, pace))
        home = _wait_for_truth(flight, thread)
        site = _site(args, home)
        print(f'2. Drawing {args.size_m:.0f} x {args.size_m:.0f} m of a world around it as map.')
        index = _build(site, args.seed, out)
        flight.pilot.mission = replace(flight.pilot.mission, places=_places(args, site))
        flown_map = FlownMap(_imagery(index))
        drone = FlyingDrone(domain_id, _CAMERA, logbook.take_heard)
        stack.callback(drone.close)
        flight.tell, flight.tick = drone.tell, drone.tick
        nodes: list[NodeProcess] = []
        with ending.held():
            for node in _start_nodes(out, index, home, target, port):
                nodes.append(node)
                stack.callback(node.stop)

        def check() -> None:
            thread.check()
            for node in nodes:
                node.check_alive()

        drone.wait_for_localizer(_START_S, check)
        print(f'3. Flying {args.seconds:.0f} s without GNSS, {args.height_m:.0f} m high:')
        epoch, lowest_m = flight_epoch(args.seed), _PHOTOS_FROM * args.height_m
        photographer = Photographer(site, epoch, _CAMERA, args.seed, lowest_m)
        pauses = Pauses([Pause.parse(text) for text in args.pause], nodes[0], logbook.take)
        stack.callback(pauses.end)
        flight.pilot.may_start = True

        def at_each_turn(now_ns: int) -> None:
            check()
            pauses.step(now_ns, flight.pilot.gnss_lost_ns)

        _photograph(flight, drone, photographer, flown_map, logbook, at_each_turn, pace, args.rate)
    return {
        'autopilot': target.autopilot,
        'way': target.way,
        'endpoint': args.connect or 'of the simulator',
        'seed': args.seed,
        'height_m': args.height_m,
        'speed_m_s': args.speed_m_s,
        'photos_per_s': args.rate,
        'times_slower': args.slower,
        'photos': photographer.num_taken,
        'places_reached': flight.pilot.num_reached,
    }


def _open_flight(
    args: argparse.Namespace, endpoint: str, target: Target, logbook: Logbook, stack: ExitStack
) -> tuple[Flight, int]:
    """Return the flight, and the UDP port at which it expects the bridge."""
    link = Link(Endpoint.parse(endpoint))
    stack.callback(link.close)
    port = free_udp_port()
    bridge = UdpTransport('127.0.0.1', port, does_listen=False)
    stack.callback(bridge.close)
    mission = Mission((), args.height_m, args.speed_m_s, args.gnss_s, args.seconds)
    flight = Flight(link, target, mission, logbook.take, bridge)
    flight.pilot.may_start = False
    return flight, port


def _wait_for_truth(flight: Flight, thread: FlightThread) -> TrueState:
    """Return where the vehicle stands."""
    give_up_at = time.monotonic() + _HEAR_S
    while time.monotonic() < give_up_at:
        thread.check()
        newest = flight.truth.newest
        if newest is not None:
            return newest
        time.sleep(0.05)
    raise VisualNavsatError(
        f'the autopilot told no truth within {_HEAR_S:.0f} s (SIM_STATE of ArduPilot, '
        'HIL_STATE_QUATERNION of PX4): is it one in simulation?'
    )


def _site(args: argparse.Namespace, home: TrueState) -> Site:
    """Return a square of a flat world whose centre is where the vehicle stands."""
    site = choose_site(World(args.seed, relief=0.0), args.size_m)
    return replace(site, frame=LocalFrame(home.latitude, home.longitude))


def _build(site: Site, seed: int, out: Path) -> Path:
    tiles, _ = write_map(site, map_epoch(seed), out)
    build_map(tiles, out / 'tiles', out / 'index', Config())
    return out / 'index'


def _imagery(index: Path) -> Any:
    folder = IndexFolder.open(index)
    return open_imagery(folder.tiles, folder.manifest)


def _places(args: argparse.Namespace, site: Site) -> list[tuple[float, float]]:
    if args.route is None:
        return make_route(site, args.course)
    return read_route(args.route).points


def _start_nodes(
    out: Path, index: Path, home: TrueState, target: Target, port: int
) -> Iterator[NodeProcess]:
    yield LocalizerProcess(
        {
            'node.map': str(index.resolve()),
            # Older ones are of no use to the bridge, and take long: nothing is known of them.
            'node.image_max_age_s': SenderConfig().max_fix_age_s,
            'position.unknown_tilt_deg': TILT_SIGMA_DEG,
            'track.prior_lat': home.latitude,
            'track.prior_long': home.longitude,
            'track.prior_sigma_m': _HOME_SIGMA_M,
            'use_sim_time': True,
        },
        out / 'localizer.log',
    )
    yield BridgeProcess(
        {
            'autopilot': target.autopilot,
            'way': target.way,
            'connect': f'udp:127.0.0.1:{port}',
            'loop': 'closed',
            'use_sim_time': True,
        },
        out / 'bridge.log',
    )


def _photograph(
    flight: Flight,
    drone: FlyingDrone,
    photographer: Photographer,
    flown_map: FlownMap,
    logbook: Logbook,
    at_each_turn: Callable[[int], None],
    pace: Clock,
    rate_hz: float,
) -> None:
    """Take photos and publish them until the flight is over."""
    pilot = flight.pilot
    pilot.may_lose_gnss = False
    due_ns = began_ns = pace.now_ns()
    while not pilot.has_ended:
        now_ns = pace.now_ns()
        at_each_turn(now_ns)
        if logbook.num_fixes >= _FIXES_BEFORE or now_ns - began_ns > _PATIENCE_NS:
            pilot.may_lose_gnss = True
        state = flight.truth.newest
        assert state is not None  # it was heard before
        if now_ns >= due_ns:
            due_ns = max(due_ns + round(1e9 / rate_hz), now_ns)
            image = photographer.take(state)
            if image is not None:
                drone.show(image, state.heard_ns)
            here = state.latitude, state.longitude
            for record in flown_map.records_near(state.heard_ns / 1e9, *here):
                logbook.take(record)
        time.sleep(_REST_S)
