"""PostgreSQL's row-level security, met by a bare role: what lies outside the scope is not there, whatever is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session
from weigai.db import open_engine, schema
from weigai.db.row_security.census import census, passes_by, refuse_without_wall, self_test
from weigai.db.row_security.protect import ROLE, protect, raise_wall, step_aside
from weigai.db.row_security.rules import ADDED_TO, RIGHTS, RULES, TABLES
from weigai.db.scope import behind, county_wide, enter, hidden, walled
from weigai.workflow import (
    Actor,
    Approvals,
    CaseMovedOn,
    CaseNotFound,
    Evidence,
    FileStore,
    GuardsNotMet,
    InputRefused,
    Lists,
    NoSuchAct,
    NotFound,
    OutsideArea,
    Records,
    Register,
    SchemaTooOld,
    StoreError,
    Units,
    WallMissing,
)

from tests.support import COUNTY, KEYS, TOWNSHIP, VILLAGE, Desk, documents, household, person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.postgres import Server

OTHER = "150783102201"  # a village of another township
ABROAD = "450981101201"  # a village of another county
OPEN = {
    "weigai_policy",
    "weigai_version",
    "weigai_lowest",
    "weigai_database",
    "weigai_master",
}  # published plans, and the numbers of the schema


def clerk(unit: str, office: str = "village") -> Actor:
    return Actor(f"p-{unit}", office, (unit,))


def as_(connection: Connection, units: str, who: str = "") -> Connection:
    for name, value in (("units", units), ("person", who)):
        connection.exec_driver_sql(f"SELECT set_config('weigai.{name}', %(value)s, true)", {"value": value})
    return connection


def count(connection: Connection, table: str, where: str = "true") -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one())


# ---------------------------------------------------------------------- a record of three villages


def _filled(engine: Engine, files: Path) -> dict[str, str]:
    """Write cases, lists, reports, persons and every other kind of row for three villages; return {village: case}."""
    cases = {}
    with Session(engine.execution_options(weigai_write=True)) as session, session.begin():
        api = Approvals(session, keys=KEYS, files=FileStore(files))
        for unit in (VILLAGE, OTHER):
            made = api.open_case(
                policy="zhalantun-2019-a",
                unit=unit,
                household=household(),
                actor=clerk(unit),
                documents=documents("application", unit),
            )
            api.lists.new("notice", unit=unit, cases=[made.id], actor=clerk(unit))
            root = Actor("p-root", "admin", (COUNTY,))
            api.register.import_units([(COUNTY, "县"), (unit[:9], "镇"), (unit, "村")], actor=root)
            name = f"p-{unit}"
            api.register.add_person(COUNTY, name, "张三", offices=[("village", unit)], actor=root, account=f"a{unit}")
            cases[unit] = made.id
    with engine.begin() as connection:
        for unit, case in cases.items():
            _rows(connection, unit, case)
        _abroad(connection)
    return cases


def _rows(connection: Connection, unit: str, case: str) -> None:
    """Put in what the program has no call for here."""
    connection.exec_driver_sql(f"INSERT INTO weigai_unit_record VALUES ('{COUNTY}', '{unit}', 'a', '2019', 1, 'd')")
    for stream in (f"case/{case}", f"unmasked/{case}", f"unit/{unit}", f"person/p-{unit}", f"refused/p-{unit}"):
        connection.exec_driver_sql(f"INSERT INTO weigai_leaf VALUES ('{COUNTY}', 1, '{stream}', 1, 'h')")
        connection.exec_driver_sql(f"INSERT INTO weigai_key VALUES ('{COUNTY}', '{stream}', 'planted', 'm', 'w', NULL)")
        if not stream.startswith("case/"):
            connection.exec_driver_sql(
                f"INSERT INTO weigai_private VALUES ('{COUNTY}', '{stream}', 9, 'f', 'head', 's', 'v')"
            )


def _abroad(connection: Connection) -> None:
    """Put in another county's rows of every table that is kept by county."""
    county = ABROAD[:6]
    for table, values in {
        "weigai_unit": f"'{county}', '{county}', 'x', 'county', NULL, NULL",
        "weigai_succession": f"'{county}', '{county}', '{county}', 'd'",
        "weigai_person": f"'{county}', 'p-0', 'a0', 0",
        "weigai_grant": f"'{county}', 'p-0', 1, 'village', '{ABROAD}', '2019-01-01', NULL, 'p', 'p'",
        "weigai_head": f"'{county}', 1, 'sha256', 't', 1, 1, NULL, 'r'",
        "weigai_tally": f"'{county}', 'k', 1",
        "weigai_key": f"'{county}', 'file/abc', '', 'm', 'w', NULL",
        "weigai_index": f"'{county}', 'id_number', 't', 'person/p-0', 'head'",
        "weigai_stream": f"'{county}', 'county', 1, 'h'",
    }.items():
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})")


