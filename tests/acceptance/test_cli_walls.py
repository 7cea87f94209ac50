"""PostgreSQL's second wall at the command line: guaranteed for every command, told of where it is not whole."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import create_engine
from weigai.db import open_engine, schema
from weigai.db.row_security.rules import TABLES

from tests.forks import WEIGAI, Terminal
from tests.machines import opened
from tests.support import COUNTY, VILLAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

OTHER = "150783102201"


def run(url: str, *statements: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for sql in statements:
            connection.exec_driver_sql(sql)
    engine.dispose()


@pytest.fixture
def term(postgres: Server, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal whose address is a superuser's, as in a county that never made a second login."""
    made = Terminal(tmp_path)
    made.env["WEIGAI_DB"] = postgres.fresh().replace("+psycopg", "")
    made("init")
    yield made
    run(postgres.fresh(), "ALTER ROLE weigai_app NOBYPASSRLS")


def checks(term: Terminal, code: int = 0) -> dict[str, Any]:
    return {c["check"]: c for c in term.json("doctor", code=code)}


def test_an_owners_address_shows_a_clerk_only_the_clerks_own(term: Terminal) -> None:
    case = opened(term)
    term("user", "add", "p-2", "--office", f"village@{OTHER}", "--account", "li", stdin="李四\n")
    term("user", "add", "p-3", "--office", f"auditor@{COUNTY}", "--account", "wang", stdin="王五\n")
    none = term("case", "show", "150783-2019-2222222", code=4, WEIGAI_USER="li") + term.err
    hers = term("case", "show", case, code=4, WEIGAI_USER="li") + term.err
    assert hers.replace(case, "X") == none.replace("150783-2019-2222222", "X")
    for words in (["inbox"], ["case", "list"], ["report", "progress"], ["audit", "log"], ["report", "findings"]):
        assert term.json(*words, WEIGAI_USER="li") == []
    verified = term.json("audit", "verify", WEIGAI_USER="li")
    assert (verified["events"], verified["streams"], verified["problems"]) == (0, 0, [])
    assert [c["case"] for c in term.json("case", "list", WEIGAI_USER="wang")] == [case]
    assert term.json("audit", "verify", WEIGAI_USER="wang")["streams"] >= 5
    assert term.json("init")["new"] is False
    assert term.json("init", WEIGAI_USER="stranger")["new"] is False
    assert len(term.json("user", "list")) == 3


def test_an_owners_address_is_told_by_doctor(term: Terminal) -> None:
    told = checks(term, code=6)
    assert [name for name, c in told.items() if not c["ok"]] == ["连接角色"]
    assert "superuser" in told["连接角色"]["found"]
    assert "IN ROLE weigai_app" in told["连接角色"]["mend"]
    assert "weigai_app" in told["行级安全"]["found"]


