# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Preprocessing: sizes by the ancestors' rules, direction of rotation, scale, masks."""

import math

import numpy as np
import pytest
from visual_navsat.errors import ConfigError, ShapeError
from visual_navsat.features.preprocess import ImagePreprocessor, PreparedImage

MEAN = np.array([0.485, 0.456, 0.406])
STD = np.array([0.229, 0.224, 0.225])


def grey(height: int, width: int, value: int = 100) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def dotted(height: int, width: int, row: int, column: int, size: int = 7) -> np.ndarray:
    """Return a dark image with a bright square about (row, column)."""
    image = grey(height, width, 20)
    half = size // 2
    top, left = row - half, column - half
    image[top:, left:][: 2 * half + 1, : 2 * half + 1] = 255
    return image


def brightest(prepared: PreparedImage) -> tuple[float, float]:
    """Return row and column of the centroid of what is bright, relative to the image's centre."""
    counts = np.kron(prepared.patch_mask, np.ones((14, 14)))
    weights = np.clip(prepared.pixels.sum(axis=0), 0, None) * counts
    rows, columns = np.indices(weights.shape)
    row, column = (float((axis * weights).sum() / weights.sum()) for axis in (rows, columns))
    return row - (weights.shape[0] - 1) / 2, column - (weights.shape[1] - 1) / 2


# --- tiles ---


