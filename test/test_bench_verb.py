# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How fast a machine answers, and the energy that it says it takes."""

import json
import time

import pytest
from visual_navsat.cli.main import main
from visual_navsat.planning.energy import EnergyMeter
from visual_navsat.planning.timed_answers import percentiles


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{text}\n')


def test_the_verb_times_each_kind_of_knowledge(small_map, tmp_path, capsys):
    tile = small_map.tiles[5]
    lat, long = tile.center_lat, tile.center_long
    table = tmp_path / 'q.csv'
    table.write_text(f'Filename,Latitude,Longitude,Yaw,GSD\n{tile.filename},{lat},{long},0,0.5\n')
    out = tmp_path / 'bench.json'
    files = ('--images', str(small_map.folder), '--queries', str(table), '--json', str(out))
    assert main(['bench', '--map', str(small_map.index), '--rounds', '2', *files]) == 0
    printed = capsys.readouterr().out
    said = json.loads(out.read_text())
    cases = {one['known']: one for one in said['timings']}
    assert list(cases) == [
        *('heading and scale known', 'scale alone known', 'heading alone known', 'neither known')
    ]
    known = cases['heading and scale known']
    assert known['answers'] == known['published'] == 2
    assert 0 < known['total_ms']['p50'] <= known['total_ms']['p99'] <= known['total_ms']['max']
    assert known['stages_ms']['correlate'] > 0
    assert 'heading and scale known' in printed and 'MB at most' in printed
    assert main(['bench', '--map', str(small_map.index), '--rounds', '0', *files]) == 1
    assert '--rounds must be 1 to 10000' in capsys.readouterr().err


def test_percentiles_are_those_of_all_answers():
    assert percentiles(range(101)) == {'p50': 50.0, 'p95': 95.0, 'p99': 99.0}


def test_the_counters_of_processors_are_summed(tmp_path):
    folder = tmp_path / 'sys/class/powercap'
    for number in (0, 1):
        write(folder / f'intel-rapl:{number}/energy_uj', 9_000_000)
    write(folder / 'intel-rapl:0:0/energy_uj', 1)  # its cores are part of it
    meter = EnergyMeter(tmp_path)
    with meter:
        write(folder / 'intel-rapl:0/energy_uj', 12_500_000)
        write(folder / 'intel-rapl:1/energy_uj', 9_500_000)
    assert meter.joules == pytest.approx(4.0, abs=0.01)  # watts are rounded to milliwatts


def test_the_power_of_a_board_is_summed_over_time(tmp_path):
    chip = tmp_path / 'sys/class/hwmon/hwmon3'
    for number, label, milliamperes in ((1, 'VDD_IN', 2000), (2, 'VDD_CPU_GPU_CV', 900)):
        write(chip / f'in{number}_label', label)
        write(chip / f'in{number}_input', 5000)
        write(chip / f'curr{number}_input', milliamperes)
    meter = EnergyMeter(tmp_path)
    before = time.monotonic()
    with meter:
        within = time.monotonic()
        time.sleep(0.3)
        until = time.monotonic()
    # 10 W; the rail of the processor is a part of what comes in.
    assert 10.0 * (until - within) <= meter.joules <= 10.0 * (time.monotonic() - before)


def test_a_machine_that_does_not_tell_is_no_machine_without_energy(tmp_path):
    with EnergyMeter(tmp_path) as meter:
        pass
    assert meter.joules is None
