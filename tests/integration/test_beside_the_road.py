"""An opening, an unmasking and an erasure are judged by guards, and a check gives the answer that the act gives."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from weigai.workflow import GuardsNotMet

from tests.support import VILLAGE, household, person

if TYPE_CHECKING:
    from tests.support import Desk

POLICY = "zhalantun-2019-a"


@pytest.mark.parametrize(
    ("office", "data", "unmet"),
    [
        ("county", {"reason": "保存期满", "agreed_by": "p-second"}, ["case_ended", "retention_over"]),
        (
            "village",
            {"reason": "保存期满"},
            ["erasing_allowed", "second_person_agreed", "case_ended", "retention_over"],
        ),
        ("county", {"agreed_by": "p-second"}, ["case_ended", "retention_over", "reason_given"]),
    ],
)
def test_a_check_of_an_erasure_says_what_the_erasure_says(
    desk: Desk, office: str, data: dict[str, str], unmet: list[str]
) -> None:
    case = desk.open()
    decision = desk.api.check(case, "erase", actor=person(office), data=data)
    assert [f.guard for f in decision.unmet] == unmet
    with pytest.raises(GuardsNotMet) as refused:
        desk.api.erase(case, actor=person(office), reason=data.get("reason", ""), agreed_by=data.get("agreed_by"))
    assert refused.value.findings == decision.findings


def test_a_check_of_an_unmasking_writes_nothing(desk: Desk) -> None:
    case = desk.open()
    assert desk.api.check(case, "unmask", actor=person("auditor"), data={"reason": "核对"}).allowed
    refused = desk.api.check(case, "unmask", actor=person("appraiser"), data={"reason": " "})
    assert [f.guard for f in refused.unmet] == ["reason_given"]
    assert len(desk.api.history(case)) == 1


def test_neither_is_taken_as_an_act_of_the_road(desk: Desk) -> None:
    from weigai.workflow import NoSuchAct

    case = desk.open()
    for action in ("erase", "unmask"):
        with pytest.raises(NoSuchAct):
            desk.api.record(case, action, actor=person("county"), data={"reason": "x", "agreed_by": "p-second"})


def test_a_check_of_an_opening_says_what_the_opening_says(desk: Desk) -> None:
    asked = {"policy": POLICY, "unit": VILLAGE, "household": household("a"), "actor": person("finance")}
    later = date(2019, 6, 20)
    decision = desk.api.check_opening(**asked, on=later)
    assert [f.guard for f in decision.unmet] == ["office_may_act", "not_in_future"]
    assert {f.guard: f.opens_on for f in decision.unmet}["not_in_future"] == later
    with pytest.raises(GuardsNotMet) as refused:
        desk.api.open_case(**asked, on=later)
    assert refused.value.findings == decision.findings
    assert desk.api.list(actor=person("county")) == []
    assert desk.api.check_opening(**{**asked, "actor": person("village")}).allowed


def test_the_same_request_again_says_so(desk: Desk) -> None:
    case = desk.open()
    asked = {"actor": person("village"), "data": {"note": "电话联系"}, "request_id": "r-1"}
    first = desk.api.take(case, "record_contact", **asked)
    again = desk.api.take(case, "record_contact", **asked)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.event == first.event
