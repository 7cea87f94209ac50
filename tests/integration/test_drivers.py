"""Every driver that a host may bring: the same road, the same errors, and all of them side by side in one process."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, InternalError, NotSupportedError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from weigai.db import open_engine, prepare_engine, protect, schema
from weigai.db.backup.backup import backup
from weigai.db.drivers import classed
from weigai.db.vault.rotation import rotate
from weigai.states.decide import decide
from weigai.workflow import (
    Approvals,
    CaseMovedOn,
    CaseNotFound,
    FileStore,
    InputRefused,
    NotFound,
    StoreBusy,
    StoreLost,
    StoreNotPrepared,
    StoreUnavailable,
)
from weigai.workflow.cases import acts as acting
from weigai.workflow.request import Request

from tests.support import KEYS, Desk, Road, person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.postgres import Server

DAY, COUNTY = date(2019, 6, 10), "150783"
POSTGRESQL = ("psycopg", "psycopg_async", "asyncpg", "pg8000")


class Program:
    """A host's program on one driver: its work gets sessions, inside `run_sync` where the driver is for asyncio."""

    def __init__(self, url: str, *, prepared: bool = True, write: bool = True, **options: Any) -> None:
        self._loop = asyncio.new_event_loop() if make_url(url).get_dialect().is_async else None
        self._made: Any = create_async_engine(url, **options) if self._loop else create_engine(url, **options)
        self.engine = self._made.sync_engine if self._loop else self._made
        if prepared:
            prepare_engine(self.engine)
        self._sitting = self._made.execution_options(weigai_write=write)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *ended: object) -> None:
        if self._loop is None:
            self._made.dispose()
            return
        self._loop.run_until_complete(self._made.dispose())
        self._loop.close()

    def do(self, work: Callable[..., Any], sessions: int = 1) -> Any:
        """Give so many sessions to some work, and commit them in the end."""
        if self._loop is not None:
            return self._loop.run_until_complete(self._do(work, sessions))
        with ExitStack() as stack:
            opened = [stack.enter_context(Session(self._sitting)) for _ in range(sessions)]
            done = work(*opened)
            for session in opened:
                session.commit()
            return done

    async def _do(self, work: Callable[..., Any], sessions: int) -> Any:
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(AsyncSession(self._sitting)) for _ in range(sessions)]
            done = await opened[0].run_sync(lambda _: work(*(session.sync_session for session in opened)))
            for session in opened:
                await session.commit()
            return done


class Sitting(Desk):
    """A desk over a host's own session."""

    def __init__(self, session: Session, files: Path) -> None:
        self.session, self.today, self.files = session, DAY, FileStore(files)
        self.api = Approvals(session, now=self.now, files=self.files, keys=KEYS)


@pytest.fixture(params=["aiosqlite", *POSTGRESQL])
def driver(request: pytest.FixtureRequest) -> str:
    """The name of a driver."""
    return str(request.param)


