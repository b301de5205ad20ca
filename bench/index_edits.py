# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Edit an index by hand, make its checksums anew, open it, and see whether it is ever led astray.

    python -m bench.index_edits

Each edit is of the small map of `maps/`. Of half of the edits only checksums.sha256 is made anew,
of the other half the digests in the manifest too. An edit is harmless if the index is refused in
a line, if a photo of the map is refused, or if it lies within 2 m of where it did; and if an image
of no place on the map stays refused.
"""

from __future__ import annotations

from collections import Counter
import json
from pathlib import Path
import resource
import shutil
import signal
import sys
import tempfile
import time
from typing import Any

from bench.index_editing import EDITS, remake_checksums, remake_digests
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS, ROOT
import numpy as np
from visual_navsat import Config, RetrievalEngine
from visual_navsat.errors import VisualNavsatError
from visual_navsat.files import write_json
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.image_file import read_image
from visual_navsat.index.build import build_index
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.open_map import open_map

PHOTO = ROOT / 'maps/small/photos/blocks.jpg'
KNOWN = {'heading_deg': 30.0, 'gsd_m_per_px': 0.3063}
SAME_M = 2.0  # several times the standard deviation of the answer, 1.1 m
LIMIT_S = 60  # of an edit; then it hangs
LIMIT_BYTES = 4 << 30  # more than it takes to open the map, for what an edit may ask for

Place = tuple[float, float] | None


def main() -> int:
    parser = make_parser(__doc__, RESULTS / 'index_edits.json')
    add_counts(parser, edits=500, first_seed=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        index = make_index(Path(scratch))
        found = try_edits(index, range(args.first_seed, args.first_seed + args.edits))
    record = {
        'commit': measured_commit(),
        'command': command('bench.index_edits', args, 'edits', 'first_seed'),
        **found,
        'peak_memory_mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    write_json(args.out, record)
    print(json.dumps(record, indent=1))
    return 1 if record['harmful'] else 0


def make_index(folder: Path) -> Path:
    """Return the index of the small map."""
    source = open_map([str(ROOT / 'maps/small/map.tif')])
    build_index(source, folder / 'index', Config(), progress=False)
    return folder / 'index'


def try_edits(index: Path, seeds: range) -> dict[str, Any]:
    """Return how many edits came to which end, and what did harm."""
    photo = read_image(PHOTO)
    # Mirrored, it shows no place on Earth.
    images = (photo, np.ascontiguousarray(photo[:, ::-1]))
    true = ask(index, images[:1])[0]
    assert true is not None, 'the photo must be found on the unedited map'
    ends: Counter[str] = Counter()
    harmful = []
    for seed in seeds:
        copy = index.parent / 'edited'
        shutil.copytree(index, copy)
        what = make_edit(copy / (copy / 'CURRENT').read_text().strip(), seed)
        end = outcome(copy, images, true)
        shutil.rmtree(copy)
        ends[end.partition(':')[0]] += 1
        if end.startswith(('moved', 'false fix', 'traceback', 'hangs')):
            harmful.append({'seed': seed, 'edit': what, 'end': end})
            print(harmful[-1], file=sys.stderr, flush=True)
    return {'edits': len(seeds), 'ends': dict(ends.most_common()), 'harmful': harmful}


def make_edit(folder: Path, seed: int) -> str:
    """Edit the files of an index; return what was done."""
    rng = np.random.default_rng(seed)
    what = EDITS[rng.integers(len(EDITS))](folder, rng)
    if seed % 2 and not what.startswith('manifest.json bytes'):
        remake_digests(folder)
        what += ', digests of the manifest anew'
    remake_checksums(folder)
    return what


def outcome(index: Path, images: tuple[np.ndarray, ...], true: Place) -> str:
    """Return what became of an edited index, in a word and a reason."""
    try:
        found, elsewhere = ask(index, images)
    except VisualNavsatError as error:
        line = str(error)
        is_line = line.strip() and '\n' not in line and len(line) < 2000
        return f'refused: {line}' if is_line else f'traceback: not a line: {line[:400]!r}'
    except TimeoutError:
        return f'hangs: over {LIMIT_S} s'
    except Exception as error:
        return f'traceback: {type(error).__name__}: {error}'
    if elsewhere is not None:
        return f'false fix: a mirrored photo lies at {elsewhere}'
    if found is None:
        return 'photo refused'
    assert true is not None
    away_m = float(distance_m(*found, *true))
    return 'same place' if away_m <= SAME_M else f'moved: {away_m:.1f} m'


def ask(index: Path, images: tuple[np.ndarray, ...]) -> list[Place]:
    """Return where an index puts images; None where it refuses them."""
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    signal.signal(signal.SIGALRM, _time_is_up)
    resource.setrlimit(resource.RLIMIT_DATA, (_used_bytes() + LIMIT_BYTES, limits[1]))
    signal.alarm(LIMIT_S)
    try:
        engine = RetrievalEngine()
        engine.load_map(index)
        centers = [engine.query(image, **KNOWN).center for image in images]
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_DATA, limits)
    return [
        (c.latitude, c.longitude) if isinstance(c, PositionEstimate) else None for c in centers
    ]


def _used_bytes() -> int:
    """Return the private memory of this process, as Linux counts it for its limit."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith('VmData:'):
            return 1024 * int(line.split()[1])
    return 0


def _time_is_up(*_: object) -> None:
    raise TimeoutError(f'{time.strftime("%H:%M:%S")}: over {LIMIT_S} s')


if __name__ == '__main__':
    sys.exit(main())
