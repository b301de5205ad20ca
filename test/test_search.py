# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import math

import cv2
from makers import GSD, make_grey_ground, make_ground, make_map_levels, place_field
import numpy as np
import pytest
import torch
from visual_navsat.correlation.first_level import first_level, FirstLevel
from visual_navsat.correlation.gradient_field import make_gradient_field
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.map_field import make_levels
from visual_navsat.correlation.search import search, SearchResult
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.geometry.region import Region

SIDE = 520  # px; 260 m
WEST, NORTH = 1000.0, -300.0


def make_map(image, mask=None, levels=3):
    """Return the map of an image whose top left corner lies at WEST, NORTH."""
    return make_map_levels(image, mask, levels, west_m=WEST, north_m=NORTH)


def crop(image, row, col, height=144, width=200):
    """Return a piece, and east and north of its centre."""
    piece = image[row:, col:][:height, :width]
    return piece, WEST + (col + width / 2) * GSD, NORTH - (row + height / 2) * GSD


def turned_photo(image, east, north, heading_deg, gsd, size=(200, 144)):
    """Return the photo (width, height) around a place whose up direction has a heading."""
    heading = math.radians(heading_deg)
    right = np.array([math.cos(heading), math.sin(heading)])  # in map columns, rows
    down = np.array([-math.sin(heading), math.cos(heading)])
    middle = np.array([(east - WEST) / GSD - 0.5, (NORTH - north) / GSD - 0.5])
    linear = np.stack([right, down], axis=1) * gsd / GSD
    offset = middle - linear @ (np.array(size) / 2 - 0.5)
    map_from_photo = np.hstack([linear, offset[:, None]])
    return cv2.warpAffine(
        image, map_from_photo, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )


@pytest.fixture(scope='module')
def ground():
    return make_grey_ground(SIDE)


@pytest.fixture(scope='module')
def pyramid(ground):
    return make_map(ground)


def assert_found(result, east, north, heading_deg, scale=1.0, metres=0.3):
    best = result.matches[0]
    assert math.hypot(best.east_m - east, best.north_m - north) < metres
    assert abs((best.heading_deg - heading_deg + 180) % 360 - 180) < 0.7
    assert best.scale == pytest.approx(scale, rel=0.012)


def lead_of(result: SearchResult) -> float:
    """Return the best strength over the next place's."""
    best, rival = (match.strength for match in result.matches[:2])
    return best / rival


def test_place_heading_and_scale_are_found(ground, pyramid):
    photo = turned_photo(ground, WEST + 121.3, NORTH - 133.8, 34.0, 0.53)
    query = make_gradient_field(photo, 0.5)
    result = search(query, pyramid, HeadingScaleRange(30.0, 5.0, 0.1))
    assert_found(result, WEST + 121.3, NORTH - 133.8, 34.0, scale=1.06)
    assert result.matches[0].score > 0.7
    assert lead_of(result) > 2
    assert (result.matches[0].level_strengths[0] - result.spread.mean) > 5 * result.spread.std


def test_nothing_known_of_heading_and_little_of_scale(ground, pyramid):
    photo = turned_photo(ground, WEST + 150.0, NORTH - 100.0, 251.0, 0.4)
    result = search(
        make_gradient_field(photo, 0.5), pyramid, HeadingScaleRange(None, scale_tolerance=0.3)
    )
    assert_found(result, WEST + 150.0, NORTH - 100.0, 251.0, scale=0.8)


@pytest.mark.parametrize(('turns', 'heading_deg'), [(0, 0.0), (1, 90.0), (2, 180.0), (3, 270.0)])
def test_sign_of_the_heading(ground, pyramid, turns, heading_deg):
    # Turning the picture counter-clockwise brings its east side, heading 90 degrees, to the top.
    photo, east, north = crop(ground, 130, 210)
    query = make_gradient_field(np.rot90(photo, turns).copy(), GSD)
    assert_found(
        search(query, pyramid, HeadingScaleRange(None, scale_tolerance=0.0)),
        east,
        north,
        heading_deg,
    )


def test_wrong_heading_does_not_match(ground, pyramid):
    photo, _, _ = crop(ground, 130, 210)
    query = make_gradient_field(photo, GSD)
    right = search(query, pyramid, HeadingScaleRange(0.0, 3.0, 0.0)).matches[0].score
    wrong = search(query, pyramid, HeadingScaleRange(40.0, 3.0, 0.0)).matches[0].score
    assert wrong < 0.3 * right


def test_mirrored_image_does_not_match(ground, pyramid):
    photo, _, _ = crop(ground, 130, 210)
    span = HeadingScaleRange(None, scale_tolerance=0.0)
    right = search(make_gradient_field(photo, GSD), pyramid, span)
    mirrored = search(make_gradient_field(np.fliplr(photo).copy(), GSD), pyramid, span)
    assert mirrored.matches[0].score < 0.4 * right.matches[0].score
    assert lead_of(mirrored) < 1.3


