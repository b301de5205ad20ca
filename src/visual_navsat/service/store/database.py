# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The database of a library: SQLite in WAL mode beside it, or a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from pathlib import Path
from typing import Any

from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from visual_navsat.errors import ConfigError, LibraryError, reason_of
from visual_navsat.service.store.tables import Base, LibraryRow

_BUSY_MS = 30_000  # a writer waits this long for another
_MIGRATIONS = Path(__file__).parent / 'migrations'
_UPGRADE_LOCK = 0x76_6E_61_76  # of PostgreSQL: any number that is ours


class Database:
    """
    Transactions on the tables; safe from several threads and processes.

    :param url: as SQLAlchemy takes it, sqlite or postgresql.
    :raises ConfigError: if the URL is wrong or its driver is missing.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            self.is_sqlite = parsed.get_backend_name() == 'sqlite'
            options: dict[str, Any] = {'pool_pre_ping': not self.is_sqlite, 'pool_size': 10}
            if self.is_sqlite:
                options['connect_args'] = {'timeout': _BUSY_MS / 1e3, 'check_same_thread': False}
            self.engine = create_engine(parsed, **options)
        except (ArgumentError, ImportError, ValueError) as error:
            raise ConfigError(f'DATABASE_URL cannot be used: {reason_of(error)}') from error
        self.name = parsed.render_as_string(hide_password=True)
        if self.is_sqlite:
            event.listen(self.engine, 'connect', _set_up_sqlite)
            event.listen(self.engine, 'begin', _begin_sqlite)

    def upgrade(self) -> None:
        """
        Make the tables, or bring those of an earlier version to today's.

        :raises LibraryError: if the database cannot be reached, or a later version made it.
        """
        script = ScriptDirectory(str(_MIGRATIONS))
        head = script.get_current_head()
        with self._explained(), self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()
            if found == head:
                return
            known = {step.revision for step in script.walk_revisions()}
            if found is not None and found not in known:
                raise LibraryError(
                    f'{self.name} has tables of a later version ({found}): update visual_navsat'
                )
            with connection.execution_options(writes=True).begin():
                if not self.is_sqlite:
                    connection.execute(text(f'SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})'))
                _run_steps(script, connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one moment of the database."""
        with self._explained(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that commits at the end, the only one that writes meanwhile."""
        with (
            self._explained(),
            self.engine.connect().execution_options(writes=True) as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            # SQLite is locked by its BEGIN IMMEDIATE, and leaves this word out.
            session.execute(select(LibraryRow.id).with_for_update()).all()
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise LibraryError(
                f'the database {self.name} does not answer ({reason_of(error.orig or error)}): '
                'see whether it runs, and whether its disk is full or read-only'
            ) from error
        except SQLAlchemyError as error:
            reason = reason_of(getattr(error, 'orig', None) or error)
            raise LibraryError(f'the database {self.name} refused ({reason})') from error


def _run_steps(script: ScriptDirectory, connection: Connection) -> None:
    def upgrade(revision: Any, _: MigrationContext) -> Any:
        return script._upgrade_revs('head', revision)  # as Alembic's own pages call it

    with EnvironmentContext(AlembicConfig(), script, fn=upgrade) as environment:
        environment.configure(connection=connection, target_metadata=Base.metadata)
        environment.run_migrations()


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver shall begin nothing by itself
    cursor = connection.cursor()
    for pragma in ('journal_mode=WAL', 'synchronous=FULL', 'foreign_keys=ON', 'temp_store=MEMORY'):
        cursor.execute(f'PRAGMA {pragma}')
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get('writes', False)
    connection.exec_driver_sql('BEGIN IMMEDIATE' if is_writing else 'BEGIN')
