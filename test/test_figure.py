# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The picture of an answer: the photo where it lies on the map, fix or not, and every imagery."""

from dataclasses import replace

import numpy as np
from PIL import Image
import pytest
from report_world import FRAME, IMAGERY, TILES
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import crop_map
from visual_navsat.report.figure import AnswerPicture, save_answer_figure
from visual_navsat.report.photo_on_map import lay_photo
from visual_navsat.retrieval.result import RetrievalResult

pytest.importorskip('matplotlib')
TEAL, RED = (18, 181, 166), (229, 72, 77)
HEADING_DEG, GSD = 30.0, 1.0


def candidate(rank, east, north, heading_deg=HEADING_DEG, probability=0.9):
    lat, long = map(float, FRAME.geodetic_from_enu([east, north]))
    return Candidate(
        rank, probability, lat, long, heading_deg, GSD, center_latitude=lat, center_longitude=long
    )


def photo_at(place, mask=None):
    center = place.center_latitude, place.center_longitude
    image = crop_map(IMAGERY, center, place.heading_deg, GSD, (120, 90))
    return NadirImage(image, mask, View(), None)


BEST = candidate(1, 200, -200)
RIVALS = (candidate(2, 120, -260, 75.0, 0.05), candidate(3, 300, -90, -100.0, 1e-6))
FIX = PositionEstimate(BEST.latitude, BEST.longitude, np.diag([9.0, 4.0, 100.0]))
RANKED = tuple(RetrievalResult(n + 1, 0.8 - n / 100, TILES[n], n) for n in range(8))
ANSWER = Answer(FIX, candidates=(BEST, *RIVALS), ranked_tiles=RANKED)


def test_a_photo_of_the_map_continues_the_map():
    photo = photo_at(BEST)
    pose = PhotoPose.of(BEST)
    right = lay_photo(photo, pose, IMAGERY, (90.0, 68.0), 180)
    assert right.laid.shape == right.ground.shape == (136, 180, 3)
    # The edges of the tiles are resampled twice.
    assert np.mean(np.abs(right.laid.astype(int) - right.ground) > 12) < 0.02
    turned = lay_photo(
        photo, replace(pose, heading_deg=HEADING_DEG + 90), IMAGERY, (90, 68.0), 180
    )
    differs = np.abs(turned.laid.astype(int) - turned.ground).max(axis=-1) > 12
    assert differs.mean() > 0.08
    # Around the photo, and on every other field of it, the map stays as it is.
    assert not differs[:20].any()
    assert not differs[:, :28].any()
    assert not differs[25:42, 52:68].any()


def test_without_imagery_the_whole_photo_is_shown():
    photo = photo_at(BEST)
    alone = lay_photo(photo, PhotoPose.of(BEST), MapImagery(), (90.0, 68.0), 180)
    assert alone.ground is None
    np.testing.assert_allclose(alone.laid[23:113, 30:150], photo.image, atol=2)
    assert (alone.laid[:20] == 226).all()


def draw(path, answer, imagery=IMAGERY, mask=None):
    scored = ScoredAnswer.of(replace(answer, name='a.jpg'), None)
    picture = AnswerPicture(photo_at(BEST, mask), scored, imagery)
    save_answer_figure(path / 'sub' / 'a.png', picture)
    return np.asarray(Image.open(path / 'sub' / 'a.png').convert('RGB'))


def share_of(image, colour):
    return (np.abs(image.astype(int) - colour).max(axis=-1) < 12).mean()


@pytest.mark.filterwarnings('error')  # of a layout that does not fit, or a letter without a form
def test_a_fix_and_a_refusal_are_told_apart(tmp_path):
    fix = draw(tmp_path, ANSWER)
    assert fix.shape[1] == 1430
    assert share_of(fix, TEAL) > 0.001
    assert share_of(fix, RED) == 0
    long = Refusal('ambiguous', 'the best place agrees 1.04 times as well as the next, ' * 5)
    refused = draw(tmp_path, replace(ANSWER, position=long))
    assert share_of(refused, RED) > 0.0005
    assert share_of(refused, TEAL) == 0


@pytest.mark.slow
@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize(
    'answer',
    [
        Answer(FIX, ranked_tiles=RANKED),
        Answer(Refusal('no_match', 'nothing stands out'), ranked_tiles=RANKED[:2]),
        Answer(Refusal('dark', 'the image is too dark')),
        replace(ANSWER, candidates=(BEST,)),
    ],
    ids=['tiles alone', 'a refusal of tiles', 'nothing', 'no rival'],
)
def test_every_answer_has_a_figure(tmp_path, answer):
    shown, gone = draw(tmp_path, answer), draw(tmp_path, answer, MapImagery())
    assert shown.shape == gone.shape
    assert (shown != gone).any() == bool(answer.ranked_tiles)


@pytest.mark.slow
@pytest.mark.filterwarnings('error')
def test_a_tilted_photo_shows_only_its_ground(tmp_path):
    mask = np.zeros((90, 120), bool)
    mask[30:, 40:80] = True
    part = draw(tmp_path, ANSWER, mask=mask)
    assert (part != draw(tmp_path, ANSWER)).mean() > 0.005