def test_shift_below_a_pixel_is_read():
    fine = cv2.GaussianBlur(make_ground(1600)[..., 0], (0, 0), 2)  # 0.125 m per pixel
    reduced = cv2.resize(fine, (400, 400), interpolation=cv2.INTER_AREA)
    pyramid = make_map(reduced)
    for shift in (0, 1, 3):
        photo = np.roll(fine, (-shift, -2 * shift), axis=(0, 1))[500:980, 400:1040]
        query = make_gradient_field(photo, 0.125)
        best = search(query, pyramid, HeadingScaleRange(0.0, 0.0, 0.0)).matches[0]
        assert best.east_m - WEST == pytest.approx((720 + 2 * shift) * 0.125, abs=0.06)
        assert NORTH - best.north_m == pytest.approx((740 + shift) * 0.125, abs=0.06)


def test_inverted_recoloured_and_noisy_photo_matches(ground, pyramid):
    photo, east, north = crop(ground, 130, 210)
    rng = np.random.default_rng(1)
    changed = 255 * (1 - photo / 255.0) ** 1.8 + rng.normal(0, 12, photo.shape)
    query = make_gradient_field(np.clip(changed, 0, 255), GSD)
    assert_found(search(query, pyramid, HeadingScaleRange(2.0, 5.0, 0.1)), east, north, 0.0)


@pytest.mark.parametrize('level', [0, 127, 255])
def test_frame_without_texture_matches_nothing(pyramid, level):
    query = make_gradient_field(np.full((144, 200, 3), level, np.uint8), GSD)
    result = search(query, pyramid, HeadingScaleRange(None))
    assert result.matches == ()
    assert result.reason == 'textureless'


def test_map_without_texture_is_no_match(ground):
    photo, _, _ = crop(ground, 130, 210)
    flat = make_map(np.full((300, 300), 90, np.uint8))
    result = search(make_gradient_field(photo, GSD), flat, HeadingScaleRange(0.0))
    assert result.matches == ()


def test_query_larger_than_the_map(ground):
    piece, east, north = crop(ground, 150, 160, 180, 200)
    small = make_levels(place_field(make_gradient_field(piece, GSD), east - 50.0, north + 45.0), 2)
    photo, photo_east, photo_north = crop(ground, 130, 120, 260, 300)
    result = search(make_gradient_field(photo, GSD), small, HeadingScaleRange(0.0, 2.0, 0.02))
    assert_found(result, photo_east, photo_north, 0.0)


def test_photo_over_the_edge_of_the_map(ground):
    photo, east, north = crop(ground, 130, 280)
    cut = make_map(ground[:, :400])  # it shows the left 60 % of the photo
    result = search(make_gradient_field(photo, GSD), cut, HeadingScaleRange(0.0, 3.0, 0.03))
    assert_found(result, east, north, 0.0)
    assert result.matches[0].score == pytest.approx(math.sqrt(0.6), abs=0.08)


def test_hole_in_the_map(ground):
    photo, east, north = crop(ground, 130, 210)
    mask = np.ones(ground.shape, bool)
    mask[140:200, 240:330] = False
    holed = make_map(np.where(mask, ground, 0), mask)
    assert_found(
        search(make_gradient_field(photo, GSD), holed, HeadingScaleRange(0.0, 3.0, 0.03)),
        east,
        north,
        0.0,
    )


def test_masked_part_of_the_photo_has_no_say(ground, pyramid):
    photo, east, north = crop(ground, 130, 210)
    mask = np.ones(photo.shape, bool)
    mask[:, :80] = False
    photo = np.where(mask, photo, ground[:144, :200])  # the drone's own skid, say
    query = make_gradient_field(photo, GSD, mask=mask)
    result = search(query, pyramid, HeadingScaleRange(0.0, 3.0, 0.03))
    assert_found(result, east, north, 0.0)
    assert result.matches[0].score > 0.9


def test_only_the_regions_are_searched(ground, pyramid):
    photo, east, north = crop(ground, 130, 210)
    query = make_gradient_field(photo, GSD)
    away = Region(WEST, NORTH - 260, WEST + 90, NORTH)
    around = Region(east - 40, north - 30, east + 40, north + 30)
    span = HeadingScaleRange(0.0, 3.0, 0.03)
    miss = search(query, pyramid, span, [away])
    assert all(match.east_m < WEST + 95 for match in miss.matches)
    both = search(query, pyramid, span, [away, around, around])
    assert_found(both, east, north, 0.0)
    nearest = min(
        math.hypot(match.east_m - east, match.north_m - north) for match in both.matches[1:]
    )
    assert nearest >= 10.0  # what two regions share is found once
    nowhere = Region(0.0, 0.0, 10.0, 10.0)
    assert search(query, pyramid, span, [nowhere]).reason == 'off_map'


