"""Fixtures: a real PostgreSQL per worker, a fresh database per test on both back ends, and a clock that is set."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from weigai.db import open_engine

from tests import templates
from tests.postgres import Server
from tests.support import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

settings.register_profile("weigai", deadline=None)  # a busy machine is no failure
settings.load_profile("weigai")


def pytest_configure() -> None:
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
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh database with the schema, once on each back end."""
    if request.param == "sqlite":
        return templates.sqlite(tmp_path / "weigai.db")
    return str(request.getfixturevalue("postgres").ready())


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
def walled_url(postgres: Server) -> str:
    """The address, as superuser, of a fresh PostgreSQL database with row-level security."""
    return postgres.ready("weigai_app")


@pytest.fixture
def walled_desk(postgres: Server, walled_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose every statement stands behind PostgreSQL's row-level security: a host's own login."""
    made = open_engine(postgres.login(walled_url))
    with Desk(made, tmp_path / "files") as sitting:
        yield sitting
    made.dispose()
