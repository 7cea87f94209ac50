"""Which offices may take an act, and in which office a person takes it: what a program asks that chooses one for people."""

from __future__ import annotations

import pytest
from weigai.workflow import Actor, GuardsNotMet, NotFound, as_actor, as_overseer, as_reader

from tests.support import COUNTY, TOWNSHIP, UNITS, VILLAGE, Desk, person

VILLAGER, TOWNSMAN = Actor("p-1", "village", (VILLAGE,)), Actor("p-1", "township", (TOWNSHIP,))
COUNTY_CLERK, AUDITOR = Actor("p-1", "county", (COUNTY,)), Actor("p-1", "auditor", (COUNTY,))


def test_the_offices_of_an_act_are_those_that_its_decision_names(desk: Desk) -> None:
    case = desk.api.get(desk.open(), actor=person("village"))
    by_action = desk.api.offices.by_action(case)
    offered = desk.api.available(case.id, actor=person("village"))
    assert by_action == {decision.action: decision.who for decision in offered}
    assert all(desk.api.offices.for_act(case, action) == offices for action, offices in by_action.items())
    assert desk.api.offices.for_act(case, "no_such_act") == ()


def test_a_refused_act_is_told_as_the_decision_that_a_check_gives(desk: Desk) -> None:
    case = desk.api.get(desk.open(), actor=person("village"))
    with pytest.raises(GuardsNotMet) as refused:
        desk.take(case.id, "submit_application", "county")
    told = desk.api.offices.refused(case, "submit_application", refused.value)
    assert told == desk.check(case.id, "submit_application", "county")


def test_who_may_open_move_see_and_erase_is_what_the_policy_says(desk: Desk) -> None:
    case, offices = desk.api.get(desk.open(), actor=person("village")), desk.api.offices
    plan = desk.api.library.procedure("zhalantun-2019-a").policy
    assert "village" in offices.to_open(plan.id)
    with_ways = desk.api.library.procedure("zhalantun-2019-b").policy
    assert with_ways.intakes
    for way in with_ways.intakes:
        assert offices.to_open(with_ways.id, intake=way.id) == way.offices
    assert offices.to_move(plan.id) == next(step.offices for step in plan.steps if step.kind == "approval")
    assert plan.privacy is not None
    assert (offices.to_unmask(case), offices.to_erase(case)) == (plan.privacy.unmask, plan.privacy.erase)
    with pytest.raises(NotFound):
        offices.to_open("no-such-plan")


def test_the_remarks_of_a_record_are_seen_by_the_offices_of_its_policy(desk: Desk) -> None:
    by = person("township")
    with pytest.raises(NotFound):
        desk.api.offices.to_unmask_record(TOWNSHIP, 1, actor=by)
    desk.api.register.import_units(UNITS, actor=person("admin"))
    desk.api.units.record(TOWNSHIP, "submit_progress", actor=by, on=desk.today)
    plan = desk.api.library.procedure("zhalantun-2019-a").policy
    assert plan.privacy is not None
    assert desk.api.offices.to_unmask_record(TOWNSHIP, 1, actor=by) == plan.privacy.unmask
    with pytest.raises(NotFound):  # another village's clerk has no such record
        desk.api.offices.to_unmask_record(TOWNSHIP, 1, actor=Actor("p-9", "village", ("150783102201",)))


@pytest.mark.parametrize(("unit", "office"), [(COUNTY, "county"), (TOWNSHIP, "township"), (VILLAGE, "village")])
def test_a_units_lists_are_its_own_levels(desk: Desk, unit: str, office: str) -> None:
    assert desk.api.offices.for_lists(unit) == (office,)


def test_an_act_is_taken_in_the_first_office_held_there_that_may_take_it() -> None:
    held = (VILLAGER, TOWNSMAN, COUNTY_CLERK)
    assert as_actor(held, ("township", "county"), VILLAGE, person="p-1") is TOWNSMAN
    assert as_actor(held, ("appraiser",), VILLAGE, person="p-1") is VILLAGER
    assert as_actor(held, ("village",), "150783102201", person="p-1") is COUNTY_CLERK
    assert as_actor((VILLAGER,), ("village",), "150783102201", person="p-1") is VILLAGER
    with pytest.raises(GuardsNotMet) as refused:
        as_actor((), ("village",), VILLAGE, person="p-1")
    assert [finding.guard for finding in refused.value.unmet] == ["office_held"]


def test_a_reader_has_every_unit_and_oversees_no_county_by_another_office() -> None:
    assert as_reader((VILLAGER, TOWNSMAN)).units == (VILLAGE, TOWNSHIP)
    appraiser = Actor("p-1", "appraiser", ("150784",))
    assert as_reader((AUDITOR, appraiser)).office == "appraiser"
    assert as_reader((AUDITOR, VILLAGER)).office == "auditor"
    assert as_overseer((VILLAGER, AUDITOR)) is AUDITOR
    assert as_overseer((VILLAGER, TOWNSMAN)) is VILLAGER
