"""A sheet of persons taken into the register: what is asked once for all rows, and every row that is wrong told at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text
from weigai.states.errors import GuardsNotMet, InputRefused, NotFound
from weigai.workflow import Actor
from weigai.workflow.exchange.persons import Enrolled

from tests.support import COUNTY, FIRST, SECOND, TOWNSHIP, VILLAGE, founded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Desk


def rows(many: int, office: str = "village", unit: str = VILLAGE, first: int = 0) -> list[Enrolled]:
    """Return the rows of a sheet, a person each."""
    return [Enrolled(n + 1, f"p-s{first + n}", f"某{n}", office, unit, f"a{first + n}") for n in range(many)]


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    """Collect the statements that are built and sent."""
    found: list[str] = []

    def sent(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    engine = desk.session.connection().engine
    event.listen(engine, "before_cursor_execute", sent)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", sent)


@pytest.mark.parametrize("real", [True, False])
def test_a_row_costs_few_statements_however_many_offices_the_administrator_holds(store_desk: Desk, real: bool) -> None:
    register = founded(store_desk) if real else store_desk.api.register
    clerk = FIRST if real else Actor("p-t", "admin", (COUNTY,))
    if not real:
        offices = ("admin", "county", "finance", "appraiser", "auditor", "poverty_office")
        register.add_person(COUNTY, clerk.person, "某", offices=[(name, COUNTY) for name in offices], actor=clerk)
    register.import_persons(rows(2, first=900), actor=clerk)
    sent = []
    for many, first in ((10, 0), (60, 100)):
        with counted(store_desk) as statements:
            assert len(register.import_persons(rows(many, first=first), actor=clerk)) == many
        sent.append(len(statements))
    assert sent[1] - sent[0] <= 50 * 12
    assert store_desk.api.records.verify().problems == ()


def test_offices_that_no_policy_names_cost_one_look_at_the_policies(desk: Desk) -> None:
    with counted(desk) as statements, pytest.raises(InputRefused):
        founded(desk).import_persons(rows(50, office="nobody"), actor=FIRST)
    assert sum("weigai_policy" in statement for statement in statements) <= 2


def test_every_row_that_is_wrong_is_told_and_nothing_is_written(store_desk: Desk) -> None:
    register = founded(store_desk)
    register.import_persons(rows(1), actor=FIRST)
    events = "SELECT count(*) FROM weigai_event"
    before = store_desk.session.execute(text(events)).scalar()
    bad = [
        Enrolled(1, "p-x", "甲", "village", VILLAGE, "same"), Enrolled(2, "p-y", "乙", "village", VILLAGE, "same"),
        Enrolled(3, "P Z", "丙", "village", VILLAGE), Enrolled(4, "p-w", "丁", "king", VILLAGE),
        Enrolled(5, "p-v", "戊", "village", VILLAGE), Enrolled(6, "p-v", "己", "township", TOWNSHIP),
        Enrolled(7, "p-u", "庚", "village", "150783101999"),
    ]  # fmt: skip
    with pytest.raises(InputRefused) as refused:
        register.import_persons(bad, actor=FIRST)
    for lang, mark in (("en", "row {}:"), ("zh", "第 {} 行：")):
        told = refused.value.message(lang)
        assert [n for n in range(1, 8) if mark.format(n) in told] == [2, 3, 4, 6, 7]
        assert "甲" not in told
    assert store_desk.session.execute(text(events)).scalar() == before
    with pytest.raises(NotFound) as unknown:
        register.import_persons([bad[0], bad[6]], actor=FIRST)
    assert "[7]" in unknown.value.what
    with pytest.raises(GuardsNotMet):
        register.import_persons(rows(2, first=50), actor=Actor("p-zzz", "admin", (COUNTY,)))
    assert store_desk.session.execute(text(events)).scalar() == before


def test_who_is_made_a_clerk_by_their_own_sheet_may_not_go_on_as_an_administrator(desk: Desk) -> None:
    register, own = desk.api.register, Actor("p-own", "county", (COUNTY,))
    sheet = [Enrolled(1, "p-own", "某", "village", VILLAGE), *rows(1)]
    with pytest.raises(GuardsNotMet):
        register.import_persons(sheet, actor=own)
    assert register.persons() == []
    assert len(register.import_persons(sheet[::-1], actor=own)) == len(sheet)


def test_a_second_person_confirms_what_a_sheet_proposes(store_desk: Desk) -> None:
    register = founded(store_desk)
    [done] = register.import_persons(rows(1), actor=FIRST, request_id="r-1")
    assert done.pending
    assert register.import_persons(rows(1), actor=FIRST, request_id="r-1") == [done]
    register.confirm("p-s0", actor=SECOND)
    assert [actor.office for actor in register.actors("p-s0")] == ["village"]
