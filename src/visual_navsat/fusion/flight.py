"""All that is kept from one image to the next."""

from __future__ import annotations

import numpy as np

from visual_navsat.config import Config
from visual_navsat.fusion.fix_state import FixStateMachine
from visual_navsat.fusion.flight_track import FlightTrack
from visual_navsat.fusion.gnss_check import GnssCheck
from visual_navsat.fusion.odometry_leg import OdometryLeg
from visual_navsat.fusion.vehicle_sensors import VehicleSensors
from visual_navsat.geometry.geodesy import LocalFrame


class Flight:
    """One vehicle over one map: its sensors, its track, its GNSS and the state of its fix."""

    def __init__(
        self, config: Config, frame: LocalFrame, min_enu_m: np.ndarray, max_enu_m: np.ndarray
    ) -> None:
        """
        Start lost over a map.

        :param frame: of the track and of all metres.
        :param min_enu_m: (2,) south-west corner of the map in that frame.
        :param max_enu_m: (2,) north-east corner.
        """
        self._config = config
        node = config.node
        self.frame = frame
        self.sensors = VehicleSensors(node)
        leg = OdometryLeg(node.odom_max_age_s, node.odom_axes == 'enu')
        self.track = FlightTrack(config.track, leg, frame, min_enu_m, max_enu_m)
        self.gnss = GnssCheck(frame, node.input_max_age_s, config.track.max_speed_m_per_s)
        self.fix_state = FixStateMachine(node.no_fix_after_s)

    def clear(self) -> None:
        """Forget everything but the camera."""
        self.sensors.clear()
        self.track.clear()
        self.gnss.clear()
        self.fix_state = FixStateMachine(self._config.node.no_fix_after_s)
