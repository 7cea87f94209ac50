"""A host's own pending rows: their errors come out as the database told them to the host, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from weigai.states.errors import InputRefused
from weigai.workflow import Approvals

from tests.support import KEYS, VILLAGE, Desk, household, person


class Host(DeclarativeBase):
    """The tables of a host."""


class Note(Host):
    __tablename__ = "host_note"

    id: Mapped[int] = mapped_column(primary_key=True)


CALLS = {
    "get": lambda api: api.get("150783-2019-AAAAAAA", actor=person("county")),
    "list": lambda api: api.list(actor=person("county")),
    "open_case": lambda api: api.open_case(
        policy="zhalantun-2019-a", unit=VILLAGE, household=household(), actor=person("village")
    ),
    "verify": lambda api: api.evidence.verify(),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_host_row_without_a_table_is_the_hosts_error(store_desk: Desk, name: str) -> None:
    store_desk.session.add(Note(id=1))
    with pytest.raises(DBAPIError, match="host_note"):
        CALLS[name](store_desk.api)
    assert store_desk.api.context.inside is False
    store_desk.session.rollback()
    assert list(store_desk.api.list(actor=person("county"))) == []


@pytest.mark.parametrize("name", CALLS)
def test_a_lock_that_a_host_row_waits_for_is_the_hosts_error(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        Host.metadata.create_all(connection)
    sqlite = engine.dialect.name == "sqlite"
    with engine.execution_options(weigai_write=True).begin() as holder, Session(engine) as session:
        holder.execute(text("INSERT INTO host_note VALUES (1)"))
        session.execute(text("PRAGMA busy_timeout=50" if sqlite else "SET LOCAL lock_timeout = 50"))
        session.add(Note(id=1))
        with pytest.raises(OperationalError, match="lock"):
            CALLS[name](Approvals(session, keys=KEYS))


def test_wrong_arguments_are_refused_before_the_hosts_rows_are_written(store_desk: Desk) -> None:
    store_desk.session.add(Note(id=1))
    with pytest.raises(InputRefused):
        store_desk.api.get("", actor=person("county"))
    assert list(store_desk.session.new)
