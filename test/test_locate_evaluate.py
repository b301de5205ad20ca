# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The verbs locate and evaluate, run as commands over a real index of a tiny map."""

import csv
import importlib
import json
import math
import shutil

import cv2
from makers import FRAME, looking_ahead, TILE_M, TILE_PX
import numpy as np
from PIL import Image
import pytest
from visual_navsat.cli.main import main
from visual_navsat.geometry.camera import CameraModel, ground_from_pixel

NORTH_UP = ('--heading-deg', '0', '--background-quantile', '0')


@pytest.fixture
def queries(small_map, tmp_path):
    """Write a queries.csv whose images are the tiles; true points are 20 m from the centres."""

    def write(names, **more_columns):
        path = tmp_path / 'queries.csv'
        with path.open('w', newline='') as stream:
            writer = csv.writer(stream)
            writer.writerow(['Filename', 'Latitude', 'Longitude', *more_columns])
            for name in names:
                row, column = int(name[0]), int(name[2])
                east, north = (column + 0.5) * TILE_M + 20, -(row + 0.5) * TILE_M
                lat, long = FRAME.geodetic_from_enu([east, north])
                writer.writerow([name, float(lat), float(long), *more_columns.values()])
        return path

    return write


def locate(small_map, *arguments):
    return main(['locate', '--map', str(small_map.index), *map(str, arguments)])


def evaluate(small_map, queries, *arguments):
    images = ['--images', str(small_map.folder), '--queries', str(queries)]
    # The truth is 20 m off on purpose, which a fix of metres would rightly call false.
    by_tiles = ['--map', str(small_map.index), '--no-correlate']
    return main(['evaluate', *by_tiles, *images, *map(str, arguments)])


def photo_of(small_map, tile, folder):
    """Write a tile turned by a quarter as a JPEG that says so, with a GNSS position far off."""
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0xA002: TILE_PX, 0xA003: TILE_PX})
    exif.get_ifd(0x8825).update({1: 'S', 2: (34.0, 0.0, 0.0), 3: 'E', 4: (151.0, 0.0, 0.0)})
    # Half the width: 90 degrees across, twice the height.
    xmp = f'drone-dji:FlightYawDegree="-90.0" drone-dji:CalibratedFocalLength="{TILE_PX / 2}"'
    packet = b'http://ns.adobe.com/xap/1.0/\0' + xmp.encode()
    path = folder / 'photo.jpg'
    with Image.open(small_map.folder / tile) as image:
        turned = image.transpose(Image.Transpose.ROTATE_270)  # its top is in the west
        turned.save(path, exif=exif, quality=98, subsampling=0)
    content = path.read_bytes()
    segment = b'\xff\xe1' + (len(packet) + 2).to_bytes(2, 'big') + packet
    path.write_bytes(content[:2] + segment + content[2:])
    return path


def test_locate_finds_a_tile_at_its_own_centre(small_map, capsys):
    image = small_map.folder / '2_1.png'
    assert locate(small_map, image, *NORTH_UP, '--top-k', 3, '--format', 'json') == 0
    answer = json.loads(capsys.readouterr().out)
    lat, long = FRAME.geodetic_from_enu([1.5 * TILE_M, -2.5 * TILE_M])
    assert (answer['image'], answer['status'], answer['reason']) == (str(image), 'fix', None)
    assert answer['latitude'] == pytest.approx(float(lat), abs=1e-6)
    assert answer['longitude'] == pytest.approx(float(long), abs=1e-6)
    assert len(answer['covariance_enu_m2']) == 9
    candidates = answer['candidates']
    assert [candidate['rank'] for candidate in candidates] == list(range(1, len(candidates) + 1))
    # Of three ranked tiles each is listed, with the place in it that correlation found.
    ranks = [candidate['retrieval_rank'] for candidate in candidates]
    assert {1, 2, 3} <= set(ranks) and ranks[0] == 1
    assert candidates[0]['similarity'] == pytest.approx(1.0, abs=1e-3)
    assert candidates[0]['probability'] > 0.9
    assert 'backbone' in answer['timings_ms']


