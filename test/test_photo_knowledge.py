# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import math

import numpy as np
import pytest
from visual_navsat.geometry.camera import nadir_enu_from_camera, vehicle_from_center
from visual_navsat.geometry.view import View
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import PhotoMetadata

PHOTO = PhotoMetadata(
    width=400,
    height=300,
    hfov_deg=90.0,
    latitude=1.0,
    longitude=2.0,
    height_above_takeoff_m=100.0,
    camera_yaw_deg=30.0,
    camera_pitch_deg=-60.0,
    camera_roll_deg=0.0,
    flight_yaw_deg=50.0,
)


def test_a_photo_completes_what_is_missing():
    known = Knowledge().completed_by(PHOTO)
    assert known.names == ['heading', 'attitude', 'height', 'camera']
    assert known.heading_deg == pytest.approx(30.0)
    assert (known.height_agl_m, known.hfov_deg, known.pitch_deg) == (100.0, 90.0, -60.0)
    assert known.scale_sigma == 0.1


def test_what_is_given_goes_before_the_photo():
    given = Knowledge(heading_deg=200.0, height_agl_m=80.0, hfov_deg=60.0, pitch_deg=-90.0)
    assert given.completed_by(PHOTO) == given


def test_a_given_gsd_is_not_overruled_by_the_photos_height():
    known = Knowledge(gsd_m_per_px=0.2).completed_by(PHOTO)
    assert (known.height_agl_m, known.hfov_deg) == (None, 90.0)
    assert known.scale_sigma == View.scale_sigma
    assert known.view(PHOTO).known_gsd_m_per_px == 0.2


def test_below_take_off_is_no_height():
    photo = PhotoMetadata(height_above_takeoff_m=-3.0)
    assert Knowledge().completed_by(photo) == Knowledge()


def test_the_nose_of_the_aircraft_serves_where_the_camera_says_nothing():
    known = Knowledge().completed_by(PhotoMetadata(flight_yaw_deg=50.0))
    assert known.heading_deg == 50.0


def test_a_roll_of_180_straight_down_is_a_yaw_of_180():
    # As reported by gimbals that pass the vertical.
    photo = PhotoMetadata(camera_yaw_deg=10.0, camera_pitch_deg=-90.0, camera_roll_deg=180.0)
    known = Knowledge().completed_by(photo)
    assert known.heading_deg == pytest.approx(190.0)
    expected = nadir_enu_from_camera(math.radians(190.0))
    np.testing.assert_allclose(known.view(photo).enu_from_camera, expected, atol=1e-12)


@pytest.mark.parametrize('heading_deg', [0.0, 90.0, 213.0])
def test_straight_down_is_nadir(heading_deg):
    view = Knowledge(heading_deg=heading_deg, pitch_deg=-90.0).view(PHOTO)
    expected = nadir_enu_from_camera(math.radians(heading_deg))
    np.testing.assert_allclose(view.enu_from_camera, expected, atol=1e-12)


def test_a_tilt_of_30_degrees_at_100_m_moves_the_centre_58_m():
    view = Knowledge(30.0, 100.0, hfov_deg=90.0, pitch_deg=-60.0).view(PHOTO)
    lever = vehicle_from_center(view.camera, view.enu_from_camera, view.height_agl_m)
    # The vehicle is behind the centre, towards 210 degrees: 100 m * tan(30 degrees).
    assert lever == pytest.approx([-57.735 * 0.5, -57.735 * math.sqrt(0.75)], abs=1e-3)


def test_the_heading_is_of_the_image_also_when_it_leans():
    view = Knowledge(heading_deg=120.0, pitch_deg=-75.0, roll_deg=40.0).view(PHOTO)
    assert view.known_heading_deg == pytest.approx(120.0)
    depression = math.degrees(math.asin(-view.enu_from_camera[2, 2]))
    assert depression == pytest.approx(75.0)


def test_camera_and_height_give_the_gsd():
    view = Knowledge(height_agl_m=100.0, hfov_deg=90.0).view(PHOTO)
    assert view.known_gsd_m_per_px == pytest.approx(0.5)  # 200 m over 400 px


@pytest.mark.parametrize('known', [Knowledge(pitch_deg=-80.0), Knowledge(10.0, pitch_deg=0.0)])
def test_no_attitude_without_a_heading_or_towards_the_horizon(known):
    assert known.view(PHOTO).enu_from_camera is None


def test_an_image_of_unknown_size_has_no_camera():
    assert Knowledge(hfov_deg=90.0).view(PhotoMetadata()).camera is None


def test_taking_away():
    known = Knowledge(10.0, 100.0, 0.2, 90.0, -80.0, 1.0)
    assert known.without(['heading']).names == ['height', 'gsd', 'camera']
    assert known.without(['height', 'gsd', 'attitude']).names == ['heading', 'camera']
    assert known.without([]) == known