@pytest.fixture
def url(driver: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database with the schema for a driver, on PostgreSQL behind the wall."""
    if driver == "aiosqlite":
        made = open_engine(f"sqlite:///{tmp_path / 'host.db'}")
        schema.upgrade(made)
        made.dispose()
        return f"sqlite+aiosqlite:///{tmp_path / 'host.db'}"
    login = request.getfixturevalue("postgres").login(request.getfixturevalue("walled_url"))
    return login.replace("+psycopg", f"+{driver}")


@pytest.fixture
def host(url: str) -> Iterator[Program]:
    """A host's program on that database."""
    with Program(url) as made:
        yield made


def opened(host: Program, files: Path) -> str:
    return host.do(lambda session: Sitting(session, files).open())


def submitted(desk: Desk, case: str) -> Any:
    action, office, papers, data = Road(desk, case).act("draft")
    return desk.take(case, action, office, papers, **data)


def read_before(session: Session, files: Path, case: str) -> Callable[[], Any]:
    """Read a case as it stands; return what submits it as it was read, however it stands by then."""
    desk = Sitting(session, files)
    context, asked = desk.api.context, (person("village"), person("village"), DAY)
    action, _, _, data = Road(desk, case).act("draft")
    context.enter(person("village"))
    cases = context.cases(writing=True)
    question = acting.question(context, cases.get(case), Request(action, *asked, data, ()))
    return lambda: acting.write(context, cases, question, decide(question), (), "r-late", None)


# ---------------------------------------------------------------------- the road


@pytest.mark.parametrize("walled", [False, True])
@pytest.mark.parametrize("driver", ["psycopg_async", "asyncpg", "pg8000"])
def test_a_household_goes_the_whole_road_on_a_schema_that_the_driver_made(
    postgres: Server, tmp_path: Path, driver: str, *, walled: bool
) -> None:
    url = postgres.fresh()
    with Program(url.replace("+psycopg", f"+{driver}")) as owner:
        owner.do(lambda session: schema.upgrade(session.get_bind().engine))
        if walled:
            assert owner.do(lambda session: protect(session.get_bind().engine))
            assert not owner.do(lambda session: protect(session.get_bind().engine))
    login = postgres.login(url) if walled else url
    with Program(login.replace("+psycopg", f"+{driver}")) as host:
        goes_the_whole_road(host, tmp_path)


def test_a_household_goes_the_whole_road_on_aiosqlite(tmp_path: Path) -> None:
    with Program(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}") as host:
        host.do(lambda session: schema.upgrade(session.get_bind().engine))
        goes_the_whole_road(host, tmp_path)
    with sqlite3.connect(tmp_path / "new.db") as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    file.close()


def goes_the_whole_road(host: Program, files: Path) -> None:
    def road(session: Session) -> str:
        desk = Sitting(session, files)
        case = desk.open()
        desk.walk(case, "archived")
        return case

    case = host.do(road)
    api = host.do(lambda session: looked_at(Sitting(session, files), case))
    assert api == ("archived", 28, ())


def looked_at(desk: Desk, case: str) -> tuple[str, int, tuple[Any, ...]]:
    county = person("county")
    state, events = desk.api.get(case, actor=county).state, desk.api.history(case, actor=county)
    return state, len(events), desk.api.records.verify(actor=county).problems


# ---------------------------------------------------------------------- races, rollbacks and errors


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_the_loser_of_a_race_is_told_and_keeps_a_usable_transaction(host: Program, tmp_path: Path) -> None:
    case = opened(host, tmp_path)

    def race(first: Session, second: Session) -> None:
        late = read_before(second, tmp_path, case)
        submitted(Sitting(first, tmp_path), case)
        first.commit()
        with pytest.raises(CaseMovedOn) as lost:
            late()
        assert lost.value.current_version == 2
        submitted(desk := Sitting(second, tmp_path), desk.open())

    host.do(race, sessions=2)
    assert host.do(lambda session: len(Sitting(session, tmp_path).api.list(actor=person("county")))) == 2


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_a_serialization_failure_is_a_lost_race(url: str, tmp_path: Path) -> None:
    with Program(url, isolation_level="REPEATABLE READ") as host:
        case = opened(host, tmp_path)

        def race(first: Session, second: Session) -> None:
            late = read_before(second, tmp_path, case)
            submitted(Sitting(first, tmp_path), case)
            first.commit()
            with pytest.raises(CaseMovedOn) as lost:
                late()
            assert lost.value.current_version is None
            second.rollback()

        host.do(race, sessions=2)


def test_a_stale_snapshot_of_aiosqlite_is_a_busy_store(tmp_path: Path) -> None:
    with Program(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}", write=False) as host:
        host.do(lambda session: schema.upgrade(session.get_bind().engine))
        case = opened(host, tmp_path)

        def race(first: Session, second: Session) -> None:
            late = read_before(second, tmp_path, case)
            submitted(Sitting(first, tmp_path), case)
            first.commit()
            with pytest.raises(StoreBusy):
                late()
            second.rollback()
            assert Sitting(second, tmp_path).api.get(case, actor=person("county")).version == 2

        host.do(race, sessions=2)


def test_a_hosts_rollback_takes_everything_with_it(host: Program, tmp_path: Path) -> None:
    def rolled_back(session: Session) -> None:
        desk = Sitting(session, tmp_path)
        submitted(desk, case := desk.open())
        session.rollback()
        with pytest.raises(CaseNotFound):
            desk.api.get(case, actor=person("county"))
        assert desk.api.records.verify(actor=person("county")).events == 0

    host.do(rolled_back)


def test_a_row_that_is_there_already_is_told_in_words_and_the_transaction_goes_on(
    host: Program, tmp_path: Path
) -> None:
    def twice(session: Session) -> None:
        desk = Sitting(session, tmp_path)
        for _ in range(2):
            desk.api.register.add_person(COUNTY, "p-9", "某人", offices=[], actor=person("admin"), request_id="r-1")
        with pytest.raises(InputRefused):
            desk.api.register.add_person(COUNTY, "p-9", "某人", offices=[], actor=person("admin"))
        desk.open()

    host.do(twice)


@pytest.mark.parametrize("driver", POSTGRESQL)
@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1/0", DataError),
        ("SELECT 'a'::int", DataError),
        ("SELECT * FROM nothing", ProgrammingError),
        ("SELECT count(*) FROM weigai_case FOR UPDATE", NotSupportedError),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", InternalError),
    ],
)
def test_an_error_has_the_class_of_its_sqlstate(host: Program, sql: str, kind: type[DBAPIError]) -> None:
    def refused(session: Session) -> None:
        session.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError) as told:
            session.execute(text(sql))
        assert type(told.value) is kind
        session.rollback()

    host.do(refused)


