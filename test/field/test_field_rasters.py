# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rasters as people have them: control points, local CRS, world files, frames, kinds of pixels."""

from field_maps import DATA, is_in_place, opened, scene
import numpy as np
from PIL import Image
import pytest
from visual_navsat.errors import ConfigError, MapError
from visual_navsat.maps.empty_colour import parse_colour

rasterio = pytest.importorskip('rasterio')
Affine = rasterio.Affine
ColorInterp = rasterio.enums.ColorInterp
GroundControlPoint = rasterio.control.GroundControlPoint
UTM = 'EPSG:32632'
GSD = 0.4
NORTH_UP = Affine(GSD, 0, 500500, 0, -GSD, 5300400)
# PIL and GDAL warn of what is refused here.
pytestmark = pytest.mark.filterwarnings('ignore')


def planes():
    return np.asarray(scene()).transpose(2, 0, 1)


def write(path, pixels, crs=UTM, transform=NORTH_UP, **profile):
    """Write (B, H, W) as a GeoTIFF."""
    bands, height, width = pixels.shape
    shape = {'count': bands, 'height': height, 'width': width, 'dtype': pixels.dtype}
    with rasterio.open(
        path, 'w', driver='GTiff', crs=crs, transform=transform, **shape, **profile
    ) as file:
        file.write(pixels)
    return path


def looks_like_the_scene(imagery):
    """Return whether the tile in the middle shows what the scene does there."""
    tile = min(
        imagery.tiles,
        key=lambda t: abs(t.center_lat - 47.855141) + abs(t.center_long - 9.009358),
    )
    x = (tile.center_long - 9.0066844) / (9.0120310 - 9.0066844) * 1000
    y = (47.8569407 - tile.center_lat) / (47.8569407 - 47.8533413) * 1000
    half = 50 / GSD
    ground = scene().crop((round(x - half), round(y - half), round(x + half), round(y + half)))
    image = imagery.read(tile)
    seen = Image.fromarray(image.pixels).resize(ground.size)
    pair = [np.asarray(one.convert('L'), float).ravel() for one in (ground, seen)]
    # Of another place, or turned or mirrored, it is near 0.
    return np.corrcoef(pair)[0, 1] > 0.8


def test_control_points_place_a_picture():
    imagery = opened(DATA / 'tif-gcps' / 'map.tif')
    assert is_in_place(imagery) and looks_like_the_scene(imagery)


def test_control_points_that_no_plane_fits(tmp_path):
    path = write(tmp_path / 'a.tif', planes(), None, Affine.identity())
    corners = [(0, 0), (0, 1000), (1000, 0), (1000, 1000), (500, 500)]
    for bend_m, message in ((40.0, 'is bent: .* gdalwarp -tps'), (0.0, '')):
        with rasterio.open(path, 'r+') as file:
            points = [
                GroundControlPoint(
                    row,
                    col,
                    500500 + GSD * col + bend_m * (row == 500),
                    5300400 - GSD * row,
                )
                for row, col in corners
            ]
            file.gcps = (points, rasterio.crs.CRS.from_epsg(32632))
        if message:
            with pytest.raises(MapError, match=message):
                opened(path)
        else:
            assert is_in_place(opened(path))


def test_control_points_on_one_line(tmp_path):
    path = write(tmp_path / 'a.tif', planes(), None, Affine.identity())
    with rasterio.open(path, 'r+') as file:
        points = [GroundControlPoint(i, i, 500500 + i, 5300400 - i) for i in range(3)]
        file.gcps = (points, rasterio.crs.CRS.from_epsg(32632))
    with pytest.raises(MapError, match='on one line'):
        opened(path)


def test_rational_polynomials_are_named(tmp_path):
    ones = [1.0] + [0.0] * 19
    numbers = (0.0, 1.0, 47.8, 1.0, ones, ones, 500.0, 500.0, 9.0, 1.0, ones, ones, 500.0, 500.0)
    rpc = rasterio.rpc.RPC(*numbers)
    path = write(tmp_path / 'a.tif', planes(), None, Affine.identity(), rpcs=rpc)
    with pytest.raises(MapError, match='gdalwarp -rpc'):
        opened(path)


