"""What a plan says of its second person: whether they confirm from their own login, and which offices may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text
from weigai.states.errors import PolicyRefused
from weigai.states.proofs.load import load_kept, load_policy

from tests.support import HEAD, VILLAGE, Desk, household, person

EXEMPT = {"rule": "R36c", "granted_by": "p-head", "until": "2019-12-31", "reason": "灾后集中开工"}


def test_a_plan_may_let_the_name_alone_be_enough(desk: Desk, tmp_path: Any) -> None:
    desk.open()
    row = desk.session.execute(text("SELECT hash, content FROM weigai_policy")).one()
    assert "second_person_confirmed" in row.content
    plan = tmp_path / "plan.toml"
    table = "[guards.second_person_confirmed]"
    plan.write_text(
        row.content.replace(table, f"{table}\nconfirmed = false").replace("zhalantun-2019-a", "by-name-2019")
    )
    made = desk.api.open_case(
        policy=str(plan), unit=VILLAGE, household=_other(), actor=person("village"), on=desk.today
    )
    done = desk.ask(made.id, "exempt", "county", **EXEMPT, agreed_by="p-other")
    assert (done.pending, done.event.action) == (None, "exempt")
    assert done.case.facts("exempt")[0]["data"]["confirmed"] is False


def test_a_new_plan_says_whether_the_second_person_confirms(desk: Desk) -> None:
    desk.open()
    content = desk.session.execute(text("SELECT content FROM weigai_policy")).scalar_one()
    head, _, tail = content.partition("[guards.second_person_confirmed]")
    silent = head + tail[tail.index("[guards.") :]
    with pytest.raises(PolicyRefused) as refused:
        load_policy(silent)
    assert [problem.path for problem in refused.value.problems] and "second_person_confirmed" in str(refused.value)
    assert load_kept(silent).policy.guards.second_person_confirmed is None  # and is read as it was kept


@pytest.mark.parametrize("office", ["nobody", "auditor"])
def test_a_new_plan_names_offices_that_can_confirm(desk: Desk, office: str) -> None:
    desk.open()
    content = desk.session.execute(text("SELECT content FROM weigai_policy")).scalar_one()
    wrong = re.sub(r"(\[guards.second_person_confirmed\][^[]*\noffices = )\[.*\]", rf'\1["{office}"]', content)
    assert wrong != content
    with pytest.raises(PolicyRefused) as refused:
        load_policy(wrong)
    assert {problem.path for problem in refused.value.problems} == {"guards.second_person_confirmed.offices"}
    assert load_kept(wrong).policy.guards.second_person_confirmed.offices == (office,)  # what was kept is read


def _other() -> dict[str, Any]:
    return household(head={**HEAD, "name": "李四", "id_number": "150799196103030027", "registered_poor": True})
