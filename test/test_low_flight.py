# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A flight so low that single images are refused is found by several of them, joined."""

import csv
import json

from low_flight import HEIGHT, IMAGES, LOW_GSD, low_image, low_place, make_low_map, WIDTH
from makers import make_ground
import numpy as np
from PIL import Image
import pytest
from visual_navsat.cli.main import main
from visual_navsat.config import Config
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.recent_photos import RecentPhotos
from visual_navsat.tracking.localizer import Localizer
from visual_navsat.tracking.timed_image import TimedImage

VIEW = View(heading_deg=0.0, gsd_m_per_px=LOW_GSD)
# Whatever model ships: of images like these, one alone is refused more often than not.
SURE = ('--min-probability', '0.98')


@pytest.fixture(scope='module')
def low_map(tmp_path_factory):
    return make_low_map(tmp_path_factory.mktemp('low'))


def fly(low_map, images, **low_flight):
    """Return a localizer's answers to some images, (H, W, 3) each."""
    config = Config().replace('position.min_probability', 0.98)
    for name, value in low_flight.items():
        config = config.replace(f'low_flight.{name}', value)
    localizer, _ = Localizer.open(low_map.index, config)
    return [
        localizer.answer(
            TimedImage(str(n), n * 10**9, n * 10**9, lambda image=image: image, view=VIEW),
            n * 10**9,
        )
        for n, image in enumerate(images)
    ]


@pytest.fixture(scope='module')
def flight():
    return [low_image(number) for number in range(IMAGES)]


@pytest.fixture(scope='module')
def alone(low_map, flight):
    return fly(low_map, flight, join_images=1)


@pytest.fixture(scope='module')
def joined(low_map, flight):
    return fly(low_map, flight)


def test_joined_images_are_found_where_one_is_refused(alone, joined):
    assert sum(answer.is_fix for answer in joined) >= sum(a.is_fix for a in alone) + 3
    by_joining = [answer for answer in joined if answer.images_joined > 1]
    assert {answer.images_joined for answer in by_joining} <= {2, 3}
    for answer in by_joining:
        assert answer.is_fix
        assert answer.position.distance_m(*low_place(int(answer.name))) < 1.0
        assert answer.best_match.gsd_m_per_px == pytest.approx(LOW_GSD, rel=0.02)
        assert answer.timings_ms['join'] > 0
    assert all(answer.images_joined == 1 for answer in alone)


def test_the_track_takes_each_image_alone(alone, joined):
    for one, both in zip(alone, joined, strict=True):
        assert [h.probability for h in both.hypotheses] == [h.probability for h in one.hypotheses]


def test_a_fix_by_joined_images_is_less_exact_than_the_same_by_one(low_map, flight, joined):
    lone = next(answer for answer in joined if answer.is_fix and answer.images_joined > 1)
    recent = RecentPhotos(3)
    photos = [NadirImage(image, None, VIEW, None) for image in flight[: int(lone.name) + 1]]
    added = [recent.join(photo) for photo in photos][-1].covariance_m2
    assert added[0, 0] > 0.01
    assert (np.diag(lone.position.covariance_enu_m2)[:2] > np.diag(added)).all()


def test_images_of_a_larger_footprint_are_not_joined(low_map, flight):
    answers = fly(low_map, flight, max_footprint_m=10.0)
    assert all(answer.images_joined == 1 for answer in answers)


def test_an_image_of_another_place_joins_nothing(flight):
    elsewhere = make_ground(400, box_px=(40, 300), noise=25.0, seed=9)[:HEIGHT, :WIDTH]
    recent = RecentPhotos(3)
    images = [*flight[:2], elsewhere, flight[2], flight[3]]
    photos = [NadirImage(image, None, VIEW, None) for image in images]
    found = [recent.join(photo) for photo in photos]
    assert found[0] is None and found[1].images == 2
    assert found[2] is None and found[3] is None  # neither overlaps the one before
    assert found[4].images == 2


def test_hovering_images_are_looked_at_alone_and_forget_nothing(flight):
    recent = RecentPhotos(3)
    photos = [NadirImage(flight[n], None, VIEW, None) for n in (2, 3, 3, 3, 4)]
    found = [recent.join(photo) for photo in photos]
    assert found[2] is None and found[3] is None
    assert found[4].images == 3


def test_large_photos_are_kept_small(flight):
    recent = RecentPhotos(2)
    for number in (0, 1):
        image = np.repeat(np.repeat(flight[number], 20, axis=0), 20, axis=1)
        view = View(heading_deg=0.0, gsd_m_per_px=LOW_GSD / 20)
        joined = recent.join(NadirImage(image, None, view, None))
    assert max(joined.photo.image.shape) <= 2 * 1280
    assert joined.photo.view.gsd_m_per_px == pytest.approx(LOW_GSD * WIDTH / 1280)
    assert joined.usual_footprint_m(float(WIDTH)) == pytest.approx(
        max(joined.photo.image.shape) * WIDTH / 1280
    )


def test_the_number_of_joined_images_goes_through_json(joined):
    for answer in joined:
        again = Answer.from_json(json.loads(json.dumps(answer.to_json())))
        assert again.images_joined == answer.images_joined


def test_evaluate_joins_the_images_of_a_folder_in_order(low_map, flight, tmp_path, capsys):
    with (tmp_path / 'queries.csv').open('w', newline='') as stream:
        writer = csv.writer(stream)
        writer.writerow(['Filename', 'Latitude', 'Longitude', 'Yaw', 'GSD'])
        for number, image in enumerate(flight):
            name = f'{number}.png'
            Image.fromarray(image).save(tmp_path / name)
            writer.writerow([name, *low_place(number), 0.0, LOW_GSD])
    counts = []
    for flags in ((), ('--join-images', '3')):
        out = tmp_path / f'result{len(flags)}.json'
        words = ['evaluate', '--map', low_map.index, '--images', tmp_path, '--json', out]
        words += ['--queries', tmp_path / 'queries.csv', *SURE, *flags]
        assert main([str(word) for word in words]) == 0
        result = json.loads(out.read_text())
        assert result['false_fixes'] == 0
        counts.append(result['n'] - result['refused'])
    assert counts[1] >= counts[0] + 3
    names = [str(tmp_path / f'{number}.png') for number in range(IMAGES)]
    words = ['locate', *names, '--map', low_map.index, '--heading-deg', '0', '--gsd', LOW_GSD]
    words += ['--format', 'json', '--join-images', '3', *SURE]
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(answer['status'] == 'fix' for answer in answers) == counts[1]
    assert max(answer['images_joined'] for answer in answers) == 3


def test_a_number_of_images_out_of_range_is_one_line(low_map, capsys):
    assert main(['locate', 'a.png', '--map', str(low_map.index), '--join-images', '9']) == 1
    assert '--join-images' in capsys.readouterr().err
