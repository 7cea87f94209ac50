"""The built-in guards of the register: where each holds and where it refuses, with the finding that it gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from weigai.states import floor
from weigai.states.decide import decide
from weigai.states.guards.base import Matter
from weigai.states.guards.register import RegisterAround, SeatedPerson
from weigai.states.values import Decision, Finding
from weigai.workflow import Actor

from tests.support import COUNTY, VILLAGE

TODAY = date(2019, 6, 10)
ADMIN = Actor("p-0001", "admin", (COUNTY,))
CLERK = Actor("p-9", "village", (VILLAGE,))
HELD = (("admin", (COUNTY,)),)
FOUNDED = RegisterAround(founded=True, held=HELD)
SEAT = SeatedPerson(person="p-9", account="sun", login="sun")
OTHER = replace(SEAT, login="moon")


def ask(kind: str, around: RegisterAround, actor: Actor = ADMIN, on: date = TODAY) -> Decision:
    act = floor.act("some_entry", kind, ("admin",))
    return decide(
        Matter(act=act, actor=actor, recorder=actor, on=on, today=TODAY, around=around, subject="county", unit=COUNTY)
    )


CASES = {
    "a registered administrator": (ask("entry", FOUNDED), set()),
    "an administrator whom a founded county does not know": (
        ask("entry", RegisterAround(founded=True)),
        {"office_may_act"},
    ),
    "a clerk": (ask("entry", FOUNDED, CLERK), {"office_may_act"}),
    "a registered clerk of a trial county": (
        ask("entry", RegisterAround(held=(("village", (VILLAGE,)),)), CLERK),
        {"office_may_act"},
    ),
    "somebody whom a trial county does not know": (ask("entry", RegisterAround(), CLERK), set()),
    "an auditor": (ask("entry", RegisterAround(), Actor("p-1", "auditor", (COUNTY,))), {"office_may_act"}),
    "a name of tomorrow": (ask("renaming", FOUNDED, on=date(2019, 6, 11)), {"not_in_future"}),
    "a name of tomorrow by a clerk": (
        ask("renaming", FOUNDED, CLERK, on=date(2019, 6, 11)),
        {"office_may_act", "not_in_future"},
    ),
    "a day to come, where one may be": (ask("entry", FOUNDED, on=date(2019, 6, 11)), set()),
    "confirmed by another": (ask("confirmation", replace(FOUNDED, others=("p-0002", "p-9"))), set()),
    "confirmed by who proposed it": (
        ask("confirmation", replace(FOUNDED, others=("P-0001", "p-9"))),
        {"confirmed_by_another"},
    ),
    "a clerk confirms the own proposal": (
        ask("confirmation", replace(FOUNDED, others=("p-9",)), CLERK),
        {"office_may_act", "confirmed_by_another"},
    ),
    "one administrator left": (ask("revocation", replace(FOUNDED, left=("p-0001",))), {"two_admins_left"}),
    "two administrators left": (ask("revocation", replace(FOUNDED, left=("p-0001", "p-0003"))), set()),
    "another office revoked": (ask("revocation", FOUNDED), set()),
    "at the own login": (ask("own entry", RegisterAround(seat=SEAT), CLERK), set()),
    "at another's login": (ask("own entry", RegisterAround(seat=OTHER), CLERK), {"own_account"}),
    "a host without logins": (ask("own entry", RegisterAround(), CLERK), set()),
    "works as oneself": (ask("login", RegisterAround(seat=SEAT), CLERK), set()),
    "works as another": (ask("login", RegisterAround(seat=OTHER), CLERK), {"own_login"}),
    "a leave that reaches an office": (
        ask("login", RegisterAround(seat=replace(OTHER, leave=(COUNTY,), held=HELD, reached=HELD)), CLERK),
        set(),
    ),
    "a leave that reaches none": (
        ask("login", RegisterAround(seat=replace(OTHER, leave=(VILLAGE,), held=HELD)), CLERK),
        {"own_login"},
    ),
    "a leave, and no office is held": (
        ask("login", RegisterAround(seat=replace(OTHER, leave=(COUNTY,))), CLERK),
        set(),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_guard_of_the_register_holds_or_refuses(case: str) -> None:
    decision, unmet = CASES[case]
    assert ({finding.guard for finding in decision.unmet}, decision.allowed) == (unmet, not unmet)
    assert all(
        (finding.rule, finding.source, finding.who) == (None, "weigai", ("admin",)) for finding in decision.findings
    )
    assert all(finding.reason("zh") and finding.reason("en") for finding in decision.findings)


def test_a_refusal_names_the_office_and_the_day() -> None:
    office, day = ask("renaming", FOUNDED, CLERK, on=date(2019, 6, 11)).unmet
    values = {"office": "village", "offices": ("admin",)}
    assert office == Finding("office_may_act", None, False, "block", "weigai", values, None, ("admin",))
    assert day.values == {"on": date(2019, 6, 11), "today": TODAY}
    assert day.opens_on == date(2019, 6, 11)
