# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The session file: written line by line, read after a crash, replayed, compared."""

import io
import json
import resource

import numpy as np
from PIL import Image
import pytest
from visual_navsat.board import BoardMonitor
from visual_navsat.cli.main import main
from visual_navsat.errors import FileWriteError, VisualNavsatError
from visual_navsat.geometry.web_mercator import world_from_geodetic
from visual_navsat.index.imagery import open_imagery
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.replay.session_replay import replay_session, truth_of
from visual_navsat.session.flown_map import FlownMap
from visual_navsat.session.reader import is_session, read_session, SessionError
from visual_navsat.session.records import (
    answer_record,
    board_record,
    event_record,
    position_record,
    refusal_record,
    state_record,
    tile_picture,
    tile_record,
)
from visual_navsat.session.writer import SessionWriter


@pytest.fixture
def home(small_map):
    """Return the centre of a tile."""
    tile = IndexFolder.open(small_map.index).tiles[5]
    return tile.center_lat, tile.center_long


@pytest.fixture
def session_file(tmp_path, home):
    """Return a flight north at 10 m/s: a fix 3 m north of the truth, a refusal, a fix at it."""
    lat, long = home
    path = tmp_path / 'flight.jsonl'
    writer = SessionWriter(path, clock=lambda: 99.0)
    for step in range(5):
        true_lat = lat + 10.0 * step / 111190
        writer.add(position_record(100.0 + step, 'truth', true_lat, long, height_m=100.0))
    writer.add(state_record(100.5, 'node', 'ok', 'active', 'active: fix', {'fixes': '1'}))
    writer.add(board_record(100.6, cpu=0.4, temperature_c=None))
    for number, (stamp_s, north_m) in enumerate(((100.5, 8.0), (101.5, None), (102.5, 25.0)), 1):
        position = Refusal('no_fix')
        if north_m is not None:
            covariance = np.array([[4.0, 1.0], [1.0, 9.0]])
            position = PositionEstimate.from_horizontal(
                lat + north_m / 111190, long, covariance, 5
            )
        answer = Answer(
            position,
            candidates=(Candidate(1, 0.9, lat, long, 10.0, 0.3, tile_index=5, retrieval_rank=1),),
            timings_ms={'total': 300.0},
            name=f'image_{number:06d}',
            stamp_ns=round(stamp_s * 1e9),
            tracked=position,
        )
        writer.add(answer_record(stamp_s + 0.3, answer))
    writer.close()
    return path


def test_what_was_written_is_read(session_file, home):
    assert is_session(session_file)
    session = read_session(session_file)
    assert (session.name, session.damage) == ('flight', '')
    first, second, third = session.answers()
    assert first.position.covariance_en_m2 == [4.0, 1.0, 9.0]
    assert (first.stamp_ns, first.answered_ns) == (100_500_000_000, 100_800_000_000)
    assert first.tracked.latitude == pytest.approx(home[0] + 8.0 / 111190)
    assert second.position == Refusal('no_fix') and second.tracked == Refusal('')
    assert third.candidates[0].tile_index == 5
    assert truth_of(session).at(100_500_000_000)[0] == pytest.approx(home[0] + 5.0 / 111190)
    assert session.of_kind('board')[0]['temperature_c'] is None
    assert session.records[0]['time_s'] == 99.0


def test_a_crash_leaves_whole_lines(session_file, tmp_path, capsys, small_map):
    cut = tmp_path / 'cut.jsonl'
    cut.write_bytes(session_file.read_bytes()[:-20])
    session = read_session(cut)
    assert len(session.answers()) == 2
    assert session.damage.endswith('its last line is cut off; 10 are whole')
    assert main(['replay', str(cut), '--map', str(small_map.index)]) == 1
    assert 'its last line is cut off' in capsys.readouterr().err


def test_what_is_no_session_is_said_in_a_line(session_file, tmp_path):
    lines = session_file.read_text().splitlines()
    other = tmp_path / 'other.jsonl'
    for text, said in (
        ('{}', 'is no session'),
        (
            lines[0].replace('"format":1', '"format":7') + '\n',
            'is a session of format 7, this reads 1',
        ),
        (f'{lines[0]}\n[1]\n', 'line 2 is no record, got'),
        (f'{lines[0]}\n{{"kind"\n', 'line 2'),
    ):
        other.write_text(text)
        with pytest.raises(SessionError, match=said):
            read_session(other)
    with pytest.raises(SessionError, match='cannot read session'):
        read_session(tmp_path / 'none.jsonl')
    with pytest.raises(VisualNavsatError, match='exists'):
        SessionWriter(session_file)
    with pytest.raises(FileWriteError):
        SessionWriter(tmp_path / 'no/folder.jsonl')
    other.write_text(f'{lines[0]}\n{{"kind":"answer","time_s":1.0}}\n')
    with pytest.raises(SessionError, match='an answer is damaged'):
        read_session(other).answers()


def test_a_full_disk_ends_the_session_and_nothing_else(tmp_path, caplog):
    writer = SessionWriter(tmp_path / 'flight.jsonl')
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        for number in range(20):
            writer.add(event_record(float(number), 'flies'))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (said,) = (record.message for record in caplog.records)
    assert said.endswith('flight.jsonl ends here: [Errno 27] File too large')
    writer.close()
    assert read_session(tmp_path / 'flight.jsonl').of_kind('event')