def test_one_unreadable_image_does_not_stop_the_others(small_map, tmp_path, capsys):
    bad = tmp_path / 'bad.jpg'
    bad.write_bytes(b'no image')
    tiles = small_map.folder
    images = (tiles / '0_0.png', bad, tiles / '1_1.png')
    assert locate(small_map, *images, *NORTH_UP, '--format', 'json') == 1
    written = capsys.readouterr()
    answers = [json.loads(line) for line in written.out.splitlines()]
    assert [answer['image'] for answer in answers] == [str(images[0]), str(images[2])]
    assert written.err.startswith('visual-navsat locate: ')
    assert str(bad) in written.err
    assert len(written.err.splitlines()) == 1


@pytest.mark.slow
def test_locate_uses_the_photos_own_metadata(small_map, tmp_path, capsys):
    # The tile 2_1, shown by a camera that has turned by a quarter and knows its field of view.
    path = photo_of(small_map, '2_1.png', tmp_path)
    known = ('--background-quantile', 0, '--top-k', 1, '--height-m', TILE_M / 2)
    found = {}
    for flags in ((), ('--no-exif',), ('--heading-deg', 0)):
        assert locate(small_map, path, *known, '--format', 'json', *flags) == 0
        found[flags] = json.loads(capsys.readouterr().out)
    best = found[()]['candidates'][0]
    assert (best['filename'], best['similarity']) == ('2_1.png', pytest.approx(1.0, abs=0.05))
    # A flag goes before the photo: now it is looked at the wrong way up.
    assert found[('--heading-deg', 0)]['candidates'][0]['similarity'] < best['similarity'] - 0.05
    # What the photo claims of its position is compared and no more.
    gnss = found[()]['photo_gnss']
    assert (gnss['latitude'], gnss['longitude']) == (-34.0, 151.0)
    assert gnss['distance_m'] > 10_000
    assert found[('--no-exif',)]['photo_gnss'] is None
    assert locate(small_map, path, *known) == 0
    assert "the photo's own GNSS, not used: -34.000000, 151.000000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ('flag', 'value'),
    [('--gsd', '0'), ('--heading-deg', 'nan'), ('--height-m', '-1'), ('--hfov-deg', '180')],
)
def test_numbers_out_of_range_are_named(small_map, capsys, flag, value):
    assert locate(small_map, small_map.folder / '0_0.png', flag, value) == 1
    complaint = capsys.readouterr().err
    assert f'{flag} must be' in complaint and f'got {value}' in complaint


@pytest.mark.slow
def test_figures_are_drawn_also_where_tile_images_are_gone(small_map, tmp_path):
    query = tmp_path / 'query.png'
    query.write_bytes((small_map.folder / '0_0.png').read_bytes())
    hidden = small_map.folder.rename(small_map.folder.with_name('elsewhere'))
    try:
        assert locate(small_map, query, query, *NORTH_UP, '--figure', tmp_path / 'figures') == 0
    finally:
        hidden.rename(small_map.folder)
    names = sorted(path.name for path in (tmp_path / 'figures').iterdir())
    assert names == ['001_query.png', '002_query.png']
    # Six tiles without an image, each a twentieth of the figure.
    assert 0.2 < share_of_grey(tmp_path / 'figures' / '001_query.png') < 0.6
    assert locate(small_map, query, *NORTH_UP, '--figure', tmp_path / 'shown') == 0
    assert share_of_grey(tmp_path / 'shown' / '001_query.png') < 0.01


def share_of_grey(path):
    """Return which share of a figure is where an image is missing."""
    return (cv2.imread(str(path)) == 235).all(axis=-1).mean()


def test_evaluate_scores_tiles_as_queries(small_map, queries, tmp_path, capsys):
    path = queries(['0_0.png', '1_2.png', '3_3.png'], Yaw=0, GSD=TILE_M / TILE_PX)
    out = tmp_path / 'out' / 'scores.json'
    assert evaluate(small_map, path, '--background-quantile', 0, '--json', out) == 0
    scores = json.loads(out.read_text())
    assert (scores['n'], scores['refused'], scores['false_fixes']) == (3, 0, 0)
    assert scores['recall_at'] == {'1': 1.0, '5': 1.0, '10': 1.0, '20': 1.0}
    assert scores['chance_at_1'] == pytest.approx(1 / 16)
    assert scores['error_m']['median'] == pytest.approx(20.0, abs=0.1)
    assert scores['share_within_m']['10'] == 0.0
    assert scores['share_within_m']['25'] == 1.0
    assert [query['rank_of_truth'] for query in scores['queries']] == [1, 1, 1]
    text = capsys.readouterr().out
    assert '3 images over 16 tiles; known: heading and gsd' in text
    assert 'recall@1    100.0%       6.2%' in text


