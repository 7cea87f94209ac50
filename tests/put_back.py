"""Something in the database is changed, and put back afterwards; who reads a plan in between."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from weigai.workflow.library import bundled

from tests.support import VILLAGE, household, person, tampering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Desk

FEWER_CONTACTS = ("policy", "content", "replace(content, 'contacts = 2', 'contacts = 0')", "id = 'own-plan'")


def own_plan(folder: Path) -> str:
    """Return the path of a plan that nothing else of this process has read."""
    path = folder / "own.toml"
    told = bundled()["zhalantun-2019-a"].replace('id = "zhalantun-2019-a"', 'id = "own-plan"', 1)
    path.write_text(f"{told}\n# {folder}\n", encoding="utf-8")
    return str(path)


@contextmanager
def changed(desk: Desk, table: str, column: str, told: str, where: str) -> Iterator[None]:
    """Change a column by an expression, and put it back afterwards."""
    rows = desk.session.execute(text(f"SELECT {column} FROM weigai_{table} WHERE {where}")).scalars().all()
    assert len(rows) == 1
    with tampering(desk.session):
        desk.session.execute(text(f"UPDATE weigai_{table} SET {column} = {told} WHERE {where}"))
    yield
    with tampering(desk.session):
        desk.session.execute(text(f"UPDATE weigai_{table} SET {column} = :old WHERE {where}"), {"old": rows[0]})


def quoted(told: str) -> str:
    """Return a text as it stands in a statement."""
    return "'" + told.replace(":", "\\:") + "'"


def open_own(desk: Desk, policy: str) -> str:
    """Open a case under a plan; return its id."""
    told = {"policy": policy, "unit": VILLAGE, "household": household("a"), "actor": person("village")}
    return desk.api.open_case(**told, on=desk.today).id


READERS: dict[str, Any] = {
    "a decision": lambda desk, case: desk.check(case, "withdraw", "village"),
    "an act": lambda desk, case: desk.take(case, "record_contact", "village"),
    "another case under it": lambda desk, case: open_own(desk, "own-plan"),
    "the duties": lambda desk, case: desk.api.units.duties(VILLAGE),
    "a simulation": lambda desk, case: desk.api.records.simulate(actor=person("county"), to="own-plan"),
    "a move": lambda desk, case: desk.api.check_move(case, "own-plan", actor=person("county"), reason="x"),
}
