# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Elevation models as files: datum, units, holes, and what is refused in one line."""

from elevation_files import LAT, LONG, plane, STEP_DEG, write_dem, write_geoid
import numpy as np
import pytest
from visual_navsat.errors import MapError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.maps.elevation import ElevationSource

rasterio = pytest.importorskip('rasterio')

FRAME = LocalFrame(LAT + 0.05, LONG + 0.05)
REGION = Region(-800.0, -800.0, 800.0, 800.0)


def read(*paths, frame=FRAME, **options):
    options = {'datum': 'egm2008', **options}
    return ElevationSource(tuple(map(str, paths)), **options).read(frame, REGION)


def expected_m(long: float) -> float:
    return 400 + 0.5 * (long - LONG) / STEP_DEG


def test_heights_lie_where_the_file_says(tmp_path):
    terrain = read(write_dem(tmp_path / 'dem.tif', plane()))
    for east, north in ((0.0, 0.0), (700.0, -650.0), (-1700.0, 1700.0)):
        lat, long = FRAME.geodetic_from_enu([east, north])
        assert terrain.height_of(lat, long) == pytest.approx(expected_m(float(long)), abs=0.05)
    assert (terrain.datum, terrain.sigma_m, terrain.undulation_m) == ('egm2008', 5.0, None)
    # One second of arc: 31 m north-south, 21 m east-west.
    assert terrain.grid.gsd_m_per_px == pytest.approx(25.5, abs=0.5)
    assert terrain.grid.region.west_m == -1800.0


def test_datum_and_unit_are_read_from_a_compound_crs(tmp_path):
    path = write_dem(tmp_path / 'dem.tif', plane(), crs='EPSG:4326+5773')
    assert read(path, datum='').datum == 'egm96'
    path = write_dem(tmp_path / 'feet.tif', plane() / np.float32(0.3048), crs='EPSG:4326+5773')
    with rasterio.open(path, 'r+') as dataset:
        dataset.units = ['ft']
    terrain = read(path, datum='')
    height_m = terrain.height_of(FRAME.origin_lat, FRAME.origin_long)
    assert height_m == pytest.approx(expected_m(FRAME.origin_long), abs=0.05)


def test_a_datum_that_nobody_says_is_asked_for(tmp_path):
    path = write_dem(tmp_path / 'dem.tif', plane())
    with pytest.raises(MapError, match=r'does not say above what .* --terrain-datum egm2008'):
        read(path, datum='')


def test_ellipsoid_heights_become_heights_above_the_sea(tmp_path):
    path = write_dem(tmp_path / 'dem.tif', plane(), crs='EPSG:4979')
    with pytest.raises(MapError, match='give --geoid FILE'):
        read(path, datum='')
    terrain = read(path, datum='', geoid=str(write_geoid(tmp_path / 'geoid.tif', 47.5)))
    place = FRAME.origin_lat, FRAME.origin_long
    assert terrain.height_of(*place) == pytest.approx(expected_m(place[1]) - 47.5, abs=0.05)
    assert terrain.undulation_of(*place) == pytest.approx(47.5)
    stated = read(path, datum='', stated_undulation_m=40.0)
    assert stated.height_of(*place) == pytest.approx(expected_m(place[1]) - 40.0, abs=0.05)


def test_a_geoid_counts_longitudes_from_0_or_from_minus_180(tmp_path):
    values = np.tile(np.arange(361, dtype=np.float32) / 10, (181, 1))
    dem = write_dem(tmp_path / 'dem.tif', plane())
    for west in (-180.0, 0.0):
        transform = rasterio.Affine(1, 0, west - 0.5, 0, -1, 90.5)
        path = write_dem(tmp_path / 'geoid.tif', values, transform=transform)
        terrain = read(dem, geoid=str(path))
        expected = (FRAME.origin_long - west) / 10
        found = terrain.undulation_of(FRAME.origin_lat, FRAME.origin_long)
        assert found == pytest.approx(expected, abs=1e-3)


def test_a_geoid_elsewhere_is_refused(tmp_path):
    dem = write_dem(tmp_path / 'dem.tif', plane())
    with pytest.raises(MapError, match='does not say the geoid at'):
        read(dem, geoid=str(write_dem(tmp_path / 'geoid.tif', plane(10, 10))))
    with pytest.raises(MapError, match='cannot open --geoid'):
        read(dem, geoid=str(tmp_path / 'none.gtx'))


def test_holes_are_filled_from_the_next_model_and_else_unknown(tmp_path):
    holed = plane()
    holed[:, :180] = -32768
    first = write_dem(tmp_path / 'srtm.tif', holed, nodata=-32768)
    second = write_dem(tmp_path / 'other.tif', plane() + 100)
    lat, long = FRAME.geodetic_from_enu([-500.0, 0.0])
    assert np.isnan(read(first).height_of(lat, long))
    terrain = read(first, second)
    assert terrain.height_of(lat, long) == pytest.approx(expected_m(float(long)) + 100, abs=0.05)
    lat, long = FRAME.geodetic_from_enu([500.0, 0.0])
    assert terrain.height_of(lat, long) == pytest.approx(expected_m(float(long)), abs=0.05)


def test_a_foreign_model_is_refused(tmp_path):
    path = write_dem(tmp_path / 'dem.tif', plane(50, 50))
    with pytest.raises(MapError, match='knows no height under the map, which lies around 46'):
        read(path, frame=LocalFrame(46.0, 9.0))


def test_imagery_and_damage_are_refused(tmp_path):
    image = write_dem(tmp_path / 'grey.tif', np.zeros((20, 20), np.uint8))
    with pytest.raises(MapError, match='1 bands of uint8: an elevation model has one'):
        read(image)
    text = tmp_path / 'dem.tif'
    text.write_text('heights')
    with pytest.raises(MapError, match='cannot open elevation model'):
        read(text)
    cut = write_dem(tmp_path / 'cut.tif', plane())
    cut.write_bytes(cut.read_bytes()[:200_000])
    with pytest.raises(MapError, match='elevation model'):
        read(cut)
