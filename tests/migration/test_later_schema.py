"""A schema that a later release added to: what this one does on it, what it refuses, and what its census still finds."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
from weigai.db import Keys, open_engine, schema, scope
from weigai.db.backup.backup import backup, opened
from weigai.db.backup.restore import restore
from weigai.db.row_security.census import census, refuse_without_wall
from weigai.db.row_security.protect import ONE_BY_ONE, ROLE, protect
from weigai.db.schema import Found
from weigai.db.scope import behind
from weigai.db.tables import LOWEST, SCHEMA, VERSION_TABLE
from weigai.db.vault.erasure import destroy
from weigai.db.vault.files import FileStore
from weigai.db.vault.rotation import rotate
from weigai.db.vault.sweep import orphans, sweep
from weigai.workflow import RightMissing, SchemaTooNew, SchemaTooOld, WallMissing

from tests.integration.test_census import TAKEN, _apart, walled_once
from tests.support import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

__all__ = ["walled_once"]
LATER = "0999"
ADDED = [
    f"UPDATE {VERSION_TABLE} SET version_num = '{LATER}'",
    "ALTER TABLE weigai_case ADD COLUMN remark TEXT",
    "CREATE TABLE weigai_note (county TEXT NOT NULL, unit TEXT NOT NULL, words TEXT, PRIMARY KEY (county, unit))",
]
ADDED_BEHIND_THE_WALL = [
    f"GRANT SELECT, INSERT, DELETE ON weigai_note TO {ROLE}",
    f"GRANT UPDATE (remark) ON weigai_case TO {ROLE}",
    "ALTER TABLE weigai_note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "CREATE POLICY weigai_scope ON weigai_note USING (true)",
]


def add(connection: Connection, lowest: str = LOWEST, *, walled: bool = False) -> None:
    for sql in [*ADDED, *(ADDED_BEHIND_THE_WALL if walled else ()), f"UPDATE weigai_lowest SET revision = '{lowest}'"]:
        connection.exec_driver_sql(sql)


@pytest.fixture(params=["sqlite", "postgresql", "walled"])
def later(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine, as owner, on a database that a later release added to."""
    kind = request.param
    made = open_engine(
        f"sqlite:///{tmp_path / 'l.db'}" if kind == "sqlite" else request.getfixturevalue("postgres").fresh()
    )
    schema.upgrade(made, role=ROLE if kind == "walled" else None)
    with made.connect().execution_options(weigai_write=True) as connection, connection.begin():
        add(connection, walled=kind == "walled")
    yield made
    made.dispose()


def test_it_is_taken_and_left_as_it_is(later: Engine) -> None:
    with later.connect() as connection:
        schema.check(connection)
        assert schema.revisions(connection) == Found(LATER, LOWEST)
    assert schema.upgrade(later) == (LATER, LATER)
    with later.connect() as connection:
        assert schema.revisions(connection) == Found(LATER, LOWEST)
        up = scope.walled(connection)
    if up:
        assert schema.upgrade(later, role=ROLE) == (LATER, LATER)


def test_a_wall_that_this_release_does_not_know_is_not_left_out_in_silence(later: Engine) -> None:
    if later.dialect.name == "sqlite":
        assert schema.upgrade(later, role="weigai_never_made") == (LATER, LATER)  # there is no wall to put up
        return
    with pytest.raises(SchemaTooNew):
        schema.upgrade(later, role="weigai_never_made")
    with later.connect() as connection:
        assert schema.revisions(connection) == Found(LATER, LOWEST)
        role = "SELECT 1 FROM pg_roles WHERE rolname = 'weigai_never_made'"
        assert connection.exec_driver_sql(role).first() is None


@pytest.mark.parametrize("table", [VERSION_TABLE, "weigai_lowest"])
def test_a_schema_that_may_not_be_read_is_told_in_words(postgres, table: str) -> None:
    url = postgres.ready(ROLE)
    owner, bare = open_engine(url), open_engine(postgres.login(url))
    with owner.begin() as connection:
        connection.exec_driver_sql(f"REVOKE SELECT ON {table} FROM {ROLE}")
    with bare.connect() as connection, pytest.raises(RightMissing) as told:
        schema.check(connection)
    assert (told.value.exit_code, table in str(told.value)) == (6, True)
    owner.dispose()
    bare.dispose()