@pytest.fixture(scope="module")
def record(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A protected database with a record of three villages; `owner` is a superuser's engine, `bare` the role's."""
    url = postgres.fresh()
    owner = open_engine(url)
    schema.upgrade(owner, role=ROLE)
    bare = create_engine(postgres.login(url), hide_parameters=True)  # a plain engine: no help from the program
    yield {"url": url, "owner": owner, "bare": bare, "cases": _filled(owner, tmp_path_factory.mktemp("files"))}
    bare.dispose()
    owner.dispose()


def _of(unit: str, case: str) -> dict[str, str]:
    """Return, for each table, which of its rows are a village's."""
    streams = f"stream IN ('case/{case}', 'unmasked/{case}', 'unit/{unit}', 'person/p-{unit}', 'refused/p-{unit}')"
    by_stream = dict.fromkeys(
        (
            "weigai_event",
            "weigai_private",
            "weigai_document",
            "weigai_stream",
            "weigai_leaf",
            "weigai_index",
            "weigai_key",
        ),
        streams,
    )
    heads = streams.replace(f"'person/p-{unit}', ", "")  # of the register's streams the county may know the heads
    by_stream["weigai_stream"] = heads
    by_unit = dict.fromkeys(("weigai_case", "weigai_list", "weigai_unit_record"), f"unit = '{unit}'")
    return {**by_stream, **by_unit, "weigai_list_case": f"case_id = '{case}'"}


KEPT_BY_VILLAGE = sorted(_of("", ""))
KEPT_BY_COUNTY = sorted(set(TABLES) - set(KEPT_BY_VILLAGE) - OPEN - {"weigai_canary"})


@pytest.mark.parametrize("table", KEPT_BY_VILLAGE)
def test_a_bare_role_in_one_villages_scope_sees_no_row_of_another(record, table: str) -> None:
    mine, theirs = (_of(unit, record["cases"][unit])[table] for unit in (VILLAGE, OTHER))
    with record["owner"].begin() as connection:
        assert count(connection, table, theirs) >= 1  # there is something to hide
    with record["bare"].begin() as connection:
        as_(connection, VILLAGE, f"p-{VILLAGE}")
        assert count(connection, table, theirs) == 0
        assert count(connection, table, mine) >= 1
        assert count(connection, table, f"county = '{ABROAD[:6]}'") == 0
    with record["bare"].begin() as connection:  # the township's own scope is wider, and no wider than that
        assert count(as_(connection, TOWNSHIP), table, theirs) == 0
        assert count(as_(connection, OTHER[:9]), table, theirs) >= 1
        seen = count(as_(connection, COUNTY), table)
    with record["owner"].begin() as connection:
        assert seen == count(connection, table, f"county = '{COUNTY}'")


@pytest.mark.parametrize("table", KEPT_BY_COUNTY)
def test_what_a_county_knows_stays_in_the_county(record, table: str) -> None:
    with record["bare"].begin() as connection:
        assert count(as_(connection, VILLAGE), table, f"county <> '{COUNTY}'") == 0
        assert count(as_(connection, ABROAD), table, f"county = '{COUNTY}'") == 0
        assert count(connection, table) >= 1


@pytest.mark.parametrize("table", sorted(set(TABLES) - OPEN))
@pytest.mark.parametrize(
    "units", ["", "15078", "1507831", "1507831012", "150783101201x", "%", "150783%", "_", ",", " 150783"]
)
def test_an_empty_or_a_false_scope_sees_nothing(record, table: str, units: str) -> None:
    with record["bare"].begin() as connection:
        assert count(connection, table) == 0  # never set
        assert count(as_(connection, units), table) == 0


def test_streams_by_kind_and_only_ones_own_of_persons(record) -> None:
    with record["bare"].begin() as connection:
        as_(connection, OTHER, f"p-{VILLAGE}")
        kinds = {s.split("/")[0] for s in connection.exec_driver_sql("SELECT stream FROM weigai_leaf").scalars()}
        assert kinds == {"case", "unmasked", "unit", "person", "refused"}
        assert count(connection, "weigai_leaf", f"stream = 'person/p-{OTHER}'") == 1  # holds an office there
        assert count(connection, "weigai_leaf", f"stream = 'person/p-{VILLAGE}'") == 1  # oneself
        as_(connection, OTHER, "p-x")
        assert count(connection, "weigai_leaf", f"stream = 'person/p-{VILLAGE}'") == 0
        assert count(connection, "weigai_index", "stream = 'person/p-0'") == 0
        as_(connection, ABROAD, f"p-{VILLAGE}")
        assert count(connection, "weigai_leaf", f"stream = 'person/p-{VILLAGE}'") == 0  # the same id, another county
        assert count(connection, "weigai_leaf", f"stream = 'refused/p-{VILLAGE}'") == 0
        assert count(connection, "weigai_index", "stream = 'person/p-0'") == 1  # a guard compares tokens
        assert count(connection, "weigai_key", "stream LIKE 'file/%%'") == 0  # no paper here names one


def test_the_scope_is_the_areas_rule_at_every_length(record) -> None:
    units = [VILLAGE, OTHER, VILLAGE[:9] + "999", "150783999201", "150784101201", ABROAD]
    scopes = {unit[:n] for unit in units for n in (5, 6, 7, 9, 11, 12)}
    with record["owner"].begin() as owner:
        row = "INSERT INTO weigai_list VALUES ('{}', '{}', 'notice', '{}', 'd', 'new', 0, '{{}}')"
        for unit in units:
            owner.exec_driver_sql(row.format(unit[:6], f"I2-{unit}", unit))
    with record["bare"].begin() as connection:
        for scope in sorted(scopes):
            query = "SELECT unit FROM weigai_list WHERE id LIKE 'I2-%%'"
            seen = set(as_(connection, scope).exec_driver_sql(query).scalars())
            assert seen == {unit for unit in units if clerk(scope).covers(unit)}, scope
    with record["owner"].begin() as owner:
        owner.exec_driver_sql("DELETE FROM weigai_list WHERE id LIKE 'I2-%%'")


# ---------------------------------------------------------------------- writing


@pytest.mark.parametrize("command", ["UPDATE {} SET county = county", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ADDED_TO)
def test_what_is_only_added_to_cannot_be_changed_by_the_role(record, table: str, command: str) -> None:
    with record["bare"].begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        as_(connection, COUNTY).exec_driver_sql(command.format(table))


def test_the_role_may_nothing_beyond_its_rights(record) -> None:
    assert set(RIGHTS) == set(RULES) == set(TABLES)
    for table in TABLES:
        for command in (
            f"LOCK {table} IN SHARE ROW EXCLUSIVE MODE",  # wants a right to change whole rows
            f"TRUNCATE {table}",
            f"DELETE FROM {table}",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ):
            with record["bare"].begin() as connection, pytest.raises(ProgrammingError):
                connection.exec_driver_sql(command)


FOREIGN = {
    "a case of another village": "INSERT INTO weigai_case SELECT county, 'new', '{other}', township, policy_id,"
    " policy_hash, state, version, head, classes, opened_on, opened_at, opens_on, NULL, no_house, grade, mode, line,"
    " approved_fen, paid_fen, approved_on, final_on, record, due_on, held, intake FROM weigai_case",
    "an event of another's case": "INSERT INTO weigai_event SELECT county, 'case/{theirs}', 9, request_id, action,"
    " from_state, to_state, acted_by, office, recorded_by, occurred_on, recorded_at, policy_hash, hash, body"
    " FROM weigai_event LIMIT 1",
    "a list of another village": "INSERT INTO weigai_list VALUES ('150783', 'x', 'notice', '{other}', 'd', 'new', 1, 'r')",
    "another's case on one's list": "INSERT INTO weigai_list_case SELECT county, id, '{theirs}' FROM weigai_list",
    "a report of another village": "INSERT INTO weigai_unit_record VALUES ('150783', '{other}', 'a', '2020', 1, 'd')",
    "a personal value of another's case": (
        "INSERT INTO weigai_private VALUES ('150783', 'case/{theirs}', 9, 'f', 'head', 's', 'v')"),
    "an office for oneself": (
        "INSERT INTO weigai_grant VALUES ('150783', 'p-{own}', 2, 'county', '150783', '2019-01-01', NULL, 'p', 'q')"),
    "an office for oneself, in one's own village": (
        "INSERT INTO weigai_grant VALUES ('150783', 'p-{own}', 2, 'auditor', '{own}', '2019-01-01', NULL, 'p', 'q')"),
    "an office of another county, for one's own village": (
        "INSERT INTO weigai_grant VALUES ('450981', 'p-q', 2, 'village', '{own}', '2019-01-01', NULL, 'p', 'q')"),
    "an event of another county, of one's own village": "INSERT INTO weigai_event SELECT '450981', 'unit/{own}', 99,"
    " request_id, action, from_state, to_state, acted_by, office, recorded_by, occurred_on, recorded_at, policy_hash, hash,"
    " body FROM weigai_event LIMIT 1",
    "a personal value of another county, of one's own village": (
        "INSERT INTO weigai_private VALUES ('450981', 'unit/{own}', 9, 'f', 'head', 's', 'v')"),
    "a list of another county, of one's own village": (
        "INSERT INTO weigai_list VALUES ('450981', 'x', 'notice', '{own}', 'd', 'new', 1, 'r')"),
    "a report of another county, of one's own village": (
        "INSERT INTO weigai_unit_record VALUES ('450981', '{own}', 'a', '2020', 1, 'd')"),
    "a case of another county, of one's own village": "INSERT INTO weigai_case SELECT '450981', id, unit, township,"
    " policy_id, policy_hash, state, version, head, classes, opened_on, opened_at, opens_on, NULL, no_house, grade, mode,"
    " line, approved_fen, paid_fen, approved_on, final_on, record, due_on, held, intake FROM weigai_case",
    "a unit of another county, with one's own code": (
        "INSERT INTO weigai_unit VALUES ('450981', '{own}', 'x', 'village', NULL, NULL)"),
    "a unit with a code longer than one's own": (
        "INSERT INTO weigai_unit VALUES ('150783', '{own}000', 'x', 'village', NULL, NULL)"),
    "a stream with a name longer than one's own": "INSERT INTO weigai_stream VALUES ('150783', 'unit/{own}x', 1, 'h')",
    "another's stream": "INSERT INTO weigai_stream VALUES ('150783', 'person/p-{other}x', 1, 'h')",
    "another's numbers": "INSERT INTO weigai_index VALUES ('150783', 'card', 't', 'person/p-{other}', 'self')",
    "a line of a head": "INSERT INTO weigai_leaf VALUES ('150783', 9, 'county', 1, 'h')",
    "another's refusal": "INSERT INTO weigai_stream VALUES ('150783', 'refused/p-{other}', 1, 'h')",
    "a person of another county": "INSERT INTO weigai_person VALUES ('450981', 'p-new', NULL, 1)",
    "a unit's end": "INSERT INTO weigai_succession VALUES ('150783', '{own}', '{other}', 'd')",
    "a unit": "INSERT INTO weigai_unit VALUES ('150783', '150783103', 'x', 'township', NULL, NULL)",
    "a person of no office here": "INSERT INTO weigai_person VALUES ('150783', 'p-new', NULL, 1)",
    "a policy under another's hash": "INSERT INTO weigai_policy SELECT 'sha256:0', id, content, moves, stored_at FROM weigai_policy",
    "a policy with other content": (
        "INSERT INTO weigai_policy SELECT hash, id, content || '#', moves, stored_at FROM weigai_policy"),
    "an event of the county": "INSERT INTO weigai_stream VALUES ('150783', 'county', 1, 'h')",
    "another's running number": "INSERT INTO weigai_tally VALUES ('150783', 'list/{other}-N-2019', 1)",
    "another's archive number": "INSERT INTO weigai_tally VALUES ('150783', 'archive/plan/{other}', 1)",
    "a key of another's file": "INSERT INTO weigai_key VALUES ('150783', 'file/{other}/t', 'file', 'm', 'w', NULL)",
    "a paper of another's file": (
        "INSERT INTO weigai_document SELECT '150783', 'case/' || id, 1, 9, 'k', '{other}/t', 1, 'm', 's', NULL, NULL"
        " FROM weigai_case"),
    "a running number that leaves none": "INSERT INTO weigai_tally VALUES ('150783', 'list/{own}-N-2019', 1000000000)",
    "another county's count": "INSERT INTO weigai_tally VALUES ('450981', 'x', 1)",
}  # fmt: skip


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_is_written_outside_the_scope(record, what: str) -> None:
    sql = FOREIGN[what].format(other=OTHER, own=VILLAGE, theirs=record["cases"][OTHER])
    with record["bare"].begin() as connection, pytest.raises(ProgrammingError, match="row-level security"):
        as_(connection, VILLAGE, f"p-{VILLAGE}").exec_driver_sql(sql)


UNTOUCHED = {
    "another's case": "UPDATE weigai_case SET state = 'x' WHERE unit = '{other}'",
    "an office confirmed for oneself": "UPDATE weigai_grant SET confirmed_by = 'x' WHERE person = 'p-{own}'",
    "another's office taken away": "UPDATE weigai_grant SET until = 'd' WHERE person = 'p-{other}'",
    "another's account": "UPDATE weigai_person SET account = 'x' WHERE id = 'p-{other}'",
    "a unit's new name": "UPDATE weigai_unit SET name = 'x' WHERE code = '150783102'",
    "another's data keys": "UPDATE weigai_key SET wrapped = NULL WHERE stream = 'person/p-{other}'",
    "another's personal values": "UPDATE weigai_private SET salt = '', value = '' WHERE stream LIKE 'unit/%%2201'",
    "another's numbers": "UPDATE weigai_index SET token = '-' WHERE stream = 'person/p-{other}'",
    "another's file": "UPDATE weigai_key SET wrapped = NULL WHERE stream LIKE 'file/{other}/%%'",
    "a key, to one's own unit": "UPDATE weigai_key SET stream = 'unit/{own}' WHERE stream LIKE 'file/{other}/%%'",
    "another's list number": "UPDATE weigai_tally SET value = 9 WHERE key LIKE 'list/{other}%%'",
    "another's head": "UPDATE weigai_stream SET seq = 9 WHERE stream = 'person/p-{other}'",
    "the county's head": "UPDATE weigai_stream SET seq = 9 WHERE stream = 'county'",
    "the county's check of keys": "UPDATE weigai_key SET wrapped = NULL WHERE stream = 'check'",
}


@pytest.mark.parametrize("what", UNTOUCHED)
def test_anothers_rows_are_not_there_to_be_changed(record, what: str) -> None:
    with record["bare"].connect() as connection, connection.begin() as transaction:
        as_(connection, VILLAGE, f"p-{VILLAGE}")
        assert connection.exec_driver_sql(UNTOUCHED[what].format(other=OTHER, own=VILLAGE)).rowcount == 0
        transaction.rollback()


CARRIED = {
    "one's own case": "UPDATE weigai_case SET unit = '{other}'",
    "a token, into one's own case": "UPDATE weigai_index SET stream = 'case/{mine}' WHERE stream = 'person/p-{other}'",
    "an office, into one's own village": "UPDATE weigai_grant SET unit = '{own}' WHERE person = 'p-{other}'",
    "one's own office, to another": "UPDATE weigai_grant SET person = 'p-zzz' WHERE person = 'p-{own}'",
    "an office, into one's own county": "UPDATE weigai_grant SET county = '150783', unit = '{own}'",
    "a head, to one's own case": "UPDATE weigai_stream SET stream = 'unmasked/{mine}' WHERE stream = 'person/p-{other}'",
    "a head, to one's own unit": "UPDATE weigai_stream SET stream = 'unit/{own}' WHERE stream = 'person/p-{other}'",
    "a unit, under one's own code": "UPDATE weigai_unit SET code = '{own}000' WHERE code = '{other}'",
    "a person, under another id": "UPDATE weigai_person SET id = 'p-new' WHERE id = 'p-{other}'",
    "a key, to another county": "UPDATE weigai_key SET county = '450981' WHERE stream = 'file/abc'",
    "a personal value": "UPDATE weigai_private SET stream = 'unit/{own}'",
    "a paper": "UPDATE weigai_document SET stream = 'unit/{own}'",
    "a list": "UPDATE weigai_list SET id = 'x' || id",
    "a count": "UPDATE weigai_tally SET key = 'x' || key",
}  # fmt: skip


def _carried(record: dict[str, Any], what: str) -> str:
    return CARRIED[what].format(other=OTHER, own=VILLAGE, mine=record["cases"][VILLAGE])


@pytest.mark.parametrize("what", CARRIED)
def test_no_row_is_carried_into_another_scope(record, what: str) -> None:
    with record["bare"].begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        as_(connection, VILLAGE, f"p-{VILLAGE}").exec_driver_sql(_carried(record, what))


# In one's own scope the policies know no keys.
BY_RIGHTS_ALONE = ("weigai_stream", "weigai_list", "weigai_tally", "weigai_document")


@pytest.mark.parametrize("what", [what for what, sql in CARRIED.items() if sql.split()[1] not in BY_RIGHTS_ALONE])
def test_rows_stay_where_they_are_even_for_a_role_with_every_right(record, what: str) -> None:
    with record["owner"].connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql(f"GRANT UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}")
        connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")
        as_(connection, VILLAGE, f"p-{VILLAGE}")
        try:
            assert connection.exec_driver_sql(_carried(record, what)).rowcount == 0
        except ProgrammingError as error:
            assert "row-level security" in str(error)
        transaction.rollback()


@pytest.mark.parametrize("command", ["UPDATE {} SET county = county", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ADDED_TO)
def test_what_is_only_added_to_is_not_there_to_be_changed_even_with_every_right(
    record, table: str, command: str
) -> None:
    with record["owner"].connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql(f"GRANT UPDATE, DELETE ON {table} TO {ROLE}")
        connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")
        assert count(as_(connection, COUNTY), table) >= 0
        assert connection.exec_driver_sql(command.format(table)).rowcount == 0
        transaction.rollback()


# A token that is emptied, and the key of a paper that an earlier release named by its SHA-256.
RENAMED = {"weigai_index": {"token"}, "weigai_key": {"stream", "person"}}


def test_no_key_and_nobodys_place_is_ever_changed() -> None:
    from weigai.db.tables import METADATA

    for name, table in METADATA.tables.items():
        changed = set(RIGHTS[name].get("UPDATE", ()))
        kept = {c.name for c in table.primary_key} | {"county", "unit", "township", "stream"}
        kept -= {"weigai_key": {"stream", "person"}, "weigai_index": {"token"}}.get(name, set())
        assert changed <= {c.name for c in table.columns} - kept, name


def test_ones_own_refusals_can_always_be_written(record) -> None:
    with record["bare"].connect() as connection, connection.begin() as transaction:
        as_(connection, "", "p-7")
        connection.exec_driver_sql("INSERT INTO weigai_stream VALUES ('150783', 'refused/p-7', 1, 'h')")
        assert count(connection, "weigai_stream") == 1
        transaction.rollback()


def test_the_register_can_be_kept_for_ones_own_units(record) -> None:
    with record["bare"].connect() as connection, connection.begin() as transaction:
        as_(connection, OTHER[:9], "p-admin")
        for sql in (
            f"INSERT INTO weigai_grant VALUES ('150783', 'p-new', 1, 'village', '{OTHER}', '2019-01-01', NULL, 'p-admin', NULL)",
            "INSERT INTO weigai_person VALUES ('150783', 'p-new', 'new', 1)",
            "INSERT INTO weigai_stream VALUES ('150783', 'person/p-new', 1, 'h')",
            "INSERT INTO weigai_private VALUES ('150783', 'person/p-new', 1, 'f', 'p-new', 's', 'v')",
            f"UPDATE weigai_unit SET name = 'x' WHERE code = '{OTHER}'",
            "UPDATE weigai_stream SET seq = seq + 1 WHERE stream = 'county' AND county = '150783'",
            f"UPDATE weigai_person SET account = 'x' WHERE id = 'p-{OTHER}'",
        ):
            assert connection.exec_driver_sql(sql).rowcount == 1, sql
        transaction.rollback()
    with record["bare"].connect() as connection, connection.begin() as transaction:  # what one declares of oneself
        as_(connection, VILLAGE, f"p-{VILLAGE}")
        for sql in (
            f"INSERT INTO weigai_index VALUES ('150783', 'card', 't', 'person/p-{VILLAGE}', 'self')",
            f"UPDATE weigai_stream SET seq = seq + 1 WHERE stream = 'person/p-{VILLAGE}'",
            f"UPDATE weigai_person SET account = 'x' WHERE id = 'p-{VILLAGE}'",
        ):
            assert connection.exec_driver_sql(sql).rowcount == 1, sql
        transaction.rollback()


def test_a_key_that_is_taken_says_nothing_of_whose_it_is(record) -> None:
    sql = FOREIGN["a case of another village"].format(other=VILLAGE).replace("'new'", f"'{record['cases'][OTHER]}'")
    with record["bare"].begin() as connection, pytest.raises(IntegrityError) as caught:
        as_(connection, VILLAGE).exec_driver_sql(sql)
    assert caught.value.orig.diag.message_detail is None  # PostgreSQL's own words would name the row


# ---------------------------------------------------------------------- scope, pools, owners


def test_a_scope_ends_with_its_transaction(record) -> None:
    with record["bare"].connect() as connection:
        with connection.begin():
            assert count(as_(connection, COUNTY), "weigai_case") == 2
        with connection.begin():  # the setting is there now, and empty: that is what fails open elsewhere
            assert connection.exec_driver_sql("SELECT current_setting('weigai.units', true)").scalar() == ""
            assert count(connection, "weigai_case") == 0
            assert count(connection, "weigai_canary") == 0


def test_two_users_on_one_pooled_connection_see_each_their_own(record) -> None:
    engine = open_engine(record["bare"].url.render_as_string(hide_password=False))
    one = create_engine(engine.url, pool_size=1, max_overflow=0)
    backends = set()
    for unit, other in ((VILLAGE, OTHER), (OTHER, VILLAGE), ("", VILLAGE), (VILLAGE, OTHER)):
        with Session(one) as session, session.begin():
            api = Approvals(session, keys=KEYS)
            backends.add(session.execute(text("SELECT pg_backend_pid()")).scalar())
            assert api.history(record["cases"][other]) == []  # whatever the one before left behind
            if unit:
                assert [c.unit for c in api.list(actor=clerk(unit))] == [unit]
                with pytest.raises(CaseNotFound):
                    api.get(record["cases"][other], actor=clerk(unit))
    assert len(backends) == 1
    one.dispose()
    engine.dispose()


def test_a_call_without_an_actor_inherits_no_scope(record) -> None:
    with Session(record["bare"]) as session, session.begin():
        api = Approvals(session, keys=KEYS)
        assert api.get(record["cases"][VILLAGE], actor=clerk(VILLAGE))
        assert api.history(record["cases"][VILLAGE]) == []
        assert api.register.persons() == []
        assert api.register.units() == []
        assert len(api.register.persons(actor=clerk(VILLAGE))) == 1
        with pytest.raises(InputRefused, match="who verifies"):
            api.records.verify()
        assert api.records.policies(actor=clerk(VILLAGE))  # plans are public


def test_a_savepoint_rolled_back_leaves_no_wider_scope(record) -> None:
    with Session(record["bare"]) as session, session.begin():
        api = Approvals(session, keys=KEYS)
        api.list(actor=clerk(VILLAGE))
        nested = session.begin_nested()
        api.list(actor=clerk(COUNTY, "county"))
        nested.rollback()
        assert [c.unit for c in api.list(actor=clerk(OTHER))] == [OTHER]


def test_a_login_is_looked_up_before_its_scope_is_known(record) -> None:
    with Session(record["bare"]) as session, session.begin():
        register = Approvals(session, keys=KEYS).register
        (found,) = register.actors(f"a{VILLAGE}")
        assert (found.person, found.units) == (f"p-{VILLAGE}", (VILLAGE,))
        persons = session.execute(text("SELECT id FROM weigai_person")).scalars().all()
        assert persons == [f"p-{VILLAGE}"]  # just that one, and with it the names of its county's units
        assert session.execute(text("SELECT count(*) FROM weigai_grant")).scalar() == 1
        assert session.execute(text("SELECT count(*) FROM weigai_case")).scalar() == 0
        assert set(session.execute(text("SELECT county FROM weigai_unit")).scalars()) == {COUNTY}
        with pytest.raises(NotFound):
            register.actors("nobody")


def _between(api: Approvals, how: str) -> None:
    """Do what a host may do while it reads on: ask for somebody of another county, or for nobody."""
    if how == "somebody":
        assert api.list(actor=clerk(ABROAD)) == []
    else:
        assert api.register.units() == []


@pytest.mark.parametrize("how", ["somebody", "nobody"])
def test_what_yields_keeps_its_scope_whatever_comes_between(
    walled_desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("weigai.workflow.scoped._AT_ONCE", 2)
    api, whole = walled_desk.api, Actor("p-audit", "auditor", (COUNTY,))
    case = walled_desk.open()
    made = []
    for state in ("village_publicity", "township_review"):
        walled_desk.walk(case, state)
        made += api.evidence.head(actor=whole)
    quiet = list(api.evidence.export(actor=whole))[1:]  # the first line says when
    for read, wanted in ((api.evidence.export, quiet), (api.evidence.heads, made)):
        found = []
        for line in read(actor=whole):
            found.append(line)
            _between(api, how)
        assert found[-len(wanted) :] == wanted
    assert len(quiet) > len(made) == 2


def test_counts_of_the_whole_county_are_widened_and_taken_back(record) -> None:
    with record["bare"].begin() as connection:
        enter(connection, [VILLAGE])
        with county_wide(connection):
            assert count(connection, "weigai_case") == 2
        assert count(connection, "weigai_case") == 1
        with pytest.raises(ZeroDivisionError), county_wide(connection):
            raise ZeroDivisionError
        assert count(connection, "weigai_case") == 1
        enter(connection, [])
        with county_wide(connection):
            assert count(connection, "weigai_case") == 0
        enter(connection, ["000000", "1507", "", "x" * 6])
        assert connection.exec_driver_sql("SELECT current_setting('weigai.units')").scalar() == ""


def test_an_owners_address_stands_behind_the_wall_too(record) -> None:
    owner = open_engine(record["url"])
    with owner.begin() as connection:
        assert count(connection, "weigai_case") == 2  # a superuser passes by
        assert not hidden(connection)
        assert passes_by(connection)[1]
    owner.dispose()
    owner = open_engine(record["url"])
    behind(owner, ROLE)
    refuse_without_wall(owner, ROLE)
    with owner.begin() as connection:
        assert count(connection, "weigai_case") == 0
        enter(connection, [VILLAGE])
        assert count(connection, "weigai_case") == 1
        with pytest.raises(ProgrammingError):
            connection.exec_driver_sql("DELETE FROM weigai_event")
    owner.dispose()
    with record["bare"].begin() as connection:
        assert passes_by(connection) == (record["bare"].url.username, [])


def test_the_role_can_set_its_own_scope(record) -> None:
    """What row-level security does not prove: who may run any SQL in the role may name any scope (docs/trust.md)."""
    with record["bare"].begin() as connection:
        assert count(as_(connection, OTHER), "weigai_case") == 1


# ---------------------------------------------------------------------- the program behind the wall


def test_who_has_no_area_leaves_an_attempt_behind_the_wall_and_sees_nothing(walled_desk: Desk) -> None:
    walled_desk.open()
    nobody = Actor("p-gone", "none", ())
    event = walled_desk.api.records.refused_attempt(actor=nobody, county="150783", action="pay", exit_code=4)
    assert (event.stream, event.office) == ("refused/p-gone", "none")
    assert walled_desk.api.list(actor=nobody) == []


def test_every_public_method_sets_the_scope() -> None:
    """Else it would stand in the scope of the call before; what has another way to it is named here."""
    own_way = {"actors", "known"}  # a login
    for api in (Approvals, Evidence, Lists, Records, Register, Units):
        for name, method in vars(api).items():
            if callable(method) and not name.startswith("_") and name not in own_way:
                assert hasattr(method, "__wrapped__"), f"{api.__name__}.{name} is not @scoped"


def test_two_clerks_at_once_behind_the_wall_leave_one_chain(walled_desk: Desk) -> None:
    from tests.support import Road

    case = walled_desk.open()
    walled_desk.session.commit()
    action, office, papers, data = Road(walled_desk, case).act("draft")

    def take(_: int) -> bool:
        with Session(walled_desk.engine.execution_options(weigai_write=True)) as session:
            api = Approvals(session, now=walled_desk.now, files=walled_desk.files, keys=KEYS)
            try:
                api.take(case, action, actor=person(office), data=data, documents=documents(papers))
            except (CaseMovedOn, GuardsNotMet, NoSuchAct):
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1
    verified = walled_desk.api.records.verify(actor=Actor("p-a", "auditor", (COUNTY,)))
    assert (verified.events, verified.problems) == (2, ())


@pytest.mark.parametrize("plan", ["a", "b"])
def test_the_whole_road_is_walked_behind_the_wall(walled_desk: Desk, plan: str) -> None:
    case = walled_desk.open(plan)
    walked = walled_desk.walk(case, "archived", plan=plan)
    auditor = Actor("p-audit", "auditor", (COUNTY,))
    assert walked
    assert hidden(walled_desk.session.connection())
    verified = walled_desk.api.records.verify(actor=auditor)
    assert (verified.problems, verified.streams) == ((), 1)
    assert walled_desk.api.records.verify(actor=clerk(VILLAGE)).events == verified.events
    assert walled_desk.api.records.verify(actor=clerk(OTHER)).events == 0
    assert walled_desk.api.records.log(actor=auditor)
    with pytest.raises(CaseNotFound):
        walled_desk.api.history(case, actor=clerk(OTHER))


def test_the_walls_refusal_is_worded_as_not_found(walled_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = walled_desk.open()
    monkeypatch.setattr(
        "weigai.workflow.cases.list_entries.require_area", lambda *a, **k: None
    )  # the first wall is down
    with pytest.raises(NotFound) as caught:
        walled_desk.api.lists.new("notice", unit=OTHER, cases=[case], actor=clerk(VILLAGE))
    assert caught.value.exit_code == 4
    assert isinstance(caught.value, OutsideArea)
    assert OTHER not in str(caught.value)


def test_an_unprotected_database_is_asked_once_and_sent_nothing(postgres: Server) -> None:
    from sqlalchemy import event

    plain = open_engine(postgres.ready())
    said: list[str] = []
    event.listen(plain, "before_cursor_execute", lambda c, cur, sql, *more: said.append(sql))
    for _ in range(3):
        with Session(plain) as session, session.begin():
            Approvals(session, keys=KEYS).list(actor=clerk(VILLAGE))
    assert sum("relrowsecurity" in sql for sql in said) == 1
    with plain.begin() as connection:
        assert not walled(connection)
    protect(plain)
    with plain.begin() as connection:
        assert walled(connection)
    plain.dispose()


# ---------------------------------------------------------------------- putting it up


def test_protecting_again_changes_nothing(record) -> None:
    assert protect(record["owner"]) is False


def test_two_who_protect_at_once_wait_for_each_other(postgres: Server) -> None:
    engine = open_engine(postgres.fresh())
    with pytest.raises(SchemaTooOld):
        protect(engine)
    schema.upgrade(engine)
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(lambda _: protect(engine), range(3))) == [False, False, True]
    engine.dispose()


def test_an_owner_who_is_no_superuser_protects_and_migrates(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.fresh()
    mine = postgres.login(url, rights="CREATEROLE", role="")
    name = mine.split("//")[1].split("@")[0]
    root = open_engine(url)
    with root.begin() as connection:
        connection.exec_driver_sql(f"GRANT CREATE ON SCHEMA public TO {name}")
    owner = open_engine(mine)
    schema.upgrade(owner, role="weigai_other")
    with owner.begin() as connection:
        assert passes_by(connection)[1] == ["may make and give roles (CREATEROLE)", "is the tables' owner"]
    with root.begin() as connection:
        connection.exec_driver_sql("INSERT INTO weigai_tally VALUES ('150783', 'k', 1)")
    with owner.begin() as connection:
        assert count(connection, "weigai_tally") == 0  # forced: the owner too
        assert step_aside(connection) == "weigai_other"
        assert count(connection, "weigai_tally") == 1  # what a migration moves is there
        assert raise_wall(connection, "weigai_other") is True
        assert count(connection, "weigai_tally") == 0
    with root.begin() as connection:
        connection.exec_driver_sql("UPDATE weigai_version SET version_num = '0002'")
    monkeypatch.setattr("weigai.db.schema.run", _a_later_migration)
    assert schema.upgrade(owner) == ("0002", schema.SCHEMA)  # without being told of a role: it was protected before
    with root.begin() as connection:
        assert connection.exec_driver_sql("SELECT value FROM weigai_tally").scalar() == 2
        assert census(connection, "weigai_other") == []
    behind(owner, "weigai_other")
    refuse_without_wall(owner, "weigai_other")
    root.dispose()
    owner.dispose()


def _a_later_migration(connection: Any) -> None:
    for sql in (
        "UPDATE weigai_tally SET value = value + 1",
        f"UPDATE weigai_version SET version_num = '{schema.SCHEMA}'",
    ):
        assert connection.exec_driver_sql(sql).rowcount == 1


def test_who_may_not_make_the_role_is_told_what_to_run(postgres: Server) -> None:
    url = postgres.fresh()
    mine = postgres.login(url, role="")
    root = open_engine(url)
    with root.begin() as connection:
        connection.exec_driver_sql(f"GRANT CREATE ON SCHEMA public TO {mine.split('//')[1].split('@')[0]}")
    owner = open_engine(mine)
    schema.upgrade(owner)
    with pytest.raises(StoreError, match='CREATE ROLE "weigai_third" NOLOGIN'):
        protect(owner, "weigai_third")
    with root.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE weigai_third NOLOGIN")
        connection.exec_driver_sql(f"GRANT weigai_third TO {mine.split('//')[1].split('@')[0]}")
    assert protect(owner, "weigai_third") is True
    root.dispose()
    owner.dispose()


def test_sqlite_has_no_wall_to_put_up(desk: Desk) -> None:
    with pytest.raises(StoreError, match="PostgreSQL"):
        protect(desk.engine)


OLDER = (
    "GRANT UPDATE ON weigai_case, weigai_grant, weigai_unit, weigai_person, weigai_stream, weigai_key TO weigai_app",
    "GRANT UPDATE ON weigai_index, weigai_private, weigai_document, weigai_succession TO weigai_app",
    "GRANT DELETE ON weigai_unit, weigai_succession, weigai_private TO weigai_app",
    "ALTER POLICY weigai_change ON weigai_index USING (true)",
    "DROP POLICY weigai_change ON weigai_grant",
    "CREATE POLICY weigai_change ON weigai_grant FOR UPDATE USING (true) WITH CHECK ((unit = ''::text))",
)


def test_the_older_form_is_told_and_put_up_anew(postgres: Server) -> None:
    owner = open_engine(postgres.ready(ROLE))
    behind(daily := open_engine(str(owner.url)), ROLE)
    for mend in (protect, lambda engine: schema.upgrade(engine, role=ROLE)):
        with owner.begin() as connection:
            for sql in OLDER:
                connection.exec_driver_sql(sql)
            told = census(connection, ROLE)
        assert f"role {ROLE}: may UPDATE (county, no, office, person, proposed_by, since, unit) on weigai_grant" in told
        assert f"role {ROLE}: may UPDATE (county, kind, person, stream) on weigai_index" in told
        assert f"role {ROLE}: may DELETE on weigai_unit" in told
        assert "policy weigai_change on weigai_grant: missing or altered" in told
        assert f"role {ROLE}: may DELETE on weigai_private" in told
        assert "policy weigai_change on weigai_index: missing or altered" in told
        with pytest.raises(WallMissing, match="weigai db protect"):
            refuse_without_wall(daily, ROLE)
        assert mend(owner)
        with owner.begin() as connection:
            assert census(connection, ROLE) == []
        refuse_without_wall(daily, ROLE)
    daily.dispose()
    owner.dispose()


def test_what_protecting_cannot_mend_is_told(postgres: Server) -> None:
    owner = open_engine(postgres.ready())
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE par (LIKE weigai_event)")
        connection.exec_driver_sql("ALTER TABLE weigai_event INHERIT par")
    with pytest.raises(StoreError, match="weigai_event: inherits from par"):
        protect(owner)
    with owner.begin() as connection:
        assert census(connection, ROLE) == ["table weigai_event: inherits from par"]  # the rest of it is up
        connection.exec_driver_sql("ALTER TABLE weigai_event NO INHERIT par")
        connection.exec_driver_sql(f"GRANT CREATE ON SCHEMA public TO {ROLE}")
        assert census(connection, ROLE)
    assert protect(owner) is True
    assert protect(owner) is False
    owner.dispose()


def test_a_scope_that_the_address_itself_sets_is_refused(record) -> None:
    engine = open_engine(f"{record['url']}?options=-c%20weigai.units%3D150783")
    behind(engine, ROLE)
    with pytest.raises(WallMissing, match="before anything was said"):
        refuse_without_wall(engine, ROLE)
    engine.dispose()


BROKEN = {
    "a policy that lets everything through": "ALTER POLICY weigai_read ON weigai_case USING (true)",
    "a policy more": "CREATE POLICY more ON weigai_case TO weigai_app USING (true)",
    "the wall taken down": "ALTER TABLE weigai_private DISABLE ROW LEVEL SECURITY",
    "the canary gone": "DELETE FROM weigai_canary",
    "a key that may be changed": "GRANT UPDATE (unit) ON weigai_grant TO weigai_app",
    "a table below": "CREATE TABLE below () INHERITS (weigai_event)",
    "a function that runs what it is told": (
        "CREATE FUNCTION g(t text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE t; END'"
    ),
    "a scope kept as a setting": "ALTER ROLE weigai_app SET weigai.units = '150783'",
}


@pytest.mark.parametrize("how", BROKEN)
def test_the_test_at_the_start_refuses_a_wall_that_is_not_whole(record, how: str) -> None:
    with record["owner"].connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql(BROKEN[how])
        connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")
        assert self_test(connection, ROLE)
        transaction.rollback()
    for role in ("postgres", "weigai_none"):
        engine = open_engine(record["url"])
        behind(engine, role)
        with pytest.raises(WallMissing, match="weigai db protect"):
            refuse_without_wall(engine, role)
        engine.dispose()


def test_a_role_that_the_address_may_not_take_is_refused(postgres: Server, record) -> None:
    stranger = open_engine(postgres.login(record["url"], role=""))
    behind(stranger, ROLE)
    with pytest.raises(WallMissing):
        refuse_without_wall(stranger, ROLE)
    stranger.dispose()


def test_the_record_above_is_whole(record) -> None:
    with record["owner"].begin() as connection:
        assert census(connection, ROLE) == []


def test_errors_of_the_wall_hold_no_values(record) -> None:
    engine = open_engine(record["bare"].url.render_as_string(hide_password=False))
    with engine.begin() as connection, pytest.raises(DBAPIError) as caught:
        enter(connection, [VILLAGE])
        connection.execute(
            text("INSERT INTO weigai_private VALUES ('150783', 'case/x', 1, 'f', 'head', 's', :value)"),
            {"value": "金丝雀"},
        )
    assert "金丝雀" not in str(caught.value)
    engine.dispose()
