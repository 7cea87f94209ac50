"""A PostgreSQL database that cannot hold every character is refused before anything is made in it, and doctor tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from weigai.db import open_engine, schema
from weigai.db.engine import store_errors
from weigai.states.errors import StoreError

from tests.forks import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server


@pytest.fixture(params=["SQL_ASCII", "LATIN1", "EUC_CN"])
def other_url(request: pytest.FixtureRequest, postgres: Server) -> Iterator[str]:
    """The address of an empty database in another encoding."""
    plain = postgres.fresh()
    name = f"other_{request.param.lower()}"
    engine = create_engine(plain, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} ENCODING '{request.param}' TEMPLATE template0 LOCALE 'C'"))
    engine.dispose()
    url = f"{plain.rpartition('/')[0]}/{name}"
    yield url
    postgres.drop(url)
    postgres.drop(plain)


def test_another_encoding_is_refused_and_told(other_url: str, tmp_path: Path) -> None:
    term = Terminal(tmp_path)
    term.env["WEIGAI_DB"] = other_url
    for words in (("init",), ("db", "upgrade")):
        term(*words, code=6)
        assert "UTF8" in term.err
    wrong = [c["mend"] for c in term.json("doctor", code=6) if not c["ok"]]
    assert any("UTF8" in mend for mend in wrong)
    engine = open_engine(other_url)
    with pytest.raises(StoreError, match="UTF8"), engine.begin() as connection:
        schema.bring_up(connection)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'weigai%'")).scalar() == 0
        if "ascii" not in other_url:  # that one takes any bytes
            with pytest.raises(StoreError, match="UTF8"), store_errors():
                connection.execute(text("SELECT :rare"), {"rare": "\U00030edd"})
    engine.dispose()
