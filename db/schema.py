"""The schema and its migrations: Alembic configured in code, with a version table of its own."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ..states.errors import SchemaTooNew, SchemaTooOld, StoreBusy
from .engine import WAL, store_errors
from .protection import ONE_BY_ONE, raise_wall, step_aside
from .tables import SCHEMA, VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_THERE = {
    "sqlite": text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"),
    "postgresql": text("SELECT 1 WHERE to_regclass(:name) IS NOT NULL"),
}
_TRIES = 20


def current(connection: Connection) -> str | None:
    """Return the revision of the schema that is there, None where there is none. Loads no Alembic."""
    if connection.execute(_THERE[connection.dialect.name], {"name": VERSION_TABLE}).first() is None:
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 - our own name
    return None if found is None else str(found)


def check(connection: Connection) -> None:
    """Refuse a schema that this release cannot work with.

    Raises:
        SchemaTooOld: it is missing or older; `weigai db upgrade` mends it.
        SchemaTooNew: a later release made it.
    """
    found = current(connection)
    if found == SCHEMA:
        return
    if found is not None and found > SCHEMA:
        raise SchemaTooNew(found)
    raise SchemaTooOld(found)


def upgrade(engine: Engine, *, role: str | None = None) -> tuple[str | None, str]:
    """Bring the schema to this release in one transaction; return the revisions before and after.

    Two upgrades at once wait for each other. A host's own tables are never touched.

    Args:
        engine: of the owner of the tables.
        role: on PostgreSQL, put up row-level security for this role too (`protection.protect`). What was protected
            before stays so in any case.

    Raises:
        SchemaTooNew: a later release made the schema; nothing is changed.
        StoreBusy: other work held the lock for too long.
        StoreError: this user may not make the role.
    """
    for attempt in range(_TRIES):
        try:
            with engine.connect().execution_options(weigai_write=True) as connection:
                with connection.begin():
                    done = _upgraded(connection, role)
                _to_wal(connection)
            return done
        except OperationalError as error:
            if "lock" not in str(error.orig).lower():
                with store_errors():
                    raise
            time.sleep(0.05 * (attempt + 1))
    raise StoreBusy


def _upgraded(connection: Connection, role: str | None) -> tuple[str | None, str]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        connection.exec_driver_sql(ONE_BY_ONE)
    before = current(connection)
    if before is not None and before > SCHEMA:
        raise SchemaTooNew(before)
    if before != SCHEMA:
        from alembic import command

        role = step_aside(connection, role)
        command.upgrade(config(connection), "head")
    if role is not None and connection.dialect.name == "postgresql":
        raise_wall(connection, role)
    return before, SCHEMA


def _to_wal(connection: Connection) -> None:
    """Put a host's file that has just become weigai's too in WAL mode; if it is in use, the next connection does."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        with suppress(sqlite3.OperationalError):
            cursor.execute(WAL)
        cursor.close()


def config(connection: Connection) -> Any:
    """Return the Alembic configuration for a connection that the caller holds and commits."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", "weigai.db:migrations")
    made.attributes["connection"] = connection
    return made