def test_nothing_of_what_was_added_is_a_fault(later: Engine) -> None:
    with later.connect() as connection:
        assert census(connection) == []
    with later.connect() as connection:
        walled = scope.walled(connection)
    if walled:
        behind(later, ROLE)
        refuse_without_wall(later, ROLE)
        with later.connect() as connection:
            assert census(connection) == []


def test_where_the_number_cannot_be_read_the_wall_is_judged_all_the_same(postgres) -> None:
    engine = open_engine(postgres.fresh())
    schema.upgrade(engine, role=ROLE)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"REVOKE SELECT ON {VERSION_TABLE} FROM {ROLE}")
    behind(engine, ROLE)
    with pytest.raises(WallMissing) as missing:
        refuse_without_wall(engine, ROLE)
    assert missing.value.problems == (f"role {ROLE}: may not SELECT on {VERSION_TABLE}",)
    engine.dispose()


def test_at_its_own_revision_the_same_is_a_fault(later: Engine) -> None:
    with later.connect().execution_options(weigai_write=True) as connection, connection.begin():
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{SCHEMA}'")
        found = census(connection)
        assert "column weigai_case.remark: not weigai's" in found
        if scope.walled(connection):
            told = census(connection, ROLE)
            assert f"role {ROLE}: may UPDATE (remark) on weigai_case" in told
            assert f"role {ROLE}: may SELECT on weigai_note" in told


def test_what_would_leave_something_out_is_refused(later: Engine, tmp_path: Path) -> None:
    fresh = open_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    schema.upgrade(fresh)
    backup(fresh, tmp_path / "b.db", keys=tmp_path / "b.keys")
    before = rows(later)
    key = tmp_path / "weigai.key"
    KEYS.to_file(key)
    works = {
        "backup": lambda: backup(later, tmp_path / "new.db"),
        "restore": lambda: restore(later, tmp_path / "b.db", keys=tmp_path / "b.keys"),
        "rotate": lambda: rotate(later, key),
        "orphans": lambda: orphans(later, FileStore(tmp_path), now=0),
        "sweep": lambda: sweep(later, FileStore(tmp_path), now=0),
        "erase": lambda: _destroy(later),
    }
    if later.dialect.name == "postgresql":
        works["protect"] = lambda: protect(later)
    for name, work in works.items():
        with pytest.raises(SchemaTooNew) as refused:
            work()
        assert refused.value.found == LATER, name
    assert rows(later) == before
    assert Keys.from_file(key) == KEYS
    assert not (tmp_path / "new.db").exists()
    fresh.dispose()


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_who_waits_for_a_later_upgrade_finds_its_schema(postgres, level: str) -> None:
    url = postgres.fresh()
    upgrading = open_engine(url)
    schema.upgrade(upgrading, role=ROLE)
    waiting = open_engine(url).execution_options(isolation_level=level)
    with ThreadPoolExecutor(1) as beside:
        with upgrading.begin() as connection:
            connection.exec_driver_sql(ONE_BY_ONE)
            done = beside.submit(protect, waiting)
            _until_one_waits(connection)
            add(connection, walled=True)
        with pytest.raises(SchemaTooNew):
            done.result(timeout=30)
    rights = f"SELECT has_table_privilege('{ROLE}', 'weigai_note', 'INSERT'), has_column_privilege('{ROLE}', 'weigai_case', 'remark', 'UPDATE')"
    with upgrading.connect() as connection:
        assert connection.exec_driver_sql(rights).one() == (True, True)
    for engine in (upgrading, waiting):
        engine.dispose()


def _until_one_waits(connection: Connection) -> None:
    """Return once another transaction waits for the lock that this one holds."""
    waits = (
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted"
    )
    until = monotonic() + 20
    while not connection.exec_driver_sql(waits).scalar():
        assert monotonic() < until, "nobody waits for the lock"
        sleep(0.01)


def test_keys_are_not_wrapped_on_a_schema_that_became_later_meanwhile(engine: Engine, tmp_path: Path) -> None:
    key = tmp_path / "weigai.key"
    KEYS.to_file(key)

    def drawn(count: int) -> bytes:
        _add(engine)
        return bytes(count)

    with pytest.raises(SchemaTooNew):
        rotate(engine, key, random=drawn)


