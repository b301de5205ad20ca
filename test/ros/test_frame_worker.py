# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The worker takes the newest frame and ends when told."""

import threading

from visual_navsat.ros.frame_worker import FrameWorker

TIMEOUT_S = 60.0


def test_newest_frame_displaces_the_one_that_waits():
    handled, busy, release = [], threading.Event(), threading.Event()

    def handle(frame):
        handled.append(frame)
        busy.set()
        assert release.wait(TIMEOUT_S)

    worker = FrameWorker(handle)
    assert worker.submit('first') is False
    assert busy.wait(TIMEOUT_S)
    assert worker.submit('second') is False
    assert worker.submit('third') is True
    release.set()
    while len(handled) < 2:
        threading.Event().wait(0.001)
    assert worker.stop(TIMEOUT_S)
    assert handled == ['first', 'third']


def test_stop_says_when_a_frame_takes_longer_than_the_timeout():
    busy, release = threading.Event(), threading.Event()

    def handle(_):
        busy.set()
        release.wait(TIMEOUT_S)

    worker = FrameWorker(handle)
    worker.submit('frame')
    assert busy.wait(TIMEOUT_S)
    assert worker.stop(timeout_s=0.01) is False
    release.set()
    assert worker.stop(TIMEOUT_S) is True


def test_cleared_frame_is_never_handled():
    handled, busy, release = [], threading.Event(), threading.Event()

    def handle(frame):
        handled.append(frame)
        busy.set()
        release.wait(TIMEOUT_S)

    worker = FrameWorker(handle)
    worker.submit('first')
    assert busy.wait(TIMEOUT_S)
    worker.submit('second')
    worker.clear()
    release.set()
    assert worker.stop(TIMEOUT_S)
    assert handled == ['first']
