"""The schema: what the migrations make is what the tables say, on both databases; nothing else is touched."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from weigai.db import open_engine, schema
from weigai.db.migrations import SCRIPTS, run
from weigai.db.tables import METADATA, SCHEMA, VERSION_TABLE
from weigai.workflow import NotADatabase, SchemaTooNew, SchemaTooOld, StoreUnavailable

from tests.postgres import Server
from tests.support import KEYS


def test_the_migrations_make_the_tables(engine) -> None:
    with engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(found, METADATA) == []


def test_the_head_is_the_schema_of_this_release(engine) -> None:
    with engine.connect() as connection:
        heads = SCRIPTS.get_heads()
        assert heads == [SCHEMA]
        assert schema.current(connection) == SCHEMA
        schema.check(connection)


def test_an_upgrade_twice_changes_nothing(engine) -> None:
    assert schema.upgrade(engine) == (SCHEMA, SCHEMA)


def test_a_missing_schema_says_how_to_make_it(store_url: str) -> None:
    engine = open_engine(store_url)
    with engine.connect() as connection, pytest.raises(SchemaTooOld, match="weigai db upgrade"):
        schema.check(connection)
    engine.dispose()


def test_a_later_schema_is_refused_and_left_alone(engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        connection.execute(text("UPDATE weigai_lowest SET revision = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        schema.upgrade(engine)
    with engine.connect() as connection:
        with pytest.raises(SchemaTooNew):
            schema.check(connection)
        assert schema.current(connection) == "9999"


def test_a_hosts_tables_are_left_alone(store_url: str) -> None:
    engine = open_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('host-7')"))
        connection.execute(text("CREATE TABLE host_case (id INTEGER)"))
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "host-7"
        ours = {name for name in inspect(connection).get_table_names() if name.startswith("weigai_")}
        assert ours == {*METADATA.tables, VERSION_TABLE}
    engine.dispose()


def _upgrade(url: str) -> None:
    engine = open_engine(url)
    schema.upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize("turn", range(3))
def test_two_upgrades_at_once_make_one_schema(store_url: str, turn: int) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_upgrade, args=(store_url,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
        assert one.exitcode == 0
    engine = open_engine(store_url)
    with engine.connect() as connection:
        schema.check(connection)
    engine.dispose()


def test_tables_are_strict_on_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    _upgrade(f"sqlite:///{path}")
    found = sqlite3.connect(path)
    for name, sql in found.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
        assert name == VERSION_TABLE or "STRICT" in sql.rsplit(")", 1)[1], name
    with pytest.raises(sqlite3.IntegrityError):
        found.execute("INSERT INTO weigai_tally VALUES ('150783', 'k', 'many')")
    found.close()


@pytest.mark.parametrize("script", list(SCRIPTS.walk_revisions()), ids=lambda script: script.revision)
def test_a_schema_cannot_be_taken_back(script) -> None:
    with pytest.raises(RuntimeError, match="holds the record"):
        script.module.downgrade()


def test_a_first_schema_is_brought_up_and_keeps_its_rows(store_url: str, tmp_path: Path) -> None:
    engine = open_engine(store_url)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        run(connection, "0001")
        connection.execute(text("INSERT INTO weigai_tally VALUES ('150783', 'k', 7)"))
    with engine.connect() as connection, pytest.raises(SchemaTooOld, match="0001"):
        schema.check(connection)
    assert schema.upgrade(engine) == ("0001", SCHEMA)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(found, METADATA) == []
        assert connection.execute(text("SELECT value FROM weigai_tally")).scalar() == 7
    engine.dispose()


def test_a_file_that_is_no_database_is_left_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear county, this is a letter.")
    with pytest.raises(NotADatabase):
        open_engine(f"sqlite:///{path}")
    assert path.read_bytes() == b"Dear county, this is a letter."
    assert [p.name for p in tmp_path.iterdir()] == ["letter.db"]


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "torn.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(NotADatabase):
        open_engine(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["nonsense", "mysql+nothing://x", "sqlite:////no/such/folder/x.db"])
def test_an_address_that_leads_nowhere_is_said_so(url: str) -> None:
    with pytest.raises(StoreUnavailable):
        open_engine(url)


def test_new_files_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    _upgrade(f"sqlite:///{path}")
    assert path.stat().st_mode & 0o077 == 0


def test_a_plain_engine_can_read_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    _upgrade(f"sqlite:///{path}")
    plain = create_engine(f"sqlite:///{path}")
    with plain.connect() as connection:
        assert schema.current(connection) == SCHEMA
    plain.dispose()


def test_values_of_an_old_schema_are_encrypted_before_the_wall_hides_them_from_their_owner(postgres: Server) -> None:
    """The owner is no superuser: behind the wall it would find none of them, and say nothing."""
    url = postgres.fresh()
    owner = postgres.login(url, role="")
    name = make_url(owner).username
    boss = open_engine(url)
    with boss.begin() as connection:
        connection.execute(
            text("DO $$ BEGIN CREATE ROLE weigai_app NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        )
        connection.execute(text(f'GRANT weigai_app TO "{name}" WITH ADMIN OPTION'))
        connection.execute(text(f'GRANT ALL ON SCHEMA public TO "{name}"'))
        connection.execute(text(f'ALTER SCHEMA public OWNER TO "{name}"'))
    engine = open_engine(owner)
    with engine.begin() as connection:
        run(connection, "0001")
        connection.execute(
            text(
                "INSERT INTO weigai_private VALUES ('150783', 'case/150783-2019-A', 1, 'f', 'head', 'ab', '\"金丝雀\"')"
            )
        )
    schema.upgrade(engine, keys=KEYS, role="weigai_app")
    with boss.connect() as connection:
        values = connection.execute(text("SELECT value FROM weigai_private")).scalars().all()
        assert len(values) == 1
        assert "丝雀" not in values[0]
    engine.dispose()
    boss.dispose()