def test_a_local_crs_is_said():
    with pytest.raises(MapError, match=r'local CRS \(Local\).* not georeferenced') as caught:
        opened(DATA / 'tif-localcs' / 'map.tif')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('transform', 'message'),
    [
        (Affine(1e-30, 0, 9.0, 0, -1e-30, 47.8), 'pixels'),
        (Affine(1e-12, 0, 9.0, 0, -1e-12, 47.8), 'pixels of'),
        (Affine(0, 0, 9.0, 0, 0, 47.8), 'no size'),
        (Affine(1e-5, 1e-5, 9.0, 1e-5, 1e-5, 47.8), 'no size'),
        (Affine(float('nan'), 0, 9.0, 0, -1e-5, 47.8), 'no size'),
        (Affine(1e-5, 0, 9.0, 2.5, -1e-5, 47.8), 'no size'),  # GDAL cannot invert it
    ],
)
def test_pixels_without_a_size(tmp_path, transform, message):
    path = write(tmp_path / 'a.tif', planes(), 'EPSG:4326', transform)
    with pytest.raises(MapError, match=message):
        opened(path)


@pytest.mark.parametrize('suffix', ['jpg', 'png'])
@pytest.mark.parametrize('prj', ['ours', 'esri', None, 'junk'])
def test_world_files(tmp_path, suffix, prj):
    folder = tmp_path / 'map'
    folder.mkdir()
    scene().save(folder / f'a.{suffix}')
    world = '\n'.join(map(str, (GSD, 0, 0, -GSD, 500500 + GSD / 2, 5300400 - GSD / 2)))
    (folder / f'a.{suffix[0]}{suffix[-1]}w').write_text(world)
    crs = rasterio.crs.CRS.from_epsg(32632)
    texts = {'ours': crs.to_wkt(), 'esri': crs.to_wkt(morph_to_esri_dialect=True), 'junk': 'x'}
    if prj:
        (folder / 'a.prj').write_text(texts[prj])
    for source in (folder, folder / f'a.{suffix}'):
        if prj in ('ours', 'esri'):
            imagery = opened(source)
            assert is_in_place(imagery) and looks_like_the_scene(imagery)
        else:
            message = 'has no CRS, its corners are x 500500' if prj is None else 'holds no CRS'
            with pytest.raises(MapError, match=message):
                opened(source)


def test_a_picture_without_any_place(tmp_path):
    scene().save(tmp_path / 'a.jpg')
    with pytest.raises(MapError, match='no CRS and no geotransform'):
        opened(tmp_path / 'a.jpg')


@pytest.mark.parametrize('way', ['south up', 'turned'])
def test_every_way_to_store_rows(tmp_path, way):
    pixels, transform = planes(), NORTH_UP
    if way == 'south up':
        pixels, transform = pixels[:, ::-1], Affine(GSD, 0, 500500, 0, GSD, 5300000)
    if way == 'turned':  # a quarter turn: columns run south
        pixels = pixels.transpose(0, 2, 1)
        transform = Affine(0, GSD, 500500, -GSD, 0, 5300400)
    imagery = opened(write(tmp_path / 'a.tif', np.ascontiguousarray(pixels), UTM, transform))
    assert is_in_place(imagery) and looks_like_the_scene(imagery)