def test_evaluate_can_ignore_what_is_known(small_map, queries, capsys):
    path = queries(['0_0.png', '1_2.png'], Yaw=90, GSD=1.0)
    assert evaluate(small_map, path, '--ignore', 'heading,gsd', '--limit', 1) == 0
    assert '1 images over 16 tiles; known: nothing' in capsys.readouterr().out


def test_evaluate_uses_height_and_field_of_view(small_map, queries, tmp_path, capsys):
    path = queries(['0_0.png', '1_2.png', '3_3.png'], Yaw=0, Height=TILE_M / 2, Pitch=-90)
    out = tmp_path / 'scores.json'
    flags = ('--hfov-deg', 90, '--background-quantile', 0, '--score', 'footprint')
    assert evaluate(small_map, path, *flags, '--json', out) == 0
    scores = json.loads(out.read_text())
    assert scores['recall_at']['1'] == 1.0
    assert scores['conditions']['known'] == ['heading', 'attitude', 'height', 'camera']
    (band,) = scores['anees_by_height']
    assert (band['low_m'], band['fixes']) == (TILE_M / 2, 3)
    assert evaluate(small_map, path, *flags, '--ignore', 'height,attitude') == 0
    assert 'known: heading and camera' in capsys.readouterr().out


def test_evaluate_disturbs_what_is_known_and_says_so(small_map, queries, tmp_path, capsys):
    path = queries(['0_0.png', '1_2.png'], Yaw=0, GSD=TILE_M / TILE_PX)
    flags = ('--background-quantile', 0, '--json', tmp_path / 'scores.json')
    similarities = []
    for errors in ((), ('--perturb', 'heading_deg=45,height=0.5', '--seed', 4)):
        assert evaluate(small_map, path, *flags, *errors) == 0
        scores = json.loads((tmp_path / 'scores.json').read_text())
        similarities.append(scores['queries'][0])
    text = capsys.readouterr().out
    assert 'known: heading and gsd, disturbed by heading_deg=45,height=0.5' in text
    assert scores['conditions']['perturb'] == 'heading_deg=45,height=0.5'
    assert scores['conditions']['seed'] == 4
    assert similarities[0] != similarities[1]


def test_evaluate_reports_calibration(small_map, queries, tmp_path, capsys):
    path = queries(['0_0.png', '1_2.png'], Yaw=0, GSD=TILE_M / TILE_PX, Time=7)
    out = tmp_path / 'scores.json'
    assert evaluate(small_map, path, '--background-quantile', 0, '--json', out, '--sequence') == 0
    scores = json.loads(out.read_text())
    # Both are 20 m east of the fix: what its covariance makes of that is the answer.
    sigmas = [query['error_sigmas'] for query in scores['queries']]
    assert scores['anees'] == pytest.approx(sum(s**2 for s in sigmas) / 4)
    assert scores['availability'] == 1.0
    assert scores['first_fix'] == {'images': 1, 'seconds': 0.0, 'false_fixes_before': 0}
    text = capsys.readouterr().out
    assert 'ANEES of the fixes (1 is ideal' in text
    assert 'first true fix with image 1; 0 false fixes before it' in text


