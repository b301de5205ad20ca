# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rasters of every kind give tiles that lie where they say, and wrong ones say what is wrong."""

import numpy as np
from pattern_map import (
    cut,
    displacement_m,
    LAT,
    LONG,
    NORTH_UP,
    pattern,
    raster_colours,
    raster_profile,
    write_raster,
)
import pytest
from visual_navsat.errors import ImageError, MapError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.maps.raster import RasterOrtho
from visual_navsat.maps.tile_plan import plan_tiles

rasterio = pytest.importorskip('rasterio')

PLAN = plan_tiles(tile_m=(100.0,))


def cut_raster(path, area=None):
    return cut(RasterOrtho(path), PLAN, area)


@pytest.mark.parametrize(
    ('crs', 'gsd', 'rotation_deg'),
    [
        ('EPSG:32635', 0.5, 0.0),
        ('EPSG:3301', 0.4, 0.0),
        ('EPSG:32635', 0.5, 33.0),
        ('EPSG:3857', 0.9, 0.0),
        ('EPSG:4326', 4e-6, 0.0),
    ],
)
def test_tiles_show_the_ground_that_they_say(tmp_path, crs, gsd, rotation_deg):
    source = cut_raster(
        write_raster(tmp_path / 'a.tif', raster_profile(crs, gsd, 700, rotation_deg))
    )
    assert len(source.tiles) > 9
    for tile in source.tiles[:: len(source.tiles) // 4]:
        image = source.read(tile)
        assert np.abs(displacement_m(image.pixels, tile, image.valid)).max() < 0.1
        width_m, height_m = tile.size_m
        assert (width_m, height_m) == pytest.approx((100, 100), rel=1e-3)
        # Square pixels, about as fine as the raster.
        height, width = image.pixels.shape[:2]
        assert width_m / width == pytest.approx(height_m / height, rel=0.02)


def test_size_and_resolution_of_the_raster(tmp_path):
    ortho = RasterOrtho(write_raster(tmp_path / 'a.tif', raster_profile('EPSG:32635', 0.5, 600)))
    # UTM's scale here is 0.9999; the box around it grows by the convergence of 2 degrees.
    assert ortho.gsd_m_per_px == pytest.approx(0.5, rel=1e-3)
    assert ortho.extent.size_m == pytest.approx((310, 310), rel=0.02)
    assert ortho.extent.center == pytest.approx((LAT, LONG), abs=1e-5)


def test_large_tiles_come_from_averages_not_from_single_pixels(tmp_path):
    rng = np.random.default_rng(0)
    profile = raster_profile('EPSG:32635', 0.1, 1500)
    noise = rng.integers(0, 256, (3, 1500, 1500), dtype=np.uint8)
    ortho = RasterOrtho(write_raster(tmp_path / 'a.tif', profile, noise))
    ortho.field_gsd_m_per_px = 2.0
    source = cut(ortho, plan_tiles(tile_m=(140.0,)))
    tile = source.tiles[0]
    coarse = ortho.read_box(ortho.extent, 100, 100).pixels[20:80, 20:80]
    assert coarse.std() < 0.15 * noise.std()
    # No finer than is of use: 1024 px are more than a model looks at.
    assert max(source.read(tile).pixels.shape) == 1024


@pytest.mark.parametrize('kind', ['nodata', 'alpha', 'mask', 'black'])
def test_empty_parts_are_left_out_however_they_are_marked(tmp_path, kind):
    profile = raster_profile(NORTH_UP, 0.5, 800)
    planes = np.maximum(raster_colours(profile), 1)
    empty = np.zeros((800, 800), bool)
    empty[:, 320:] = True
    path = tmp_path / 'a.tif'
    if kind == 'alpha':
        profile |= {'count': 4, 'alpha': 'yes', 'photometric': 'RGB'}
        planes[:, empty] = 200
        write_raster(path, profile, np.concatenate([planes, 255 * ~empty[np.newaxis]]))
    else:
        planes[:, empty] = 7 if kind == 'nodata' else 0
        profile |= {'nodata': 7} if kind == 'nodata' else {}
        write_raster(path, profile, planes)
        if kind == 'mask':
            with rasterio.open(path, 'r+') as file:
                file.write_mask(~empty)
    source = cut_raster(path)
    # 160 m of 400 show ground: of the tiles at 0, 50, 100, 150 ... m the first three do so on over
    # half of their 100 m.
    assert {tile.filename.split('_')[-1] for tile in source.tiles} == {'00000', '00001', '00002'}
    assert 'show no ground' in source.notes[-1]
    partly = [tile for tile in source.tiles if tile.filename.endswith('_00002')][3]
    image = source.read(partly)
    assert image.valid.mean() == pytest.approx(0.6, abs=0.02)
    assert np.abs(displacement_m(image.pixels, partly, image.valid)).max() < 0.1
    assert not image.pixels[~image.valid].any()


def test_sixteen_bits_are_stretched_by_stated_percentiles(tmp_path):
    profile = raster_profile('EPSG:32635', 0.5, 600)
    planes = raster_colours(profile)
    profile |= {'dtype': 'uint16'}
    source = cut_raster(
        write_raster(tmp_path / 'a.tif', profile, planes.astype(np.uint16) * 4 + 100)
    )
    # The pattern goes from 28 to 228, so the file from 212 to 1012.
    assert source.notes == ['a: values 212 to 1012 (1st to 99th percentile) become 0 to 255']
    pixels = source.read(source.tiles[0]).pixels
    assert (pixels[..., 0].min(), pixels[..., 0].max()) == pytest.approx((0, 255), abs=3)


@pytest.mark.parametrize('dtype', ['int16', 'uint32', 'float32', 'float64'])
def test_values_of_any_type_show_the_ground_where_they_are(tmp_path, dtype):
    profile = raster_profile(NORTH_UP, 0.5, 400, dtype=dtype)
    planes = raster_colours(profile).astype(dtype)
    if dtype.startswith('float'):
        planes[:, :, 300:] = np.nan
    source = cut_raster(write_raster(tmp_path / 'a.tif', profile, planes))
    image = source.read(source.tiles[0])
    assert image.valid is None
    assert image.pixels[..., 0].std() > 60
    # Stretched from 28 to 228 to the full range, which the pattern's own colours are not.
    stretched = (image.pixels.astype(float) / 255 * 200 + 28).round().astype(np.uint8)
    assert np.abs(displacement_m(stretched, source.tiles[0])).max() < 0.1
    if dtype.startswith('float'):
        assert {tile.filename[-2:] for tile in source.tiles} == {'00', '01'}


def test_grey_palette_and_infrared_bands(tmp_path):
    profile = raster_profile(NORTH_UP, 0.5, 300, count=1)
    grey = np.full((1, 300, 300), 77, np.uint8)
    source = cut_raster(write_raster(tmp_path / 'grey.tif', profile, grey))
    assert (source.read(source.tiles[0]).pixels == 77).all()
    path = tmp_path / 'palette.tif'
    with rasterio.open(path, 'w', **profile, photometric='PALETTE') as file:
        file.write(np.full((1, 300, 300), 3, np.uint8))
        file.write_colormap(1, {3: (10, 20, 30, 255)})
    source = cut_raster(path)
    assert (source.read(source.tiles[0]).pixels == (10, 20, 30)).all()
    profile |= {'count': 4}
    planes = np.stack([np.full((300, 300), value, np.uint8) for value in (10, 20, 30, 0)])
    path = write_raster(tmp_path / 'nir.tif', profile, planes)
    with rasterio.open(path, 'r+') as file:
        names = ('red', 'green', 'blue', 'undefined')
        file.colorinterp = [rasterio.enums.ColorInterp[name] for name in names]
    source = cut_raster(path)
    image = source.read(source.tiles[0])
    assert (image.pixels == (10, 20, 30)).all()
    assert image.valid is None


def test_area_and_stamps(tmp_path):
    path = write_raster(tmp_path / 'a.tif', raster_profile('EPSG:32635', 0.5, 800))
    whole = cut_raster(path)
    extent = RasterOrtho(path).extent
    west_half = type(extent)(extent.west, extent.south, extent.center[1], extent.north)
    part = cut_raster(path, area=west_half)
    assert 0 < len(part.tiles) < len(whole.tiles)
    # The same grid: a part has the tiles that the whole has there.
    assert set(part.tiles) < set(whole.tiles)
    stamps = [part.stamp(tile) for tile in part.tiles]
    assert len(set(stamps)) == len(stamps)
    write_raster(path, raster_profile('EPSG:32635', 0.5, 800), np.full((3, 800, 800), 5, np.uint8))
    changed = cut_raster(path, area=west_half)
    assert changed.tiles == part.tiles
    assert not set(stamps) & {changed.stamp(tile) for tile in changed.tiles}


def test_a_raster_across_the_antimeridian(tmp_path):
    at = (-16.8, 180.0)
    profile = raster_profile('EPSG:32701', 0.5, 700, at=at)
    path = write_raster(tmp_path / 'fiji.tif', profile, raster_colours(profile, at))
    source = cut_raster(path)
    assert any(tile.top_left_long > 0 for tile in source.tiles)
    assert any(tile.top_left_long < 0 for tile in source.tiles)
    for tile in source.tiles[::5]:
        image = source.read(tile)
        assert np.abs(displacement_m(image.pixels, tile, image.valid, at)).max() < 0.1


def fault(profile, tmp_path, planes=None):
    path = write_raster(tmp_path / 'a.tif', profile, planes)
    with pytest.raises(MapError) as raised:
        cut_raster(path)
    assert '\n' not in str(raised.value)
    return str(raised.value)


@pytest.mark.filterwarnings('ignore::rasterio.errors.NotGeoreferencedWarning')
def test_a_raster_that_does_not_say_where_it_lies(tmp_path):
    profile = raster_profile('EPSG:32635', 0.5, 300)
    planes = raster_colours(profile)
    assert 'a.tif has no CRS' in fault(profile | {'crs': None}, tmp_path, planes)
    nowhere = profile | {'transform': rasterio.Affine.identity()}
    assert 'no geotransform' in fault(nowhere, tmp_path, planes)


def test_swapped_axes_are_told_from_those_of_the_crs(tmp_path):
    profile = raster_profile('EPSG:3301', 0.4, 300)
    planes = raster_colours(profile)
    t = profile['transform']
    swapped = profile | {'transform': rasterio.Affine(t.a, t.b, t.f, t.d, t.e, t.c)}
    assert 'only with x and y swapped' in fault(swapped, tmp_path, planes)
    profile = raster_profile('EPSG:4326', 4e-6, 300, at=(20.0, 120.0))
    t = profile['transform']
    swapped = profile | {'transform': rasterio.Affine(t.a, t.b, t.f, t.d, t.e, t.c)}
    assert 'only with x and y swapped' in fault(swapped, tmp_path, np.ones((3, 300, 300), 'u1'))
    far = profile | {'transform': rasterio.Affine(1.0, 0.0, 5e5, 0.0, -1.0, 6e6)}
    assert 'that is not on Earth' in fault(far, tmp_path, np.ones((3, 300, 300), 'u1'))


def test_too_coarse_empty_and_unreadable_rasters(tmp_path):
    assert '9.0 px for a tile of 100 m' in fault(raster_profile('EPSG:32635', 11.1, 100), tmp_path)
    profile = raster_profile('EPSG:32635', 0.5, 400, nodata=0)
    assert 'shows ground on over half' in fault(profile, tmp_path, np.zeros((3, 400, 400), 'u1'))
    (tmp_path / 'b.tif').write_bytes(b'II*\0 no such thing')
    with pytest.raises(MapError, match=r'cannot open map .*b\.tif'):
        cut_raster(tmp_path / 'b.tif')


def test_a_truncated_raster_is_named_when_its_end_is_read(tmp_path):
    path = write_raster(tmp_path / 'a.tif', raster_profile('EPSG:32635', 0.5, 800))
    whole = path.read_bytes()
    (tmp_path / 'half.tif').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r'cannot read map .*half\.tif.*copy it again'):
        cut_raster(tmp_path / 'half.tif')


def test_frame_of_the_pattern():
    # What the other tests trust: a wave of 40 m is at its top 10 m from the middle.
    lat, long = LocalFrame(LAT, LONG).geodetic_from_enu([10.0, -10.0])
    assert pattern(lat, long).tolist() == [228, 28, 90]
