"""Duties of units in the database: who may record them, once, for a due date that the plan knows, under the chain."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text
from weigai.workflow import (
    Actor,
    Document,
    GuardsNotMet,
    InputRefused,
    IntegrityBroken,
    NoSuchAct,
    RequestReused,
    StoreBusy,
)

from tests.support import COUNTY, TOWNSHIP, VILLAGE, Desk, documents, person, tampering

A, B = "zhalantun-2019-a", "zhalantun-2019-b"
UNITS = [(COUNTY, "县"), (TOWNSHIP, "甲镇"), ("150783102", "乙镇"), (VILLAGE, "村")]


@pytest.fixture
def office(store_desk: Desk) -> Desk:
    store_desk.api.register.import_units(UNITS, actor=person("admin"))
    store_desk.today = date(2019, 6, 10)
    return store_desk


def submit(
    desk: Desk, on: str | None = "2019-05-14", office: str = "township", how: str = "record", **more: Any
) -> Any:
    words = {"unit": TOWNSHIP, "action": "submit_progress", **more}
    who = words.pop("actor", person(office))
    return getattr(desk.api.units, how)(actor=who, on=date.fromisoformat(on) if on else None, **words)


def refused(desk: Desk, **more: Any) -> set[tuple[str, str | None]]:
    with pytest.raises(GuardsNotMet) as error:
        submit(desk, **more)
    for lang in ("zh", "en"):
        said = error.value.message(lang)
        assert "{" not in said and "None" not in said, said
    return {(f.guard, f.rule) for f in error.value.unmet}


def test_a_report_is_recorded_for_the_next_due_date_under_every_plan(office: Desk) -> None:
    done = submit(office, documents=documents("progress_report"), data={"started": "12", "note": "进展顺利"})
    assert (done.unit, done.action, done.period, done.on) == (
        TOWNSHIP,
        "submit_progress",
        "2019-05-15",
        date(2019, 5, 14),
    )
    assert list(done.policies) == [A, B]
    assert done.data == {"started": 12, "note": "***"}
    assert [d.kind for d in done.documents] == ["progress_report"]
    assert office.api.units.records(actor=person("auditor")) == [done]
    assert office.api.units.records(actor=Actor("p", "township", ("150783102",))) == []
    for query in ("SELECT body FROM weigai_event", "SELECT unit, action, period FROM weigai_unit_record"):
        assert not [row for row in office.session.execute(text(query)) if "顺利" in str(row)]
    assert office.api.records.verify().problems == ()


def test_every_duty_by_its_office(office: Desk) -> None:
    units = office.api.units
    for unit, action, by, period in (
        (COUNTY, "circulate_progress", "county", "2019-06-15"),
        (TOWNSHIP, "submit_survey", "township", "2019"),
        (COUNTY, "adopt_annual_plan", "county", "2019"),
        (TOWNSHIP, "submit_self_check", "township", "2019-09-30"),
        (VILLAGE, "adopt_village_plan", "village", "2019"),
        (VILLAGE, "adopt_village_plan", "township", "2019"),
    ):
        assert units.record(unit, action, actor=person(by), policy=A).period == period
    assert len(units.records(actor=person("county"))) == 6
    assert [r.seq for r in units.records(actor=person("county"), unit=VILLAGE)] == [1, 2]
    assert units.record(TOWNSHIP, "submit_survey", actor=person("township"), on=date(2018, 12, 1), policy=A)
    assert office.api.records.verify().problems == ()


REFUSALS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "the wrong office": ({"office": "county"}, {"office_may_act"}),
    "another township": ({"unit": "150783102"}, {"unit_in_area"}),
    "a village owes no report": ({"unit": VILLAGE}, {"unit_owes_duty"}),
    "a unit that nobody registered": (
        {"unit": "150783109", "actor": Actor("p", "township", ("150783109",))}, {"unit_owes_duty"}),
    "a period that the plan does not know": ({"period": "2019-05-02"}, {"period_known"}),
    "a year is no period of it": ({"period": "2019"}, {"period_known"}),
    "no due date is left": ({"on": "2019-06-10", "period": "张三"}, {"period_known"}),
    "a day in the future": ({"on": "2019-06-11"}, {"not_in_future"}),
    "everything at once": (
        {"unit": VILLAGE, "office": "appraiser", "on": "2019-12-01"},
        {"office_may_act", "unit_owes_duty", "period_known", "not_in_future"}),
    "another office's, without the paper": ({"recorder": person("county")}, {"recorder_may_enter"}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_everything_by_rule(office: Desk, name: str) -> None:
    more, guards = REFUSALS[name]
    assert refused(office, **more) == {(guard, "R64") for guard in guards}
    decision = submit(office, how="check", **more)
    assert {(f.guard, f.rule) for f in decision.unmet} == {(guard, "R64") for guard in guards}
    assert office.api.units.records(actor=person("county")) == []


def test_a_check_of_a_duty_writes_nothing(office: Desk) -> None:
    decision = submit(office, how="check", documents=documents("progress_report"))
    assert (decision.action, decision.allowed, decision.who) == ("submit_progress", True, ("township",))
    assert [f.guard for f in decision.findings] == [
        "office_may_act",
        "unit_in_area",
        "unit_owes_duty",
        "period_known",
        "not_in_future",
        "recorder_may_enter",
    ]
    assert office.api.units.records(actor=person("county")) == []
    assert not office.api.records.log(actor=person("county"), stream=f"unit/{TOWNSHIP}")
    with pytest.raises(NoSuchAct):
        submit(office, how="check", action="fly")


def test_other_refusals(office: Desk) -> None:
    with pytest.raises(NoSuchAct, match="submit_progress"):
        submit(office, action="fly")
    with pytest.raises(NoSuchAct):
        submit(office, unit="150999101", actor=Actor("p", "township", ("150999101",)))
    with pytest.raises(InputRefused, match="colour"):
        submit(office, data={"colour": 1})
    assert refused(office, policy=A, unit="150784101", actor=Actor("p", "township", ("150784101",))) == {
        ("unit_owes_duty", "R64")
    }
    done = submit(office, recorder=person("county"), documents=documents("progress_report"))
    assert (done.by, done.recorded_by) == ("p-township", "p-county")


def test_the_same_request_is_done_once(office: Desk) -> None:
    words: dict[str, Any] = {
        "request_id": "r-1",
        "documents": documents("progress_report"),
        "data": {"started": 3, "note": "备注"},
    }
    first = submit(office, **words)
    assert submit(office, **words) == first
    office.today += timedelta(30)
    assert submit(office, on=None, **words) == first  # the default day moves on, the request does not
    for other in (
        {"on": "2019-05-13"},
        {"period": "2019-05-01"},
        {"data": {"started": 4}},
        {"documents": ()},
        {"action": "submit_survey"},
        {"policy": A},
        {"actor": Actor("p-2", "township", (TOWNSHIP,))},
    ):
        with pytest.raises(RequestReused):
            submit(office, **{**words, **other})
    assert len(office.api.units.records(actor=person("county"))) == 1
    case = office.open()
    made = office.api.lists.new("hand_over", unit=TOWNSHIP, cases=[case], actor=person("township"), request_id="r-2")
    assert made
    with pytest.raises(RequestReused):
        submit(office, request_id="r-2")


def test_the_late_list_is_that_of_the_due_dates(office: Desk) -> None:
    submit(office, on="2019-04-15")
    submit(office, on="2019-05-20", period="2019-05-01")
    submit(office, on="2019-05-15", policy=A)
    day = date(2019, 5, 31)
    found = office.api.units.late(actor=person("county"), policy=A, today=day)
    seen = [(e.unit, e.due.isoformat(), e.days, e.came and e.came.isoformat()) for e in found]
    assert [e for e in seen if e[0] == TOWNSHIP] == [(TOWNSHIP, "2019-05-01", 19, "2019-05-20")]
    assert [e for e in seen if e[0] == "150783102"] == [
        ("150783102", "2019-04-15", 46, None),
        ("150783102", "2019-05-01", 30, None),
        ("150783102", "2019-05-15", 16, None),
    ]
    assert {e.action for e in found if e.unit == COUNTY} == {"circulate_progress"}
    both = office.api.units.late(actor=person("township"), today=day)
    assert [(e.policy, e.due.day) for e in both] == [(A, 1), (B, 1), (B, 15)]
    merged = office.api.records.overdue(actor=person("township"), today=day)
    assert [(e.due, e.came, e.policies) for e in merged] == [
        ("2019-05-15", None, (B,)),
        ("2019-05-01", "2019-05-20", (A, B)),
    ]


def test_overdue_names_lists_clocks_and_works(office: Desk) -> None:
    case, other = office.open(), office.open(head={"name": "李四", "id_number": "150799196103030027"})
    made = office.api.lists.new("hand_over", unit=TOWNSHIP, cases=[case], actor=person("township"))
    office.api.lists.send(made.id, actor=person("township"))
    kept = office.api.lists.new("hand_over", unit=TOWNSHIP, cases=[other], actor=person("township"))
    office.api.lists.send(kept.id, actor=person("township"))
    office.api.lists.receive(kept.id, actor=person("county"))
    office.walk(case, "construction")
    clocks = '{"clocks": {"mend": {"due": "2019-08-01", "rule": "R70a", "who": ["township"]}, "x": {"due": 3}, "y": 1}}'
    office.session.execute(
        text("UPDATE weigai_case SET due_on = '2019-08-01', record = :r WHERE id = :c"), {"r": clocks, "c": other}
    )

    def entries(day: str, *kinds: str, **more: Any) -> list[tuple[Any, ...]]:
        found = office.api.records.overdue(actor=person("county"), today=date.fromisoformat(day), **more)
        assert all(e.rule for e in found if e.kind != "hand_over")
        return [(e.kind, e.what, e.case or e.list, e.due, e.days, e.rule, e.who) for e in found if e.kind in kinds]

    assert entries("2019-06-12", "hand_over") == [("hand_over", "receive_list", made.id, "2019-06-10", 2, None, ())]
    assert entries("2019-06-09", "hand_over", "clock") == []
    assert entries("2019-08-01", "clock") == []
    assert sorted(entries("2019-08-31", "clock", "works"), key=lambda e: e[3]) == [
        ("clock", "mend", other, "2019-08-01", 30, "R70a", ("township",)),
        ("clock", "completion", case, "2019-08-20", 11, "R69", ("township",)),
    ]
    assert entries("2019-09-01", "works") == [("works", "complete_works", case, "2019-08-31", 1, "R12", ("township",))]
    assert entries("2019-09-01", "works", "clock", policy=B) == []
    office.session.execute(text("UPDATE weigai_case SET record = '{}' WHERE id = :c"), {"c": other})
    found = office.api.records.overdue(actor=person("county"), today=date(2019, 9, 1))
    assert ("clock", "2019-08-01") in {(e.what, e.due) for e in found}


TAMPERING = {
    "a row forged": "INSERT INTO weigai_unit_record VALUES"
    " ('150783', '150783101', 'submit_progress', '2019-06-01', 9, '2019-05-30')",
    "a row of a unit without events": "INSERT INTO weigai_unit_record VALUES"
    " ('150783', '150783102', 'submit_progress', '2019-05-01', 1, '2019-04-30')",
    "a row removed": "DELETE FROM weigai_unit_record",
    "a day changed": "UPDATE weigai_unit_record SET done_on = '2019-04-30'",
    "a period changed": "UPDATE weigai_unit_record SET period = '2019-05-01'",
    "an action changed": "UPDATE weigai_unit_record SET action = 'submit_survey'",
    "a unit changed": "UPDATE weigai_unit_record SET unit = '150783102'",
    "every event removed": "DELETE FROM weigai_event WHERE stream LIKE 'unit/%'",
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_with_the_rows_is_found(office: Desk, name: str) -> None:
    submit(office, documents=documents("progress_report"))
    assert office.api.records.verify().problems == ()
    with tampering(office.session):
        assert office.session.execute(text(TAMPERING[name])).rowcount >= 1
    problems = office.api.records.verify().problems
    assert problems and all(p.stream.startswith("150783:unit/150783") for p in problems), problems
    assert any("unit record" in p.what for p in problems), problems


def test_a_forged_row_counts_for_nothing(office: Desk) -> None:
    office.session.execute(text(TAMPERING["a row forged"]))
    assert office.api.units.records(actor=person("county")) == []


def test_remarks_that_are_taken_away_are_missed(office: Desk) -> None:
    submit(office, data={"note": "金丝雀"}, documents=[Document("progress_report", "0" * 64, 3)])
    office.session.execute(text("DELETE FROM weigai_private"))
    assert office.api.units.records(actor=person("county"))[0].data == {"note": None}
    problems = office.api.records.verify().problems
    assert [p.what for p in problems if "no erasure names" in p.what]


def test_two_clerks_at_once_leave_one_chain(office: Desk, tmp_path: Path) -> None:
    submit(office, on="2019-04-15")
    office.session.commit()
    said: list[str] = []

    def clerk(request: str) -> None:
        with Desk(office.engine, tmp_path / "files") as own:
            for _ in range(20):
                try:
                    submit(own, request_id=request)
                    own.session.commit()
                    said.append("done")
                    return
                except StoreBusy:
                    own.session.rollback()

    threads = [Thread(target=clerk, args=(request,)) for request in ("r-1", "r-1", "r-2", "r-3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["done"] * 4
    assert [r.seq for r in office.api.units.records(actor=person("county"))] == [1, 2, 3, 4]
    assert office.api.records.verify().problems == ()


def test_a_record_whose_key_is_lost_is_marked_and_is_not_shown_as_erased(office: Desk) -> None:
    submit(office, data={"note": "金丝雀"}, documents=documents("progress_report"))
    damaged = "UPDATE weigai_key SET wrapped = 'AAAA' || substr(wrapped, 5) WHERE stream LIKE 'unit/%'"
    office.session.execute(text(damaged))
    (row,) = office.api.units.records(actor=person("county"))
    assert (row.key_lost, row.data["note"]) == (True, None)
    with pytest.raises(IntegrityBroken):
        office.api.units.unmask(row.unit, row.seq, actor=person("county"), reason="x")
