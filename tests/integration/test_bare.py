"""The application's role without the program: a sample of what `scripts/prove matrix` tries whole, and holes that it sees."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from weigai.db import open_engine

from tests.prove import bare
from tests.prove.sight import CHANGED
from tests.prove.walled import walled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Server


@pytest.fixture(scope="module")
def world(postgres: Server) -> Iterator[str]:
    """A walled database with a row of every kind, for tests that put back what they take away."""
    url = postgres.fresh()
    walled(url)
    yield url
    postgres.drop(url)


@pytest.mark.parametrize("level", ["own village", "own township", "another county", "nothing", "eight digits"])
def test_a_bare_role_reaches_what_lies_in_its_scope_and_nothing_else(world: str, level: str) -> None:
    found = bare.attacked(random.randrange(2**32), world, sample=6, only=(level,))
    assert not found.escapes, (str(found), found.escapes[:5])
    assert found.n > 600
    assert found.done > (100 if level.startswith("own") else 3)


def test_whoever_holds_every_lock_of_a_village_stops_nobody_elses_work(world: str) -> None:
    assert bare.holding(world) == []


EVERYTHING = "ALTER POLICY weigai_{} ON {} USING (true)"
HOLES = {
    "a table without the wall": ("ALTER TABLE weigai_list DISABLE ROW LEVEL SECURITY", "weigai_list"),
    "papers of everybody": (EVERYTHING.format("read", "weigai_document"), "weigai_document"),
    "keys of everybody": (EVERYTHING.format("read", "weigai_key"), "weigai_key"),
    "keys that everybody empties": (EVERYTHING.format("change", "weigai_key") + " WITH CHECK (true)", "weigai_key"),
    "heads that everybody holds": (EVERYTHING.format("change", "weigai_stream"), "weigai_stream"),
    "numbers that everybody sees and holds": (
        f"{EVERYTHING.format('read', 'weigai_tally')}; {EVERYTHING.format('change', 'weigai_tally')}", "weigai_tally"),
    "values that are changed": ("ALTER POLICY weigai_change ON weigai_private WITH CHECK (true)", "weigai_private"),
    "papers that are changed": ("ALTER POLICY weigai_change ON weigai_document WITH CHECK (true)", "weigai_document"),
    "tokens that are changed": ("ALTER POLICY weigai_change ON weigai_index WITH CHECK (true)", "weigai_index"),
    "events of everybody": ("ALTER POLICY weigai_write ON weigai_event WITH CHECK (true)", "weigai_event"),
    "persons of everybody": ("ALTER POLICY weigai_write ON weigai_person WITH CHECK (true)", "weigai_person"),
    "what officials of elsewhere declared": (
        "ALTER POLICY weigai_read ON weigai_private USING (stream LIKE 'person/%%')", "weigai_private"),
    "accounts of everybody": (
        "ALTER POLICY weigai_change ON weigai_person USING (true) WITH CHECK (true)", "weigai_person"),
    "a newest master key of any form": ("ALTER POLICY weigai_write ON weigai_master WITH CHECK (true)", "weigai_master"),
    "the keys that a county is checked by": (
        "ALTER POLICY weigai_write ON weigai_key WITH CHECK (stream = 'check')", "weigai_key"),
    "numbers of the whole county": (
        "ALTER POLICY weigai_write ON weigai_tally WITH CHECK (true)", "weigai_tally"),
    "units that a village puts elsewhere": (
        "ALTER POLICY weigai_write ON weigai_succession WITH CHECK (true)", "weigai_succession"),
    "units that a village names": ("ALTER POLICY weigai_write ON weigai_unit WITH CHECK (true)", "weigai_unit"),
    "a right to delete": ("GRANT DELETE ON weigai_private TO weigai_app", "weigai_private"),
    "a right to empty tables": ("GRANT TRUNCATE ON weigai_head TO weigai_app", "weigai_head"),
    "a right to change whole rows": ("GRANT UPDATE ON weigai_case TO weigai_app", "weigai_case"),
    "a right to change a key": ("GRANT UPDATE (county) ON weigai_key TO weigai_app", "weigai_key"),
    "keys that are carried away": ("ALTER POLICY weigai_change ON weigai_key WITH CHECK (true)", "weigai_key"),
    "a right to hold the newest master key": ("GRANT UPDATE (master) ON weigai_master TO weigai_app", "weigai_master"),
    "rows that nobody sees": ("DROP POLICY weigai_read ON weigai_case", "weigai_case"),
}  # fmt: skip


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_in_the_wall_is_seen(world: str, hole: str) -> None:
    sql, table = HOLES[hole]
    found = bare.attacked(1, world, sample=10, only=("own village",), tables=(table,), before=sql)
    assert table in " ".join(found.escapes), str(found)


def test_a_lock_that_stops_others_is_seen(postgres: Server) -> None:
    url = postgres.fresh()
    walled(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("GRANT DELETE ON weigai_private TO weigai_app")
    engine.dispose()
    assert any("weigai_private is not read" in told for told in bare.holding(url))


def test_every_column_that_the_role_may_change_is_tried() -> None:
    from weigai.db.row_security.rules import RIGHTS

    assert {table: set(rights["UPDATE"]) for table, rights in RIGHTS.items() if "UPDATE" in rights} == CHANGED
