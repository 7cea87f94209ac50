"""Engines: prepared whole whatever the host hands over; and errors known by their codes, not by a server's language."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from weigai.db import open_engine, prepare_engine, schema
from weigai.db.engine import require_prepared
from weigai.db.faults import store_error
from weigai.states.errors import SchemaTooOld, StoreBusy, StoreUnavailable
from weigai.states.units import inside

from tests.support import forged


class Told(Exception):
    def __init__(self, words: str, sqlstate: str) -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("words", "sqlstate", "error"),
    [
        ("canceling statement due to lock timeout", "55P03", StoreBusy),
        ("由于锁超时，取消语句命令", "55P03", StoreBusy),
        ("could not obtain lock on row", "55P03", StoreBusy),
        ("检测到死锁", "40P01", StoreBusy),
        ("could not serialize access due to concurrent update", "40001", StoreBusy),
        ("设备上没有空间", "53100", StoreUnavailable),
        ("server closed the connection unexpectedly", "57P01", StoreUnavailable),
    ],
)
def test_an_error_is_known_by_its_code(words: str, sqlstate: str, error: type[Exception]) -> None:
    assert isinstance(store_error(OperationalError("x", None, Told(words, sqlstate))), error)


@pytest.mark.parametrize("first", ["engine", "derived", "both"])
def test_an_engine_and_those_derived_from_it_are_prepared_alike(tmp_path: Path, first: str) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    derived = engine.execution_options(weigai_write=True)
    for one in {"engine": [engine], "derived": [derived], "both": [engine, derived, engine]}[first]:
        prepare_engine(one)
    for one in (engine, derived):
        with one.connect() as connection, connection.begin():
            require_prepared(connection)
            assert connection.connection.dbapi_connection.in_transaction
            connection.execute(text("CREATE TABLE IF NOT EXISTS t (a)"))
    engine.dispose()


def test_another_programs_file_is_read_and_left_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (a)")
    other.close()
    before = path.read_bytes()
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection, pytest.raises(SchemaTooOld):
        schema.check(connection)
    engine.dispose()
    assert path.read_bytes() == before


def test_a_hosts_file_is_in_wal_mode_once_it_is_ours_too(tmp_path: Path) -> None:
    path = tmp_path / "host.db"
    host = sqlite3.connect(path)
    host.execute("CREATE TABLE theirs (a)")
    host.close()
    engine = open_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_takes_a_connection_of_its_own(store_url: str) -> None:
    engine = open_engine(store_url)
    with engine.connect() as connection:
        mine = id(connection.connection.dbapi_connection)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with engine.connect() as connection:
                again = id(connection.connection.dbapi_connection)
            os.write(writing, b"same" if again == mine else b"own")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    assert os.read(reading, 9) == b"own"
    os.close(reading)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


@pytest.mark.parametrize("within", [(), ("",), ("15",), ("15078",), ("1507831",), ("15078310120",), ("150783x",)])
def test_no_prefix_of_another_length_is_an_area(within: tuple[str, ...]) -> None:
    assert not inside("150783101201", within)
    assert not forged("p", "village", within).covers("150783101201")
    assert inside("150783101201", (*within, "150783101"))


def test_an_sqlite_file_that_many_open_at_once_is_made_once(tmp_path: Path) -> None:
    start = threading.Barrier(4)

    def opening(turn: int) -> None:
        start.wait()
        open_engine(f"sqlite:///{tmp_path}/{turn}.db").dispose()

    for turn in range(50):
        with ThreadPoolExecutor(4) as pool:
            for opened in [pool.submit(opening, turn) for _ in range(4)]:
                opened.result()
        assert (tmp_path / f"{turn}.db").stat().st_mode & 0o777 == 0o600


def test_opening_a_database_once_more_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    """Else another process, closing its connection, deletes the write-ahead log that the first still writes to."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    first = open_engine(url)
    schema.upgrade(first)
    kept = first.connect()
    kept.execute(text("SELECT count(*) FROM weigai_tally"))
    kept.rollback()
    open_engine(url).dispose()
    other = (
        "import sqlite3; c = sqlite3.connect('x.db'); c.execute(\"INSERT INTO weigai_tally VALUES ('1', 'b', 1)\"); "
        "c.commit(); c.close()"
    )
    subprocess.run([sys.executable, "-c", other], check=True, cwd=tmp_path)
    kept.execute(text("INSERT INTO weigai_tally VALUES ('1', 'c', 1)"))
    kept.commit()
    seen = "import sqlite3; print(sqlite3.connect('x.db').execute('SELECT count(*) FROM weigai_tally').fetchone()[0])"
    done = subprocess.run([sys.executable, "-c", seen], check=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "2"
    kept.close()
    first.dispose()


def test_a_connection_that_was_opened_before_is_prepared_when_it_is_taken(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (a INTEGER)")
    schema.upgrade(prepare_engine(engine))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


@pytest.mark.parametrize("first", [True, False])
def test_a_hosts_own_listener_of_errors_has_the_last_word(first: bool) -> None:
    class Taken(Exception):
        pass

    engine = create_engine("sqlite://")
    if first:
        prepare_engine(engine)
    event.listen(engine, "handle_error", lambda context: Taken(), retval=True)
    prepare_engine(engine)
    with engine.connect() as connection, pytest.raises(Taken):
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    engine.dispose()
