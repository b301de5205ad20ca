# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench.hostile.kinds import KINDS
from bench.hostile.scene import Scene
from bench.hostile.trial import Outcome, try_image
from bench.record import run_verb
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp('hostile')
    run_verb('build-map', *Scene().write_map(folder), '--out', folder / 'index')
    return folder / 'index'


@pytest.mark.parametrize('kind', KINDS)
def test_a_hostile_image_is_refused_or_found_where_it_was_taken(index, kind):
    outcome = try_image((index, kind, 0, 1, None))
    assert not outcome.is_false, outcome
    assert not outcome.is_fault, outcome.detail


def test_a_photo_that_only_lost_its_colours_is_found(index):
    said = {try_image((index, 'negative', number, 2, None)).said for number in range(3)}
    assert 'fix' in said  # else the map shows nothing of these photos, and no test tells anything


@pytest.mark.parametrize(
    ('error_m', 'is_false'), [(None, True), (3.0, False), (50.0, False), (51.0, True)]
)
def test_a_fix_is_false_where_the_image_shows_no_place_nearby(error_m, is_false):
    assert Outcome('noise', 0, 'fix', error_m=error_m).is_false == is_false
    assert not Outcome('noise', 0, 'ambiguous').is_false
