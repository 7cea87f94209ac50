"""What a database's own errors mean to a host and at the command line: each of its class, on every driver."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from weigai.db import open_engine, store_errors
from weigai.db.cases.policies import keep
from weigai.db.cases.tallies import hold, next_number
from weigai.db.drivers import clash
from weigai.db.faults import known
from weigai.db.log.streams import append
from weigai.states.policy.tables import policy_hash
from weigai.workflow import (
    CaseMovedOn,
    OutsideArea,
    RightMissing,
    SchemaTooOld,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    TransactionFailed,
)

from tests.integration.test_drivers import POSTGRESQL, Program, Sitting, opened, submitted
from tests.support import COUNTY, Desk, person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.postgres import Server

DAY = date(2019, 6, 10)
DRIVERS = [*POSTGRESQL, "sqlite", "aiosqlite"]
TALLY = "INSERT INTO weigai_tally VALUES ({})"


def told(host: Program, *statements: str) -> Any:
    """Return what weigai says of the last of these statements."""

    def work(session: Session) -> Any:
        for statement in statements[:-1]:
            session.execute(text(statement))
        with pytest.raises(DBAPIError) as error:
            session.execute(text(statements[-1]))
        session.rollback()
        return clash(error.value), known(error.value)

    return host.do(work)


@pytest.fixture(params=DRIVERS)
def driven(request: pytest.FixtureRequest, postgres: Server, tmp_path: Path) -> Any:
    """A host's program on each driver, over a database of its own with the schema."""
    from tests import templates

    if "sqlite" in request.param:
        url = templates.sqlite(tmp_path / "host.db").replace("sqlite:", f"sqlite+{request.param}:")
        url = url.replace("+sqlite:", "+pysqlite:")
    else:
        url = postgres.ready().replace("+psycopg", f"+{request.param}")
    with Program(url) as host:
        yield host


def test_a_key_that_is_there_is_a_race_and_a_missing_value_is_a_fault(driven: Program) -> None:
    there = told(driven, TALLY.format("'150783', 'k', 1"), TALLY.format("'150783', 'k', 2"))
    assert (there[0], type(there[1])) == (True, StoreBusy)
    missing = told(driven, TALLY.format("'150783', 'k', NULL"))
    assert (missing[0], type(missing[1])) == (False, StoreError)


def test_a_table_that_is_not_there_is_a_schema_that_is_not_there(driven: Program) -> None:
    assert isinstance(told(driven, "SELECT * FROM weigai_nothing")[1], SchemaTooOld)


def test_what_is_no_fault_of_the_store_stays_as_it_is(driven: Program) -> None:
    if driven.engine.dialect.name == "postgresql":
        assert told(driven, "SELECT 1/0")[1] is None


def test_a_transaction_that_failed_is_told_as_one(postgres: Server, tmp_path: Path) -> None:
    for driver in POSTGRESQL:
        with Program(postgres.ready().replace("+psycopg", f"+{driver}")) as host:
            case = opened(host, tmp_path)

            def failed(session: Session, case: str = case) -> None:
                with pytest.raises(DBAPIError):
                    session.execute(text("SELECT 1/0"))
                with pytest.raises(TransactionFailed):
                    Sitting(session, tmp_path).api.get(case, actor=person("county"))
                with pytest.raises(TransactionFailed):
                    submitted(Sitting(session, tmp_path), case)
                session.rollback()
                submitted(Sitting(session, tmp_path), case)

            host.do(failed)


RIGHTS = [
    ("REVOKE INSERT ON weigai_event FROM weigai_app", "weigai_event", "INSERT"),
    ("REVOKE UPDATE ON weigai_case FROM weigai_app", "weigai_case", "SELECT, UPDATE"),
    ("REVOKE SELECT ON weigai_case FROM weigai_app", "weigai_case", "SELECT"),
]


@pytest.mark.parametrize("driver", POSTGRESQL)
@pytest.mark.parametrize(("taken", "table", "right"), RIGHTS)
def test_a_right_that_is_missing_is_named_with_its_table(
    postgres: Server, tmp_path: Path, driver: str, taken: str, table: str, right: str
) -> None:
    url = postgres.ready("weigai_app")
    owner = open_engine(url)
    with Program(postgres.login(url).replace("+psycopg", f"+{driver}")) as host:
        case = opened(host, tmp_path)
        with owner.begin() as connection:
            connection.execute(text(taken))

        def refused(session: Session) -> None:
            with pytest.raises(RightMissing) as missing:
                submitted(Sitting(session, tmp_path), case)
            assert (missing.value.table, missing.value.right) == (table, right)
            session.rollback()

        host.do(refused)
    owner.dispose()


ROLES = ["nosuch", "weigai_others"]  # one that is not there, one that is not ours


