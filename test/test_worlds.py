# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Procedural worlds: repeatable, seamless, without end, and true to their coordinates."""

import dataclasses

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
import cv2
import numpy as np
import pytest
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat_sim.worlds.camera import CameraPose, photograph, Pinhole
from visual_navsat_sim.worlds.epoch import Epoch, flight_epoch, map_epoch
from visual_navsat_sim.worlds.knot_field import KnotField
from visual_navsat_sim.worlds.light import hillshade
from visual_navsat_sim.worlds.line_of_sight import LineOfSight
from visual_navsat_sim.worlds.polygons import area_m2, rectangle, swept
from visual_navsat_sim.worlds.rectification import Rectification
from visual_navsat_sim.worlds.render import render
from visual_navsat_sim.worlds.sensor import equalisation_curve
from visual_navsat_sim.worlds.sheet import Sheet
from visual_navsat_sim.worlds.world import World

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
    grid = PixelGrid(-300.0, 100.0, 120, 150, 0.5)
    first = render(World(7), map_epoch(3), grid)
    assert first.shape == (120, 150, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, render(world, map_epoch(3), grid))
    assert not np.array_equal(first, render(World(8), map_epoch(3), grid))


@pytest.mark.parametrize('center', [(-250.0, -640.0), (3.0e6, -1.0e6)])
def test_orthophotos_agree_where_they_overlap(world, center):
    east, north = center
    gsd = 0.4
    epoch = map_epoch(5)
    grid, box = PixelGrid(east, north, 300, 700, gsd), PixelBox(41, 333, 241, 623)
    large = render(world, epoch, grid, threads=1)
    part = render(world, epoch, grid.part(box), threads=2)
    np.testing.assert_array_equal(part, large[box.slices])


@pytest.mark.parametrize(('gsd', 'row'), [(0.3, 469), (0.15, 300), (1.0, 77)])
def test_orthophotos_agree_across_blocks(gsd, row):
    # The compression takes 16 pixels together, and colour from beside them.
    world, epoch = World(1), map_epoch(21)
    east, north = -188_672.13, -150_286.69
    grid, box = PixelGrid(east, north, 600, 700, gsd), PixelBox(row, 6, row + 61, 506)
    large = render(world, epoch, grid)
    part = render(world, epoch, grid.part(box), threads=1)
    np.testing.assert_array_equal(part, large[box.slices])


def test_the_world_does_not_end(world):
    image = render(world, PLAIN, PixelGrid(1.0e6, -2.0e6, 400, 400, 1.0))
    assert image.std() > 15


@pytest.mark.slow
@pytest.mark.parametrize('seed', [1, 2, 3])
def test_epochs_look_different_but_lie_on_each_other(world, seed):
    upright = dataclasses.replace(map_epoch(seed), lean_east=0.0, lean_north=0.0, bend_m=0.0)
    grid = PixelGrid(-200.0, -600.0, 512, 512, 0.5)
    on_map = render(world, upright, grid)
    on_flight = render(world, flight_epoch(seed), grid)
    assert np.abs(on_map.astype(int) - on_flight).mean() > 8
    hann = cv2.createHanningWindow((512, 512), cv2.CV_32F)
    shift, _ = cv2.phaseCorrelate(gradients(on_map), gradients(on_flight), hann)
    assert np.hypot(*shift) < 1.0


def test_the_tone_curve_flattens_the_histogram():
    colours = np.repeat(np.array([40.0, 60.0, 200.0])[:, None], 3, axis=1)
    curve = equalisation_curve(colours, 1.0)
    # A third of the colours is up to each: 12 + 232 / 3, and so on.
    np.testing.assert_allclose(curve[[39, 40, 60, 200]], [12, 89, 166, 244], atol=1)
    assert equalisation_curve(colours, 0.0) is None


def test_the_seed_of_an_epoch_moves_cars_and_crops(world):
    grid = PixelGrid(-600.0, -600.0, 300, 300, 0.5)
    images = [render(world, dataclasses.replace(PLAIN, seed=seed), grid) for seed in (1, 2)]
    changed = (np.abs(images[0].astype(int) - images[1]).max(axis=2) > 40).mean()
    assert 0.001 < changed < 0.2


def test_a_nadir_photo_shows_the_ground_where_it_should():
    # 100 m up, 200 px of focal length: half a metre per pixel. East is up, so north is left.
    pose = CameraPose(1000.0, 2000.0, 100.0, heading_deg=90.0)
    shot = photograph(World(2, relief=0.0), PLAIN, pose, Pinhole(100, 80, 200.0))
    np.testing.assert_allclose(shot.center, (1000, 2000), atol=1e-9)
    np.testing.assert_allclose(shot.ground_at(30, 40), (1000, 2010), atol=1e-9)
    np.testing.assert_allclose(shot.ground_at(50, 30), (1005, 2000), atol=1e-9)
    corners = [(1020, 2025), (1020, 1975), (980, 1975), (980, 2025)]
    np.testing.assert_allclose(shot.footprint, corners, atol=1e-9)


