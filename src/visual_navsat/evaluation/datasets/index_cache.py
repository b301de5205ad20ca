# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The index of a data set's map: built once, used again by the next run."""

from __future__ import annotations

from dataclasses import asdict
import json
from pathlib import Path

from visual_navsat.config import Config
from visual_navsat.evaluation.datasets.benchmark import Benchmark, BenchmarkSequence
from visual_navsat.files import cache_folder, read_input, write_json
from visual_navsat.index.build import build_index
from visual_navsat.maps.open_map import MapOptions, open_map
from visual_navsat.maps.reader import short_hash

_LABEL = 'dataset.json'  # beside an index, what it was built of


def usual_folder(benchmark: Benchmark) -> Path:
    """Return where the indexes of a data set are kept unless people say otherwise."""
    where = short_hash(str(benchmark.folder.resolve()))
    return cache_folder() / 'datasets' / f'{benchmark.name}-{where}'


def make_index(sequence: BenchmarkSequence, folder: Path, config: Config) -> tuple[Path, bool]:
    """
    Return the index of a sequence's map, and whether it was there from an earlier run.

    :param folder: of this sequence's index; made if it is missing.
    """
    index, label = folder / 'index', folder / _LABEL
    cut = {'tile_sizes_m': list(sequence.plan.tile_sizes_m), 'overlap': sequence.plan.overlap}
    content = {'sequence': sequence.name, **cut, **_described_by(config)}
    if _read_label(label) == content:
        return index, True
    source = sequence.write_map(folder / 'map')
    options = MapOptions(
        sequence.plan,
        field_gsd_m_per_px=config.correlation.gsd_m_per_px,
        image_dir=None if sequence.image_dir is None else str(sequence.image_dir),
        empty_colour=sequence.empty_colour,
    )
    build_index(open_map([str(source)], options), index, config)
    write_json(label, content)
    return index, False


def _described_by(config: Config) -> dict[str, object]:
    """Return the settings that an index depends on, as JSON gives them back."""
    settings = {
        'model': asdict(config.model),
        'vlad': asdict(config.vlad),
        'max_side': config.preprocess.max_side,
        'correlation': asdict(config.correlation),
    }
    return json.loads(json.dumps(settings))


def _read_label(path: Path) -> object:
    try:
        return json.loads(read_input(path))
    except (OSError, ValueError):
        return None
