# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.errors import ConfigError
from visual_navsat.evaluation.perturbation import Perturbation
from visual_navsat.photo_knowledge import Knowledge

KNOWN = Knowledge(heading_deg=100.0, height_agl_m=200.0, gsd_m_per_px=0.5)
PUBLISHED = (100.35284911401823, 209.263615548599, 0.5231590388714975)
SIGMAS = (3.5118845842842465, 0.07637626158259733)
NAMES = [f'{number}.jpg' for number in range(2000)]


def test_errors_fill_their_range_evenly():
    perturbation = Perturbation.parse('heading_deg=5, height=0.1', seed=1)
    disturbed = [perturbation.disturb(KNOWN, name) for name in NAMES]
    heading = np.array([known.heading_deg for known in disturbed]) - 100.0
    height = np.array([known.height_agl_m for known in disturbed]) / 200.0 - 1
    for errors, half_width in ((heading, 5.0), (height, 0.1)):
        assert np.abs(errors).max() <= half_width
        counts = np.histogram(errors, 10, (-half_width, half_width))[0]
        assert (np.abs(counts - 200) < 60).all()  # over four sigmas of a count
    assert abs(np.corrcoef(heading, height)[0, 1]) < 0.1


def test_height_and_gsd_are_wrong_by_the_same_factor():
    disturbed = Perturbation.parse('height=0.3', 0).disturb(KNOWN, 'a.jpg')
    factor = disturbed.height_agl_m / 200.0
    assert factor != 1.0
    assert disturbed.gsd_m_per_px == pytest.approx(0.5 * factor)
    assert disturbed.heading_deg == 100.0


def test_the_gsd_can_be_wrong_alone():
    disturbed = Perturbation.parse('gsd=0.1', 1).disturb(KNOWN, 'a.jpg')
    assert (disturbed.heading_deg, disturbed.height_agl_m) == (100.0, 200.0)
    factor = disturbed.gsd_m_per_px / 0.5
    assert 0.0 < abs(factor - 1) <= 0.1
    # On top of an error of the height, whose draw stays what it was without.
    height = Perturbation.parse('height=0.3', 1).disturb(KNOWN, 'a.jpg')
    both = Perturbation.parse('gsd=0.1,height=0.3', 1).disturb(KNOWN, 'a.jpg')
    assert both.height_agl_m == height.height_agl_m
    assert both.gsd_m_per_px == pytest.approx(height.gsd_m_per_px * factor)


def test_draws_are_those_of_published_runs():
    disturbed = Perturbation.parse('heading_deg=5,height=0.1', 0).disturb(KNOWN, 'DJI_0001.JPG')
    found = (disturbed.heading_deg, disturbed.height_agl_m, disturbed.gsd_m_per_px)
    assert found == PUBLISHED
    assert (disturbed.heading_sigma_deg, disturbed.scale_sigma) == SIGMAS


@pytest.mark.parametrize(('hfov_deg', 'sigma'), [(None, 0.13), (70.0, 0.05)])
def test_an_error_of_the_gsd_is_told_where_the_gsd_is_used(hfov_deg, sigma):
    known = Knowledge(height_agl_m=200.0, gsd_m_per_px=0.5, hfov_deg=hfov_deg)
    disturbed = Perturbation.parse('gsd=0.20785', 0).disturb(known, 'a.jpg')
    assert disturbed.scale_sigma == pytest.approx(sigma, rel=1e-4)  # 0.05^2 + 0.20785^2 / 3


def test_an_error_depends_on_seed_and_file_only():
    perturbation = Perturbation.parse('heading_deg=5', 7)
    backwards = {name: perturbation.disturb(KNOWN, name) for name in reversed(NAMES[:9])}
    assert all(backwards[name] == perturbation.disturb(KNOWN, name) for name in NAMES[:9])
    # Asking for an error of the height as well leaves that of the heading.
    both = Perturbation.parse('height=0.1,heading_deg=5', 7).disturb(KNOWN, 'a.jpg')
    assert both.heading_deg == perturbation.disturb(KNOWN, 'a.jpg').heading_deg
    assert Perturbation.parse('heading_deg=5', 8).disturb(KNOWN, 'a.jpg') != both


def test_the_engine_is_told_how_large_the_errors_are():
    disturbed = Perturbation.parse('heading_deg=6,height=0.12', 0).disturb(
        Knowledge(heading_sigma_deg=2.0, height_sigma=0.01), 'a.jpg'
    )
    assert disturbed.heading_sigma_deg == pytest.approx(4.0)  # 2^2 + 6^2 / 3
    assert disturbed.scale_sigma == pytest.approx(0.07)  # 0.01^2 + 0.12^2 / 3


def test_nothing_asked_is_nothing_done():
    assert Perturbation.parse('', 0).disturb(KNOWN, 'a.jpg') == KNOWN


def test_what_is_unknown_stays_unknown():
    disturbed = Perturbation.parse('heading_deg=5,height=0.1', 0).disturb(Knowledge(), 'a.jpg')
    assert disturbed.names == []


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('speed=1', "'speed' is unknown"),
        ('heading_deg', "heading_deg must be 0 to 180, got ''"),
        ('heading_deg=far', "180, got 'far'"),
        ('heading_deg=-1', "180, got '-1'"),
        ('height=nan', "height must be 0 to 0.9, got 'nan'"),
        ('height=10', "height must be 0 to 0.9, got '10'"),
    ],
)
def test_wrong_errors_are_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        Perturbation.parse(text, 0)
