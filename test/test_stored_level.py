# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Levels of the map that stay in the index: read where a search comes by, as many as fit."""

from concurrent.futures import ThreadPoolExecutor
import shutil

from makers import FRAME, GSD, make_ground, photograph, TILE_PX
import numpy as np
import pytest
import torch
from visual_navsat.config import Config
from visual_navsat.correlation.map_area import NUM_LEVELS, stored_areas
from visual_navsat.correlation.map_field import MapField
from visual_navsat.correlation.stored_level import PieceCache
from visual_navsat.engine import query
from visual_navsat.errors import IndexFolderError
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.view import View
from visual_navsat.index.arrays import ByteFile
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.loaded_map import LoadedMap

CPU = torch.device('cpu')
GROUND = make_ground(4 * TILE_PX, seed=5)  # of the small map
# The least that may be set; what the map of a test has is far less than usual maps.
LITTLE = Config().replace('correlation.field_memory_mb', 1.0)


class Source:
    """Fields of noise at every level, which notes what is read."""

    def __init__(self, rows=700, columns=530):
        self.grid = PixelGrid(0.0, 0.0, rows, columns, 0.5)
        self.reads = []
        self.planes, shape = [], (rows, columns)
        for seed in range(NUM_LEVELS):
            rng = np.random.default_rng(seed)
            self.planes.append(rng.integers(-100, 101, (3, *shape)).astype(np.int8))
            shape = tuple(-(-side // 2) for side in shape)

    def read(self, area, level, box):
        self.reads.append((area, level, box))
        return self.planes[level][:, box.slices[0], box.slices[1]]

    def area(self, max_bytes):
        (area,) = stored_areas([(FRAME, self.grid)], self.read, max_bytes, CPU)
        return area


@pytest.mark.parametrize('level', range(NUM_LEVELS))
def test_pieces_are_those_of_the_whole_field(level):
    source = Source()
    stored = source.area(1e9).levels[level]
    planes = torch.from_numpy(source.planes[level])
    whole = MapField.of(stored.grid, planes[:2], planes[2].bool())
    height, width = stored.grid.shape
    origins = [(0, 0), (-30, -7), (height - 9, width // 2), (height // 3, width - 1), (height, 0)]
    for size in ((16, 24), (height + 40, width + 50)):
        torch.testing.assert_close(
            stored.cut(origins, size), whole.cut(origins, size), atol=0, rtol=0
        )
    beyond = PixelBox(height, width, height + 5, width + 5)
    for box in (stored.grid.box, PixelBox(-3, 5, height // 2, width + 8), beyond):
        part, expected = stored.part(box), whole.part(box)
        assert part.vectors.shape == (2, *box.shape)
        assert torch.equal(part.vectors, expected.vectors)
        assert torch.equal(part.valid, expected.valid)
    assert torch.equal(whole.part(whole.grid.box).vectors, whole.field.vectors)
    assert not whole.part(beyond).valid.any()


def test_what_is_kept_is_read_once_and_neighbours_together():
    source = Source()
    level = source.area(1e9).levels[0]
    for _ in range(2):
        level.cut([(200, 200)], (100, 200))
    assert source.reads == [
        (0, 0, PixelBox(0, 0, 256, 512)),
        (0, 0, PixelBox(256, 0, 512, 512)),
    ]
    level.cut([(0, 0)], (10, 530))
    assert source.reads[2:] == [(0, 0, PixelBox(0, 512, 256, 530))]


def test_coarse_levels_stay_and_finer_ones_take_turns():
    source = Source(2048, 2048)
    # Two bytes a pixel: 8.4 MB, 2.1 MB, 0.52 MB, 0.13 MB, 0.03 MB.
    levels = source.area(1e6).levels
    for _ in range(2):
        for level in levels:
            level.cut([(0, 0)], level.grid.shape)
    read = [number for _, number, _ in source.reads]
    # A row of pieces is one read; the finer two levels are read again, nothing of the others.
    assert [read.count(number) for number in range(5)] == [2 * 8, 2 * 8, 4, 2, 1]


def test_the_pieces_used_last_are_kept_within_the_limit():
    cache, piece = PieceCache(3000.0), torch.zeros(2, 10, 50, dtype=torch.int8)
    for column in range(3):
        cache.put('level', (0, column), piece)
    assert cache.get('level', (0, 0)) is piece  # and so used later than the next one
    cache.put('level', (0, 3), piece)
    assert cache.num_bytes == 3000
    assert [cache.get('level', (0, column)) is None for column in range(4)] == [
        False,
        True,
        False,
        False,
    ]
    cache.put('level', (0, 3), piece)
    assert cache.num_bytes == 3000


def test_many_threads_read_the_same(small_map):
    opened = LoadedMap.open(small_map.index, LITTLE)
    levels = opened.areas[0].levels
    alone = LoadedMap.open(small_map.index, LITTLE).areas[0].levels

    def cut(seed):
        rng = np.random.default_rng(seed)
        level = int(rng.integers(0, NUM_LEVELS))
        origin = tuple(int(value) for value in rng.integers(-40, 800 >> level, 2))
        return level, origin, levels[level].cut([origin], (120, 90))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(cut, range(200)))
    for level, origin, block in found:
        assert torch.equal(block, alone[level].cut([origin], (120, 90)))


@pytest.fixture
def bytes_read(monkeypatch):
    """Return a list to which every read of fields adds its bytes."""
    sizes, read = [], ByteFile.__getitem__

    def noted(self, part):
        content = read(self, part)
        sizes.append(len(content))
        return content

    monkeypatch.setattr(ByteFile, '__getitem__', noted)
    return sizes


def test_opening_reads_next_to_nothing_and_a_search_what_it_needs(wide_map, bytes_read):
    opened = LoadedMap.open(wide_map.index, Config())
    index = IndexFolder.open(wide_map.index)
    fields = len(index.segments[0].fields.content)
    assert sum(bytes_read) < 0.1 * fields  # blocks at the rim, coarsely
    bytes_read.clear()
    photo = photograph(wide_map.ground, 2.0, 2.2)
    first = query(opened, Config(), photo, View(heading_deg=0.0, gsd_m_per_px=GSD))
    assert first.is_fix
    # All of the coarse parts, and the finer ones of the candidates.
    coarse = int(index.segments[0].fields.ends[0, -1])
    assert coarse <= sum(bytes_read) < 0.9 * fields
    bytes_read.clear()
    query(opened, Config(), photo, View(heading_deg=0.0, gsd_m_per_px=GSD))
    assert not bytes_read


def test_answers_are_the_same_with_little_memory(small_map):
    photo = photograph(GROUND, 2.1, 1.8)
    maps = [(LoadedMap.open(small_map.index, config), config) for config in (Config(), LITTLE)]
    answers = [query(*one, photo, View(gsd_m_per_px=GSD)) for one in [*maps, *maps]]
    for answer in answers:
        assert answer.position.latitude == answers[0].position.latitude
        assert answer.position.longitude == answers[0].position.longitude
        np.testing.assert_array_equal(
            [one.probability for one in answer.hypotheses],
            [one.probability for one in answers[0].hypotheses],
        )


def test_an_index_that_is_replaced_or_deleted_is_searched_as_it_was(small_map, tmp_path):
    shutil.copytree(small_map.index, tmp_path / 'index')
    photo, view = photograph(GROUND, 2.1, 1.8), View(heading_deg=0.0, gsd_m_per_px=GSD)
    expected = query(LoadedMap.open(small_map.index, Config()), Config(), photo, view)
    opened = LoadedMap.open(tmp_path / 'index', Config())
    shutil.rmtree(tmp_path / 'index')
    answer = query(opened, Config(), photo, view)
    assert answer.is_fix and answer.position.latitude == expected.position.latitude


def test_fields_that_were_cut_short_refuse_and_do_not_kill(small_map, tmp_path):
    shutil.copytree(small_map.index, tmp_path / 'index')
    opened = LoadedMap.open(tmp_path / 'index', Config())
    with (tmp_path / 'index' / 'v0001' / '0001.fields.npy').open('r+b') as file:
        file.truncate(1000)
    with pytest.raises(IndexFolderError, match='was cut short'):
        query(opened, Config(), photograph(GROUND, 2.1, 1.8), View(gsd_m_per_px=GSD))
