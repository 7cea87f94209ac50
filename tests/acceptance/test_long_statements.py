"""Ctrl-C and SIGTERM while SQLite works on one long statement: the run ends at once, and nothing is written."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from threading import Timer
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import OperationalError
from weigai.db import open_engine
from weigai.db.backup import foreign
from weigai.db.stoppable import Stoppable, stop

from tests.forks import WEIGAI, Terminal

if TYPE_CHECKING:
    from pathlib import Path

ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"


def slow_to_check(path: Path) -> None:
    """Give a database an index whose check computes much for each of many rows."""
    with closing(sqlite3.connect(path)) as file:
        file.executescript(
            "CREATE TABLE slow(a); CREATE INDEX slower ON slow(a || substr(hex(zeroblob(a % 1 + 1)), 1, 0));"
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 5000) INSERT INTO slow SELECT n FROM r;"
            "PRAGMA writable_schema=ON;"
            "UPDATE sqlite_schema SET sql = replace(sql, '% 1 + 1', '% 1 + 10000000') WHERE name = 'slower';"
        )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_check_of_a_files_pages(trial: Path, tmp_path: Path, number: int, code: int) -> None:
    term = Terminal.copied(trial, tmp_path)
    slow_to_check(tmp_path / "weigai.db")
    running = subprocess.Popen(
        [*WEIGAI, "--lang", "en", "audit", "verify"],
        cwd=tmp_path,
        env=term.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(timeout=4)
    began = time.monotonic()
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert time.monotonic() - began < 2
    assert (running.returncode, out, b"Traceback" in err) == (code, b"", False)


def test_a_rollback_beside_an_open_cursor_is_ended_without_an_error(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", factory=Stoppable, isolation_level=None)) as own:
        own.execute("BEGIN")
        own.execute("CREATE TABLE t(a)")
        rows = own.execute("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r")
        assert next(rows) == (1,)
        stop()
        own.rollback()
    with closing(sqlite3.connect(tmp_path / "x.db")) as again:
        assert again.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def test_a_file_from_outside_and_a_database_of_ones_own_can_be_stopped(tmp_path: Path) -> None:
    path = tmp_path / "weigai.db"
    sqlite3.connect(path).close()
    with closing(foreign.reading(str(path))) as file:
        Timer(0.3, stop).start()
        with pytest.raises(sqlite3.OperationalError) as ended:
            file.execute(ENDLESS).fetchall()
        assert ended.value.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        Timer(0.3, stop).start()
        with pytest.raises(OperationalError):
            connection.exec_driver_sql(ENDLESS)
        stop()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
