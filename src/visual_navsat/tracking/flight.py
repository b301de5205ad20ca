# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""All that is kept from one image to the next."""

from __future__ import annotations

import numpy as np
from visual_navsat.config import Config, TrackConfig
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.tracking.calibrator import Calibrator
from visual_navsat.tracking.fix_state import FixStateMachine
from visual_navsat.tracking.flight_track import FlightTrack
from visual_navsat.tracking.gnss_check import GnssCheck
from visual_navsat.tracking.map_tracker import PRIOR_PROBABILITY
from visual_navsat.tracking.odometry_leg import OdometryLeg
from visual_navsat.tracking.stamp_order import StampOrder
from visual_navsat.tracking.vehicle_sensors import VehicleSensors
from visual_navsat.tracking.view_forecast import ViewForecast


class Flight:
    """One vehicle over one map: sensors, track, calibration, what is expected, GNSS, fix state."""

    def __init__(self, config: Config, frame: LocalFrame, region: Region) -> None:
        """
        Start over a map, at the configured prior or lost.

        :param frame: of the track and of all metres.
        :param region: the ground that the map covers, in that frame.
        :raises ConfigError: if the prior lies off the map.
        """
        self._config = config
        node = config.node
        self.frame = frame
        self.sensors = VehicleSensors(node)
        leg = OdometryLeg(node.odom_max_age_s, node.odom_axes == 'enu')
        vertical_sigma_m = config.position.vertical_sigma_m
        self.track = FlightTrack(config.track, leg, frame, region, vertical_sigma_m)
        self.track.restart(_configured_start(config.track, frame, region))
        self.calibration = Calibrator(config)
        self.forecast = ViewForecast()
        self.gnss = GnssCheck(frame, node.input_max_age_s, config.track.max_speed_m_per_s)
        self.fix_state = FixStateMachine(node.no_fix_after_s)
        self.stamps = StampOrder()

    def clear(self) -> None:
        """Forget everything but the camera."""
        self.sensors.clear()
        self.track.clear()
        self.calibration.clear()
        self.forecast.clear()
        self.gnss.clear()
        self.fix_state = FixStateMachine(self._config.node.no_fix_after_s)
        self.stamps.clear()


def _configured_start(config: TrackConfig, frame: LocalFrame, region: Region) -> Hypothesis | None:
    sigma_m = config.prior_sigma_m
    if sigma_m == 0:
        return None
    position_m = frame.enu_from_geodetic(config.prior_lat, config.prior_long)
    beside_m = position_m - np.clip(position_m, region.bounds[:2], region.bounds[2:])
    off_m = float(np.hypot(*beside_m))
    if off_m > 3 * sigma_m:
        raise ConfigError(
            f'track.prior_lat and prior_long are {config.prior_lat}, {config.prior_long}, '
            f'{off_m / 1e3:.1f} km off the map: correct them, widen track.prior_sigma_m, or set '
            'that to 0 to start lost'
        )
    return Hypothesis(position_m, np.eye(2) * sigma_m**2, PRIOR_PROBABILITY)
