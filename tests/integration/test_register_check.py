"""`Register.check` answers as the entry itself would, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.errors import GuardsNotMet, InputRefused, NoSuchAct, NotFound
from weigai.workflow.register.checks import ENTRIES

from tests.support import COUNTY, FIRST, SECOND, TOWNSHIP, VILLAGE, Desk, founded, holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from weigai.states.values import Decision

OTHER = "150783102201"


def unmet(decision: Decision) -> set[str]:
    return {finding.guard for finding in decision.unmet}


def test_a_check_finds_what_the_entry_is_refused_for(store_desk: Desk) -> None:
    register = founded(store_desk)
    clerk = holds(register, "p-9", "village", VILLAGE)
    register.grant("p-9", "village", OTHER, actor=FIRST)
    register.change_account("p-9", "wei", actor=FIRST)
    register.merge_unit(OTHER, VILLAGE, actor=FIRST)
    grant, account = sorted(proposal.no for proposal in register.pending(actor=FIRST) if "person" in proposal.as_json())
    asked: dict[str, dict[str, Any]] = {name: {"person": "p-9", "unit": VILLAGE} for name in ENTRIES}
    asked |= {"confirm_grant": {"person": "p-9", "no": grant}, "confirm_account": {"person": "p-9", "no": account}}
    asked |= {"confirm_merge": {}, "revoke_grant": {"person": "p-9", "office": "village", "unit": VILLAGE}}
    for action, about in asked.items():
        assert unmet(register.check(action, actor=SECOND, **about)) == set(), action
        assert "office_may_act" in unmet(register.check(action, actor=clerk, county=COUNTY, **about)), action
        by_proposer = unmet(register.check(action, actor=FIRST, **about))
        assert by_proposer == ({"confirmed_by_another"} if action.startswith("confirm_") else set()), action
    assert {proposal.no for proposal in register.pending(actor=SECOND)} >= {grant, account}


def test_a_check_of_a_revocation_counts_who_is_left_and_writes_nothing(store_desk: Desk) -> None:
    register = founded(store_desk)
    about = {"person": "p-0002", "office": "admin", "unit": COUNTY}
    assert unmet(register.check("revoke_grant", actor=FIRST, **about)) == {"two_admins_left"}
    with pytest.raises(GuardsNotMet):
        register.revoke("p-0002", "admin", COUNTY, actor=FIRST)
    third = holds(register, "p-0003", "admin", COUNTY)
    assert register.check("revoke_grant", actor=third, **about).allowed
    assert register.actors("p-0002")
    register.revoke("p-0002", "admin", COUNTY, actor=third)


@pytest.mark.parametrize(
    ("action", "about", "error"),
    [
        ("found", {}, NoSuchAct),
        ("revoke_grant", {"person": "p-9", "unit": VILLAGE}, InputRefused),
        ("confirm_grant", {}, InputRefused),
        ("confirm_grant", {"person": "p-9"}, NotFound),
        ("confirm_merge", {"no": 7}, NotFound),
        ("revoke_grant", {"person": "p-9", "office": "village", "unit": OTHER}, NotFound),
        ("rename_unit", {"unit": "150784"}, NotFound),
    ],
)
def test_a_check_of_nothing_is_refused(store_desk: Desk, action: str, about: dict[str, Any], error: type) -> None:
    register = founded(store_desk)
    holds(register, "p-9", "village", VILLAGE)
    with pytest.raises(error):
        register.check(action, actor=SECOND, **about)


def test_an_administrator_of_one_township_reaches_no_other(store_desk: Desk) -> None:
    register = founded(store_desk)
    local = holds(register, "p-8", "admin", TOWNSHIP)
    works: tuple[Callable[[], object], ...] = (
        lambda: register.check("rename_unit", actor=local, unit=OTHER),
        lambda: register.rename_unit(OTHER, "x", actor=local),
    )
    for work in works:
        with pytest.raises(NotFound):
            work()
