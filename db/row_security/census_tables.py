"""Check tables, keys and SQLite's triggers: which are missing, altered or not weigai's."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import DBAPIError

from ..prepared import savepoint
from ..revision import newer
from ..tables import LOWEST, METADATA
from .rules import ADDED_TO, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

_REFUSED = {"no_update": "UPDATE", "no_delete": "DELETE"}
# SQLite: what is only ever added to refuses anything else; REPLACE deletes, since recursive_triggers is on.
TRIGGERS = {
    f"{table}_{name}": (
        f"CREATE TRIGGER {table}_{name} BEFORE {command} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
    )
    for table in ADDED_TO
    for name, command in _REFUSED.items()
}


def of_tables(connection: Connection) -> list[str]:
    """Return what differs from a fresh database; what a later release added is left out."""
    found = [*_columns(connection), *_keys(connection), *_lowest(connection)]
    return [*found, *_triggers(connection)] if connection.dialect.name == "sqlite" else found


def _difference(what: str, there: set[str], wanted: set[str]) -> Iterator[str]:
    yield from (f"{what} {name}: missing or altered" for name in sorted(wanted - there))
    yield from (f"{what} {name}: not weigai's" for name in sorted(there - wanted))


# ---------------------------------------------------------------------- tables and keys


def _lowest(connection: Connection) -> Iterator[str]:
    """Compare the row that says which programs may work here; of a later release it is not known."""
    rows: list[str] = [LOWEST]
    with suppress(DBAPIError), savepoint(connection):  # where its table is missing, that is told as a column
        rows = list(connection.exec_driver_sql("SELECT revision FROM weigai_lowest").scalars())
    if rows != [LOWEST] and not newer(connection):
        yield f"row {LOWEST} of weigai_lowest: missing or altered"


def _shape(table: Table) -> set[str]:
    return {f"{table.name}.{c.name}{'' if c.nullable else ' NOT NULL'}" for c in table.columns}


def _columns(connection: Connection) -> Iterator[str]:
    wanted = {column for table in METADATA.tables.values() for column in _shape(table)}
    if connection.dialect.name == "sqlite":
        query = (
            'SELECT m.name, c.name, c."notnull" OR c.pk > 0 FROM sqlite_master m, pragma_table_info(m.name) c'
            " WHERE m.type = 'table'"
        )
    else:
        query = (
            "SELECT c.relname, a.attname, a.attnotnull FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped"
        )
    rows = connection.exec_driver_sql(query)
    there = {f"{t}.{c}{' NOT NULL' if full else ''}" for t, c, full in rows if t in METADATA.tables}
    yield from _difference("column", there & wanted if newer(connection) else there, wanted)


def _keys(connection: Connection) -> Iterator[str]:
    """Compare the keys and indexes by what they hold; more indexes than wanted do no harm."""
    wanted = set()
    for table in METADATA.tables.values():
        keys = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
        wanted |= {_key(table.name, 1, [c.name for c in key.columns]) for key in (table.primary_key, *keys)}
        wanted |= {_key(table.name, int(bool(i.unique)), [c.name for c in i.columns]) for i in table.indexes}
    there = _keys_of_sqlite(connection) if connection.dialect.name == "sqlite" else _keys_of_postgresql(connection)
    yield from _difference("key", there & wanted, wanted)


def _key(table: str, unique: int, columns: list[str]) -> str:
    return f"{table} ({', '.join(columns)}){' UNIQUE' if unique else ''}"


def _keys_of_sqlite(connection: Connection) -> set[str]:
    query = (
        'SELECT m.name, i."unique", i.name FROM sqlite_master m, pragma_index_list(m.name) i'
        " WHERE m.type = 'table' AND NOT i.partial"
    )
    found = set()
    for table, unique, index in connection.exec_driver_sql(query).fetchall():
        if table in METADATA.tables:
            columns = connection.exec_driver_sql("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))
            found.add(_key(table, unique, [str(name) for name in columns.scalars()]))
    return found


def _keys_of_postgresql(connection: Connection) -> set[str]:
    query = (
        "SELECT c.relname, i.indisunique, array_agg(a.attname::text ORDER BY k.place) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid CROSS JOIN unnest(i.indkey) WITH ORDINALITY k(attnum, place)"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum"
        " WHERE i.indisvalid AND i.indpred IS NULL AND pg_table_is_visible(c.oid) GROUP BY i.indexrelid, 1, 2"
    )
    rows = connection.exec_driver_sql(query)
    return {_key(table, int(unique), columns) for table, unique, columns in rows if table in METADATA.tables}


def _triggers(connection: Connection) -> Iterator[str]:
    """Compare SQLite's triggers, word by word; one more could undo what is written."""
    rows = connection.exec_driver_sql("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    there = {name: plain(sql) for name, table, sql in rows if table in TABLES}
    wrong = sorted(name for name, sql in TRIGGERS.items() if there.get(name) != plain(sql))
    yield from (f"trigger {name}: missing or altered" for name in wrong)
    yield from (f"trigger {name}: not weigai's" for name in sorted(there.keys() - TRIGGERS.keys()))


def plain(sql: str | None) -> str:
    """Return an expression without what a database may lay out in another way: blanks and line ends."""
    return re.sub(r"\s+", "", sql or "")