BROKEN = {
    "off": "ALTER TABLE weigai_event DISABLE ROW LEVEL SECURITY",
    "changeable events": "GRANT UPDATE ON weigai_event TO weigai_app",
    "above it": "ALTER ROLE weigai_app BYPASSRLS",
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_wall_that_is_not_whole_stops_every_command_but_those_that_mend_it(term: Terminal, how: str) -> None:
    run(term.env["WEIGAI_DB"], BROKEN[how])
    for words in (["inbox"], ["user", "list"]):
        term(*words, code=6)
        assert "weigai db protect" in term.err
    assert "weigai db protect" in term("db", "check", code=7)
    assert checks(term, code=6)["行级安全"]["ok"] is False
    assert {p["stream"] for p in term.json("audit", "verify", code=7)["problems"]} == {"schema"}
    if how == "above it":
        run(term.env["WEIGAI_DB"], "ALTER ROLE weigai_app NOBYPASSRLS")
    else:
        assert term.json("db", "protect")["changed"] is True
    term("inbox")
    assert term.json("db", "check") == {"schema": schema.SCHEMA, "ok": True, "problems": []}
    assert "完整" in term("db", "protect")


def test_a_hosts_database_is_protected_before_the_command_line_works_on_it(postgres: Server, tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    url = postgres.fresh()
    term.env["WEIGAI_DB"] = url.replace("+psycopg", "")
    for words in (("inbox",), ("db", "check"), ("db", "protect"), ("db", "backup", "--to", "b.db")):
        term(*words, code=6)
        assert "weigai db upgrade" in term.err
    engine = open_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    term("inbox", code=6)
    assert "weigai db protect" in term.err
    assert str(len(TABLES)) in term("db", "protect")
    term("inbox", code=4)
    term.env["WEIGAI_ROLE"] = "weigai_none"
    term("inbox", code=6)
    term("db", "protect")
    term("inbox", code=4)
    term.env["WEIGAI_ROLE"] = "weigai\udcff"
    for words in (("inbox",), ("db", "check"), ("db", "protect")):
        term(*words, code=3)
        assert "WEIGAI_ROLE" in term.err


def test_a_list_of_another_village_is_not_found(term: Terminal) -> None:
    case = opened(term)
    term("user", "add", "p-2", "--office", f"village@{VILLAGE}", "--account", "li", stdin="李四\n")
    term("list", "new", "notice", "--unit", OTHER, "--case", case, code=4, WEIGAI_USER="li")
    said = term.err
    term("list", "new", "notice", "--unit", "150783999201", "--case", case, code=4, WEIGAI_USER="li")
    assert term.err.replace("150783999201", OTHER) == said


def test_a_log_that_would_hold_values_is_told(term: Terminal) -> None:
    url = term.env["WEIGAI_DB"]
    base = url.rsplit("/", 1)[1]
    run(url, f"ALTER DATABASE {base} SET log_statement = 'all'", f"ALTER DATABASE {base} SET synchronous_commit = off")
    told = checks(term, code=6)
    assert "log_statement=all" in told["数据库日志"]["found"]
    assert told["落盘保证"]["ok"] is False
    run(url, f"ALTER DATABASE {base} SET log_parameter_max_length = 0")
    assert checks(term, code=6)["数据库日志"]["ok"] is True


def test_on_sqlite_protect_says_that_there_is_nothing_to_do(tmp_path: Path, trial: Path) -> None:
    made = Terminal.copied(trial, tmp_path)
    made("db", "protect", code=6)
    assert "PostgreSQL" in made.err
    assert made.json("db", "check")["ok"] is True
    raw = sqlite3.connect(tmp_path / "weigai.db")
    raw.execute("DROP TRIGGER weigai_event_no_update")
    raw.commit()
    raw.close()
    assert made.json("db", "check", code=7)["problems"] == ["trigger weigai_event_no_update: missing or altered"]
    assert made.json("audit", "verify", code=7)["problems"][0]["stream"] == "schema"
    assert made.json("doctor", code=6)
    made("inbox")


def test_a_command_that_waited_for_a_later_upgrade_is_refused(tmp_path: Path, trial: Path) -> None:
    term = Terminal.copied(trial, tmp_path)
    case = opened(term)
    with closing(sqlite3.connect(term.folder / "weigai.db", isolation_level=None)) as upgrading:
        upgrading.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as beside:
            act = beside.submit(term, "case", "advance", case, "withdraw", "--reason", "x", code=6)
            time.sleep(1.5)  # by now it waits for the lock
            upgrading.execute("UPDATE weigai_version SET version_num = '0999'")
            upgrading.execute("UPDATE weigai_lowest SET revision = '0999'")
            upgrading.execute("COMMIT")
            act.result(timeout=60)
        assert upgrading.execute("SELECT version FROM weigai_case WHERE id = ?", (case,)).fetchone() == (1,)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_while_an_act_waits_for_its_row_is_told_as_one(term: Terminal, number: int, code: int) -> None:
    case = opened(term)
    with psycopg.connect(term.env["WEIGAI_DB"]) as holder:
        holder.execute("SELECT 1 FROM weigai_case WHERE id = %s FOR UPDATE", (case,))
        clerk = subprocess.Popen(
            [*WEIGAI, "--lang", "en", "case", "advance", case, "withdraw", "--reason", "x"],
            cwd=term.folder,
            env=term.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        waiting(holder)
        clerk.send_signal(number)
        _, said = clerk.communicate(timeout=30)
        holder.rollback()
    assert clerk.returncode == code
    assert b"--request-id" in said
    assert [e["action"] for e in term.json("case", "history", case)] == ["open_case"]


def waiting(holder: psycopg.Connection[Any]) -> None:
    """Wait until another connection waits for a lock."""
    for _ in range(200):
        with psycopg.connect(holder.info.dsn) as looking:
            if looking.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone():
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


@pytest.mark.heavy
def test_a_row_that_somebody_holds_is_busy_and_not_waited_for_without_end(term: Terminal) -> None:
    case = opened(term)
    with psycopg.connect(term.env["WEIGAI_DB"]) as holder:
        holder.execute("SELECT 1 FROM weigai_case WHERE id = %s FOR UPDATE", (case,))
        before = time.monotonic()
        term("case", "advance", case, "withdraw", "--reason", "x", code=6)
        assert time.monotonic() - before < 60
        holder.rollback()
    term("case", "advance", case, "withdraw", "--reason", "x")
