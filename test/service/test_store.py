# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Parts of the store by themselves: settings, tables, codes, pictures elsewhere."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from library_makers import (
    add_picture,
    descriptor_of,
    DIMENSION,
    IDENTITY,
    make_settings,
    picture_bytes,
)
import numpy as np
import pytest
from sqlalchemy import text
from visual_navsat.errors import ConfigError, LibraryError
from visual_navsat.service.library import Library
from visual_navsat.service.model import load_describer
from visual_navsat.service.settings import Settings
from visual_navsat.service.store.code_table import CodeTable
from visual_navsat.service.store.codes import BITS, distances, highest_similarity, SignCoder
from visual_navsat.service.store.database import Database
from visual_navsat.service.store.tables import Base
from visual_navsat.service.upkeep.check import check_library


def test_the_defaults_are_those_of_the_published_service(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    assert (settings.debug, settings.host, settings.port) == (False, '127.0.0.1', 8000)
    assert (settings.max_file_size, settings.upload_dir) == (10485760, './uploads')
    assert (settings.device, settings.desc_layer, settings.desc_facet) == ('auto', 31, 'value')
    assert settings.max_images_per_chunk == 1000
    assert settings.config().model.name == 'auto'
    # The layer is that of a model that is named: the embedded one has its own.
    assert settings.config().model.layer == -1


def test_environment_and_env_file_set_them(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / '.env').write_text('PORT=9000\nMAPS=a=b, c\nSOMETHING_ELSE=1\nLOG_LEVEL=DEBUG\n')
    monkeypatch.setenv('DINO_MODEL', 'dinov2_vitg14')
    monkeypatch.setenv('VLAD_CLUSTERS', '64')
    monkeypatch.setenv('DATABASE_URL', '')
    settings = Settings.load()
    assert (settings.port, settings.maps, settings.log_level) == (9000, ('a=b', 'c'), 'debug')
    config = settings.config()
    assert (config.model.name, config.model.layer, config.model.facet) == (
        'dinov2_vitg14',
        31,
        'value',
    )
    assert config.vlad.num_clusters == 64
    assert settings.database == 'sqlite:///library.db'


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('PORT', 'eighty'),
        ('PORT', '70000'),
        ('MAX_FILE_SIZE', '-1'),
        ('WORKERS', '0'),
        ('DEBUG', 'perhaps'),
        ('DESC_FACET', 'colour'),
        ('LOG_LEVEL', 'loud'),
        ('VLAD_CLUSTERS', 'many'),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(monkeypatch, tmp_path, name, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=rf"^{name}: .*, got '{value}'$"):
        Settings.load()


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        # The ancestor made one of random numbers.
        ({'dino_model': 'dinov2_vitg14', 'vlad_clusters': 64}, 'set VLAD_VOCABULARY to'),
        ({'vlad_clusters': 7}, 'VLAD_CLUSTERS is 7, the vocabulary has 32'),
        ({'vlad_desc_dim': 7}, 'VLAD_DESC_DIM is 7, the vocabulary has 192'),
    ],
)
def test_a_vocabulary_is_never_made_up(tmp_path, values, message):
    with pytest.raises(ConfigError, match=message):
        load_describer(make_settings(tmp_path, **values))


@pytest.mark.parametrize('url', ['nonsense', 'mysql://x', 'sqlite:////proc/none/library.db'])
def test_a_wrong_database_is_named_in_one_line(tmp_path, url):
    with pytest.raises((ConfigError, LibraryError)) as error:
        Library.open(make_settings(tmp_path, database_url=url), IDENTITY, DIMENSION)
    assert '\n' not in str(error.value)


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path):
    database = Database(f'sqlite:///{tmp_path / "library.db"}')
    database.upgrade()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={'compare_type': False})
        assert compare_metadata(context, Base.metadata) == []
    with database.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LibraryError, match=r'later version \(9999\): update visual_navsat'):
        database.upgrade()
    database.close()


@pytest.mark.parametrize('dimension', [40, 96, 6144, 98304])
def test_the_distance_of_codes_tells_the_angle(dimension):
    coder = SignCoder(dimension)
    rng = np.random.default_rng(dimension)
    first = rng.standard_normal(dimension).astype(np.float32)
    other = rng.standard_normal(dimension).astype(np.float32)
    first, other = first / np.linalg.norm(first), other / np.linalg.norm(other)
    other -= first * (first @ other)
    other /= np.linalg.norm(other)
    cosines = np.linspace(-1, 1, 21).astype(np.float32)
    stored = cosines[:, np.newaxis] * first + np.sqrt(1 - cosines**2)[:, np.newaxis] * other
    code = coder.encode(first[np.newaxis])[0]
    found = distances(code, coder.encode(stored))
    expected = np.arccos(cosines) / np.pi * BITS
    # 4.5 standard deviations of 4,096 coins; of few dimensions the signs depend on each other.
    spread = 4.5 * np.sqrt(BITS) / 2 * (3 if dimension < BITS else 1)
    assert np.abs(found - expected).max() < spread
    for distance, cosine in zip(found, cosines, strict=True):
        if dimension > BITS:
            assert highest_similarity(distance) > cosine - 1e-6  # rounding of float32


def test_a_code_with_a_wrong_bit_is_noticed():
    coder = SignCoder(DIMENSION)
    rows = coder.stored(coder.encode(np.array([descriptor_of(1), descriptor_of(2)])))
    codes, is_whole = coder.loaded(rows)
    assert is_whole.all()
    rows[0, 17] ^= 4
    assert coder.loaded(rows)[1].tolist() == [False, True]
    assert not coder.loaded(np.zeros_like(rows))[1].any()
    assert np.array_equal(codes[1], coder.encode(descriptor_of(2)[np.newaxis])[0])


def test_the_nearest_codes_are_the_first_of_all():
    rng = np.random.default_rng(0)
    table = CodeTable()
    for number in range(3):
        codes = rng.integers(0, 256, (50, BITS // 8), np.uint8)
        table.put(number, 50, np.arange(50), np.arange(50) + 50 * number + 1, codes)
    table.vacate(1, 7)
    query = rng.integers(0, 256, BITS // 8, np.uint8)
    every = table.candidates(query)
    assert len(table) == len(every.images) == 149
    assert (np.diff(every.distances) >= 0).all()
    some = table.candidates(query, limit=20)
    for one, other in zip(vars(some).values(), vars(every).values(), strict=True):
        assert np.array_equal(one, other[:20])
    among = table.candidates(query, among={3, 60, 58}, without=3)
    assert sorted(among.images) == [60]


def test_pictures_may_lie_in_any_store_of_fsspec(tmp_path):
    settings = make_settings(tmp_path, upload_dir='memory://shelf/uploads')
    with Library.open(settings, IDENTITY, DIMENSION) as library:
        record = add_picture(library, 1).record
        other = add_picture(library, 2).record
        assert library.picture_path(record) is None
        with library.open_picture(record) as file:
            assert file.read() == picture_bytes(1)
        assert library.thumbnail(record)[:2] == b'\xff\xd8'
        assert check_library(library) == []
        library.delete(record.file_id)
        with pytest.raises(LibraryError, match='cannot be read'):
            library.open_picture(record)
        assert [name for name, _ in library.pictures.store.sizes()] == [other.picture_name]
    with pytest.raises(ConfigError, match='UPLOAD_DIR nonsense://x cannot be used'):
        Library.open(make_settings(tmp_path, upload_dir='nonsense://x'))
