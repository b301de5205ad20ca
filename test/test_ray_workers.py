# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A real Ray cluster on this machine does the shards of a build, and loses a worker."""

import sys

from makers import cut_tiles, make_ground, TILE_PX
import mortal_describer
from mortal_describer import files_of, MortalDescriber
import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ImageError, MissingDependencyError, WorkerError
from visual_navsat.features.describer import make_describer
from visual_navsat.index.build import build_index
from visual_navsat.index.build.ray_workers import RayWorkers
from visual_navsat.maps.open_map import open_image_folder


@pytest.mark.slow  # Ray takes five seconds to start
def test_index_is_the_same_though_a_worker_is_killed(tmp_path, caplog):
    """One cluster for all that is asked of it."""
    ray = pytest.importorskip('ray')
    ray.cloudpickle.register_pickle_by_value(mortal_describer)  # the cluster has no tests
    tiles = cut_tiles(make_ground(3 * TILE_PX), tmp_path)
    source = open_image_folder(tiles, tmp_path)
    config = Config().replace('model.device', 'cpu')
    describer = make_describer(config)
    here = build_index(source, tmp_path / 'here', config, describer, False, 2).path
    mortal = MortalDescriber(describer, tmp_path / 'calls')
    own_print = print
    with RayWorkers('local', 2) as workers:
        apart = build_index(
            source, tmp_path / 'apart', config, mortal, False, 2, workers=workers
        ).path
        assert 'a worker ended (WorkerCrashedError): its shard is done again' in caplog.text
        assert files_of(apart) == files_of(here)
        whole = (tmp_path / '1_1.png').read_bytes()
        (tmp_path / '1_1.png').write_bytes(whole[:100])
        with pytest.raises(ImageError, match=r'1_1\.png.* \(4 of 9 tiles are done and kept\)$'):
            build_index(source, tmp_path / 'new', config, describer, False, 2, workers=workers)
    assert not ray.is_initialized()
    assert print is own_print  # Ray can put its own in Python's place


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'visual_navsat\[ray\]'"):
        RayWorkers('local')


@pytest.mark.parametrize('address', ['nowhere', '127.0.0.1:1', 'ray://127.0.0.1:1'])
def test_an_address_without_a_cluster_is_one_line(address):
    pytest.importorskip('ray')
    with pytest.raises(WorkerError, match=rf'no Ray cluster at {address} \(.*\): start one'):
        RayWorkers(address)
