# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Public data sets, read as they are downloaded: made-up ones in the same layout."""

import json
import math
import shutil

from made_datasets import make_alto, make_anyvisloc, make_uav_visloc, make_vpair
import numpy as np
import pytest
from visual_navsat.cli.main import main
from visual_navsat.evaluation.datasets import open_benchmark
from visual_navsat.evaluation.datasets.angles import angles_of, belly_camera
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import PhotoMetadata

pytest.importorskip('rasterio')


@pytest.fixture(scope='module')
def uav_visloc(tmp_path_factory):
    """Return a made-up UAV-VisLoc, and where its indexes are kept."""
    place = tmp_path_factory.mktemp('uav_visloc')
    return make_uav_visloc(place / 'set'), place / 'indexes'


def evaluate(name, made, *arguments):
    folder, indexes = made
    words = ['evaluate', '--dataset', name, folder, '--index', indexes, *arguments]
    return main([str(word) for word in words])


def scores_of(name, made, out, *arguments):
    assert evaluate(name, made, '--json', out, *arguments) == 0
    return json.loads(out.read_text())


def test_uav_visloc_is_read_as_it_is_downloaded(uav_visloc, tmp_path, capsys):
    scores = scores_of('uav-visloc', uav_visloc, tmp_path / 'r.json')
    written = capsys.readouterr()
    errors = {query['filename']: query['error_m'] for query in scores['queries']}
    assert len(errors) == 4 and max(errors.values()) < 2.0, errors
    assert list(scores['dataset']['sequences']) == ['03', '09', 'all']
    assert scores['dataset']['sequences']['09']['within_20'] == 1.0
    assert (scores['n'], scores['false_fixes'], scores['recall_at']['10']) == (4, 0, 1.0)
    header, *rows = written.out.splitlines()[-5:-1]
    columns = 'sequence images R@1 R@5 R@10 5 m 10 m 20 m 50 m 100 m median p90 published false'
    assert header.split() == columns.split()
    assert [row.split()[:2] for row in rows] == [['03', '3'], ['09', '1'], ['all', '4']]
    # Recall at 10, the shares within each distance, and what was published.
    assert [row.split()[4:10] for row in rows] == [['100.0%'] * 6] * 3
    assert [row.split()[-2:] for row in rows] == [['3', '0'], ['1', '0'], ['4', '0']]
    for said in ('height is above the sea', 'Omega is the roll', 'lag the photo', 'Phi1'):
        assert said in written.out
    # The aircraft flies 20 m in the second by which its positions lag.
    assert 'sigma of the truth from that lag: 14.1 m' in written.out
    assert [query['truth_sigma_m'] for query in scores['queries']] == pytest.approx(
        [20.0 / math.sqrt(2)] * 3 + [0.0], rel=1e-3
    )


def test_an_index_is_built_once(uav_visloc, tmp_path, capsys):
    flags = ('--sequence', '03', '--limit', '1', '--truth-sigma-m', '2')
    first = scores_of('uav-visloc', uav_visloc, tmp_path / 'a.json', *flags)
    capsys.readouterr()
    again = scores_of('uav-visloc', uav_visloc, tmp_path / 'b.json', *flags)
    assert 'from an earlier run' in capsys.readouterr().err
    assert first['n'] == again['n'] == 1
    assert again['queries'][0]['filename'] == '03/drone/03_0001.JPG'
    assert again['queries'][0]['truth_sigma_m'] == 2.0


def test_uav_visloc_attitudes_are_those_of_the_aircraft(uav_visloc, tmp_path):
    flight = open_benchmark('uav-visloc', uav_visloc[0]).read('03', tmp_path)
    known = flight.queries[0].known
    # Nose to 25 degrees, right wing down by 4, nose down by 1: the axis points to the left.
    assert known.heading_deg == pytest.approx(25.0, abs=0.1)
    rotation = Knowledge(**{**vars(known), 'hfov_deg': 40.0}).view(PhotoMetadata(1000, 750))
    axis = rotation.enu_from_camera[:, 2]
    ahead = np.array([math.sin(math.radians(25)), math.cos(math.radians(25))])
    right = np.array([ahead[1], -ahead[0]])
    assert axis[:2] @ right == pytest.approx(-math.sin(math.radians(4)), abs=1e-3)
    assert axis[:2] @ ahead == pytest.approx(-math.sin(math.radians(1)), abs=1e-3)
    assert (known.gsd_m_per_px, known.gsd_sigma) == (0.1414, 0.2)
    assert known.height_agl_m is None


@pytest.mark.parametrize('yaw', [0.0, 73.0, -140.0])
@pytest.mark.parametrize(('pitch', 'roll'), [(0.0, 0.0), (7.0, 0.0), (0.0, -12.0), (-5.0, 21.0)])
def test_an_attitude_survives_as_gimbal_angles(yaw, pitch, roll):
    rotation = belly_camera(yaw, pitch, roll)
    known = Knowledge(**angles_of(rotation))
    view = known.view(PhotoMetadata(400, 300))
    np.testing.assert_allclose(view.enu_from_camera, rotation, atol=1e-9)