def test_replay_and_compare_read_it(session_file, tmp_path, capsys, small_map):
    output = replay_session(session_file, small_map.index)
    single, _ = output.evaluations
    assert [round(one.error_m, 1) for one in output.answers if one.is_fix] == [3.0, 0.0]
    assert single.to_json()['recall_at']['1'] == 1.0
    arguments = ['replay', str(session_file), '--map', str(small_map.index)]
    assert main([*arguments, '--out', str(tmp_path / 'out'), '--fail-if', 'median>2']) == 0
    assert main([*arguments, '--fail-if', 'median<2']) == 3
    fixes = (tmp_path / 'out/fixes.csv').read_text().splitlines()
    assert len(fixes) == 4
    assert json.loads((tmp_path / 'out/replay.json').read_text())['mode'] == 'as it was flown'
    assert main([*arguments, '--realtime']) == 1
    assert '--realtime needs images, and a session holds none' in capsys.readouterr().err
    # The same images, called otherwise, answered again at a desk.
    desk = json.loads((tmp_path / 'out/evaluation_fix.json').read_text())
    for query in desk['queries']:
        query['filename'] = f'bag_{query["filename"]}'
    (tmp_path / 'desk.json').write_text(json.dumps(desk))
    runs = ['compare', str(session_file), str(tmp_path / 'desk.json')]
    assert main(runs) == 1
    assert 'name it with --map' in capsys.readouterr().err
    assert main([*runs, '--map', str(small_map.index)]) == 0
    assert '3 images in both runs' in capsys.readouterr().out


def test_the_map_is_kept_where_it_was_flown(home, small_map):
    folder = IndexFolder.open(small_map.index)
    flown = FlownMap(open_imagery(folder.tiles, folder.manifest), radius_m=20.0)
    tiles = list(flown.records_near(1.0, *home))
    x, y = (float(value) * 2 ** tiles[0]['z'] for value in world_from_geodetic(*home))
    assert (int(x), int(y)) in {(tile['x'], tile['y']) for tile in tiles}
    pictures = [Image.open(io.BytesIO(tile_picture(tile))) for tile in tiles]
    assert all(picture.size == (256, 256) for picture in pictures)
    # Where the map ends within a tile, there is nothing to see outside it.
    alphas = [np.asarray(picture.convert('RGBA'))[..., 3] for picture in pictures]
    for tile, alpha in zip(tiles, alphas, strict=True):
        assert ('jpeg' if (alpha == 255).all() else 'webp') in tile
    assert any((alpha == 0).any() and (alpha == 255).any() for alpha in alphas)
    assert list(flown.records_near(2.0, *home)) == []
    assert list(flown.records_near(3.0, home[0] + 1.0, home[1])) == []


def test_tiles_of_sessions_written_before_are_read():
    content = io.BytesIO()
    Image.new('RGB', (256, 256), (9, 9, 9)).save(content, 'JPEG')
    record = tile_record(1.0, 17, 3, 4, content.getvalue())
    assert record.keys() == {'kind', 'time_s', 'z', 'x', 'y', 'jpeg'}
    assert tile_picture(record) == content.getvalue()


def test_a_reason_that_comes_later_is_that_of_the_answer(tmp_path):
    path = tmp_path / 'flight.jsonl'
    writer = SessionWriter(path, clock=lambda: 99.0)
    for stamp_ns in (10**9, 2 * 10**9):
        refused = Answer(Refusal('no_fix'), name='1', stamp_ns=stamp_ns)
        writer.add(answer_record(stamp_ns / 1e9 + 0.5, refused))
    writer.add(refusal_record(3.0, 2.0, 'ambiguous'))
    writer.close()
    reasons = [answer.position.reason for answer in read_session(path).answers()]
    assert reasons == ['no_fix', 'ambiguous']


def test_the_board_is_read_as_far_as_it_tells(tmp_path):
    board = BoardMonitor(tmp_path)
    assert board.read(0.0) == {'cpu': None, 'temperature_c': None, 'power_w': None}
    stat, zone = tmp_path / 'proc/stat', tmp_path / 'sys/class/thermal/thermal_zone0/temp'
    counter = tmp_path / 'sys/class/powercap/intel-rapl:0/energy_uj'
    for path in (stat, zone, counter):
        path.parent.mkdir(parents=True, exist_ok=True)
    stat.write_text('cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n')
    zone.write_text('48500\n')
    counter.write_text('1000000\n')
    assert board.read(1.0) == {'cpu': None, 'temperature_c': 48.5, 'power_w': None}
    # A quarter of 400 ticks, and six joules in two seconds.
    stat.write_text('cpu  150 0 150 1000 100 0 0 0 0 0\n')
    counter.write_text('7000000\n')
    assert board.read(3.0) == {'cpu': 0.25, 'temperature_c': 48.5, 'power_w': 3.0}
    # A Jetson's own sensor: 19 V times 0.5 A at its input.
    rails = tmp_path / 'sys/class/hwmon/hwmon2'
    rails.mkdir(parents=True)
    for name, text in (
        *(('in2_label', 'VDD_CPU'), ('in2_input', '19000'), ('curr2_input', '100')),
        *(('in1_label', 'VDD_IN'), ('in1_input', '19000'), ('curr1_input', '500')),
    ):
        (rails / name).write_text(f'{text}\n')
    assert board.read(4.0)['power_w'] == 9.5
