"""Every act asked again under the policy that its event names: what was changed for an act and put back is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from weigai.db.cases.policies import content, stored_policies
from weigai.states.errors import GuardsNotMet
from weigai.workflow import context as contexts
from weigai.workflow.library import compiled

from tests.support import COUNTY, FIRST, Desk, founded, holds, person

if TYPE_CHECKING:
    from collections.abc import Iterator

Told = list[tuple[str, str, tuple[str, ...]]]


@pytest.fixture
def forged(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let this process hold a policy that is not the content of its hash, as one that read a changed content did."""
    monkeypatch.setattr(contexts, "_PROCEDURES", {})
    return monkeypatch


def told(desk: Desk) -> Told:
    contexts._PROCEDURES.clear()
    found = desk.api.records.findings(actor=person("county"), kinds=["decided_otherwise"])
    return [(one.cases[0], one.evidence["action"], tuple(one.evidence["guards"])) for one in found]


def hold(desk: Desk, old: str, new: str) -> None:
    """Hold another content under the hash of plan a."""
    (own,) = [one.hash for one in stored_policies(desk.session.connection()) if one.id == "zhalantun-2019-a"]
    text_ = content(desk.session.connection(), own)
    assert old in text_
    made = compiled(text_.replace(old, new), "forged")
    contexts._PROCEDURES[own] = made


def refuse(desk: Desk, case: str) -> None:
    desk.take(case, "record_contact", "village")
    desk.take(case, "refuse", "village", "village_refusal_record township_refusal_record", reason="本人不愿")


def test_a_rule_that_was_lifted_for_one_act_is_told(desk: Desk, forged: pytest.MonkeyPatch) -> None:
    case = desk.open()
    with pytest.raises(GuardsNotMet):
        refuse(desk, case)
    desk.session.rollback()
    case = desk.open()
    hold(desk, "contacts = 2", "contacts = 0")
    refuse(desk, case)
    assert told(desk) == [(case, "refuse", ("contacts_made",))]


def test_an_amount_that_was_raised_for_one_approval_is_told(desk: Desk, forged: pytest.MonkeyPatch) -> None:
    case = desk.open()
    road = desk.walk(case, "county_review")
    hold(desk, "yuan = 25232", "yuan = 35232")
    road.to("registration")
    assert told(desk) == [(case, "approve", ("approved_fen",))]


def test_a_row_of_a_case_that_was_changed_for_one_act_is_told(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    desk.walk(case, "village_deliberation")
    where = {"id": case}
    desk.session.execute(text("UPDATE weigai_case SET state = 'village_publicity' WHERE id = :id"), where)
    posted = '"publicity":{"village":{"opens_on":"2019-06-01","posted_on":"2019-05-01","calendar":null,"places":{}}}'
    record = desk.session.execute(text("SELECT record FROM weigai_case WHERE id = :id"), where).scalar_one()
    desk.session.execute(
        text("UPDATE weigai_case SET record = :record WHERE id = :id"), {**where, "record": f"{record[:-1]},{posted}}}"}
    )
    desk.take(case, "close_village_publicity", "village", "", hung_throughout=True)
    (one,) = told(desk)
    assert (one[0], one[1]) == (case, "close_village_publicity")
    assert "action_available" in one[2]


@pytest.mark.parametrize("plan", ["a", "b"])
def test_honest_acts_are_not_told(desk: Desk, plan: str) -> None:
    case = desk.open(plan)
    desk.walk(case, "archived", plan=plan)
    other = desk.open(plan)
    desk.walk(other, "county_review", plan=plan)
    desk.take(other, "attach", "village", "danger_photo")
    assert told(desk) == []


def agreeing(desk: Desk) -> str:
    """Found the county, and bring a case to where what was before is entered late, with a second person's consent."""
    founded(desk)
    case = desk.open()
    desk.walk(case, "site_preparation")
    return case


@pytest.mark.parametrize("plan", ["a", "b"])
def test_a_second_person_of_the_register_is_not_told(store_desk: Desk, plan: str) -> None:
    desk = store_desk
    holds(founded(desk), "p-second", "county", COUNTY, since=date(2019, 1, 1))
    case = desk.open(plan)
    desk.walk(case, "site_preparation", plan=plan)
    desk.today += timedelta(days=40)
    desk.walk(case, "archived", plan=plan)
    assert told(desk) == []
    desk.api.register.revoke("p-second", "county", COUNTY, actor=FIRST, on=date(2019, 1, 10))
    assert told(desk) == []


def test_a_second_person_who_stood_in_the_register_for_one_act_is_told(store_desk: Desk) -> None:
    desk, case = store_desk, agreeing(store_desk)
    row = f"'{COUNTY}', 'p-second', 1, 'county', '{COUNTY}', '2019-01-01', NULL, 'p-0001', 'p-0002'"
    for dressed in (
        f"INSERT INTO weigai_person VALUES ('{COUNTY}', 'p-second', NULL, 0)",
        f"INSERT INTO weigai_grant VALUES ({row})",
    ):
        desk.session.execute(text(dressed))
    desk.today += timedelta(days=60)
    late = {"reason": "冬季已安置", "agreed_by": "p-second"}
    desk.take(case, "record_resettlement", "township", on=date(2019, 2, 1), how="rented", **late)
    for table, column in (("grant", "person"), ("person", "id")):
        desk.session.execute(text(f"DELETE FROM weigai_{table} WHERE {column} = 'p-second'"))
    assert told(desk) == [(case, "record_resettlement", ("late_entry_agreed",))]
    assert desk.api.records.verify().problems == ()


def test_a_second_person_of_before_the_register_is_not_told(store_desk: Desk) -> None:
    desk = store_desk
    case = desk.open()
    desk.walk(case, "site_preparation")
    desk.today += timedelta(days=40)
    desk.walk(case, "archived")
    desk.today += timedelta(days=1)
    founded(desk)
    assert told(desk) == []
