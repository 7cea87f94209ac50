"""The census: of a fresh and of an upgraded database nothing is missing, and whatever is taken away or put in is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from weigai.db import open_engine, schema
from weigai.db.migrations import run
from weigai.db.row_security.census import census
from weigai.db.row_security.census_tables import TRIGGERS
from weigai.db.row_security.protect import ROLE, protect
from weigai.db.row_security.rules import ADDED_TO

from tests.support import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(params=["sqlite", "postgresql"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine, as owner, on a fresh database with everything that guards the record."""
    sqlite = request.param == "sqlite"
    made = open_engine(f"sqlite:///{tmp_path / 'w.db'}" if sqlite else request.getfixturevalue("walled_url"))
    if sqlite:
        schema.upgrade(made, role=ROLE)
    yield made
    made.dispose()


def test_of_a_fresh_database_nothing_is_missing(whole: Engine) -> None:
    with whole.connect() as connection:
        assert census(connection, ROLE) == []


@pytest.mark.parametrize("start", ["0001", "0002", "0003", "0004"])
def test_an_upgraded_database_has_what_a_fresh_one_has(store_url: str, start: str) -> None:
    engine = open_engine(store_url)
    with engine.connect().execution_options(weigai_write=True) as connection, connection.begin():
        run(connection, start)
        assert census(connection)
    schema.upgrade(engine, role=ROLE)
    with engine.connect() as connection:
        assert census(connection, ROLE) == []
    engine.dispose()


def test_without_a_role_an_unprotected_database_is_a_hosts_own_affair(postgres) -> None:
    engine = open_engine(postgres.ready())
    with engine.connect() as connection:
        assert census(connection) == []
        assert census(connection, ROLE)
    assert protect(engine)
    with engine.connect() as connection:
        assert census(connection) == []
        assert census(connection, ROLE) == []
    engine.dispose()


