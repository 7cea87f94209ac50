"""Rules that range over areas, amounts and orders of acts, against independent words of the same rule."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weigai.states.counting.money import payable_fen
from weigai.states.record import CaseRecord
from weigai.workflow import Case

from tests.profiles import examples
from tests.support import Desk, Road, person

BOTH = ("large_family_application", "township_area_document")
LENIENT = settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
areas = st.decimals(0, 120, places=2)


def unmet(decision: Any) -> set[str]:
    return {f.guard for f in decision.unmet}


@pytest.fixture
def reviewed(desk: Desk) -> tuple[Desk, str, Road]:
    """A case that stands at the county's review."""
    case = desk.open()
    return desk, case, desk.walk(case, "county_review")


@LENIENT
@given(area=areas, papers=st.sets(st.sampled_from(BOTH)))
def test_a_self_built_house_has_sixty_or_with_both_papers_eighty(
    reviewed: tuple[Desk, str, Road], area: Decimal, papers: set[str]
) -> None:
    desk, case, road = reviewed
    decision = desk.check(case, "approve", "county", " ".join(papers), **{**road.approval(), "area": str(area)})
    lawful = area <= 60 or (area <= 80 and papers == set(BOTH))
    assert ("area_within_limit" not in unmet(decision)) is lawful
    assert any(f.guard == "area_above_floor" and not f.ok for f in decision.warnings) is (area < 40)


@LENIENT
@given(
    area=areas, mode=st.sampled_from(["guaranteed_housing", "mutual_aid_home"]), papers=st.sets(st.sampled_from(BOTH))
)
def test_small_houses_have_forty_whatever_the_papers(
    reviewed: tuple[Desk, str, Road], area: Decimal, mode: str, papers: set[str]
) -> None:
    desk, case, road = reviewed
    data = {**road.approval(), "mode": mode, "builder": "township", "area": str(area)}
    decision = desk.check(case, "approve", "county", " ".join(papers), **data)
    assert ("area_within_limit" not in unmet(decision)) is (area <= 40)


@pytest.fixture
def repaired(desk: Desk) -> Case:
    """A repaired C house that waits for its payment."""
    case = desk.open()
    desk.walk(case, "payment", grade="C", mode="repair", area=None)
    return desk.api.get(case, actor=person("county"))


@LENIENT
@given(cost=st.none() | st.decimals(0, 60000, places=2))
def test_a_ceiling_is_the_smaller_of_the_plans_amount_and_the_cost(repaired: Case, cost: Decimal | None) -> None:
    told = {} if cost is None else {"actual_cost_fen": int(cost * 100)}
    acts = {**repaired.record["acts"], "complete_works": {"on": "2019-08-20", "data": told}}
    lawful = Decimal(20000) if cost is None else min(Decimal(20000), cost)
    assert payable_fen(replace(repaired, record=CaseRecord({**repaired.record, "acts": acts}))) == int(lawful * 100)


@pytest.mark.parametrize("plan", ["a", "b"])
def test_no_act_is_allowed_anywhere_but_where_the_road_has_it(desk: Desk, plan: str) -> None:
    """In every state of the road, every act of the whole road is tried with data that is valid at its own place."""
    case = desk.open(plan)
    road = Road(desk, case, plan=plan)
    tried = {}
    for part in desk.api.context.procedure(desk.api.get(case, actor=person("county")).policy_hash).road:
        action, office, papers, data = road.act(part.state) if part.state in _DRY else (part.action, "county", "", {})
        tried[part.action] = (action, office, papers, data)
    states = []
    while (here := desk.api.get(case, actor=person("county"))).state != "archived":
        moves = desk.api.context.procedure(here.policy_hash).table[here.state]
        for action, office, papers, data in tried.values():
            decision = desk.check(case, action, office, papers, **data)
            assert not decision.allowed or action in moves
            assert decision.findings
            if action not in moves:
                first = [f for f in decision.unmet if f.guard == "action_available"]
                assert first
                assert all(f.rule for f in first)
        states.append(here.state)
        road.step(here.state)
    assert len(states) == 22


# States whose valid act can be named without recording facts or moving the clock.
_DRY = {
    "draft", "village_deliberation", "village_notice", "application_form", "township_notice", "township_meeting",
    "county_review", "county_notice", "registration", "agreement", "preliminary_acceptance", "final_acceptance",
    "payment", "archiving",
}  # fmt: skip
