"""Fixtures: a real PostgreSQL per worker, a fresh database per test on both back ends, and a clock that is set."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from weigai.db import open_engine

from tests import profiles, templates
from tests.forks import Terminal
from tests.postgres import Server
from tests.support import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

profiles.register()


MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30


def pytest_configure() -> None:
    """Prepare this process: where its files lie, and which signals it listens to."""
    _write_in_memory()
    _listen()


def _write_in_memory() -> None:
    """Let the tests write their files in memory where there is room: they sync gigabytes that nobody keeps.

    The proofs of SQLite's syncs read the system calls, and those of kills end a process and no machine: in memory both
    see the same. The server of the hard stops keeps its data on the disk (`Server(durable=True)`).
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("TMPDIR", str(MEMORY))
        tempfile.tempdir = None  # Python looks again


def _listen() -> None:
    """Listen to the signals that whoever runs the tests in the background, or under nohup, hands down as ignored."""
    for name, usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for this worker's session."""
    with Server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh, empty database, once on each back end."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'weigai.db'}"
    return str(request.getfixturevalue("postgres").fresh())


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with the schema, once on each back end."""
    if request.param == "sqlite":
        yield templates.sqlite(tmp_path / "weigai.db")
        return
    server = request.getfixturevalue("postgres")
    url = server.ready()
    yield url
    server.drop(url)


@pytest.fixture
def engine(ready_url: str) -> Iterator[Engine]:
    """A prepared engine on a fresh database with the schema."""
    made = open_engine(ready_url)
    yield made
    made.dispose()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk over a fresh SQLite database."""
    made = open_engine(templates.sqlite(tmp_path / "desk.db"))
    with Desk(made, tmp_path / "files") as sitting:
        yield sitting
    made.dispose()


@pytest.fixture
def store_desk(engine: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A desk over a fresh database, once on each back end."""
    with Desk(engine, tmp_path / "files") as sitting:
        yield sitting


@pytest.fixture
def walled_url(postgres: Server) -> Iterator[str]:
    """The address, as superuser, of a fresh PostgreSQL database with row-level security."""
    url = postgres.ready("weigai_app")
    yield url
    postgres.drop(url)


@pytest.fixture
def walled_desk(postgres: Server, walled_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose every statement stands behind PostgreSQL's row-level security: a host's own login."""
    made = open_engine(postgres.login(walled_url))
    with Desk(made, tmp_path / "files") as sitting:
        yield sitting
    made.dispose()


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where `weigai init` set up a trial county; a test works on a copy (`Terminal.copied`)."""
    made = Terminal(tmp_path_factory.mktemp("trial"))
    made("init")
    return made.folder
