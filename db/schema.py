"""The schema and its migrations: Alembic configured in code, with its own version table."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from ..states.errors import SchemaTooNew, StoreError
from .engine import WAL, connected, patiently, require_prepared
from .faults import other_encoding
from .migrations import run
from .revision import Found, check, current, found
from .row_security.census import wall
from .row_security.protect import BRIEFLY, ONE_BY_ONE, raise_wall, step_aside
from .tables import SCHEMA
from .vault.plain_values import encrypt_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from .vault.keys import Keys

__all__ = ["Found", "bring_up", "check", "current", "encoding", "found", "include_name", "to_wal", "upgrade"]


def include_name(name: str | None, kind: str, parents: Mapping[Any, Any]) -> bool:
    """Tell a host's Alembic to leave weigai's tables alone, in whichever schema: `context.configure(include_name=...)`.

    Args:
        name: of a table, column, index, constraint or schema.
        kind: which of these it is.
        parents: as Alembic gives them; `{}` where a host asks about a table from its own `include_object`.
    """
    table = name if kind == "table" else parents.get("table_name")
    return not (table or "").startswith("weigai_")


_IN_THE_CLEAR = ("0001", "0002")  # revisions that knew no keys


def upgrade(engine: Engine, *, keys: Keys | None = None, role: str | None = None) -> tuple[str | None, str]:
    """Bring the schema to this release in one transaction; return the revisions before and after.

    A later schema on which this release may work is left as it is.
    Two upgrades at once wait for each other. A host's own tables are never touched. With keys, what an older schema
    kept in the clear is encrypted.

    Args:
        engine: of the owner of the tables.
        role: on PostgreSQL, put up row-level security for this role too (`protection.protect`). What was protected
            before stays so in any case.

    Raises:
        SchemaTooNew: a later release made the schema, and this one no longer writes rightly, or is to put up a wall whose
            rules it does not know; nothing is changed.
        KeysMissing: an older schema holds personal values in the clear, and there are no keys to encrypt them with.
        StoreBusy: other work held the lock for too long.
        StoreError: this user may not make the role.
    """
    return patiently(lambda: _upgraded(engine, keys, role))


def _upgraded(engine: Engine, keys: Keys | None, role: str | None) -> tuple[str | None, str]:
    options = {"weigai_write": True, "schema_translate_map": None}
    with connected(engine.execution_options(**options)) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(BRIEFLY)
        done = bring_up(connection, role, keys)
    to_wal(engine)
    return done


def bring_up(connection: Connection, role: str | None = None, keys: Keys | None = None) -> tuple[str | None, str]:
    """Bring the schema to this release inside the caller's transaction; return the revisions before and after.

    The transaction may be that of a host's own migration: `bring_up(op.get_bind())`. What an older schema kept in the
    clear is encrypted before the wall goes up, behind which not even the owner sees it.

    Raises:
        StoreError: there is no connection, as in Alembic's offline mode (`--sql`), or the encoding of a PostgreSQL is not UTF8.
        StoreNotPrepared: it commits each statement by itself; on SQLite, `prepare_engine` was not called.
        SchemaTooNew, KeysMissing: see `upgrade`.
    """
    _refuse_offline(connection)
    require_prepared(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(ONE_BY_ONE)
        if (name := encoding(connection)) != "UTF8":
            raise other_encoding(name)
    before = current(connection)
    if before is not None and before > SCHEMA:
        check(connection)
        if role is not None and _unprotected(connection, role):
            raise SchemaTooNew(before)
        return before, before
    if before != SCHEMA:
        role = step_aside(connection, role)
        run(connection)
    if before in _IN_THE_CLEAR:
        encrypt_plain(connection, keys)
    if role is not None and connection.dialect.name == "postgresql":
        raise_wall(connection, role)
    return before, SCHEMA


def encoding(connection: Connection) -> str:
    """Return the encoding in which a PostgreSQL database keeps text."""
    return str(connection.exec_driver_sql("SHOW server_encoding").scalar())


def _unprotected(connection: Connection, role: str) -> bool:
    """Tell whether the wall of a PostgreSQL is not up for a role, as far as this release knows it."""
    return connection.dialect.name == "postgresql" and bool(wall(connection, role))


def _refuse_offline(connection: Any) -> None:
    """Refuse what Alembic hands on instead of a connection where it only writes SQL."""
    if not isinstance(connection, Connection):
        raise StoreError(
            "离线方式（alembic upgrade --sql）无法建立 weigai 的表；请连接数据库运行迁移，或运行 weigai db upgrade。",
            "weigai's tables cannot be made offline (alembic upgrade --sql): run the migration on the database "
            "itself, or run: weigai db upgrade",
        )


def to_wal(engine: Engine) -> None:
    """Put a file that has just become weigai's in WAL mode; if it is in use, the next connection does."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection, suppress(sqlite3.OperationalError):
            connection.connection.cursor().execute(WAL)
