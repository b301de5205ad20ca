# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fire malformed messages at the running node, stop it, restart it, take its map: it must live on.

    python -m bench.fire --minutes 30

Good images of maps/small come at 30 Hz; each third message is malformed, in ways that
raw_images.py, compressed_images.py and sensors.py list, with calls of services that make no
sense. Stretches without fire lie between, to compare how long good images take from capture to
publishing. Then the map's folder is deleted and brought back, the process is stopped and
continued, and the whole lifecycle is gone through again and again. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
from collections import Counter
import itertools
import json
from pathlib import Path
import random
import sys
import tempfile
import time
from typing import Any

from bench.fire.gunner import Gunner, Volley
from bench.fire.scene import MAP, Scene
from bench.fire.target import Target
from bench.fire.watch import compare
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS, run_verb
from bench.report import describe_machine
import numpy as np
from visual_navsat.files import write_json
from visual_navsat.ros.large_images import prepare_for_large_images
from visual_navsat.ros.node_process import keep_ros_on_this_machine, LocalizerProcess

_ROUNDS = 6  # raw and compressed images in turn
_CALM_SHARE = 0.2  # as long as each stretch under fire
_START_TIMEOUT_S = 120.0
_MAX_RSS_MB, _MAX_RSS_RATIO, _MAX_LATENCY_RATIO = 1000.0, 1.02, 1.5
_MAX_SERVICE_MS, _MAX_DOWN_S = 100.0, 2.0
_MAX_LOST = 0.01  # of the images, before the node looked


def main() -> int:
    parser = make_parser(__doc__, RESULTS / 'fire.json')
    add_counts(parser, minutes=30.0, circles=100, pauses=100, seed=0)
    args = parser.parse_args()
    commit = measured_commit()
    with tempfile.TemporaryDirectory() as scratch:
        record = {
            'commit': commit,
            'command': command('bench.fire', args, 'minutes', 'circles', 'pauses', 'seed'),
            'machine': describe_machine(),
            **run(args, Path(scratch)),
        }
    record['broken'] = broken_promises(record)
    write_json(args.out, record)
    print(json.dumps({k: v for k, v in record.items() if k != 'kinds'}, indent=1))
    return 1 if record['broken'] else 0