@pytest.mark.parametrize(
    ('height', 'width', 'max_side', 'expected'),
    [
        (900, 900, 224, (224, 224)),
        (900, 900, 230, (224, 224)),  # 230 is no multiple of 14
        (100, 100, 224, (112, 112)),  # up, never down
        (196, 98, 224, (196, 98)),
        (1000, 500, 224, (224, 112)),
        (1000, 510, 224, (224, 126)),  # 114.2 goes up
        (256, 256, 518, (266, 266)),
        (1, 1, 224, (14, 14)),
        (1, 3000, 224, (14, 224)),
        (3894, 4103, 896, (854, 896)),
    ],
)
def test_tiles_go_up_to_multiples_of_14_within_max_side(height, width, max_side, expected):
    prepared = ImagePreprocessor(max_side).prepare_tile(grey(height, width))
    assert prepared.pixels.shape == (3, *expected)
    assert prepared.pixels.dtype == np.float32
    assert prepared.patch_mask.shape == (expected[0] // 14, expected[1] // 14)
    assert prepared.patch_mask.all()


def test_pixels_are_normalised_as_imagenet_is():
    image = np.zeros((28, 28, 3), np.uint8) + np.array([10, 100, 250], np.uint8)
    expected = (np.array([10, 100, 250]) / 255 - MEAN) / STD
    preprocessor = ImagePreprocessor(224)
    for prepared in (preprocessor.prepare_tile(image), preprocessor.prepare_query(image)):
        np.testing.assert_allclose(prepared.pixels[:, 3, 5], expected, atol=1e-6)


def test_a_tile_knows_its_metres_per_pixel():
    preprocessor = ImagePreprocessor(224)
    assert preprocessor.prepare_tile(grey(896, 896), 0.25).gsd_m_per_px == pytest.approx(1.0)
    assert math.isnan(preprocessor.prepare_tile(grey(896, 896)).gsd_m_per_px)


def test_shrinking_averages_texture_rather_than_sampling_it():
    stripes = grey(896, 896, 0)
    stripes[:, ::2] = 200  # alternate columns: the mean is 100
    expected = (100 / 255 - MEAN) / STD
    preprocessor = ImagePreprocessor(224)
    for prepared in (preprocessor.prepare_tile(stripes), preprocessor.prepare_query(stripes)):
        np.testing.assert_allclose(prepared.pixels.mean(axis=(1, 2)), expected, atol=0.02)
        assert prepared.pixels.std(axis=(1, 2)).max() < 0.02


# --- queries ---


@pytest.mark.parametrize(
    ('height', 'width', 'expected'),
    [
        (720, 1280, (126, 224)),
        (720, 1000, (154, 224)),  # 161.3 goes down
        (100, 100, (98, 98)),
        (14, 14, (14, 14)),
        (4000, 3000, (224, 168)),
    ],
)
def test_queries_go_down_to_multiples_of_14_and_keep_their_aspect(height, width, expected):
    prepared = ImagePreprocessor(224).prepare_query(grey(height, width))
    assert prepared.pixels.shape == (3, *expected)
    assert prepared.patch_mask.all()


def test_what_does_not_fill_a_patch_row_is_cut_off_on_both_sides_equally():
    image = grey(28 + 6, 28)
    image[:3], image[-3:] = 255, 255
    prepared = ImagePreprocessor(224).prepare_query(image)
    assert prepared.pixels.shape == (3, 28, 28)
    assert np.ptp(prepared.pixels[0]) == 0


@pytest.mark.parametrize(('height', 'width'), [(1, 1000), (1000, 1), (1, 1), (5, 5)])
def test_an_image_without_a_whole_patch_counts_nowhere(height, width):
    for heading in (None, 30.0):
        prepared = ImagePreprocessor(224).prepare_query(grey(height, width), heading)
        assert prepared.pixels.shape == (3, 14, 14)
        assert prepared.patch_mask.tolist() == [[False]]


# A dot 40 px above the centre lies ahead, where the image's up direction points. North up, it
# must lie at that heading from the centre: east is right, south is down.
@pytest.mark.parametrize(
    ('heading_deg', 'row', 'column'),
    [
        (0.0, -40.0, 0.0),
        (90.0, 0.0, 40.0),
        (180.0, 40.0, 0.0),
        (270.0, 0.0, -40.0),
        (-90.0, 0.0, -40.0),
        (30.0, -40.0 * math.cos(math.pi / 6), 20.0),
        (390.0, -40.0 * math.cos(math.pi / 6), 20.0),
        (225.0, 40.0 * math.sqrt(0.5), -40.0 * math.sqrt(0.5)),
    ],
)
def test_what_is_ahead_lies_at_the_heading(heading_deg, row, column):
    image = dotted(169, 169, row=84 - 40, column=84)
    prepared = ImagePreprocessor(224).prepare_query(image, heading_deg)
    assert brightest(prepared) == pytest.approx((row, column), abs=0.75)


def test_quarter_turns_interpolate_nothing():
    image = np.random.default_rng(0).integers(0, 256, (98, 70, 3)).astype(np.uint8)
    preprocessor = ImagePreprocessor(224)
    plain = preprocessor.prepare_query(image).pixels
    for turns in range(1, 4):
        turned = preprocessor.prepare_query(image, 90.0 * turns)
        np.testing.assert_array_equal(turned.pixels, np.rot90(plain, -turns, axes=(1, 2)))
        assert turned.patch_mask.all()


def test_heading_and_no_heading_agree_where_up_is_north():
    image = np.random.default_rng(0).integers(0, 256, (300, 200, 3)).astype(np.uint8)
    preprocessor = ImagePreprocessor(224)
    unknown, north = preprocessor.prepare_query(image), preprocessor.prepare_query(image, 0.0)
    np.testing.assert_array_equal(unknown.pixels, north.pixels)


def test_corners_that_rotation_leaves_empty_do_not_count():
    prepared = ImagePreprocessor(280, min_patch_coverage=0.95).prepare_query(grey(280, 280), 45.0)
    # The square became a diamond; a patch counts if at least 95 % of it lies inside.
    rows, columns = prepared.patch_mask.shape
    assert rows == columns
    side, half_diagonal = 14 * rows, 280 / math.sqrt(2)
    centres = np.arange(side) - (side - 1) / 2
    is_inside = np.abs(centres)[:, None] + np.abs(centres)[None, :] <= half_diagonal
    shares = is_inside.reshape(rows, 14, columns, 14).mean(axis=(1, 3))
    assert (prepared.patch_mask == (shares >= 0.95))[np.abs(shares - 0.95) > 0.02].all()
    assert not prepared.patch_mask[0, 0]


def test_empty_corners_are_filled_with_the_images_own_ground():
    image = np.random.default_rng(0).integers(100, 140, (224, 224, 3)).astype(np.uint8)
    prepared = ImagePreprocessor(224).prepare_query(image, 45.0)
    corner, middle = prepared.pixels[:, :14, :14], prepared.pixels[:, 140:154, 140:154]
    assert corner.mean() == pytest.approx(middle.mean(), abs=0.05)
    assert corner.std() == pytest.approx(middle.std(), rel=0.3)


def test_rows_and_columns_without_a_patch_that_counts_are_cut_off():
    for heading in (10.0, 45.0, 77.0):
        mask = ImagePreprocessor(224).prepare_query(grey(150, 224), heading).patch_mask
        for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
            assert edge.any()


def test_coverage_decides_how_many_patches_count():
    counts = [
        ImagePreprocessor(224, coverage).prepare_query(grey(224, 224), 30.0).patch_mask.sum()
        for coverage in (0.05, 0.5, 1.0)
    ]
    assert counts[0] > counts[1] > counts[2] > 0


# --- scale ---


def test_a_query_comes_to_the_maps_metres_per_pixel():
    """Two dots 400 px apart at 0.13 m/px are 52 m apart: 80 px at 0.65 m/px."""
    image = dotted(720, 1280, row=360, column=440, size=31)
    left = ImagePreprocessor(224).prepare_query(image, 0.0, 0.13, 0.65)
    right = ImagePreprocessor(224).prepare_query(
        dotted(720, 1280, row=360, column=840, size=31), 0.0, 0.13, 0.65
    )
    apart = brightest(right)[1] - brightest(left)[1]
    assert apart == pytest.approx(80.0, abs=0.3)
    assert left.pixels.shape == (3, 140, 252)  # larger than max_side, as it shows more ground
    assert left.gsd_m_per_px == pytest.approx(0.65, rel=0.005)


def test_scale_is_applied_without_a_heading_and_enlarges_too():
    prepared = ImagePreprocessor(224).prepare_query(grey(100, 100), None, 0.6, 0.3)
    assert prepared.pixels.shape == (3, 196, 196)
    assert prepared.gsd_m_per_px == pytest.approx(0.3)


@pytest.mark.parametrize('map_gsd', [None, float('nan')])
def test_where_the_map_has_no_scale_max_side_rules_and_the_gsd_is_kept_track_of(map_gsd):
    prepared = ImagePreprocessor(224).prepare_query(grey(720, 1280), 0.0, 0.13, map_gsd)
    assert prepared.pixels.shape == (3, 126, 224)
    assert prepared.gsd_m_per_px == pytest.approx(0.13 * 1280 / 224)


def test_without_a_gsd_the_result_has_none():
    prepared = ImagePreprocessor(224).prepare_query(grey(720, 1280), 20.0, None, 0.65)
    assert math.isnan(prepared.gsd_m_per_px)


def test_a_query_of_far_more_ground_than_a_tile_stays_affordable():
    prepared = ImagePreprocessor(224).prepare_query(grey(3000, 4000), 0.0, 1.0, 0.1)
    assert prepared.pixels.shape == (3, 504, 672)  # three times max_side
    assert prepared.gsd_m_per_px == pytest.approx(4000 / 672)


def test_a_query_of_less_ground_than_a_patch_counts_nowhere():
    prepared = ImagePreprocessor(224).prepare_query(grey(1000, 1000), 15.0, 0.01, 1.0)
    assert not prepared.patch_mask.any()


# --- what is refused ---


@pytest.mark.parametrize(
    'image',
    [
        np.zeros((20, 20), np.uint8),
        np.zeros((20, 20, 4), np.uint8),
        np.zeros((20, 20, 3), np.float32),
        np.zeros((20, 20, 3), np.uint16),
        np.zeros((0, 20, 3), np.uint8),
        'image.jpg',
    ],
)
def test_images_of_another_shape_or_type_are_refused(image):
    for prepare in (ImagePreprocessor(224).prepare_tile, ImagePreprocessor(224).prepare_query):
        with pytest.raises(ShapeError, match=r'must be an \(H, W, 3\) uint8 RGB array'):
            prepare(image)


@pytest.mark.parametrize('gsd', [0.0, -0.1, float('inf')])
def test_a_gsd_out_of_range_is_named(gsd):
    with pytest.raises(ConfigError, match=f'^gsd_m_per_px must be .* got {gsd}'):
        ImagePreprocessor(224).prepare_query(grey(28, 28), 0.0, gsd, 0.5)
    with pytest.raises(ConfigError, match=f'map_gsd_m_per_px must be .* got {gsd}'):
        ImagePreprocessor(224).prepare_query(grey(28, 28), 0.0, 0.5, gsd)


def test_settings_out_of_range_are_named():
    with pytest.raises(ConfigError, match='heading_deg must be finite, got nan'):
        ImagePreprocessor(224).prepare_query(grey(28, 28), float('nan'))
    with pytest.raises(ConfigError, match='max_side must be at least 14 px, got 13'):
        ImagePreprocessor(13)
    with pytest.raises(ConfigError, match=r'min_patch_coverage must be 0 to 1, got 1.5'):
        ImagePreprocessor(224, 1.5)