def test_evaluate_keeps_what_a_report_shows(small_map, queries, tmp_path):
    path = queries(['0_0.png', '1_2.png'], Yaw=0, GSD=TILE_M / TILE_PX, Time=7)
    out = tmp_path / 'scores.json'
    flags = ('--background-quantile', 0, '--score', 'footprint')
    images = ['--images', small_map.folder, '--queries', path, '--map', small_map.index]
    assert main(['evaluate', *map(str, (*images, *flags, '--json', out))]) == 0
    query = json.loads(out.read_text())['queries'][0]
    lat, long = FRAME.geodetic_from_enu([0.5 * TILE_M + 20, -0.5 * TILE_M])
    assert (query['true_latitude'], query['true_longitude']) == (float(lat), float(long))
    assert query['gsd_m_per_px'] == pytest.approx(TILE_M / TILE_PX)
    assert abs((query['heading_deg'] + 180) % 360 - 180) < 3.0
    assert query['stamp_s'] == 7.0
    best = query['candidates'][0]
    assert (best['filename'], best['similarity']) == ('0_0.png', pytest.approx(1.0, abs=1e-3))
    # Correlation finds the tile itself, 20 m to the west of what the CSV says.
    guess = query['candidates'][0]
    east, north = FRAME.enu_from_geodetic(guess['latitude'], guess['longitude'])
    assert (east, north) == pytest.approx((0.5 * TILE_M, -0.5 * TILE_M), abs=2.0)
    assert len(query['candidates']) == 5
    assert 'correlate' in query['timings_ms']


@pytest.mark.slow
def test_evaluate_writes_a_report(small_map, queries, tmp_path, capsys):
    pytest.importorskip('matplotlib')
    path = queries(['0_0.png', '1_2.png'], Yaw=0, GSD=TILE_M / TILE_PX)
    flags = ('--background-quantile', 0, '--report', tmp_path / 'r.html')
    assert evaluate(small_map, path, *flags, '--json', tmp_path / 'r.json') == 0
    assert f'report: {tmp_path / "r.html"}' in capsys.readouterr().out
    page = (tmp_path / 'r.html').read_text()
    assert 'tiles over index' in page
    assert page.count('data:image/jpeg') == 1 + 2 * 3  # the map, and three of each image
    # The same from the JSON, without the folders.
    assert main(['report', str(tmp_path / 'r.json'), '--out', str(tmp_path / 'again.html')]) == 0
    assert (tmp_path / 'again.html').read_text().count('data:image/jpeg') == 0


def test_evaluate_draws_figures(small_map, queries, tmp_path, capsys):
    pytest.importorskip('matplotlib')
    path = queries(['0_0.png', '1_2.png'], Yaw=0, GSD=TILE_M / TILE_PX)
    assert evaluate(small_map, path, '--figures', tmp_path / 'f') == 0
    assert f'figures: 5 in {tmp_path / "f"}' in capsys.readouterr().out
    names = sorted(file.name for file in (tmp_path / 'f').iterdir())
    assert names[:3] == ['anees.png', 'reliability.png', 'risk.png']
    assert names[3].startswith('worst_01_') and names[4].startswith('worst_02_')
    assert all(Image.open(tmp_path / 'f' / name).width > 500 for name in names)