def run(args: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Return what the node did under fire; ``args`` as those of the command."""
    prepare_for_large_images()
    run_verb('build-map', MAP, '--out', scratch / 'index')
    gunner = Gunner(keep_ros_on_this_machine(), Scene.load(), random.Random(args.seed))
    settings = {'node.map': str(scratch / 'index'), 'node.image_transport': 'raw'}
    process = LocalizerProcess(settings, scratch / 'log.txt')
    target = Target(process, gunner, scratch / 'index')
    try:
        gunner.wait_until(
            lambda: process.check_alive() or gunner.is_heard('raw'), _START_TIMEOUT_S
        )
        gunner.answer_one('raw')
        volleys = _fire(target, 60.0 * args.minutes)
        done = {
            **_told(volleys),
            'services': {
                'calls': len(gunner.caller.milliseconds),
                'senseless_calls': gunner.caller.num_nonsense,
                'p99_ms': _quantile(gunner.caller.milliseconds, 0.99),
                'most_ms': _quantile(gunner.caller.milliseconds, 1.0),
            },
        }
        _say('the map is deleted and brought back')
        done['map_deleted'] = target.without_map()
        _say('pauses')
        done['pauses'] = target.pauses(args.pauses)
        _say('circles')
        done['circles'] = target.circles(args.circles)
        process.check_alive()
    finally:
        code = process.stop()
        gunner.close()
    faults = [line for line in process.log().split('\n') if 'Error: ' in line]
    return {**done, 'exit_code': code, 'faults': dict(Counter(faults).most_common(20))}


def _fire(target: Target, seconds: float) -> list[tuple[bool, Volley]]:
    """Return each volley and whether it was malformed."""
    volleys = []
    for number in range(_ROUNDS):
        transport = ('raw', 'compressed')[number % 2]
        if transport != target.transport:
            target.use_transport(transport)
            target.gunner.answer_one(transport)
        for is_fire in (False, True):
            length = seconds / _ROUNDS * (1.0 if is_fire else _CALM_SHARE)
            volley = target.gunner.fire(length, transport, is_fire, target.process.pid)
            volleys.append((is_fire, volley))
            target.process.check_alive()
            latency = _quantile(volley.latencies_ms, 0.95)
            name = 'fire' if is_fire else 'calm'
            _say(f'{name}, {transport}: p95 {latency} ms, {volley.vitals[-1]}')
    return volleys


def _told(volleys: list[tuple[bool, Volley]]) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    latency, images = {}, {}
    for name, is_fire in (('calm', False), ('fire', True)):
        chosen = [volley for fired, volley in volleys if fired is is_fire]
        latencies = [ms for volley in chosen for ms in volley.latencies_ms]
        latency[name] = {
            'answered': len(latencies),
            'p50_ms': _quantile(latencies, 0.5),
            'p95_ms': _quantile(latencies, 0.95),
        }
        counters: Counter[str] = Counter()
        for volley in chosen:
            counters.update(volley.counters)
            kinds.update(volley.kinds)
        images[name] = {
            'sent': sum(volley.num_images for volley in chosen),
            'lost_before_the_node_looked': sum(volley.num_lost for volley in chosen),
            'unaccounted': sum(abs(volley.num_unaccounted) for volley in chosen),
            'fixes_of_good_images': sum(volley.num_fixes for volley in chosen),
            'false_fixes': sum(volley.num_false for volley in chosen),
            'counters': dict(counters),
        }
    # A round of each transport after the first, which lasts five of 30 minutes, and the last two.
    under_fire = [volley.vitals for fired, volley in volleys if fired]
    early, late = (list(itertools.chain(*rounds)) for rounds in (under_fire[1:3], under_fire[-2:]))
    return {
        'images': images,
        'latency': latency,
        'memory': compare(early, late),
        'num_kinds': len(kinds),
        'kinds': dict(sorted(kinds.items())),
    }


def broken_promises(record: dict[str, Any]) -> list[str]:
    """Return what the node did that it must not do."""
    memory, latency, images = record['memory'], record['latency'], record['images']['fire']
    calm, fire = latency['calm']['p95_ms'], latency['fire']['p95_ms']
    early, late = memory['early'], memory['late']
    checks = {
        'it ended with an error': record['exit_code'] != 0,
        'images are not accounted for': images['unaccounted'] > 0,
        'images are lost': images['lost_before_the_node_looked'] > _MAX_LOST * images['sent'],
        'fixes are false': images['false_fixes'] > 0,
        'good images take longer': not calm or not fire or fire > _MAX_LATENCY_RATIO * calm,
        'memory grows': memory['rss_ratio'] > _MAX_RSS_RATIO,
        'memory is large': memory['rss_mb_most'] > _MAX_RSS_MB,
        'threads grow': late['threads'] > early['threads'],
        'descriptors grow': late['descriptors'] > early['descriptors'],
        'services wait': record['services']['p99_ms'] > _MAX_SERVICE_MS,
        'cleanup waits': record['circles']['down_seconds_most'] > _MAX_DOWN_S,
        'a deleted map ends it': not all(record['map_deleted'].values()),
        'pauses end answers': record['pauses']['unanswered'] > 0,
        'circles end answers': record['circles']['unanswered'] > 0,
        'there are fewer than 60 kinds': record['num_kinds'] < 60,
    }
    return [name for name, is_broken in checks.items() if is_broken]


def _quantile(values: list[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 1) if values else None


def _say(line: str) -> None:
    print(f'{time.strftime("%H:%M:%S")} {line}', file=sys.stderr, flush=True)


if __name__ == '__main__':
    raise SystemExit(main())
