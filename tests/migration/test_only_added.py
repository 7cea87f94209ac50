"""From revision 0004 on a migration only adds, and the lowest revision that a program must know never falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import inspect, text
from weigai.db import open_engine, schema
from weigai.db.migrations import SCRIPTS, run
from weigai.db.schema import Found
from weigai.db.tables import LOWEST, SCHEMA

if TYPE_CHECKING:
    from sqlalchemy import Connection

FIRST = "0004"
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]


class Shape(NamedTuple):
    """What a database offers a program, and what it holds a program to."""

    columns: dict[tuple[str, str], tuple[str, bool, bool]]  # type, may be empty, has a default
    indexes: set[str]
    holds: dict[str, str]  # a key, check or trigger, and its table


def shape(connection: Connection) -> Shape:
    found, columns, indexes, holds = inspect(connection), {}, set(), {}
    for table in found.get_table_names():
        for c in found.get_columns(table):
            columns[table, c["name"]] = (str(c["type"]), c["nullable"], c["default"] is not None)
        indexes |= {f"{table} {i['column_names']} {i['unique']}" for i in found.get_indexes(table)}
        keys = [found.get_pk_constraint(table), *found.get_unique_constraints(table), *found.get_foreign_keys(table)]
        held = [f"key {key.get('constrained_columns') or key.get('column_names')}" for key in keys]
        held += [f"unique index {i['column_names']}" for i in found.get_indexes(table) if i["unique"]]
        held += [f"check {check['sqltext']}" for check in found.get_check_constraints(table)]
        holds |= {f"{table}: {what}": table for what in held}
    triggers = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    holds |= {f"{table}: trigger {name}": table for name, table in connection.execute(text(triggers))}
    return Shape(columns, indexes, holds)


def lost(before: Shape, after: Shape) -> list[str]:
    """Return what is no longer there as it was, and columns of old tables that an older program cannot leave out."""
    tables = {table for table, _ in before.columns}
    found = [f"{where} was {was}" for where, was in before.columns.items() if after.columns.get(where) != was]
    found += sorted(before.indexes - after.indexes) + sorted(before.holds.keys() - after.holds.keys())
    new = {where: how for where, how in after.columns.items() if where not in before.columns and where[0] in tables}
    return found + [f"{where} may not be empty" for where, (_, empty, default) in new.items() if not (empty or default)]


def narrowed(before: Shape, after: Shape) -> list[str]:
    """Return what holds an older program to more on the tables that it knows."""
    tables = {table for table, _ in before.columns}
    return sorted(what for what, table in after.holds.items() if what not in before.holds and table in tables)


@pytest.mark.parametrize("revision", [revision for revision in REVISIONS if revision >= FIRST])
def test_a_migration_only_adds(store_url: str, revision: str) -> None:
    engine = open_engine(store_url)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        run(connection, REVISIONS[REVISIONS.index(revision) - 1])
        before = shape(connection)
        run(connection, revision)
        after = shape(connection)
        assert lost(before, after) == []
        assert narrowed(before, after) == [] or schema.revisions(connection) == Found(revision, revision)
    engine.dispose()


LOSSES = [
    "DROP TABLE weigai_succession",
    "ALTER TABLE weigai_list DROP COLUMN record",
    "ALTER TABLE weigai_list RENAME COLUMN record TO story",
    "ALTER TABLE weigai_list RENAME TO weigai_roll",
    "DROP INDEX ix_weigai_case_worklist",
]
LOSSES_OF_POSTGRESQL = [
    "ALTER TABLE weigai_list ADD COLUMN z text NOT NULL",  # SQLite itself refuses it
    "ALTER TABLE weigai_case ALTER COLUMN held SET NOT NULL",
    "ALTER TABLE weigai_case ALTER COLUMN version DROP NOT NULL",
    "ALTER TABLE weigai_case ALTER COLUMN version TYPE text",
    "ALTER TABLE weigai_case DROP CONSTRAINT uq_weigai_case_county_archive_no",
]
NARROWER = [
    "CREATE UNIQUE INDEX z ON weigai_list (county, kind)",
    "ALTER TABLE weigai_list ADD COLUMN z integer CHECK (z > 0)",
]


def _changed(engine, sql: str) -> tuple[Shape, Shape]:
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin() as transaction:
        before = shape(connection)
        connection.exec_driver_sql(sql)
        after = shape(connection)
        transaction.rollback()
    return before, after


@pytest.mark.parametrize("sql", LOSSES)
def test_what_takes_away_is_told(engine, sql: str) -> None:
    assert lost(*_changed(engine, sql))


@pytest.mark.parametrize("sql", LOSSES_OF_POSTGRESQL)
def test_what_alters_is_told(postgres, sql: str) -> None:
    engine = open_engine(postgres.fresh())
    schema.upgrade(engine)
    assert lost(*_changed(engine, sql))
    engine.dispose()


@pytest.mark.parametrize("sql", NARROWER)
def test_what_holds_an_older_program_to_more_is_told(engine, sql: str) -> None:
    before, after = _changed(engine, sql)
    assert lost(before, after) == []
    assert narrowed(before, after)


# ---------------------------------------------------------------------- the lowest


def test_the_lowest_never_falls_and_is_a_revision(store_url: str) -> None:
    engine = open_engine(store_url)
    seen = [""]
    for revision in REVISIONS:
        with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
            run(connection, revision)
            there = schema.revisions(connection)
        assert there.revision == revision
        assert there.lowest in REVISIONS[: REVISIONS.index(revision) + 1]
        assert there.lowest >= seen[-1]
        assert revision >= FIRST or there.lowest == revision  # it has no such row yet
        seen.append(there.lowest)
    assert (REVISIONS[-1], seen[-1]) == (SCHEMA, LOWEST)
    engine.dispose()
