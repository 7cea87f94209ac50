"""The main road, walked to the archive under both plans, on both databases."""

from __future__ import annotations

import pytest

from tests.support import Desk, person

ROADS = {
    "A, D, self-built": ("a", {}, {}),
    "A, D, guaranteed, built by the township": (
        "a", {}, {"mode": "guaranteed_housing", "builder": "township", "area": "40.00", "amount": "45232"}),
    "A, C, repaired": ("a", {}, {"grade": "C", "mode": "repair", "area": None, "amount": "20000"}),
    "A, C, built new": ("a", {}, {"grade": "C", "amount": "20000"}),
    "A, no house, self-built": ("a", {"no_house": True}, {"no_house": True}),
    "A, no house, guaranteed": (
        "a", {"no_house": True},
        {"no_house": True, "mode": "guaranteed_housing", "builder": "household", "area": "39.50", "amount": "45232"}),
    "B, minimum living, D": ("b", {}, {}),
    "B, extreme poverty, guaranteed": (
        "b", {"classes": ["extreme_poverty"]},
        {"certificate": "extreme_poverty_certificate", "mode": "guaranteed_housing", "builder": "township",
         "area": "40", "amount": "45232"}),
    "B, disabled, by federation and civil affairs": (
        "b", {"classes": ["disabled_poor"]},
        {"certificate": "disability_certificate", "authorities": ("disabled_federation", "civil_affairs")}),
    "B, C, repaired": ("b", {}, {"grade": "C", "mode": "repair", "area": None, "amount": "20000"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ROADS)
def test_a_household_is_carried_from_opening_to_archive(desk: Desk, name: str) -> None:
    plan, changes, choices = ROADS[name]
    case = desk.open(plan, **changes)
    desk.walk(case, "archived", plan=plan, **choices)
    done = desk.api.get(case, actor=person("county"))
    assert done.state == "archived"
    assert done.record["paid_fen"] == int(choices.get("amount", "25232")) * 100
    assert done.record["archive_no"].startswith("扎危改[2019]")
    assert desk.api.records.verify().problems == ()


@pytest.mark.parametrize("plan", ["a", "b"])
def test_the_road_is_the_same_on_both_databases(store_desk: Desk, plan: str) -> None:
    case = store_desk.open(plan)
    store_desk.walk(case, "archived", plan=plan)
    history = store_desk.api.history(case)
    assert [e.seq for e in history] == list(range(1, len(history) + 1))
    assert [e.prev_hash for e in history[1:]] == [e.hash for e in history[:-1]]
    assert store_desk.api.records.verify().problems == ()


def test_the_earliest_dates_of_the_catalogue_are_the_earliest_possible(desk: Desk) -> None:
    case = desk.open()
    road = desk.walk(case, "village_publicity")
    first = [desk.check(case, "close_village_publicity", "village", hung_throughout=True).opens_on]
    road.to("township_publicity")
    first.append(desk.check(case, "close_township_publicity", "township", hung_throughout=True).opens_on)
    assert [d.isoformat() for d in first if d] == ["2019-06-16", "2019-06-23"]


def test_history_keeps_two_clocks_and_two_persons(desk: Desk) -> None:
    case = desk.open()
    desk.today = desk.today.replace(day=13)
    action, office, papers, data = desk.walk(case, "draft").act("draft")
    from tests.support import documents

    desk.api.take(
        case,
        action,
        actor=person(office),
        recorder=person("township"),
        on=desk.today.replace(day=10),
        data=data,
        documents=documents(papers),
    )
    event = desk.api.history(case)[-1]
    assert (event.acted_by, event.office, event.recorded_by) == ("p-village", "village", "p-township")
    assert (event.occurred_on, event.recorded_at[:10]) == ("2019-06-10", "2019-06-13")