def test_a_tilt_moves_the_center():
    # 100 m * tan(30 degrees) = 57.735 m ahead; * tan(10 degrees) = 17.633 m to the left.
    camera = Pinhole(80, 60, 200.0)
    world = World(2, relief=0.0)
    ahead = photograph(world, PLAIN, CameraPose(0, 0, 100.0, 0.0, pitch_deg=30.0), camera)
    np.testing.assert_allclose(ahead.center, (0, 57.735), atol=1e-3)
    left = photograph(world, PLAIN, CameraPose(0, 0, 100.0, 0.0, roll_deg=10.0), camera)
    np.testing.assert_allclose(left.center, (-17.633, 0), atol=1e-3)
    with pytest.raises(ShapeError, match='horizon'):
        photograph(world, PLAIN, CameraPose(0, 0, 100.0, 0.0, pitch_deg=85.0), camera)


@pytest.mark.parametrize('relief', [0.0, 4.0])
def test_photo_and_orthophoto_show_the_same_place(relief):
    gsd, world = 0.25, World(7, relief=relief)
    pose = CameraPose(-145.0, -652.0, 100.0, 31.0, pitch_deg=5.0, roll_deg=-4.0)
    shot = photograph(world, PLAIN, pose, Pinhole(480, 360, 100.0 / gsd))
    ortho = render(world, PLAIN, PixelGrid(-245.0, -552.0, 800, 800, gsd))
    # The photo as the truth says it lies: ground of each pixel, looked up in the orthophoto.
    x, y = np.meshgrid(np.arange(480) + 0.5, np.arange(360) + 0.5)
    east, north = np.moveaxis(shot.ground_at(x, y), -1, 0)
    column = ((east + 245.0) / gsd - 0.5).astype(np.float32)
    row = ((-552.0 - north) / gsd - 0.5).astype(np.float32)
    expected = cv2.remap(ortho, column, row, cv2.INTER_LINEAR)
    hann = cv2.createHanningWindow((480, 360), cv2.CV_32F)
    shift, _ = cv2.phaseCorrelate(gradients(expected), gradients(shot.image), hann)
    assert np.hypot(*shift) < 0.5


def test_a_ray_meets_the_slope():
    # Ground that rises by one in ten to the east; the ray goes east and down at 45 degrees:
    # 100 - d = d / 10. To the west it falls away: 100 - d = -d / 10.
    sight = LineOfSight(50.0, 0.0, 100.0, lambda east, north: 300 + 0.1 * (east - 50))
    level = np.array([[150.0, 0.0], [-50.0, 0.0], [50.0, 80.0]])
    expected = [[50 + 100 / 1.1, 0], [50 - 100 / 0.9, 0], [50, 80]]
    np.testing.assert_allclose(sight.ground_from_level(level), expected, atol=1e-5)


def test_every_pixel_lies_on_the_line_of_sight():
    world, camera = World(11, relief=3.0), Pinhole(64, 48, 60.0)
    pose = CameraPose(2900.0, -400.0, 150.0, 20.0, pitch_deg=8.0, roll_deg=-5.0)
    shot = photograph(world, PLAIN, pose, camera)
    ground = shot.ground_at(np.array([3.0, 60.0, 32.0]), np.array([5.0, 44.0, 24.0]))
    height = world.height_m(*ground.T) - world.height_m(2900.0, -400.0)
    assert np.abs(height).max() > 1
    # Back through a pinhole written out by hand: axes right, down and forward.
    seen = np.column_stack([ground - (2900.0, -400.0), height - 150.0]) @ pose.enu_from_camera
    np.testing.assert_allclose(32 + 60 * seen[:, 0] / seen[:, 2], [3, 60, 32], atol=1e-4)
    np.testing.assert_allclose(24 + 60 * seen[:, 1] / seen[:, 2], [5, 44, 24], atol=1e-4)


def test_the_ground_is_gentle_and_flat_on_water(world):
    east, north = np.random.default_rng(3).uniform(-20_000, 20_000, (2, 20_000))
    height = world.height_m(east, north)
    assert 20 < np.ptp(height) < 100
    slope = (world.height_m(east + 5, north) - height) / 5
    assert np.percentile(np.abs(slope), 99) < 0.12
    wet = world.water_distance_m(east, north) > 5
    assert wet.sum() > 50
    assert np.abs(height[wet]).mean() < 0.2 * np.abs(height).mean()


def test_a_map_is_bent_as_much_as_its_epoch_says():
    world, gsd = World(4), 0.5
    bent = dataclasses.replace(PLAIN, seed=5, bend_m=1.5)
    grid = PixelGrid(2000.0, 500.0, 800, 800, gsd)
    sheet = Sheet.all_shown(grid)
    error_east, error_north = Rectification(world, bent).error_m(sheet)
    assert 0.8 < np.std(error_east) < 2.2
    assert 0.8 < np.std(error_north) < 2.2
    assert max(np.abs(error_east).max(), np.abs(error_north).max()) < 1.5 * 3.5
    # Undone with the errors that it states, the map is the true orthophoto again.
    true = render(world, PLAIN, grid)
    on_map = render(world, dataclasses.replace(bent, seed=1), grid)
    error_east, error_north = Rectification(world, dataclasses.replace(bent, seed=1)).error_m(
        sheet
    )
    row, column = np.indices((800, 800), dtype=np.float32)
    bent_true = cv2.remap(
        true, column + error_east / gsd, row - error_north / gsd, cv2.INTER_LINEAR
    )
    inner = np.s_[20:-20, 20:-20]
    difference = np.abs(bent_true[inner].astype(int) - on_map[inner])
    assert np.median(difference) <= 2
    assert difference.mean() < 0.35 * np.abs(true[inner].astype(int) - on_map[inner]).mean()