def _add(engine: Engine) -> None:
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        add(connection)


def _destroy(engine: Engine) -> None:
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        destroy(connection, "150783-2019-AAAAAAA", "all", "now")


def rows(engine: Engine) -> dict[str, list[str]]:
    """Return every row that a database holds, its privileged reader asking."""
    with engine.connect() as connection:
        names = connection.dialect.get_table_names(connection)
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()))
            for name in names
            if name.startswith("weigai_")
        }


def test_a_later_backup_is_not_restored(tmp_path: Path) -> None:
    source, target = (open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("source", "target"))
    schema.upgrade(source)
    backup(source, tmp_path / "b.db", keys=tmp_path / "b.keys")
    copy = open_engine(f"sqlite:///{tmp_path / 'b.db'}")
    with copy.begin() as connection:
        add(connection)
    with pytest.raises(SchemaTooNew):
        restore(target, tmp_path / "b.db", keys=tmp_path / "b.keys")
    with target.connect() as connection:
        assert schema.current(connection) is None
    for engine in (source, target, copy):
        engine.dispose()


@pytest.mark.parametrize("lowest", [LATER, "0500"])
def test_a_raised_lowest_is_refused(engine: Engine, lowest: str) -> None:
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        add(connection, lowest)
    before = rows(engine)
    with engine.connect() as connection, pytest.raises(SchemaTooNew) as refused:
        schema.check(connection)
    assert refused.value.found == LATER
    with pytest.raises(SchemaTooNew):
        schema.upgrade(engine)
    assert rows(engine) == before


def test_without_its_row_a_schema_wants_its_own_revision(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM weigai_lowest")
        assert schema.revisions(connection) == Found(SCHEMA, SCHEMA)
        assert census(connection) == [f"row {LOWEST} of weigai_lowest: missing or altered"]
        schema.check(connection)
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{LATER}'")
        with pytest.raises(SchemaTooNew):
            schema.check(connection)


@pytest.mark.parametrize("lowest", ["0001", "9999"])
def test_a_lowest_that_somebody_altered_is_found(engine: Engine, lowest: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE weigai_lowest SET revision = '{lowest}'")
        assert census(connection) == [f"row {LOWEST} of weigai_lowest: missing or altered"]


def test_a_schema_without_that_table_is_too_old(store_url: str) -> None:
    from weigai.db.migrations import run

    engine = open_engine(store_url)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        run(connection, "0003")
        assert schema.revisions(connection) == Found("0003", "0003")
        with pytest.raises(SchemaTooOld) as refused:
            schema.check(connection)
        assert refused.value.found == "0003"
    assert schema.upgrade(engine) == ("0003", SCHEMA)
    engine.dispose()


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_away_or_put_in_is_found_there_too(
    request: pytest.FixtureRequest, tmp_path: Path, what: str
) -> None:
    kind, sql, named = TAKEN[what]
    address = f"sqlite:///{tmp_path / 'w.db'}" if kind == "sqlite" else request.getfixturevalue("walled_once")
    whole = open_engine(address)
    if kind == "sqlite":
        schema.upgrade(whole)
    with whole.connect() as connection, connection.begin() as transaction:
        add(connection, walled=kind == "postgresql")
        assert census(connection, ROLE) == []
        for one in [sql] if "CREATE TRIGGER t AFTER" in sql else _apart(sql):
            connection.exec_driver_sql(one)
        found = census(connection, ROLE)
        assert any(named in problem for problem in found), found
        transaction.rollback()
    whole.dispose()


def test_a_backup_stays_of_its_release_while_it_is_restored(tmp_path: Path) -> None:
    source = open_engine(f"sqlite:///{tmp_path / 'source.db'}")
    schema.upgrade(source)
    backup(source, tmp_path / "b.db")
    source.dispose()
    with opened(tmp_path / "b.db"), closing(sqlite3.connect(tmp_path / "b.db", timeout=0.1)) as other:
        other.execute(f"UPDATE {VERSION_TABLE} SET version_num = '{LATER}'")
        with pytest.raises(sqlite3.OperationalError):
            other.commit()