@pytest.mark.parametrize('kind', ['16 bits', 'float with NaN', 'alpha', 'palette', 'nodata'])
def test_every_kind_of_pixel(tmp_path, kind):
    pixels, profile = planes(), {}
    if kind == '16 bits':
        pixels = pixels.astype(np.uint16) * 11 + 300
    if kind == 'float with NaN':
        pixels = pixels.astype(np.float32) / 255
        pixels[:, :100] = np.nan
        profile['nodata'] = np.nan
    if kind == 'alpha':
        pixels = np.concatenate([pixels, np.full_like(pixels[:1], 255)])
        pixels[3, :100] = 0
        profile |= {'photometric': 'RGB', 'alpha': 'YES'}
    if kind == 'palette':
        image = scene().quantize(64)
        palette = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
        pixels = np.asarray(image)[np.newaxis]
    if kind == 'nodata':
        pixels = pixels.copy()
        pixels[:, :100] = 7
        profile['nodata'] = 7
    path = write(tmp_path / 'a.tif', pixels, **profile)
    if kind == 'palette':
        with rasterio.open(path, 'r+') as file:
            file.write_colormap(1, {i: (*map(int, c), 255) for i, c in enumerate(palette)})
            file.colorinterp = [ColorInterp.palette]
    imagery = opened(path)
    assert is_in_place(imagery) and looks_like_the_scene(imagery)
    top = max(imagery.tiles, key=lambda tile: tile.center_lat)
    valid = imagery.read(top).valid
    is_cut = kind in ('float with NaN', 'alpha', 'nodata')
    # 40 of its 100 m are empty; the warp may blend a pixel or two more.
    assert (valid is not None and 0.55 < valid.mean() < 0.65) if is_cut else valid is None


@pytest.fixture
def framed(tmp_path):
    """Return a survey that is turned by 20 degrees in a white frame, without nodata."""
    turned = scene().rotate(20, Image.BILINEAR, expand=True, fillcolor=(255, 255, 255))
    side = turned.width * GSD
    transform = Affine(GSD, 0, 500700 - side / 2, 0, -GSD, 5300200 + side / 2)
    return write(tmp_path / 'a.tif', np.asarray(turned).transpose(2, 0, 1), UTM, transform)


def test_a_frame_of_one_colour_is_said_and_can_be_left_out(framed):
    imagery = opened(framed)
    assert any('of its border is exactly the colour 255,255,255' in n for n in imagery.notes)
    assert not any(imagery.read(tile).valid is not None for tile in imagery.tiles)
    without = opened(framed, empty_colour=(255, 255, 255))
    assert not any('border' in note for note in without.notes)
    # 400 x 400 m of 513 x 513 m are ground.
    assert len(without.tiles) < 0.8 * len(imagery.tiles)
    for tile in without.tiles:
        image = without.read(tile)
        ground = np.ones(image.pixels.shape[:2], bool) if image.valid is None else image.valid
        assert not (image.pixels[ground] == 255).all(axis=1).mean() > 0.02


def test_a_map_without_a_frame_has_no_warning(tmp_path):
    imagery = opened(write(tmp_path / 'a.tif', planes()))
    assert not any('border' in note for note in imagery.notes)


@pytest.mark.parametrize(
    ('text', 'colour'),
    [('255,254, 0', (255, 254, 0)), ('#ff8000', (255, 128, 0)), ('White', (255, 255, 255))],
)
def test_colours_as_people_write_them(text, colour):
    assert parse_colour(text) == colour


@pytest.mark.parametrize('text', ['', '256,0,0', 'red', '1,2', '#12', '-1,0,0', '1,2,3,4'])
def test_colours_that_are_none(text):
    with pytest.raises(ConfigError, match='--empty-colour must be R,G,B'):
        parse_colour(text)


@pytest.mark.parametrize('name', ['a.kml', 'a.kmz'])
def test_an_overlay_names_the_way(tmp_path, name):
    (tmp_path / name).write_text('<kml/>')
    with pytest.raises(MapError, match='gdal_translate -a_srs EPSG:4326 -a_ullr'):
        opened(tmp_path / name)


@pytest.mark.parametrize(
    ('name', 'said'),
    [('N58E025', True), ('N47E009', False), ('ortho_epsg32635', True), ('utm32n', False),
     ('UTM zone 55S', True), ('flight_2024', False)],
)  # fmt: skip
def test_names_that_say_another_place(tmp_path, name, said):
    imagery = opened(write(tmp_path / f'{name}.tif', planes()))
    assert any('is called after' in note for note in imagery.notes) == said