def test_the_classes_are_those_of_psycopg() -> None:
    for error in {*psycopg.errors._sqlcodes.values()}:
        told = classed(DBAPIError("x", None, error()))
        assert type(told).__name__ in [base.__name__ for base in error.__mro__ if base.__module__ == "psycopg"], error


def test_what_another_holds_makes_the_store_busy(host: Program, url: str, tmp_path: Path) -> None:
    case = opened(host, tmp_path)
    waits = "PRAGMA busy_timeout=50" if "sqlite" in url else "SET lock_timeout = '50ms'"
    host.do(lambda session: session.execute(text(waits)))

    def refused(session: Session) -> None:
        with pytest.raises(StoreBusy):
            submitted(Sitting(session, tmp_path), case)
        session.rollback()

    with held(url, case):
        host.do(refused)
    host.do(lambda session: submitted(Sitting(session, tmp_path), case))


@contextmanager
def held(url: str, case: str) -> Iterator[None]:
    """Hold a case in another program."""
    address = make_url(url)
    if "sqlite" in url:
        with sqlite3.connect(str(address.database), isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        other.close()
        return
    with psycopg.connect(superuser(url)) as other:
        other.execute("SELECT 1 FROM weigai_case WHERE id = %s FOR UPDATE", (case,))
        yield


def superuser(url: str) -> str:
    return make_url(url).set(drivername="postgresql", username="postgres").render_as_string()


@pytest.mark.parametrize("driver", POSTGRESQL)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a driver does not close the socket that was cut
def test_a_connection_that_is_gone_is_told_and_the_next_one_works(host: Program, url: str, tmp_path: Path) -> None:
    case = opened(host, tmp_path)

    def cut(session: Session) -> None:
        desk = Sitting(session, tmp_path)
        desk.api.get(case, actor=person("county"))
        with psycopg.connect(superuser(url), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        with pytest.raises(StoreLost):
            submitted(desk, case)
        session.rollback()
        submitted(desk, case)

    host.do(cut)


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_a_server_that_is_not_there_is_told(url: str, tmp_path: Path) -> None:
    key = tmp_path / "weigai.key"
    KEYS.to_file(key)
    for wrong in ({"port": 1}, {"database": "nowhere"}):
        with Program(make_url(url).set(**wrong).render_as_string()) as host:

            def refused(session: Session, host: Program = host) -> None:
                with pytest.raises(StoreUnavailable):
                    Sitting(session, tmp_path).open()
                session.rollback()
                for work in (schema.upgrade, protect, lambda engine: backup(engine, tmp_path / "b.db")):
                    with pytest.raises(StoreUnavailable) as told:
                        work(host.engine)
                    assert "b.db" not in told.value.message("en")
                with pytest.raises(StoreUnavailable):
                    rotate(host.engine, key)

            host.do(refused)


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_what_the_wall_holds_back_is_not_found(host: Program, tmp_path: Path) -> None:
    def refused(session: Session) -> None:
        register = Sitting(session, tmp_path).api.register
        with pytest.raises(NotFound):
            register.add_person(COUNTY, "p-9", "某人", offices=[], actor=person("village"))
        session.rollback()

    host.do(refused)


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_a_session_that_commits_each_statement_is_refused(url: str, tmp_path: Path) -> None:
    with Program(url, isolation_level="AUTOCOMMIT") as host:

        def refused(session: Session) -> None:
            with pytest.raises(StoreNotPrepared):
                Sitting(session, tmp_path).open()

        host.do(refused)


def test_an_engine_of_aiosqlite_that_was_not_prepared_is_refused(tmp_path: Path) -> None:
    with Program(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}") as owner:
        owner.do(lambda session: schema.upgrade(session.get_bind().engine))
    with Program(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}", prepared=False) as host:

        def refused(session: Session) -> None:
            with pytest.raises(StoreNotPrepared):
                Sitting(session, tmp_path).open()

        host.do(refused)


@pytest.mark.parametrize("name", ["sqlite+aiosqlite", "postgresql+asyncpg", "postgresql+psycopg_async"])
def test_the_command_line_takes_no_driver_for_asyncio(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreUnavailable):
        open_engine(f"{name}:///{tmp_path / 'new.db'}")
    assert not (tmp_path / "new.db").exists()


def test_an_asyncio_engine_is_used_inside_run_sync_or_refused_in_words(tmp_path: Path) -> None:
    with Program(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}") as host:
        with pytest.raises(StoreUnavailable):
            schema.upgrade(host.engine)
        with pytest.raises(StoreUnavailable), Session(host.engine) as session:
            Sitting(session, tmp_path).open()


# ---------------------------------------------------------------------- side by side


def test_all_drivers_work_side_by_side_in_one_process(postgres: Server, walled_url: str, tmp_path: Path) -> None:
    login = postgres.login(walled_url)
    urls = [login.replace("+psycopg", f"+{driver}") for driver in POSTGRESQL]
    made = open_engine(f"sqlite:///{tmp_path / 'host.db'}")
    schema.upgrade(made)
    made.dispose()
    urls += [f"sqlite{driver}:///{tmp_path / 'host.db'}" for driver in ("", "+aiosqlite")]
    with ExitStack() as stack:
        hosts = [stack.enter_context(Program(url)) for url in urls]
        cases = [opened(host, tmp_path) for host in hosts]
        for state in ("village_deliberation", "village_notice", "village_publicity", "application_form"):
            for host, case in zip(hosts, cases, strict=True):
                host.do(lambda session, case=case: Sitting(session, tmp_path).walk(case, state))  # noqa: B023 - called at once
        for host, case in zip(hosts, cases, strict=True):
            seen = host.do(lambda session, case=case: looked_at(Sitting(session, tmp_path), case))
            assert seen == ("application_form", 5, ())


def test_one_engine_serves_the_schemas_that_a_host_maps(postgres: Server, tmp_path: Path) -> None:
    url, places = postgres.fresh(), ("jia", "yi 二")
    for place in places:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute(f'CREATE SCHEMA "{place}"')  # type: ignore[call-overload]
        made = create_engine(url, connect_args={"options": "-c search_path=" + f'"{place}"'.replace(" ", "\\ ")})
        mapped = prepare_engine(made).execution_options(schema_translate_map={None: "nowhere"})
        schema.upgrade(mapped, role="weigai_app")  # along the search_path, whatever is mapped
        assert not protect(mapped)
        made.dispose()
    engine = prepare_engine(create_engine(postgres.login(url)))
    cases = {}
    for place in places:
        with Session(engine.execution_options(schema_translate_map={None: place})) as session, session.begin():
            cases[place] = Sitting(session, tmp_path).open()
            submitted(Sitting(session, tmp_path), cases[place])
    for place, other in zip(places, reversed(places), strict=True):
        with Session(engine.execution_options(schema_translate_map={None: place})) as session:
            api = Sitting(session, tmp_path).api
            assert api.get(cases[place], actor=person("county")).version == 2
            with pytest.raises(CaseNotFound):
                api.get(cases[other], actor=person("county"))
            assert api.unmask(cases[place], actor=person("county"), reason="x").household["head"]["name"] == "张三"
            session.commit()
            assert erased(session, tmp_path, cases[place]) is None
            session.commit()
    engine.dispose()


def erased(session: Session, files: Path, case: str) -> str | None:
    """End a case, erase its household years later; return the name of the head that is left."""
    desk = Sitting(session, files)
    desk.take(case, "withdraw", "village", "", reason="x")
    desk.today = date(2025, 1, 1)
    desk.api.erase(case, actor=person("county"), agreed_by="p-second", reason="x", on=desk.today)
    return desk.api.household(case, actor=person("county"))["head"]["name"]
