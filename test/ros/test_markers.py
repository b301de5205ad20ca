# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Markers by value."""

import numpy as np
import pytest
from std_msgs.msg import Header
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.retrieval.result import RetrievalResult
from visual_navsat.ros.markers import answer_markers
from visualization_msgs.msg import Marker

FRAME = LocalFrame(47.0, 8.0)
HEADER = Header(frame_id='map')
LOST = Refusal('lost', '')
FOOTPRINT_M = np.array([[0, 0], [40, 0], [40, 30], [0, 30]])


def estimate(east_m, north_m, covariance_m2):
    covariance = np.diag([0.0, 0.0, 1e4])
    covariance[:2, :2] = covariance_m2
    lat, long = FRAME.geodetic_from_enu([east_m, north_m])
    return PositionEstimate(float(lat), float(long), covariance)


def candidate(rank, column):
    lat, long = FRAME.geodetic_from_enu(np.array([[column, 1], [column + 1, 0]]) * 100.0)
    tile = TileMetadata(f'{column}.png', lat[0], long[0], lat[1], long[1])
    return RetrievalResult(rank, 0.9, tile, column)


def markers(tiles=(), footprint_m=None, fix=LOST, tracked=LOST):
    """Return what is drawn after the clearing of what was there, by namespace."""
    answer = Answer(fix, ranked_tiles=tuple(tiles), tracked=tracked)
    array = answer_markers(HEADER, FRAME, answer, footprint_m)
    clearing, *drawn = array.markers
    assert clearing.action == Marker.DELETEALL
    assert all(marker.header.frame_id == 'map' for marker in array.markers)
    assert len({(marker.ns, marker.id) for marker in drawn}) == len(drawn)
    return {marker.ns: marker for marker in drawn}


def points(marker):
    return np.array([[point.x, point.y, point.z] for point in marker.points])


def rgb(marker):
    return marker.color.r, marker.color.g, marker.color.b


def test_a_refusal_without_a_place_only_clears():
    assert markers() == {}


def test_ellipse_of_independent_axes_has_the_half_axes_of_95_percent():
    # 5.991 is the 95 % quantile of chi-square with two degrees of freedom.
    ellipse = estimate(10, 20, np.diag([9.0, 1.0])).ellipse_95(FRAME) - [10, 20]
    np.testing.assert_allclose(
        np.abs(ellipse).max(axis=0), np.sqrt(5.991) * np.array([3, 1]), rtol=1e-3
    )


def test_ellipse_of_a_turned_covariance_holds_95_percent_of_its_draws():
    covariance = np.array([[30.0, 18.0], [18.0, 20.0]])
    ellipse = estimate(0, 0, covariance).ellipse_95(FRAME)
    distance_2 = np.einsum('ni,ij,nj->n', ellipse, np.linalg.inv(covariance), ellipse)
    np.testing.assert_allclose(distance_2, 5.991, rtol=1e-3)
    draws = np.random.default_rng(1).multivariate_normal([0, 0], covariance, 20_000)
    inside = np.einsum('ni,ij,nj->n', draws, np.linalg.inv(covariance), draws) < distance_2.min()
    assert inside.mean() == pytest.approx(0.95, abs=0.005)


def test_fix_and_track_have_an_ellipse_each_around_themselves():
    drawn = markers(fix=estimate(10, 0, np.eye(2)), tracked=estimate(-30, 5, 4 * np.eye(2)))
    assert set(drawn) == {'fix', 'fix_tracked'}
    for namespace, center, radius_m in (('fix', [10, 0], 2.448), ('fix_tracked', [-30, 5], 4.895)):
        outline = points(drawn[namespace])
        np.testing.assert_array_equal(outline[0], outline[-1])  # closed
        gaps = np.hypot(*(outline[:, :2] - center).T)
        np.testing.assert_allclose(gaps, radius_m, rtol=1e-3)


def test_footprint_is_closed_and_tells_a_fix_from_a_guess():
    with_fix = markers(footprint_m=FOOTPRINT_M, fix=estimate(20, 15, np.eye(2)))['footprint']
    without = markers(footprint_m=FOOTPRINT_M, fix=Refusal('ambiguous', ''))['footprint']
    np.testing.assert_allclose(points(with_fix)[:, :2], [*FOOTPRINT_M, FOOTPRINT_M[0]])
    assert with_fix.type == Marker.LINE_STRIP
    assert rgb(with_fix)[1] > rgb(with_fix)[0]  # green
    assert rgb(without)[0] > rgb(without)[1]  # amber


def test_tiles_are_outlined_the_best_the_clearest():
    tiles = markers(tiles=[candidate(1, 2), candidate(2, 0)])['tiles']
    assert tiles.type == Marker.LINE_LIST
    outlines = points(tiles)[:, :2].reshape(2, 4, 2, 2)  # tile, side, end, east and north
    for outline, west in zip(outlines, (200.0, 0.0), strict=True):
        corners = outline[:, 0]
        np.testing.assert_allclose(corners.min(axis=0), [west, 0], atol=0.05)
        np.testing.assert_allclose(corners.max(axis=0), [west + 100, 100], atol=0.05)
        np.testing.assert_array_equal(outline[:, 1], np.roll(corners, -1, axis=0))
    alphas = [colour.a for colour in tiles.colors]
    assert min(alphas[:8]) > max(alphas[8:]) > 0


def test_hypotheses_say_their_probability_and_the_improbable_are_left_out():
    hypotheses = (
        Hypothesis(np.array([50.0, 60.0]), np.eye(2), 0.9999),
        Hypothesis(np.array([-10.0, 0.0]), np.eye(2), 0.021),
        Hypothesis(np.array([900.0, 0.0]), np.eye(2), 0.001),
    )
    answer = Answer(LOST, hypotheses=hypotheses, tracked=LOST)
    array = answer_markers(HEADER, FRAME, answer, None)
    _, places, *texts = array.markers
    np.testing.assert_allclose(points(places), [[50, 60, 0], [-10, 0, 0]])
    assert [text.text for text in texts] == ['99.9%', '2.1%']
    assert [text.pose.position.x for text in texts] == [50.0, -10.0]
    assert len({text.id for text in texts}) == 2
