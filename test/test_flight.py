# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geodesy import distance_m, LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.stamp_order import StampVerdict

FRAME = LocalFrame(46.5, 7.9)
REGION = Region(-5000.0, -5000.0, 5000.0, 5000.0)


def make_flight(east_m: float, sigma_m: float) -> Flight:
    lat, long = FRAME.geodetic_from_enu([east_m, 300.0])
    prior = {'prior_lat': float(lat), 'prior_long': float(long), 'prior_sigma_m': sigma_m}
    return Flight(Config.from_dict({'track': prior}), FRAME, REGION)


def test_a_flight_starts_where_the_prior_says():
    flight = make_flight(500.0, 5.0)
    start = flight.track.estimate()
    assert isinstance(start, PositionEstimate)
    lat, long = FRAME.geodetic_from_enu([500.0, 300.0])
    # A cell of the grid is 25 m.
    assert distance_m(start.latitude, start.longitude, float(lat), float(long)) < 13


def test_a_wide_prior_is_a_region_and_no_position():
    flight = make_flight(500.0, 100.0)
    assert isinstance(flight.track.estimate(), Refusal)
    regions = flight.track.prior().regions_in(FRAME)
    assert any(r.west_m < 500 < r.east_m and r.south_m < 300 < r.north_m for r in regions)
    assert all(r.east_m - r.west_m < 1000 for r in regions)


def test_without_a_prior_a_flight_starts_lost():
    flight = Flight(Config(), FRAME, REGION)
    assert isinstance(flight.track.estimate(), Refusal)
    assert flight.track.prior() is None


def test_a_prior_off_the_map_is_refused_with_the_distance():
    with pytest.raises(ConfigError, match=r'5\.0 km off the map'):
        make_flight(10_000.0, 50.0)
    assert isinstance(make_flight(5020.0, 50.0).track.estimate(), Refusal | PositionEstimate)


def test_a_flight_that_is_cleared_takes_whatever_stamp_comes_next():
    flight = Flight(Config(), FRAME, REGION)
    stamps = flight.stamps  # the camera's subscription keeps it
    assert stamps.judge(9 * 10**9) is StampVerdict.NEXT
    flight.clear()
    assert stamps.judge(10**9) is StampVerdict.NEXT
