"""What waits for a second person stands in the inbox of those who may confirm it, as long as it can take effect."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from weigai.workflow import Actor, GuardsNotMet

from tests.support import COUNTY, HEAD, Desk, person

if TYPE_CHECKING:
    from pathlib import Path

    from weigai.workflow import Done

WHY = {"reason": "灾后集中开工"}
EXEMPT = {"rule": "R36c", "granted_by": "p-head", "until": "2019-12-31", **WHY}
OTHER = Actor("p-other", "county", (COUNTY,))


def asked(desk: Desk) -> tuple[str, Done]:
    """Ask for an exemption on a new case; return the case and what waits."""
    case = desk.open()
    return case, desk.ask(case, "exempt", "county", **EXEMPT)


def test_it_stands_in_the_inbox_of_those_who_may_confirm_it(store_desk: Desk) -> None:
    _, done = asked(store_desk)

    def waits(who: Actor, **more: Any) -> list[str | None]:
        rows = store_desk.api.inbox(actor=who, **more)
        return [row.pending for row in rows if row.action == "confirm_request"]

    assert waits(OTHER) == waits(person("township")) == [done.pending]
    assert waits(person("county")) == waits(person("village")) == waits(person("auditor")) == []
    assert waits(Actor("p-far", "township", ("150783102",))) == []
    store_desk.api.confirm(str(done.pending), actor=OTHER)
    assert waits(OTHER) == []


def pages(desk: Desk, who: Actor, limit: int) -> list[str | None]:
    """Return what waits for somebody's word, read page by page as a host does: an empty page is the end."""
    found: list[str | None] = []
    after = None
    while page := desk.api.inbox(actor=who, limit=limit, after=after):
        found += [row.pending for row in page if row.pending]
        after = page[-1].case
    return found


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_what_others_are_to_confirm_hides_nothing_in_the_inbox(store_desk: Desk, limit: int) -> None:
    second = Actor("p-second", "county", (COUNTY,))
    waits = []
    for who in (second, second, second, person("county"), second, person("county")):
        store_desk.today += timedelta(days=1)
        case = store_desk.open(head={**HEAD, "id_number": _number(len(waits)), "registered_poor": True})
        done = store_desk.api.take(case, "exempt", actor=who, data=EXEMPT, on=store_desk.today)
        waits.append((who, done.pending))
    assert pages(store_desk, second, limit) == [pending for who, pending in waits if who != second]


def test_what_waits_on_a_case_that_ended_is_out_of_the_inbox(store_desk: Desk) -> None:
    case, done = asked(store_desk)
    assert pages(store_desk, OTHER, 50) == [done.pending]
    store_desk.take(case, "withdraw", "village", **WHY)
    assert pages(store_desk, OTHER, 50) == []
    assert list(store_desk.api.get(case, actor=OTHER).record.pending) == ["2"]  # and is there until it is denied
    store_desk.api.deny(str(done.pending), reason="已撤回申请", actor=OTHER)
    assert not store_desk.api.get(case, actor=OTHER).record.pending


def test_what_a_new_plan_has_no_act_for_is_out_of_the_inbox_and_may_be_denied(desk: Desk, tmp_path: Path) -> None:
    case, done = asked(desk)
    content = str(desk.session.execute(text("SELECT content FROM weigai_policy")).scalar_one())
    tables = re.split(r"\n(?=\[)", content.replace("zhalantun-2019-a", "no-exemptions-2019"))
    gone = ("[[exemptible]]", "[guards.rule_exemptible]")
    kept = [one for one in tables if not one.startswith(gone) and 'id = "exempt"' not in one]
    plan = tmp_path / "plan.toml"
    plan.write_text("\n".join(kept))
    desk.api.move_policy(case, str(plan), reason="第二次印发", agreed_by="p-head", actor=person("county"))
    assert list(desk.api.get(case, actor=OTHER).record.pending) == ["2"]
    assert pages(desk, OTHER, 50) == []
    desk.api.deny(str(done.pending), reason="新方案无此项", actor=OTHER)
    assert not desk.api.get(case, actor=OTHER).record.pending


def test_an_exemption_of_one_person_waits_in_a_trial_county_too(desk: Desk) -> None:
    alone = Actor("p-alone", "county", (COUNTY,), trial=True)
    done = desk.api.take(desk.open(), "exempt", actor=alone, data=EXEMPT, on=desk.today)
    with pytest.raises(GuardsNotMet) as refused:
        desk.api.confirm(str(done.pending), actor=alone)
    assert "not_own_request" in {f.guard for f in refused.value.unmet}


def _number(at: int) -> str:
    """Return the identity number of a made-up person."""
    digits = f"15079919540612{at + 1:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]
