# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import json
import subprocess
import sys
import textwrap

import cv2
from makers import GSD, load_engine, photograph
import numpy as np
import pytest
from visual_navsat import PositionEstimate, Refusal
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.view import View
from visual_navsat.geometry.working_size import MAX_WORKED_PX, to_working_size
from visual_navsat.localization.footprint_bound import refuse_footprint

MEGABYTE = 1_000_000
CAMERA = CameraModel.from_hfov(640, 480, np.radians(70))


@pytest.mark.parametrize(
    'view',
    [
        View(gsd_m_per_px=10.0),
        View(camera=CAMERA, height_agl_m=2500.0),
        View(camera=CAMERA, height_agl_m=120e3),  # millimetres
        # A focal length in millimetres where pixels belong.
        View(camera=CameraModel(640, 480, 4.5, 4.5, 319.5, 239.5), height_agl_m=100.0),
        View(heading_deg=30.0, gsd_m_per_px=1.5),
        View(gsd_m_per_px=3.2, scale_sigma=0.3),
    ],
)
def test_an_image_of_more_ground_than_the_map_has_is_refused_at_once(wide_engine, view):
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    answer = wide_engine.query(image, view=view)
    assert isinstance(answer.position, Refusal)
    assert answer.position.reason == 'too_high'
    assert 'the map has' in answer.position.detail
    assert not answer.candidates
    assert 'backbone' not in answer.timings_ms


def test_a_footprint_counts_at_the_smallest_scale_within_its_tolerance():
    view = View(gsd_m_per_px=1.0, scale_sigma=0.1)  # 20 % either way
    smallest_m2 = 0.8**2 * 500 * 400
    assert refuse_footprint(500, 400, view, smallest_m2) is None
    assert refuse_footprint(500, 400, view, 0.999 * smallest_m2).reason == 'too_high'
    assert refuse_footprint(500, 400, View(), 1.0) is None  # of unknown scale


def test_a_map_without_fields_refuses_too(wide_map):
    engine = load_engine(wide_map.index, {'correlation': {'correlate': False}})
    image = photograph(wide_map.ground, 2.5, 3.5, 0.0)
    assert engine.query(image, view=View(gsd_m_per_px=10.0)).position.reason == 'too_high'


def test_an_image_of_usual_size_is_worked_as_it_is():
    image = np.zeros((3072, 4096, 3), np.uint8)
    view = View(gsd_m_per_px=0.1)
    assert to_working_size(image, view)[0] is image


def test_a_large_photo_is_worked_at_a_smaller_size_with_its_view():
    image = np.zeros((6000, 8000, 3), np.uint8)
    camera = CameraModel.from_hfov(8000, 6000, np.radians(70))
    shrunk, view = to_working_size(image, View(camera=camera, gsd_m_per_px=0.05))
    height, width = shrunk.shape[:2]
    assert height * width <= MAX_WORKED_PX
    assert width / height == pytest.approx(4 / 3, abs=1e-3)
    assert (view.camera.width, view.camera.height) == (width, height)
    assert view.camera.fx / width == pytest.approx(camera.fx / 8000, rel=1e-9)
    assert view.gsd_m_per_px * width == pytest.approx(0.05 * 8000, rel=1e-9)
    whole = View(camera=camera, heading_deg=0.0, height_agl_m=100.0)
    nadir = look_down(image, whole)
    assert nadir.view.gsd_m_per_px * nadir.image.shape[1] == pytest.approx(
        8000 * whole.known_gsd_m_per_px, rel=1e-6
    )


# Of a child that locates one photo: its memory has no other peak.
_LOCATE = """
    import json, sys
    import numpy as np
    from visual_navsat import RetrievalEngine
    from visual_navsat.engine import warm_up
    from visual_navsat.geometry.view import View

    def peak():  # of this process alone: getrusage also counts what its parent had
        lines = open('/proc/self/status').read().split('\\n')
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith('VmHWM'))

    engine = RetrievalEngine()
    engine.load_map(sys.argv[1])
    engine.query(np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8))
    before = peak()
    answer = engine.query(sys.argv[2], view=View(heading_deg=0.0, gsd_m_per_px=float(sys.argv[3])))
    position = answer.position
    print(json.dumps({
        'bytes': peak() - before, 'fix': answer.is_fix,
        'place': [getattr(position, 'latitude', 0.0), getattr(position, 'longitude', 0.0)],
    }))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='reads /proc/self/status')
def test_a_photo_of_100_megapixels_costs_less_than_a_gigabyte(tmp_path, wide_map, wide_engine):
    photo = photograph(wide_map.ground, 2.5, 3.5, 0.0)
    factor = 11_547 / photo.shape[1]
    size = 11_547, round(photo.shape[0] * factor)
    while size[0] * size[1] > 100_000_000:
        size = size[0] - 20, round(photo.shape[0] * (size[0] - 20) / photo.shape[1])
    large = cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC)
    path = tmp_path / 'large.jpg'
    cv2.imwrite(str(path), large[..., ::-1])
    gsd = GSD * photo.shape[1] / size[0]
    del large
    child = subprocess.run(
        [sys.executable, '-c', textwrap.dedent(_LOCATE), wide_map.index, path, str(gsd)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(child.stdout)
    assert found['bytes'] < 1000 * MEGABYTE
    expected = wide_engine.query(photo, heading_deg=0.0, gsd_m_per_px=GSD)
    assert isinstance(expected.position, PositionEstimate)
    assert found['fix']
    assert expected.position.distance_m(*found['place']) < 0.3  # half a pixel of the map
