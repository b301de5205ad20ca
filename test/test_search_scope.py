# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What info and preflight say of the search is what the localizer does."""

import json

from makers import GSD, make_ground, TILE_PX
import pytest
from visual_navsat.cli.main import main
from visual_navsat.config import Config
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.view import View
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.correlate import correlate
from visual_navsat.localization.photo_search import PhotoSearch
from visual_navsat.localization.prior import Prior
from visual_navsat.preflight.search_scope import search_scopes

WIDE_M = 224.0
KNOWN = {
    'heading and scale known': (0.0, 1.0),
    'heading alone known': (0.0, None),
    'scale alone known': (None, 1.0),
    'neither known': (None, None),
}


@pytest.fixture(scope='module')
def loaded(small_map):
    """Return the map in memory."""
    return LoadedMap.open(small_map.index, Config())


def photo_of(known):
    heading_deg, gsd = KNOWN[known]
    view = View(heading_deg=heading_deg, gsd_m_per_px=gsd)
    return look_down(make_ground(224)[:168], view)  # shows 224 m across


def said_of(loaded, known, budget):
    grids = [area.grid for area in loaded.manifest.areas]
    return {one.known: one for one in search_scopes(grids, WIDE_M, budget)}[known]


@pytest.mark.parametrize('known', KNOWN)
def test_as_much_is_tried_as_is_said(loaded, known):
    said = said_of(loaded, known, 1e6)
    search = PhotoSearch.of(photo_of(known), loaded.areas, WIDE_M)
    assert search.count([None]) == pytest.approx(1e6 * said.million_scores)


def test_of_a_footprint_too_large_for_the_finest_map_it_is_said_too(loaded):
    grids, wide_m = [area.grid for area in loaded.manifest.areas], 448.0
    view = View(heading_deg=0.0, gsd_m_per_px=wide_m / 224)
    search = PhotoSearch.of(look_down(make_ground(224)[:168], view), loaded.areas, wide_m)
    (said, *_) = search_scopes(grids, wide_m, 1e6)
    assert said.start_gsd_m_per_px == 4.0
    assert search.count([None]) == pytest.approx(1e6 * said.million_scores)


def test_the_localizer_searches_where_is_said(loaded):
    known = 'heading and scale known'
    usual, photo, found = said_of(loaded, known, 1e6), photo_of(known), []
    for share in (1.02, 0.5, 0.001):
        budget = share * usual.million_scores
        found.append(said_of(loaded, known, budget).scope)
        matches = correlate(photo, loaded.areas, loaded.tiles[:1], WIDE_M, 1e6 * budget)
        assert matches.scope == found[-1], share
    assert found == ['whole', 'coarse', 'part']


def test_a_long_search_is_left_out_where_a_quick_one_is_enough(loaded, monkeypatch):
    ground = make_ground(4 * TILE_PX, seed=5)[slice(200, 500), slice(200, 600)]  # of the map
    photo, asked = look_down(ground, View(gsd_m_per_px=GSD)), []

    def matches(is_enough):
        return correlate(photo, loaded.areas, (), WIDE_M, 1e9, is_enough=is_enough)

    def never(found):
        asked.append(found)
        return False

    whole = matches(None)
    assert whole.scope == 'whole'
    monkeypatch.setattr('visual_navsat.localization.correlate._LONG_SCORES', 1e12)
    assert matches(never).scope == 'whole' and not asked  # it is short enough
    monkeypatch.setattr('visual_navsat.localization.correlate._LONG_SCORES', 0.0)
    unsure = matches(never)
    assert len(asked) == 1 and unsure.scope == 'whole'
    assert [m.strength for m in unsure.matches] == [m.strength for m in whole.matches]
    quick = matches(bool)
    assert quick.scope == 'coarse' and quick.is_whole_map
    assert [m.strength for m in quick.matches] == [m.strength for m in asked[0]]
    # Both end on the finest level of the map.
    assert quick.matches[0].place == pytest.approx(whole.matches[0].place, abs=1e-6)


def test_a_prior_beyond_the_budget_is_searched_from_a_coarser_level(loaded):
    ground, (area,) = make_ground(4 * TILE_PX, seed=5), loaded.areas
    view = View(heading_deg=0.0, gsd_m_per_px=GSD, scale_sigma=0.02)
    photo = look_down(ground[slice(200, 500), slice(200, 600)], view)
    prior = Prior(area.frame, (area.bounds,))
    count = PhotoSearch.of(photo, loaded.areas, WIDE_M).count([[area.bounds]])
    scopes = []
    for budget in (count, count - 1, 1.0):
        found = correlate(photo, loaded.areas, loaded.tiles, WIDE_M, budget, prior)
        scopes.append(found.matches[0].evidence.scope)
        assert found.found_by == 'prior'
    assert scopes == ['whole', 'coarse', 'part']  # the last one in the tiles alone


def test_a_large_map_is_searched_where_retrieval_says():
    town, country = (
        PixelGrid(0.0, 0.0, 4_000, 4_000, 0.5),
        PixelGrid(0.0, 0.0, 80_000, 80_000, 0.5),
    )
    of_town, of_country = (search_scopes([grid], 150.0, 200.0) for grid in (town, country))
    assert of_town[0].scope == 'whole' and of_town[0].start_gsd_m_per_px == 2.0
    assert of_country[-1].scope == 'part'
    assert 'there retrieval decides' in of_country[-1].line
    # Less is known, more is tried.
    assert [one.million_scores for one in of_town] == sorted(one.million_scores for one in of_town)
    wider = search_scopes([town], 150.0, 200.0, heading_sigma_deg=20.0)
    assert wider[0].million_scores > 5 * of_town[0].million_scores


def test_info_and_preflight_say_it(small_map, tmp_path, capsys):
    assert main(['info', str(small_map.index)]) == 0
    assert 'heading and scale known: every place is tried' in capsys.readouterr().out
    assert main(['info', str(small_map.index), '--json']) == 0
    facts = json.loads(capsys.readouterr().out)['search']
    assert [one['known'] for one in facts['scopes']] == list(KNOWN)
    out = tmp_path / 'p.json'
    flags = ('--max-cells', '4', '--max-million-scores', '0.001', '--json', str(out))
    assert main(['preflight', str(small_map.index), *flags]) == 0
    assert 'there retrieval decides' in capsys.readouterr().out
    assert json.loads(out.read_text())['search'][0]['scope'] == 'part'
    assert main(['preflight', str(small_map.index), '--height-sigma', '3']) == 1
    assert '--height-sigma must be 0.001 to 0.45' in capsys.readouterr().err