@pytest.mark.parametrize(
    ('break_it', 'message'),
    [
        (lambda set_: shutil.rmtree(set_ / '03' / 'drone'), 'no image'),
        (lambda set_: (set_ / '03' / 'satellite03.tif').unlink(), 'has no satellite03.tif'),
        (lambda set_: (set_ / '03' / 'satellite03.tif').write_bytes(b'II'), 'cannot open map'),
        (lambda set_: (set_ / 'satellite_ coordinates_range.csv').unlink(), 'has no satellite_co'),
        (lambda set_: rename_column(set_ / '03' / '03.csv'), 'has no column Kappa'),
        (lambda set_: (set_ / '09' / 'satellite09_02-01.tif').unlink(), 'do not form 2 rows of 2'),
    ],
)  # fmt: skip
def test_what_is_missing_is_one_line(uav_visloc, tmp_path, capsys, break_it, message):
    folder = tmp_path / 'set'
    shutil.copytree(uav_visloc[0], folder)
    break_it(folder)
    assert evaluate('uav-visloc', (folder, tmp_path / 'indexes'), '--limit', '1') == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith('visual-navsat evaluate: ') and message in error


def rename_column(path):
    path.write_text(path.read_text().replace('Kappa', 'Kapa'))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--dataset', 'kitti', '.'), "--dataset 'kitti' is unknown: choose from uav-visloc, any"),
        (('--dataset', 'uav-visloc', 'nowhere'), 'nowhere is no folder'),
        (('--dataset', 'uav-visloc', '.'), 'holds no flight of UAV-VisLoc'),
        (('--dataset', 'uav-visloc', '.', '--map', 'm'), '--map comes from --dataset'),
        (('--map', 'm', '--images', 'i'), 'give --map, --images and --queries, or --dataset'),
        (
            ('--map', 'm', '--images', 'i', '--queries', 'q', '--sequence', '03'),
            'only a --dataset has named sequences',
        ),
    ],
)
def test_wrong_names_are_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(['evaluate', *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


def test_an_unknown_sequence_names_those_there_are(uav_visloc, capsys):
    assert evaluate('uav-visloc', uav_visloc, '--sequence', '3') == 1
    assert "--sequence '3' is not in" in (error := capsys.readouterr().err)
    assert 'choose from 03, 09' in error


OTHERS = {'alto': make_alto, 'vpair': make_vpair, 'anyvisloc': make_anyvisloc}


@pytest.fixture(scope='module')
def others(tmp_path_factory):
    """Return made-up data sets by their names, and where their indexes are kept."""
    place = tmp_path_factory.mktemp('others')
    return {name: (make(place / name), place / f'{name}_i') for name, make in OTHERS.items()}


@pytest.mark.parametrize(
    ('name', 'arguments', 'count', 'said'),
    [
        ('alto', (), 2, 'coordinates are UTM 17 north'),
        ('vpair', (), 3, 'distractors have no position'),
        ('anyvisloc', (), 2, 'withholds where it was taken'),
        ('anyvisloc', ('--sequence', 'Scene_01/satellite'), 2, 'withholds where it was taken'),
    ],
)
def test_other_sets_are_read_as_they_are_downloaded(
    others, tmp_path, capsys, name, arguments, count, said
):
    scores = scores_of(name, others[name], tmp_path / 'r.json', *arguments)
    assert f'{name}: ' in (text := capsys.readouterr().out) and said in text
    errors = [query['error_m'] for query in scores['queries']]
    assert len(errors) == count and None not in errors, scores['queries']
    assert max(errors) < 4.0, errors


@pytest.mark.parametrize(
    ('name', 'lost', 'message'),
    [
        ('alto', 'Val/reference.csv', 'holds no section of ALTO'),
        ('alto', 'Val/query_images/000000.png', 'no image'),
        ('alto', 'Val/reference_images/offset_0_None/000003.png', 'no image'),
        ('vpair', 'poses_query.txt', 'has no poses_query.txt'),
        ('vpair', 'reference_views/depth_00002.npy', 'has no depth of reference view 00002'),
        ('anyvisloc', 'Scene_01/L01_reference.json', 'holds no scene of AnyVisLoc'),
        ('anyvisloc', 'Scene_01/aerial_map.png', 'no map'),
    ],
)
def test_what_other_sets_lack_is_one_line(others, tmp_path, capsys, name, lost, message):
    folder = tmp_path / 'set'
    shutil.copytree(others[name][0], folder)
    (folder / lost).unlink()
    assert evaluate(name, (folder, tmp_path / 'indexes')) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith('visual-navsat evaluate: ') and message in error


def test_a_damaged_sample_is_named(others, tmp_path, capsys):
    folder = tmp_path / 'set'
    shutil.copytree(others['anyvisloc'][0], folder)
    (folder / 'Scene_01' / 'L01_0002.npz').write_bytes(b'PK no zip')
    assert evaluate('anyvisloc', (folder, tmp_path / 'indexes')) == 1
    assert 'L01_0002.npz: download the data set again' in capsys.readouterr().err
