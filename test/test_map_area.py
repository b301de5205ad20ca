# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from dataclasses import replace
from types import SimpleNamespace

from field_storage import made_fields
from makers import ground_of_tile, GSD, make_ground, make_tile
import numpy as np
import pytest
import torch
from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.correlation.map_area import MapArea, NUM_LEVELS
from visual_navsat.correlation.map_field import make_levels, MapField
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.index.build.area_fields import plan_patches
from visual_navsat.localization.correlate import correlate
from visual_navsat.maps.imagery import MapImagery, SoleOwner
from visual_navsat.maps.reader import MapImage

TILE_PX = 160
PLACES = ((46.5, 7.9), (60.2, 24.9))  # two areas, each of 3 x 3 tiles


@pytest.fixture(scope='module')
def two_areas(tmp_path_factory):
    """Return grounds by place, tiles, and the areas as they come back from an index."""
    grounds, tiles, images = [], [], {}
    for number, place in enumerate(PLACES):
        ground = make_ground(3 * TILE_PX, box_px=(8, 60), seed=number)
        grounds.append(ground)
        for row, column in np.ndindex(3, 3):
            tile = make_tile(row, column, TILE_PX * GSD, LocalFrame(*place))
            tiles.append(replace(tile, filename=f'{number}_{row}_{column}'))
            piece = ground_of_tile(ground, row, column, TILE_PX)
            images[tiles[-1].filename] = MapImage(piece, GeoBox.of_tile(tile))
    source = MapImagery(owner=SoleOwner(SimpleNamespace(read=lambda tile: images[tile.filename])))
    patches = plan_patches(tiles, FieldOptions().gsd_m_per_px)
    fields = made_fields(source, patches, tmp_path_factory.mktemp('fields'))
    loaded = []
    for patch, field in zip(patches, fields, strict=True):
        planes = torch.from_numpy(np.array(field))
        whole = MapField.of(patch.area.grid, planes[:2], planes[2].bool())
        loaded.append(MapArea(patch.area.frame, make_levels(whole, NUM_LEVELS)))
    return grounds, tiles, loaded


def photograph(ground: np.ndarray, row: int, column: int) -> NadirImage:
    """Return 80 x 80 m around a pixel of the ground, with heading and GSD known."""
    piece = ground[slice(row - 80, row + 80), slice(column - 80, column + 80)]
    return NadirImage(piece, None, View(heading_deg=0.0, gsd_m_per_px=GSD), None)


def expected_place(number: int, row: int, column: int) -> tuple[float, float]:
    lat, long = LocalFrame(*PLACES[number]).geodetic_from_enu([column * GSD, -row * GSD])
    return float(lat), float(long)


@pytest.mark.parametrize(('number', 'row', 'column'), [(0, 160, 160), (1, 200, 330)])
def test_a_place_is_found_in_its_area_across_tile_borders(two_areas, number, row, column):
    grounds, tiles, areas = two_areas
    matches = correlate(photograph(grounds[number], row, column), areas, tiles, 80.0, 1e9)
    assert matches.matches[0].place == pytest.approx(expected_place(number, row, column), abs=6e-6)
    best, rival = matches.matches[:2]
    assert best.strength > 1.5 * rival.strength
    assert matches.found_by == 'retrieval'


def test_without_budget_only_the_ranked_tiles_are_searched(two_areas):
    grounds, tiles, areas = two_areas
    photo = photograph(grounds[1], 240, 240)
    wrong_tiles = [tile for tile in tiles if tile.filename.startswith('0_')][:2]
    limited = correlate(photo, areas, wrong_tiles, 80.0, 1.0)
    assert limited.found_by == 'retrieval'
    assert limited.matches[0].place[0] == pytest.approx(46.5, abs=0.01)
    free = correlate(photo, areas, wrong_tiles, 80.0, 1e9)
    assert free.found_by == 'search'
    assert free.matches[0].place == pytest.approx(expected_place(1, 240, 240), abs=6e-6)


def test_an_unknown_gsd_is_guessed_from_the_tiles(two_areas):
    grounds, tiles, areas = two_areas
    photo = photograph(grounds[0], 240, 200)
    blind = NadirImage(photo.image, None, View(heading_deg=0.0), None)
    matches = correlate(blind, areas, tiles, 95.0, 1e9)  # it is 80 m
    assert matches.matches[0].place == pytest.approx(expected_place(0, 240, 200), abs=1e-5)
    assert matches.matches[0].gsd_m_per_px == pytest.approx(GSD, rel=0.02)


def test_a_grey_photo_is_textureless(two_areas):
    grey = NadirImage(np.full((160, 160, 3), 90, np.uint8), None, View(), None)
    matches = correlate(grey, two_areas[2], two_areas[1], 80.0, 1e9)
    assert (matches.matches, matches.reason) == ((), 'textureless')


@pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')
def test_cuda_finds_the_same_place(two_areas):
    grounds, tiles, areas = two_areas
    on_gpu = [replace(area, levels=[level.to('cuda') for level in area.levels]) for area in areas]
    photo = photograph(grounds[0], 160, 160)
    cpu, gpu = (correlate(photo, a, tiles, 80.0, 1e9).matches[0] for a in (areas, on_gpu))
    assert gpu.place == pytest.approx(cpu.place, abs=1e-7)
