import cv2
import numpy as np
import pytest
import torch

from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.correlation.map_area import load_area
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.view import View
from visual_navsat.index.build.area_fields import make_area_patches
from visual_navsat.localization.correlate import correlate
from visual_navsat.maps.reader import MapImage

GSD = 0.5
TILE_PX = 160
PLACES = ((46.5, 7.9), (60.2, 24.9))  # two areas, each of 3 x 3 tiles


def make_ground(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ground = np.full((3 * TILE_PX, 3 * TILE_PX, 3), 100, np.uint8)
    for _ in range(150):
        centre = tuple(float(v) for v in rng.uniform(0, ground.shape[0], 2))
        size = tuple(float(v) for v in rng.uniform(8, 60, 2))
        corners = cv2.boxPoints((centre, size, float(rng.uniform(0, 180))))
        cv2.fillPoly(ground, [np.intp(corners)], tuple(int(v) for v in rng.integers(20, 240, 3)))
    return ground


@pytest.fixture(scope='module')
def two_areas():
    """Return grounds by place, tiles, and the areas as they come back from an index."""
    grounds, tiles, images = [], [], {}
    for number, place in enumerate(PLACES):
        ground = make_ground(number)
        grounds.append(ground)
        frame = LocalFrame(*place)
        for row in range(3):
            for column in range(3):
                corners = np.array([[column, -row], [column + 1, -row - 1]]) * TILE_PX * GSD
                lat, long = frame.geodetic_from_enu(corners)
                name = f'{number}_{row}_{column}'
                tiles.append(TileMetadata(name, lat[0], long[0], lat[1], long[1]))
                images[name] = ground[row * TILE_PX :, column * TILE_PX :][:TILE_PX, :TILE_PX]
    patches = make_area_patches(
        tiles,
        lambda some: [MapImage(images[tile.filename], GeoBox.of_tile(tile)) for tile in some],
        FieldOptions(),
    )
    loaded = [
        load_area(patch.area.frame, patch.area.grid, patch.field, 'cpu') for patch in patches
    ]
    return grounds, tiles, loaded


def photograph(ground: np.ndarray, row: int, column: int) -> NadirImage:
    """Return 80 x 80 m around a pixel of the ground, with heading and GSD known."""
    piece = ground[row - 80 : row + 80, column - 80 : column + 80]
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
    on_gpu = [type(area)(area.frame, area.pyramid.to('cuda')) for area in areas]
    photo = photograph(grounds[0], 160, 160)
    cpu, gpu = (correlate(photo, a, tiles, 80.0, 1e9).matches[0] for a in (areas, on_gpu))
    assert gpu.place == pytest.approx(cpu.place, abs=1e-7)
