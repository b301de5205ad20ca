# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import argparse
import json
import re
import sys

import pytest
from visual_navsat import machine
from visual_navsat.cli import doctor
from visual_navsat.machine import Check, CHECKS


def run_doctor(*flags):
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    return doctor.run(parser.parse_args(flags))


def test_a_machine_that_runs_the_tests_can_run(capsys):
    assert run_doctor('--json') == 0
    content = json.loads(capsys.readouterr().out)
    assert content['can_run']
    states = {check['name']: check['state'] for check in content['checks']}
    assert len(states) == len(CHECKS)
    assert states['PyTorch'] == states['packages'] == states['embedded model'] == 'ok'


def test_what_is_missing_is_named_with_its_remedy(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'torch', None)  # as if it were not installed
    assert run_doctor() == 1
    text = capsys.readouterr().out
    assert 'MISSING  PyTorch' in text
    assert f'-> {sys.executable} -m pip install torch' in text
    assert 'cannot run: PyTorch missing' in text


def test_an_optional_package_that_is_absent_stops_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, 'jinja2', None)
    check = machine.check_figures()
    assert (check.state, check.found) == ('absent', 'no --report: no jinja2')
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    check = machine.check_figures()
    assert check.state == 'absent'
    assert 'pip install matplotlib jinja2' in check.remedy


def test_without_cv_bridge_nothing_is_lost(monkeypatch):
    # As ros/conversions.py has it: without it, only encodings that are not ours are refused.
    monkeypatch.setitem(sys.modules, 'cv_bridge', None)
    check = machine.check_cv_bridge()
    assert (check.state, check.remedy) == ('absent', '')
    assert 'not needed' in check.found


@pytest.mark.parametrize('name', ['cv2', 'yaml'])
def test_a_needed_package_is_installed_by_its_own_name(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    check = machine.check_packages()
    assert check.state == 'missing'
    assert check.remedy.endswith({'cv2': 'opencv-python-headless', 'yaml': 'PyYAML'}[name])


def test_a_broken_module_is_missing_too(tmp_path, monkeypatch):
    (tmp_path / 'faiss.py').write_text("raise RuntimeError('wrong\\nCPU')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'faiss', raising=False)
    assert machine.check_faiss().found.startswith('wrong CPU; torch searches instead')


def test_a_ros_that_is_not_installed_does_not_stop_the_rest(monkeypatch):
    monkeypatch.setitem(sys.modules, 'rclpy', None)
    check = machine.check_ros()
    assert check.state == 'absent'
    assert re.fullmatch(r'no rclpy\b.*: no node', check.found)
    assert check.remedy


def test_checksums_of_fetched_models(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert machine.check_official_models().found == 'none was fetched'
    folder = tmp_path / 'visual_navsat' / 'models'
    folder.mkdir(parents=True)
    checkpoint = folder / 'dinov2_vits14_pretrain.pth'
    checkpoint.write_bytes(b'abc')
    assert machine.check_official_models().found == 'dinov2_vits14 (no checksum recorded)'
    # SHA-256 of b'abc', from FIPS 180-2.
    sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    (folder / f'{checkpoint.name}.sha256').write_text(f'{sha256}  {checkpoint.name}\n')
    assert machine.check_official_models().found == 'dinov2_vits14 (checksum right)'
    checkpoint.write_bytes(b'abd')
    check = machine.check_official_models()
    assert check.found == 'dinov2_vits14 (checksum differs: damaged)'
    assert 'fetch-model dinov2_vits14' in check.remedy


def test_every_check_answers_on_this_machine():
    for check in (check() for check in CHECKS):
        assert isinstance(check, Check)
        assert check.found
        assert '\n' not in check.found
        assert check.state in ('ok', 'absent', 'missing')
