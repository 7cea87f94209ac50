"""How the programme is shared out: spending by unit, class, grade and mode, quotas, refusals, exemptions; and inbox marks."""

from __future__ import annotations

import pytest
from weigai.workflow import InputRefused

from tests.support import HEAD, TOWNSHIP, VILLAGE, Desk, person

COUNTY = person("county")
REASON = {"reason": "不愿改造"}


def test_spending_is_shared_out_and_a_household_counts_under_each_class(store_desk: Desk) -> None:
    desk = store_desk
    desk.api.register.import_units(
        [("150783", "扎兰屯市"), (TOWNSHIP, "蘑菇气镇"), (VILLAGE, "甲村")], actor=person("admin")
    )
    paid = desk.open("b", classes=["minimum_living", "disabled_poor"])
    desk.walk(paid, "archived", plan="b", certificate="minimum_living_certificate disability_certificate")
    agreed = desk.open("b", head={**HEAD, "id_number": "150799196103030027"})
    desk.walk(agreed, "agreement", plan="b", grade="C", mode="repair", area=None)

    def by(what: str) -> dict[str | None, tuple[int, int, int]]:
        rows = desk.api.records.spending(what, actor=COUNTY)
        return {r.value: (r.households, r.approved_fen, r.paid_fen) for r in rows}

    house, repair = (1, 2_523_200, 2_523_200), (1, 2_000_000, 0)
    assert by("grade") == {"C": repair, "D": house}
    assert by("mode") == {"repair": repair, "self_build": house}
    assert by("unit") == {TOWNSHIP: (2, 4_523_200, 2_523_200)}
    assert by("class") == {"disabled_poor": house, "minimum_living": (2, 4_523_200, 2_523_200)}
    with pytest.raises(InputRefused):
        by("colour")
    (quota,) = desk.api.records.quotas(actor=COUNTY, policy="zhalantun-2019-b")
    assert (quota.planned, quota.approved, quota.left, quota.over, quota.cap) == (123, 2, 121, 0, False)


def test_a_refusal_needs_talks_and_both_papers_and_is_listed(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    desk.walk(case, "agreement")
    papers = "village_refusal_record township_refusal_record"
    found = {f.rule for f in desk.check(case, "refuse", "village", papers.split(maxsplit=1)[0], **REASON).unmet}
    assert found == {"R13"}
    desk.take(case, "record_contact", "village", spoken_to="户主")
    desk.today = desk.today.fromordinal(desk.today.toordinal() + 1)
    desk.take(case, "record_contact", "township", spoken_to="户主")
    desk.take(case, "refuse", "township", papers, **REASON)
    (row,) = desk.api.records.refusals(actor=COUNTY)
    assert (row.case, len(row.talks), row.papers) == (case, 2, tuple(sorted(papers.split())))  # R14
    assert desk.api.records.refusals(actor=COUNTY, policy="zhalantun-2019-b") == []
    assert desk.api.records.spending("grade", actor=COUNTY) == []


def test_exemptions_and_marks_are_shown(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    desk.walk(case, "village_publicity")
    told = {"rule": "R36c", "granted_by": "p-x", "reason": "x", "until": "2019-12-31", "agreed_by": "p-y"}
    desk.take(case, "exempt", "county", **told)
    desk.take(case, "raise_objection", "village", level="village", grounds="x")
    desk.take(case, "suspend", "township", reason="x")
    (row,) = desk.api.inbox(actor=person("village"))
    assert row.marks == ("suspended", "objection", "exempt")
    (granted,) = desk.api.records.exemptions(actor=COUNTY)
    assert (granted.case, granted.rule, granted.until) == (case, "R36c", "2019-12-31")
    assert desk.api.records.exemptions(actor=COUNTY, policy="zhalantun-2019-b") == []