def test_a_small_budget_begins_on_a_coarser_map(ground):
    photo, east, north = crop(ground, 130, 210, 240, 280)  # 140 by 120 m: 30 px at 4 m
    query, pyramid = make_gradient_field(photo, GSD), make_map(ground, levels=5)
    span = HeadingScaleRange(0.0, 3.0, 0.03)
    usual = first_level(query, pyramid, span).num_scores
    assert usual % (130 * 130) == 0  # every place at 2 m per pixel, some variants
    tight = SearchOptions(max_scores=usual - 1)
    enough = SearchOptions(max_scores=usual)
    assert first_level(query, pyramid, span, None, enough) == FirstLevel(2, usual)
    coarser = first_level(query, pyramid, span, None, tight)
    assert coarser.level == 3
    assert coarser.num_scores <= usual / 4
    result = search(query, pyramid, span, options=tight)
    assert result.start_gsd_m_per_px == 4.0
    assert_found(result, east, north, 0.0)


def test_a_small_footprint_is_looked_for_on_a_finer_map(ground):
    query = make_gradient_field(crop(ground, 130, 210)[0], GSD)  # 72 m high: 36 px at 2 m
    pyramid, span = make_map(ground, levels=5), HeadingScaleRange(0.0, 3.0, 0.03)
    finer = first_level(query, pyramid, span)
    assert finer.level == 1
    on_usual = SearchOptions(max_scores=finer.num_scores - 1)
    assert first_level(query, pyramid, span, None, on_usual).level == 2
    assert search(query, pyramid, span).coarser == 0
    assert search(query, pyramid, span, options=on_usual).coarser == 1


def test_no_budget_shrinks_the_footprint_to_a_few_pixels(ground):
    photo, _, _ = crop(ground, 130, 210)  # 72 m high: 18 px at 4 m
    query, pyramid = make_gradient_field(photo, GSD), make_map(ground, levels=5)
    span, least = HeadingScaleRange(0.0, 3.0, 0.03), SearchOptions(max_scores=1)
    usual = first_level(query, pyramid, span, None, least)
    assert usual.level == 2
    assert usual.num_scores > 1


def test_repeated_ground_has_a_rival_as_good(ground):
    twice = np.hstack([ground[:300, :300], ground[:300, :300]])
    photo = ground[100:244, 50:250]
    result = search(
        make_gradient_field(photo, GSD), make_map(twice), HeadingScaleRange(0.0, 2.0, 0.0)
    )
    first, second = result.matches[:2]
    assert abs(first.east_m - second.east_m) == pytest.approx(150.0, abs=0.3)
    assert lead_of(result) < 1.1


def test_curvature_is_that_of_a_peak_and_tells_along_from_across():
    stripes = np.zeros((400, 400), np.uint8)
    rng = np.random.default_rng(5)
    edges = np.sort(rng.choice(np.arange(5, 395), 30, replace=False))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        stripes[:, start:end] = 200
    stripes[150:170, 180:230] = 100  # one thing that fixes the place along the stripes
    pyramid = make_map(stripes, levels=2)
    query = make_gradient_field(stripes[100:244, 100:300].copy(), GSD)
    best = search(query, pyramid, HeadingScaleRange(0.0, 0.0, 0.0)).matches[0]
    across, along = -np.diag(best.curvature_per_m2)
    assert across > 3 * along


def test_bytes_serve_as_the_map(ground, pyramid):
    photo, east, north = crop(ground, 130, 210)
    stored = place_field(pyramid[0].field.quantized(), WEST, NORTH)
    query = make_gradient_field(photo, GSD)
    result = search(query, make_levels(stored, 3), HeadingScaleRange(0.0, 3.0, 0.03))
    assert_found(result, east, north, 0.0)
    exact = search(query, pyramid, HeadingScaleRange(0.0, 3.0, 0.03))
    assert result.matches[0].score == pytest.approx(exact.matches[0].score, abs=0.01)


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA GPU')
def test_cuda_finds_the_same(ground, pyramid):
    photo, _, _ = crop(ground, 130, 210)
    span = HeadingScaleRange(None, scale_tolerance=0.1)
    on_cpu = search(make_gradient_field(photo, GSD), pyramid, span).matches[0]
    query = make_gradient_field(photo, GSD, device='cuda')
    on_gpu = search(query, [level.to('cuda') for level in pyramid], span).matches[0]
    assert on_gpu.east_m == pytest.approx(on_cpu.east_m, abs=0.02)
    assert on_gpu.north_m == pytest.approx(on_cpu.north_m, abs=0.02)
    assert on_gpu.score == pytest.approx(on_cpu.score, abs=1e-3)