EITHER = {
    "a table": ("DROP TABLE weigai_succession", "weigai_succession.successor"),
    "a column": ("ALTER TABLE weigai_list DROP COLUMN record", "weigai_list.record"),
    "an index": ("DROP INDEX ix_weigai_case_worklist", "weigai_case (county, township"),
}
SQLITE = {
    **{f"the trigger {name}": (f"DROP TRIGGER {name}", name) for name in TRIGGERS},
    "a trigger that does nothing": (
        ("DROP TRIGGER weigai_event_no_update; CREATE TRIGGER weigai_event_no_update BEFORE UPDATE ON weigai_event "
        "WHEN 0 BEGIN SELECT RAISE(ABORT, 'weigai_event is only ever added to'); END"), "weigai_event_no_update"),
    "a trigger more": ("CREATE TRIGGER t AFTER INSERT ON weigai_case BEGIN DELETE FROM weigai_tally; END", "trigger t"),
}  # fmt: skip
DYNAMIC = (
    "CREATE FUNCTION fg(t text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS"
    " $$DECLARE n bigint; BEGIN EXECUTE t INTO n; RETURN n; END$$"
)
POSTGRESQL = {
    "row security off": ("ALTER TABLE weigai_event DISABLE ROW LEVEL SECURITY", "weigai_event: row security"),
    "not forced": ("ALTER TABLE weigai_private NO FORCE ROW LEVEL SECURITY", "weigai_private: row security"),
    "a policy gone": ("DROP POLICY weigai_read ON weigai_key", "policy weigai_read on weigai_key"),
    "a policy opened": ("ALTER POLICY weigai_read ON weigai_event USING (true)", "policy weigai_read on weigai_event"),
    "a policy for others": ("ALTER POLICY weigai_read ON weigai_case TO postgres", "policy weigai_read on weigai_case"),
    "a policy more": ("CREATE POLICY more ON weigai_case FOR SELECT USING (true)", "policy more on weigai_case"),
    "a policy more for one": ("CREATE POLICY more ON weigai_case TO postgres USING (true)", "policy more"),
    "events may be changed": ("GRANT UPDATE ON weigai_event TO weigai_app", "may UPDATE on weigai_event"),
    "a column may be changed": ("GRANT UPDATE (hash) ON weigai_event TO weigai_app", "may UPDATE (hash) on weigai_event"),
    "a key may be changed": ("GRANT UPDATE (unit) ON weigai_grant TO weigai_app", "may UPDATE (unit) on weigai_grant"),
    "a key may be changed by anybody": ("GRANT UPDATE (stream) ON weigai_stream TO PUBLIC", "may UPDATE (stream) on"),
    "a column may no more be changed": (
        "REVOKE UPDATE (until) ON weigai_grant FROM weigai_app", "may not UPDATE (until) on weigai_grant"),
    "anybody may delete": ("GRANT DELETE ON weigai_event TO PUBLIC", "may DELETE on weigai_event"),
    "heads may be emptied": ("GRANT TRUNCATE ON weigai_head TO weigai_app", "may TRUNCATE on weigai_head"),
    "a right through another role": (
        "CREATE ROLE weigai_more; GRANT UPDATE ON weigai_leaf TO weigai_more; GRANT weigai_more TO weigai_app",
        "may UPDATE on weigai_leaf"),
    "a right gone": ("REVOKE INSERT ON weigai_event FROM weigai_app", "may not INSERT on weigai_event"),
    "above row security": ("ALTER ROLE weigai_app BYPASSRLS", "BYPASSRLS"),
    "a superuser": ("ALTER ROLE weigai_app SUPERUSER", "superuser"),
    "above row security through another": (
        "CREATE ROLE weigai_more BYPASSRLS;\nGRANT weigai_more TO weigai_app", "BYPASSRLS"),
    "a superuser through another": (
        "CREATE ROLE weigai_more SUPERUSER;\nGRANT weigai_more TO weigai_app", "superuser"),
    "it makes roles": ("ALTER ROLE weigai_app CREATEROLE", "CREATEROLE"),
    "it makes roles through another": (
        "CREATE ROLE weigai_more CREATEROLE;\nGRANT weigai_more TO weigai_app", "CREATEROLE"),
    "it makes tables beside": ("GRANT CREATE ON SCHEMA public TO weigai_app", "may CREATE in the schema public"),
    "anybody makes tables beside": ("GRANT CREATE ON SCHEMA public TO PUBLIC", "may CREATE in the schema public"),
    "the owner": ("ALTER TABLE weigai_case OWNER TO weigai_app", "owner"),
    "one of the owners": ("GRANT postgres TO weigai_app", "owner"),
    "a key gone": ("ALTER TABLE weigai_event DROP CONSTRAINT pk_weigai_event", "weigai_event (county, stream, seq) UNIQUE"),
    "a key not unique": (
        ("ALTER TABLE weigai_event DROP CONSTRAINT uq_weigai_event_county_stream_request_id;"
        "CREATE INDEX uq_weigai_event_county_stream_request_id ON weigai_event (county, stream, request_id)"),
        "weigai_event (county, stream, request_id) UNIQUE"),
    "a key of some rows": (
        "DROP INDEX ix_weigai_case_county_due_on; CREATE INDEX ON weigai_case (county, due_on) WHERE state = 'x'",
        "weigai_case (county, due_on)"),
    "a trigger": (
        ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER t BEFORE INSERT ON weigai_event FOR EACH ROW EXECUTE FUNCTION f()"), "trigger t on weigai_event"),
    "a rule": ("CREATE RULE r AS ON INSERT TO weigai_event DO INSTEAD NOTHING", "rule r on weigai_event"),
    "a view": ("CREATE VIEW v AS SELECT * FROM weigai_case", "view v on weigai_case"),
    "a function": (
        "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM weigai_case'",
        "function g()"),
    "a function that runs what it is told": (DYNAMIC, "function fg(text)"),
    "a function of the tables' owner": (
        ("CREATE ROLE weigai_mine;\nGRANT CREATE ON SCHEMA public TO weigai_mine;\n"
        f"ALTER TABLE weigai_tally OWNER TO weigai_mine;\n{DYNAMIC};\nALTER FUNCTION fg(text) OWNER TO weigai_mine"),
        "function fg(text)"),
    "a function of somebody above row security": (
        f"CREATE ROLE weigai_more BYPASSRLS;\n{DYNAMIC};\nALTER FUNCTION fg(text) OWNER TO weigai_more", "function fg(text)"),
    "a function that calls itself an extension's": (
        f"{DYNAMIC};\nALTER EXTENSION plpgsql ADD FUNCTION fg(text)", "function fg(text)"),
    "a table above": (
        "CREATE TABLE par (LIKE weigai_event);\nALTER TABLE weigai_event INHERIT par", "weigai_event: inherits from par"),
    "a table below": ("CREATE TABLE below () INHERITS (weigai_event)", "below: inherits from weigai_event"),
    "a scope kept for the database": (
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %%I SET weigai.units = 150783', current_database()); END$$",
        "setting weigai.units: is kept for everybody"),
    "a scope kept for a role": (
        "ALTER ROLE weigai_app SET weigai.person = 'p-1'", "setting weigai.person: is kept for the role weigai_app"),
    "a scope kept for every role": ("ALTER ROLE ALL SET \"Weigai.Login\" = 'p-1'", "is kept for everybody"),
    "not kept for good": ("ALTER TABLE weigai_event SET UNLOGGED", "weigai_event: is not kept for good"),
}  # fmt: skip
TAKEN = {
    **{f"{what}, {kind}": (kind, *how) for kind in ("sqlite", "postgresql") for what, how in EITHER.items()},
    **{what: ("sqlite", *how) for what, how in SQLITE.items()},
    **{what: ("postgresql", *how) for what, how in POSTGRESQL.items()},
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_away_or_put_in_is_found(request: pytest.FixtureRequest, tmp_path: Path, what: str) -> None:
    kind, sql, named = TAKEN[what]
    whole = open_engine(
        f"sqlite:///{tmp_path / 'w.db'}" if kind == "sqlite" else request.getfixturevalue("walled_once")
    )
    if kind == "sqlite":
        schema.upgrade(whole)
    with whole.connect() as connection, connection.begin() as transaction:
        for one in [sql] if "CREATE TRIGGER t AFTER" in sql else _apart(sql):
            connection.exec_driver_sql(one)
        found = census(connection, ROLE)
        assert any(named in problem for problem in found), found
        transaction.rollback()
    with whole.connect() as connection:
        assert census(connection, ROLE) == []
    whole.dispose()


def _apart(sql: str) -> list[str]:
    """Part statements where the next one begins; a trigger's own body stays whole."""
    return [part for part in sql.replace("; CREATE", ";\nCREATE").replace(";CREATE", ";\nCREATE").split(";\n") if part]


@pytest.fixture(scope="session")
def walled_once(postgres) -> str:
    url = str(postgres.fresh())
    owner = open_engine(url)
    schema.upgrade(owner, role=ROLE)
    owner.dispose()
    return url


HARMLESS = {
    "a view with its caller's rights": "CREATE VIEW v WITH (security_invoker = true) AS SELECT * FROM weigai_case",
    "a function with its caller's rights": DYNAMIC.replace(" SECURITY DEFINER", ""),
    "a function that the role may not run": f"{DYNAMIC};\nREVOKE EXECUTE ON FUNCTION fg(text) FROM PUBLIC",
    "a function where the role does not reach": f"CREATE SCHEMA apart;\n{DYNAMIC.replace('fg(', 'apart.fg(')}",
    "a function of somebody held back": (
        f"CREATE ROLE weigai_more;\n{DYNAMIC};\nALTER FUNCTION fg(text) OWNER TO weigai_more"
    ),
    "a host's own tables": "CREATE TABLE one (id int);\nCREATE UNLOGGED TABLE two () INHERITS (one)",
    "a host's own setting": "ALTER ROLE weigai_app SET statement_timeout = '9min'",
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_no_hole_is_not_told(walled_once: str, what: str) -> None:
    engine = open_engine(walled_once)
    with engine.connect() as connection, connection.begin() as transaction:
        for one in _apart(HARMLESS[what]):
            connection.exec_driver_sql(one)
        assert census(connection, ROLE) == []
        transaction.rollback()
    engine.dispose()


WAYS_ROUND = {
    "a table above": (
        "CREATE TABLE par (LIKE weigai_event);\nALTER TABLE weigai_event INHERIT par;\nGRANT ALL ON par TO PUBLIC",
        "WITH changed AS (UPDATE par SET acted_by = 'x' RETURNING 1) SELECT count(*) FROM changed"),
    "a function that runs what it is told": (DYNAMIC, "SELECT fg('SELECT count(*) FROM weigai_event')"),
    "a scope kept for the role": (
        "ALTER ROLE {login} SET weigai.units = '150783'", "SELECT count(*) FROM weigai_event"),
}  # fmt: skip


@pytest.mark.parametrize("what", WAYS_ROUND)
def test_what_leads_round_the_wall_is_told(postgres, what: str) -> None:
    """Each of them is tried: without any scope a plain login reaches an event by it, and the census says so."""
    url = postgres.fresh()
    owner = open_engine(url)
    schema.upgrade(owner, role=ROLE)
    bare = open_engine(postgres.login(url))
    put_up, attack = WAYS_ROUND[what]
    with owner.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO weigai_event VALUES"
            " ('150783', 'county', 1, 'r', 'a', NULL, NULL, 'p', 'o', 'p', 'd', 't', NULL, 'h', 'b')"
        )
        assert census(connection, ROLE) == []
        for one in _apart(put_up.format(login=bare.url.username) if "{login}" in put_up else put_up):
            connection.exec_driver_sql(one)
    with bare.begin() as connection:
        assert connection.exec_driver_sql(attack).scalar() == 1
    with owner.begin() as connection:
        told = census(connection, ROLE)
        connection.exec_driver_sql(f'ALTER ROLE "{bare.url.username}" RESET ALL')  # it would hold in every database
    assert len(told) == 1
    bare.dispose()
    owner.dispose()


# ---------------------------------------------------------------------- SQLite's triggers


@pytest.mark.parametrize("table", ADDED_TO)
def test_sqlite_refuses_a_change_of_what_is_only_added_to(desk: Desk, table: str) -> None:
    rows = {
        "weigai_event": "('150783', 's', 1, 'r', 'a', NULL, NULL, 'p', 'o', 'p', 'd', 't', NULL, 'h', 'b')",
        "weigai_head": "('150783', 1, 'sha256', 't', 1, 1, NULL, 'r')",
        "weigai_leaf": "('150783', 1, 's', 1, 'h')",
    }
    desk.session.execute(text(f"INSERT INTO {table} VALUES {rows[table]}"))
    for sql in (
        f"UPDATE {table} SET county = 'x'",
        f"DELETE FROM {table}",
        f"REPLACE INTO {table} VALUES {rows[table]}",
    ):
        with pytest.raises(IntegrityError, match="only ever added to"):
            desk.session.execute(text(sql))
    assert desk.session.execute(text(f"SELECT county FROM {table}")).scalar() == "150783"


def test_a_dropped_trigger_is_told_by_the_verification(desk: Desk) -> None:
    assert desk.api.records.verify().problems == ()
    desk.session.execute(text("DROP TRIGGER weigai_event_no_delete"))
    (problem,) = desk.api.records.verify().problems
    assert (problem.stream, problem.what) == ("schema", "trigger weigai_event_no_delete: missing or altered")
