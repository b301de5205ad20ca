"""Procedural worlds: repeatable, seamless, without end, and true to their coordinates."""

import dataclasses

import cv2
import numpy as np
import pytest

from visual_navsat.errors import ShapeError
from visual_navsat.worlds.camera import CameraPose, Pinhole, photograph
from visual_navsat.worlds.epoch import Epoch, flight_epoch, map_epoch
from visual_navsat.worlds.render import render
from visual_navsat.worlds.window import CameraView, LeanView
from visual_navsat.worlds.world import World

PLAIN = Epoch(seed=1, noise=0.0, blur_px=0.8)


@pytest.fixture(scope='module')
def world():
    return World(7)


def gradients(image: np.ndarray) -> np.ndarray:
    """Return the gradient magnitude of a picture, each neighbourhood of equal weight."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    magnitude = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return magnitude / (cv2.blur(magnitude, (31, 31)) + 4)


def test_the_same_seed_draws_the_same_bytes(world):
    window = (-300.0, 100.0, 150, 120, 0.5)
    first = render(World(7), map_epoch(3), *window)
    assert first.shape == (120, 150, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, render(world, map_epoch(3), *window))
    assert not np.array_equal(first, render(World(8), map_epoch(3), *window))


@pytest.mark.parametrize('center', [(-250.0, -640.0), (3.0e6, -1.0e6)])
def test_windows_agree_where_they_overlap(world, center):
    east, north = center
    gsd = 0.4
    epoch = map_epoch(5)
    large = render(world, epoch, east, north, 700, 300, gsd, threads=1)
    part = render(world, epoch, east + 333 * gsd, north - 41 * gsd, 290, 200, gsd, threads=2)
    np.testing.assert_array_equal(part, large[41:241, 333:623])


def test_the_world_does_not_end(world):
    image = render(world, PLAIN, 1.0e6, -2.0e6, 400, 400, 1.0)
    assert image.std() > 15


@pytest.mark.parametrize('seed', [1, 2, 3])
def test_epochs_look_different_but_lie_on_each_other(world, seed):
    upright = dataclasses.replace(map_epoch(seed), lean_east=0.0, lean_north=0.0)
    window = (-200.0, -600.0, 512, 512, 0.5)
    on_map = render(world, upright, *window)
    on_flight = render(world, flight_epoch(seed), *window)
    assert np.abs(on_map.astype(int) - on_flight).mean() > 8
    hann = cv2.createHanningWindow((512, 512), cv2.CV_32F)
    shift, _ = cv2.phaseCorrelate(gradients(on_map), gradients(on_flight), hann)
    assert np.hypot(*shift) < 1.0


def test_the_seed_of_an_epoch_moves_cars_and_crops(world):
    window = (-600.0, -600.0, 300, 300, 0.5)
    images = [render(world, dataclasses.replace(PLAIN, seed=seed), *window) for seed in (1, 2)]
    changed = (np.abs(images[0].astype(int) - images[1]).max(axis=2) > 40).mean()
    assert 0.001 < changed < 0.2


def test_a_nadir_photo_shows_the_ground_where_it_should():
    # 100 m up, 200 px of focal length: half a metre per pixel. East is up, so north is left.
    pose = CameraPose(1000.0, 2000.0, 100.0, heading_deg=90.0)
    shot = photograph(World(2), PLAIN, pose, Pinhole(100, 80, 200.0))
    np.testing.assert_allclose(shot.center, (1000, 2000), atol=1e-9)
    np.testing.assert_allclose(shot.ground_at(30, 40), (1000, 2010), atol=1e-9)
    np.testing.assert_allclose(shot.ground_at(50, 30), (1005, 2000), atol=1e-9)
    corners = [(1020, 2025), (1020, 1975), (980, 1975), (980, 2025)]
    np.testing.assert_allclose(shot.footprint, corners, atol=1e-9)


def test_a_tilt_moves_the_center():
    # 100 m * tan(30 degrees) = 57.735 m ahead; * tan(10 degrees) = 17.633 m to the left.
    camera = Pinhole(80, 60, 200.0)
    ahead = photograph(World(2), PLAIN, CameraPose(0, 0, 100.0, 0.0, pitch_deg=30.0), camera)
    np.testing.assert_allclose(ahead.center, (0, 57.735), atol=1e-3)
    left = photograph(World(2), PLAIN, CameraPose(0, 0, 100.0, 0.0, roll_deg=10.0), camera)
    np.testing.assert_allclose(left.center, (-17.633, 0), atol=1e-3)
    with pytest.raises(ShapeError, match='horizon'):
        photograph(World(2), PLAIN, CameraPose(0, 0, 100.0, 0.0, pitch_deg=85.0), camera)


def test_photo_and_orthophoto_show_the_same_place(world):
    gsd = 0.25
    pose = CameraPose(-145.0, -652.0, 100.0, 31.0, pitch_deg=5.0, roll_deg=-4.0)
    shot = photograph(world, PLAIN, pose, Pinhole(480, 360, 100.0 / gsd))
    ortho = render(world, PLAIN, -245.0, -552.0, 800, 800, gsd)
    # The photo as the truth says it lies: ground of each pixel, looked up in the orthophoto.
    x, y = np.meshgrid(np.arange(480) + 0.5, np.arange(360) + 0.5)
    ground = np.stack([x, y, np.ones_like(x)], axis=-1) @ shot.ground_from_image.T
    east, north = ground[..., 0] / ground[..., 2], ground[..., 1] / ground[..., 2]
    column = ((east + 245.0) / gsd - 0.5).astype(np.float32)
    row = ((-552.0 - north) / gsd - 0.5).astype(np.float32)
    expected = cv2.remap(ortho, column, row, cv2.INTER_LINEAR)
    hann = cv2.createHanningWindow((480, 360), cv2.CV_32F)
    shift, _ = cv2.phaseCorrelate(gradients(expected), gradients(shot.image), hann)
    assert np.hypot(*shift) < 0.5


def test_height_is_displaced_away_from_the_camera():
    # Similar triangles: a point 20 m high, 30 m from below a camera at 100 m: 30 * 100 / 80.
    view = CameraView(1000.0, 500.0, 100.0)
    place = view.project(np.array([[1030.0, 500.0]]), np.array([20.0]))
    np.testing.assert_allclose(place, [[1037.5, 500.0]])
    leaning = LeanView(0.1, -0.2).project(np.array([[1030.0, 500.0]]), np.array([20.0]))
    np.testing.assert_allclose(leaning, [[1032.0, 496.0]])


def test_shadows_point_away_from_the_sun():
    # The sun in the south-east at 45 degrees: one metre of height, one of shadow, north-west.
    shift = Epoch(seed=0, sun_azimuth_deg=135.0, sun_elevation_deg=45.0).shadow_shift
    np.testing.assert_allclose(shift, (-np.sqrt(0.5), np.sqrt(0.5)))


def test_nothing_stands_in_water(world):
    for column, row in [(-2, 0), (-1, 0), (0, -2), (1, -3)]:
        buildings = world.features(column, row).buildings
        assert (world.water_distance_m(buildings['east'], buildings['north']) < 0).all()
