# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The live view as a process: it sees what is published, and nobody notices that it is killed."""

from collections import Counter
import os
import subprocess
import sys
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from localizer_peer import wait_for
import numpy as np
from ros_peer import RosPeer
from sensor_msgs.msg import NavSatFix, PointCloud2
from std_msgs.msg import Header
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.ros.conversions import candidates_message, fix_message, stamp_message
from visual_navsat.ros.domain import reserve_domain_id
from visual_navsat.ros.markers import answer_markers
from visual_navsat.session.reader import read_session
from visualization_msgs.msg import MarkerArray

FRAME = LocalFrame(47.0, 8.0)  # of the map
FOOTPRINT_M = np.array([[0, 0], [40, 0], [40, 30], [0, 30]], float)
STATUSES = {
    'localizer: localization': {
        'state': 'active', 'images_received': '3', 'track': 'tracked', 'fix_state': 'FIX',
    },
    'autopilot_bridge: autopilot': {
        'states': 'fused', 'reset_counter': '0', 'autopilot_latitude': '47.001',
        'autopilot_longitude': '8.001',
    },
    'other: thing': {'states': 'strange'},
}  # fmt: skip


class Flying(RosPeer):
    """It publishes as a localizer and a bridge do."""

    def __init__(self, domain_id):
        super().__init__(domain_id)
        kinds = {
            'localizer/candidates': PointCloud2,
            'localizer/fix': NavSatFix,
            'localizer/fix_tracked': NavSatFix,
            'localizer/markers': MarkerArray,
            '/diagnostics': DiagnosticArray,
        }
        self.out = {
            topic: self.node.create_publisher(kind, topic, 10) for topic, kind in kinds.items()
        }
        self.spin()

    def publish(self):
        header = Header(stamp=stamp_message(time.time_ns() - 300_000_000), frame_id='camera')
        lat, long = (float(value) for value in FRAME.geodetic_from_enu([100.0, 50.0]))
        position = PositionEstimate(lat, long, np.diag([4.0, 9.0, 100.0]))
        place = Candidate(1, 0.9, lat, long, 20.0, 0.3, tile_index=4, retrieval_rank=1)
        fix = fix_message(header, position, 0.0)
        markers = answer_markers(header, FRAME, Answer(position, tracked=position), FOOTPRINT_M)
        refused_ns = time.time_ns()
        refused = fix_message(Header(stamp=stamp_message(refused_ns)), Refusal('no_match'), 0.0)
        STATUSES['localizer: localization']['refusals'] = f'7:ambiguous {refused_ns}:no_match'
        for topic, message in (
            ('localizer/candidates', candidates_message(header, [place])),
            ('localizer/fix', fix),
            ('localizer/fix_tracked', fix),
            ('localizer/markers', markers),
            ('localizer/fix', refused),
            ('localizer/fix_tracked', refused),
            ('/diagnostics', DiagnosticArray(status=[_status(*one) for one in STATUSES.items()])),
        ):
            self.out[topic].publish(message)
        time.sleep(0.1)


def _status(name, values):
    pairs = [KeyValue(key=key, value=value) for key, value in values.items()]
    return DiagnosticStatus(name=name, message=f'{name} does well', values=pairs)


def test_it_only_observes(tmp_path):
    domain_id = reserve_domain_id()
    session = tmp_path / 'flight.jsonl'
    words = ('serve', '--live', '--port', '0', '--data', tmp_path, '--session', session)
    with (tmp_path / 'log.txt').open('w') as log:
        process = subprocess.Popen(
            [sys.executable, '-m', 'visual_navsat.cli.main', *map(str, words)],
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain_id)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    flying = Flying(domain_id)
    try:

        def kinds():
            flying.publish()
            assert process.poll() is None, (tmp_path / 'log.txt').read_text()
            if not session.exists():
                return None
            seen = Counter(record['kind'] for record in read_session(session).records)
            wanted = {'answer', 'footprint', 'state', 'position', 'board', 'refusal'}
            return seen if wanted <= seen.keys() else None

        wait_for(kinds, 'record of each kind')
        process.kill()
        process.wait()
        flying.publish()  # nothing has happened to us
    finally:
        process.kill()
        flying.close()
    seen = read_session(session)
    answers = seen.answers()
    answer = next(one for one in answers if one.is_fix)
    assert 'no_match' in {one.position.reason for one in answers if not one.is_fix}
    assert answer.position.covariance_en_m2 == [4.0, 0.0, 9.0]
    assert answer.tracked.latitude == answer.position.latitude
    assert answer.candidates[0].tile_index == 4
    assert 0.2 < answer.seconds < 30.0
    # The footprint's corners are metres of the map, whose origin no message tells.
    corners = np.array(seen.of_kind('footprint')[0]['corners'])
    # A float32 of a marker is right to micrometres, a degree of latitude is 111 km.
    assert np.abs(FRAME.enu_from_geodetic(*corners.T) - FOOTPRINT_M).max() < 0.01
    states = {record['of']: record for record in seen.of_kind('state')}
    assert states['autopilot']['state'] == 'fused'
    assert states['track'] | {'time_s': 0} == {
        'kind': 'state',
        'time_s': 0,
        'of': 'track',
        'level': 'ok',
        'state': 'tracked',
        'words': 'tracked; FIX',
        'values': {'fix_state': 'FIX'},
    }
    assert seen.places('autopilot')[0][1:] == (47.001, 8.001)
