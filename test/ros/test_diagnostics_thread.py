# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The diagnostics beat on, whatever happens."""

import threading

from visual_navsat.ros import diagnostics_thread
from visual_navsat.ros.diagnostics_thread import DiagnosticsThread


def test_it_beats_until_it_is_stopped_and_survives_a_fault(monkeypatch, capsys):
    monkeypatch.setattr(diagnostics_thread, 'PERIOD_S', 0.01)
    beats, third = [], threading.Event()

    def publish():
        beats.append(threading.current_thread())
        if len(beats) == 3:
            third.set()
        raise RuntimeError('no diagnostics this time')

    thread = DiagnosticsThread(publish)
    assert third.wait(60)
    thread.stop()
    count = len(beats)
    assert not third.wait(0) or len(beats) == count
    assert beats[0] is not threading.current_thread()
    assert 'no diagnostics this time' in capsys.readouterr().err
