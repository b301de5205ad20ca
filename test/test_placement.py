"""From the pixels of a photo to the ground that it shows."""

import numpy as np
import pytest

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.placement import Placement

FRAME = LocalFrame(47.0, 8.0)
SIZE = (80, 60)
CORNERS = np.array([[0, 0], [80, 0], [80, 60], [0, 60]]) - 0.5  # clockwise from the top left


def placed_at(east_m, north_m, heading_deg, gsd_m_per_px):
    lat, long = FRAME.geodetic_from_enu([east_m, north_m])
    return Placement(float(lat), float(long), heading_deg, gsd_m_per_px)


@pytest.mark.parametrize(
    ('heading_deg', 'expected'),
    [
        # 40 m to the left and 30 m up, with north up: in the north-west.
        (0.0, [[60, 230], [140, 230], [140, 170], [60, 170]]),
        # East up: the top left corner lies 30 m east and 40 m north.
        (90.0, [[130, 240], [130, 160], [70, 160], [70, 240]]),
        (180.0, [[140, 170], [60, 170], [60, 230], [140, 230]]),
    ],
)
def test_corners_by_hand(heading_deg, expected):
    ground = placed_at(100, 200, heading_deg, 1.0).ground_from_pixel(CORNERS, SIZE, FRAME)
    np.testing.assert_allclose(ground, expected, atol=1e-3)


def test_the_middle_stays_where_the_photo_was_placed_at_any_scale():
    middle = [[39.5, 29.5]]
    for heading_deg, gsd in ((0, 0.1), (33, 2.0), (271, 0.7)):
        place = placed_at(-50, 20, heading_deg, gsd)
        np.testing.assert_allclose(
            place.ground_from_pixel(middle, SIZE, FRAME), [[-50, 20]], atol=1e-3
        )
        sides = np.diff(place.ground_from_pixel(CORNERS, SIZE, FRAME), axis=0)
        np.testing.assert_allclose(np.hypot(*sides.T), gsd * np.array([80, 60, 80]), rtol=1e-6)