def test_a_limit_that_holds_is_exit_code_3(small_map, queries, capsys):
    path = queries(['0_0.png'], Yaw=0, GSD=TILE_M / TILE_PX)
    flags = ('--background-quantile', 0, '--fail-if')
    assert evaluate(small_map, path, *flags, 'p90>25') == 0
    assert evaluate(small_map, path, *flags, 'p90>15, recall@1<1') == 3
    assert capsys.readouterr().err == '--fail-if: p90>15 (it is 20)\n'


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--fail-if', 'p95>20'), "--fail-if 'p95' is unknown"),
        (('--ignore', 'weather'), "--ignore 'weather' is unknown"),
        (('--perturb', 'weather=1'), "--perturb 'weather' is unknown"),
        (('--hfov-deg', '0'), '--hfov-deg must be above 0 and below 180 degrees'),
        (('--truth-columns', 'Latitude'), '--truth-columns must be two names LAT,LON'),
        (('--truth-columns', 'Latitude,Lon'), 'no column Lon'),
        (('--limit', '0'), '--limit must be at least 1, got 0'),
        (('--radius-m', '-1'), '--radius-m must be above 0 metres, got -1'),
    ],
)
def test_wrong_arguments_are_one_line(small_map, queries, capsys, arguments, message):
    assert evaluate(small_map, queries(['0_0.png']), *arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_an_unreadable_query_is_named_and_refused(small_map, queries, tmp_path, capsys):
    (tmp_path / '0_0.png').write_bytes(b'no image')
    shutil.copy(small_map.folder / '1_1.png', tmp_path)
    arguments = ['--map', str(small_map.index), '--images', str(tmp_path)]
    names = str(queries(['0_0.png', '1_1.png']))
    assert main(['evaluate', *arguments, '--queries', names]) == 1
    written = capsys.readouterr()
    assert '0_0.png is not an image' in written.err
    assert '1 fixes published, 1 refused' in written.out


@pytest.mark.parametrize('verb', ['locate', 'evaluate'])
def test_an_unexpected_error_costs_one_image(
    small_map, queries, capsys, caplog, monkeypatch, verb
):
    asks = {'locate': 'locate', 'evaluate': 'questions'}
    module = importlib.import_module(f'visual_navsat.cli.{asks[verb]}')
    answer = module.query

    def query(loaded_map, config, image, *args, **settings):
        if '0_0' in str(image):
            raise ZeroDivisionError('division by zero')
        return answer(loaded_map, config, image, *args, **settings)

    monkeypatch.setattr(module, 'query', query)
    if verb == 'locate':
        images = (small_map.folder / name for name in ('0_0.png', '1_1.png'))
        assert locate(small_map, *images, *NORTH_UP) == 1
    else:
        assert evaluate(small_map, queries(['0_0.png', '1_1.png'])) == 1
    written = capsys.readouterr()
    assert '0_0.png: unexpected ZeroDivisionError: division by zero' in written.err
    assert 'Traceback' in caplog.text
    assert '1_1.png' in written.out or '1 fixes published, 1 refused' in written.out


def test_locate_takes_a_tilt_and_its_sigmas(wide_map, tmp_path, capsys):
    # 20 degrees ahead of straight down, facing north, above the corner of tiles 4 and 3.
    ahead = looking_ahead(0.0, 20.0)
    camera = CameraModel(224, 224, 224.0, 224.0, 111.5, 111.5)
    ground_px = np.array([[2.0, 0, 3 * TILE_PX], [0, -2.0, 4 * TILE_PX], [0, 0, 1]])
    seen = ground_px @ ground_from_pixel(camera, ahead, 100.0)
    photo = cv2.warpPerspective(wide_map.ground, seen, (224, 224), flags=cv2.WARP_INVERSE_MAP)
    path = tmp_path / 'tilted.png'
    Image.fromarray(photo).save(path)
    hfov_deg = 2 * math.degrees(math.atan(0.5))
    known = [path, '--heading-deg', '0', '--height-m', '100', '--hfov-deg', hfov_deg]

    def found(*flags):
        assert locate(wide_map, *known, *flags, '--format', 'json') == 0
        return json.loads(capsys.readouterr().out)

    tilted = found('--pitch-deg', '-70')
    east_m, north_m = FRAME.enu_from_geodetic(tilted['latitude'], tilted['longitude'])
    assert math.hypot(east_m - 3 * TILE_M, north_m + 4 * TILE_M) < 1.5
    # Of a heading and a height that may be farther off, more is searched, with the same answer.
    wider = found('--pitch-deg', '-70', '--heading-sigma-deg', '10', '--height-sigma', '0.1')
    assert wider['latitude'] == pytest.approx(tilted['latitude'], abs=2e-6)  # 0.2 m
    assert locate(wide_map, *known, '--roll-deg', '3') == 1
    assert 'needs --pitch-deg' in capsys.readouterr().err
    assert locate(wide_map, *known, '--height-sigma', '15') == 1
    assert '--height-sigma must be 0.001 to 0.45, got 15' in capsys.readouterr().err


def test_evaluate_adds_the_error_of_the_truth(small_map, queries, tmp_path):
    path = queries(['2_1.png'], Yaw=0)
    sigmas = []
    for number, flags in enumerate(([], ['--truth-sigma-m', '20'])):
        out = tmp_path / f'{number}.json'
        assert evaluate(small_map, path, *flags, '--json', out) == 0
        (answer,) = json.loads(out.read_text())['queries']
        assert answer['error_m'] == pytest.approx(20.0, abs=0.1)
        sigmas.append(answer['error_sigmas'])
    # 20 m off: by the fix's own sigma s, and by the root of s squared and 20 squared.
    alone = 20.0 / sigmas[0]
    assert sigmas[1] == pytest.approx(20.0 / math.hypot(alone, 20.0), rel=0.02)