@pytest.mark.parametrize("driver", POSTGRESQL)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_cannot_be_taken_is_said_to_be_so(postgres: Server, driver: str, role: str) -> None:
    url = postgres.ready("weigai_app")
    owner = open_engine(url)
    with owner.begin() as connection:
        if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = 'weigai_others'")).first():
            connection.execute(text("CREATE ROLE weigai_others"))
    owner.dispose()
    with Program(postgres.login(url).replace("+psycopg", f"+{driver}")) as host:
        said = told(host, f"SELECT set_config('role', '{role}', true)")[1]
        assert isinstance(said, StoreUnavailable)


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_a_row_that_the_wall_holds_back_is_still_not_found(postgres: Server, driver: str) -> None:
    url = postgres.login(postgres.ready("weigai_app")).replace("+psycopg", f"+{driver}")
    with Program(url) as host:
        said = told(host, TALLY.format("'150783', 'k', 1"))[1]
        assert isinstance(said, OutsideArea)


def test_a_store_that_takes_no_writes_is_said_to_be_read_only(engine: Engine, tmp_path: Path) -> None:
    with Desk(engine, tmp_path / "f") as desk:
        sqlite = engine.dialect.name == "sqlite"
        desk.session.execute(text("PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY"))
        with pytest.raises(StoreUnavailable) as told:
            desk.open()
        assert "read" in told.value.message("en")
        assert "space" not in told.value.message("en")
        desk.session.rollback()


def _as_of_before(engine: Engine) -> Callable[[], Session]:
    return lambda: Session(engine.execution_options(isolation_level="REPEATABLE READ"))


@pytest.mark.parametrize("begun", ["before", "meanwhile"])
def test_what_somebody_else_wrote_since_is_never_counted_past(postgres: Server, begun: str) -> None:
    """At a higher isolation a hold, a number and a policy of somebody else's are a busy store, not an old answer."""
    engine = open_engine(postgres.ready())
    plan = ("p", policy_hash("content"), "content", {}, "2019-06-10T04:00:00.000000Z")

    def all_of(connection: Any) -> None:
        hold(connection, COUNTY, "register")
        next_number(connection, COUNTY, "archive/x")
        keep(connection, *plan)

    if begun == "before":
        with engine.begin() as connection:
            hold(connection, COUNTY, "register")
            next_number(connection, COUNTY, "archive/x")
    works: list[Callable[[Any], Any]] = [
        lambda connection: hold(connection, COUNTY, "register"),
        lambda connection: next_number(connection, COUNTY, "archive/x"),
    ]
    works += [lambda connection: keep(connection, *plan)] if begun == "meanwhile" else []
    late = [_as_of_before(engine)() for _ in works]
    for session in late:
        session.execute(text("SELECT 1 FROM weigai_tally"))
    with engine.begin() as connection:
        all_of(connection)
    for session, work in zip(late, works, strict=True):
        with pytest.raises(StoreBusy):
            work(session.connection())
        session.close()
    engine.dispose()


def test_the_commit_of_a_host_is_told_too(postgres: Server, tmp_path: Path) -> None:
    engine = open_engine(postgres.ready()).execution_options(isolation_level="SERIALIZABLE")
    with Desk(engine, tmp_path / "f") as one, Desk(engine, tmp_path / "f") as other:
        mine, theirs = one.open(), one.open()
        one.session.commit()
        for desk, case in ((one, mine), (other, theirs)):
            desk.api.list(actor=person("county"))
            desk.api.record(case, "record_complaint", actor=person("county"), data={"note": "x"})
        one.session.commit()
        with pytest.raises(StoreBusy), store_errors():
            other.session.commit()
    engine.dispose()


def test_an_event_that_lacks_a_value_is_no_busy_store(engine: Engine) -> None:
    from weigai.db.log.entry import Entry

    entry = Entry(
        action="x",
        to=None,
        actor=person("county"),
        recorded_by=None,
        on=DAY,
        request_id="r",  # type: ignore[arg-type]
        recorded_at="2019-06-10T04:00:00.000000Z",
        changes={},
    )
    with engine.connect() as connection, connection.begin():
        with pytest.raises(DBAPIError) as told:
            append(connection, COUNTY, "county", entry)
        assert not clash(told.value)
        assert type(known(told.value)) is StoreError


def test_a_lost_race_is_still_a_lost_race(postgres: Server, tmp_path: Path) -> None:
    engine = open_engine(postgres.ready())
    with Desk(engine, tmp_path / "f") as desk:
        case = desk.open()
        desk.session.commit()
        with Desk(engine.execution_options(isolation_level="SERIALIZABLE"), tmp_path / "f") as other:
            other.api.get(case, actor=person("county"))
            submitted(desk, case)
            desk.session.commit()
            with pytest.raises((CaseMovedOn, StoreBusy)):
                submitted(other, case)
            other.session.rollback()
    engine.dispose()