def test_a_map_that_is_not_bent_is_true(world):
    sheet = Sheet.all_shown(PixelGrid(0.0, 0.0, 64, 64, 0.5))
    assert Rectification(world, PLAIN).largest_m == 0
    assert map_epoch(3).bend_m > 0
    assert flight_epoch(3).bend_m == flight_epoch(3).blur_m == 0
    error_east, _ = Rectification(world, PLAIN).error_m(sheet)
    assert not error_east.any()


def test_blur_is_a_length_on_the_ground():
    epoch = Epoch(seed=0, blur_px=0.6, blur_m=0.8)
    assert epoch.spread_px(0.8) == pytest.approx(np.hypot(0.6, 1))
    assert epoch.spread_px(0.2) == pytest.approx(np.hypot(0.6, 4))


def test_slopes_in_the_sun_are_brighter(world):
    epoch = Epoch(seed=0, sun_azimuth_deg=90.0, sun_elevation_deg=30.0)
    grid = PixelGrid(3000.0, 3000.0, 300, 300, 8.0)
    sheet = Sheet.all_shown(grid)
    gain = hillshade(world, epoch).sample(sheet)
    east, north = np.meshgrid(*grid.east_north(np.arange(300), np.arange(300)))
    rise = (world.height_m(east + 20, north) - world.height_m(east - 20, north)) / 40
    assert np.corrcoef(gain.ravel(), rise.ravel())[0, 1] < -0.9  # falls to the east, to the sun
    assert hillshade(World(7, relief=0.0), epoch) is None


def test_a_knot_field_gives_back_a_plane():
    field = KnotField(lambda east, north: 3 + 0.01 * east - 0.02 * north, 20.0)
    grid = PixelGrid(107.3, 55.1, 70, 90, 0.7)
    whole = field.sample(Sheet.all_shown(grid))
    east, north = grid.east_north(np.arange(70), np.arange(90))
    np.testing.assert_allclose(whole, 3 + 0.01 * east - 0.02 * north[:, None], atol=2e-3)
    shown = PixelBox(22, 13, 51, 60)
    np.testing.assert_array_equal(field.sample(Sheet(grid, shown)), whole[shown.slices])


def test_a_swept_rectangle_is_its_hull():
    rng = np.random.default_rng(2)
    for _ in range(20):
        angle, shift = rng.uniform(0, 7, 1), rng.normal(0, 3, 2)
        box = rectangle(np.zeros((1, 2)), 4.0, 2.0, angle)
        hull = cv2.convexHull(np.concatenate([box[0], box[0] + shift]).astype(np.float32))
        assert area_m2(swept(box, angle, shift)[0]) == pytest.approx(
            abs(area_m2(hull[:, 0])), rel=1e-4
        )


def test_height_is_displaced_away_from_the_camera():
    # Similar triangles: a point 20 m high, 30 m from below a camera at 100 m: 30 * 100 / 80.
    thing, height = np.array([[1030.0, 500.0]]), np.array([20.0])
    level = LineOfSight(1000.0, 500.0, 100.0, lambda east, north: np.zeros_like(east))
    np.testing.assert_allclose(level.project(thing, height), [[1037.5, 500.0]])
    # The same on ground that is 20 m higher than below the camera: 30 * 80 / 60.
    uphill = LineOfSight(1000.0, 500.0, 100.0, lambda east, north: 20.0 * (east > 1010))
    np.testing.assert_allclose(uphill.project(thing, height), [[1040.0, 500.0]])


def test_height_is_displaced_the_same_way_everywhere_on_a_map():
    epoch = Epoch(seed=0, lean_east=0.1, lean_north=-0.2)
    place = epoch.lean(np.array([[1030.0, 500.0]]), np.array([20.0]))
    np.testing.assert_allclose(place, [[1032.0, 496.0]])


def test_shadows_point_away_from_the_sun():
    # The sun in the south-east at 45 degrees: one metre of height, one of shadow, north-west.
    shift = Epoch(seed=0, sun_azimuth_deg=135.0, sun_elevation_deg=45.0).shadow_shift
    np.testing.assert_allclose(shift, (-np.sqrt(0.5), np.sqrt(0.5)))


def test_nothing_stands_in_water(world):
    for column, row in [(-2, 0), (-1, 0), (0, -2), (1, -3)]:
        buildings = world.features(column, row).buildings
        assert (world.water_distance_m(buildings['east'], buildings['north']) < 0).all()
