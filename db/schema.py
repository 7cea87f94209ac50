"""The schema and its migrations: Alembic configured in code, with a version table of its own."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ..states.errors import SchemaTooNew, SchemaTooOld
from .engine import WAL, patiently
from .protection import ONE_BY_ONE, raise_wall, step_aside
from .tables import SCHEMA, VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from .keys import Keys

_THERE = {
    "sqlite": text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"),
    "postgresql": text("SELECT 1 WHERE to_regclass(:name) IS NOT NULL"),
}


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


_IN_THE_CLEAR = ("0001", "0002")  # revisions that knew no keys


def upgrade(engine: Engine, *, keys: Keys | None = None, role: str | None = None) -> tuple[str | None, str]:
    """Bring the schema to this release in one transaction; return the revisions before and after.

    Two upgrades at once wait for each other. A host's own tables are never touched. With keys, what an older schema
    kept in the clear is encrypted.

    Args:
        engine: of the owner of the tables.
        role: on PostgreSQL, put up row-level security for this role too (`protection.protect`). What was protected
            before stays so in any case.

    Raises:
        SchemaTooNew: a later release made the schema; nothing is changed.
        KeysMissing: an older schema holds personal values in the clear, and there are no keys to encrypt them with.
        StoreBusy: other work held the lock for too long.
        StoreError: this user may not make the role.
    """
    return patiently(lambda: _upgraded(engine, keys, role))


def _upgraded(engine: Engine, keys: Keys | None, role: str | None) -> tuple[str | None, str]:
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        done = bring_up(connection, role, keys)
    to_wal(engine)
    return done


def bring_up(connection: Connection, role: str | None = None, keys: Keys | None = None) -> tuple[str | None, str]:
    """Bring the schema to this release inside the caller's transaction; return the revisions before and after.

    What an older schema kept in the clear is encrypted before the wall goes up, behind which not even the owner sees it.
    """
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
    if before in _IN_THE_CLEAR:
        from .rekey import encrypt_plain

        encrypt_plain(connection, keys)
    if role is not None and connection.dialect.name == "postgresql":
        raise_wall(connection, role)
    return before, SCHEMA


def to_wal(engine: Engine) -> None:
    """Put a file that has just become weigai's in WAL mode; if it is in use, the next connection does."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection, suppress(sqlite3.OperationalError):
            connection.connection.cursor().execute(WAL)


def config(connection: Connection) -> Any:
    """Return the Alembic configuration for a connection that the caller holds and commits."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", "weigai.db:migrations")
    made.attributes["connection"] = connection
    return made
