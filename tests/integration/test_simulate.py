"""What another policy or calendar would have made of the cases that there are."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from weigai.workflow import Calendar, InputRefused, NotFound
from weigai.workflow.library import bundled

from tests.support import VILLAGE, Desk, household, person

if TYPE_CHECKING:
    from pathlib import Path

    from weigai.workflow.reports.simulation import Outcome, Simulation

A = "zhalantun-2019-a"
TEXT = bundled()[A]


@pytest.fixture
def plans(tmp_path: Path) -> Any:
    def plan(name: str, *changes: tuple[str, str]) -> str:
        made = TEXT
        for old, new in changes:
            assert old in made, old
            made = made.replace(old, new, 1)
        path = tmp_path / f"{name}.toml"
        path.write_text(made, encoding="utf-8")
        return str(path)

    return plan


def simulate(desk: Desk, **asked: Any) -> Simulation:
    return desk.api.records.simulate(actor=person("county"), **asked)


def only(found: Simulation) -> Outcome:
    assert (found.total["cases"], len(found.outcomes)) == (1, 1)
    return found.outcomes[0]


def paid(desk: Desk, **choices: Any) -> str:
    case = desk.open()
    desk.walk(case, "archived", **choices)
    return case


def days_later(desk: Desk, case: str, one: Outcome) -> dict[str, int]:
    """Return by how many days each moving act comes later, by what the record and the replay say."""
    was = {event.action: event.occurred_on for event in desk.api.history(case)}
    assert all(move.was.isoformat() == was[move.action] for move in one.found.moved)
    return {move.action: (move.on - move.was).days for move in one.found.moved}


def test_a_longer_notice_puts_off_what_comes_after_it_and_nothing_before(store_desk: Desk, plans: Any) -> None:
    case = paid(store_desk)
    one = only(simulate(store_desk, to=plans("longer", ("days = 5\n", "days = 8\n"))))
    assert one.found.barred == ()
    later = days_later(store_desk, case, one)
    assert "post_village_notice" not in later
    assert next(iter(later)) == "close_village_publicity"
    assert (later["close_village_publicity"], one.found.days) == (3, 3)
    assert list(later.values()) == sorted(
        later.values(), reverse=True
    )  # where there was time to spare, it is caught up
    assert one.found.end_days == later.get("archive", 0)
    assert one.found.state == "archived"
    assert (one.found.was_fen, one.found.fen, one.found.more_fen) == (2523200, 2523200, 0)


def test_a_shorter_notice_hastens_nothing(store_desk: Desk, plans: Any) -> None:
    paid(store_desk)
    assert simulate(store_desk, to=plans("shorter", ("days = 5\n", "days = 2\n"))).outcomes == ()


def test_working_days_are_counted_by_the_calendar_that_is_given(store_desk: Desk, plans: Any, tmp_path: Path) -> None:
    working = plans("working", ('days = 5\nunit = "calendar"', 'days = 5\nunit = "working"'))
    opened = store_desk.api.open_case(
        policy=working, unit=VILLAGE, household=household("a"), actor=person("village"), on=store_desk.today
    )
    store_desk.walk(opened.id, "village_publicity")
    posted = store_desk.today
    opens = date.fromisoformat(opened_on(store_desk, opened.id))
    store_desk.take(opened.id, "close_village_publicity", "village", on=opens, hung_throughout=True)
    official = Calendar.official()
    year = [date(posted.year, 1, 1) + timedelta(days=n) for n in range(365)]
    [stolen, *_] = [day for day in year if posted < day and official.is_working(day)]
    off = [day.isoformat() for day in year if day == stolen or (day.weekday() < 5 and not official.is_working(day))]
    work = [day.isoformat() for day in year if day.weekday() >= 5 and official.is_working(day)]
    file = tmp_path / "calendar.json"
    told = {"off": off, "work": work, "sources": ["a county's own day off"]}
    file.write_text(json.dumps({"version": "x", "years": {str(posted.year): told}}))
    one = only(simulate(store_desk, calendar=Calendar.from_file(file)))
    moved = {move.action: (move.was, move.on) for move in one.found.moved}
    assert moved["close_village_publicity"][0] == opens
    assert moved["close_village_publicity"][1] == next(
        opens + timedelta(days=n) for n in range(1, 9) if official.is_working(opens + timedelta(days=n))
    )
    assert simulate(store_desk, calendar=Calendar.official()).outcomes == ()


def opened_on(desk: Desk, case: str) -> str:
    return desk.api.get(case, actor=person("county")).record["opens_on"]


def test_another_amount_is_told_to_the_fen_and_is_no_refusal(store_desk: Desk, plans: Any) -> None:
    paid(store_desk)
    found = simulate(
        store_desk, to=plans("less", ("yuan = 25232", 'yuan = "20000.01"'), ("yuan = 25232", 'yuan = "20000.01"'))
    )
    one = only(found)
    assert (one.found.barred, one.found.moved) == ((), ())
    assert (one.found.was_fen, one.found.fen, one.found.more_fen) == (2523200, 2000001, -523199)
    assert (found.total["paid_otherwise"], found.total["less_fen"], found.total["more_fen"]) == (1, 523199, 0)


def test_every_reason_is_told_though_the_first_already_bars(store_desk: Desk) -> None:
    paid(store_desk)
    one = only(simulate(store_desk, to="zhalantun-2019-b"))
    told = {(barred.action, finding.guard) for barred in one.found.barred for finding in barred.findings}
    assert ("submit_application", "class_served") in told
    assert ("pay", "fund_matches_line") in told
    assert all(
        not finding.ok and finding.effect == "block" for barred in one.found.barred for finding in barred.findings
    )


def test_a_step_that_the_case_never_took_is_told_once(store_desk: Desk, plans: Any) -> None:
    case = paid(store_desk)
    meeting = '[[steps]]\nkind = "meeting"\nlevel = "county"\noffices = ["county"]\nsource = "x"\n\n[[steps]]\nkind = "approval"'
    one = only(simulate(store_desk, to=plans("meeting", ('[[steps]]\nkind = "approval"', meeting))))
    [barred] = one.found.barred
    assert (barred.action, [f.guard for f in barred.findings]) == ("approve", ["action_available"])
    assert "record_county_meeting" in barred.findings[0].values["first"]
    assert one.found.state == store_desk.api.get(case, actor=person("county")).state == "archived"


def test_detours_come_out_as_they_did(store_desk: Desk) -> None:
    desk, case = store_desk, store_desk.open()
    desk.walk(case, "village_publicity")
    desk.take(
        case, "take_down_notice", "village", level="village", place="village_board", on=desk.today + timedelta(days=2)
    )
    desk.take(case, "repost_notice", "village", level="village", on=desk.today + timedelta(days=1))
    desk.walk(case, "county_review")
    desk.take(case, "step_back", "appraiser", "paper", reason="wrong grade")
    desk.walk(case, "archived")
    assert simulate(desk, to=A).outcomes == ()


def test_sums_are_by_township_and_only_of_the_readers_area(store_desk: Desk, plans: Any) -> None:
    paid(store_desk)
    store_desk.open()
    longer = plans("longer", ("days = 5\n", "days = 8\n"))
    found = simulate(store_desk, to=longer)
    assert {code: sums["cases"] for code, sums in found.townships.items()} == {VILLAGE[:9]: 2}
    assert (found.total["same"], found.total["delayed"], found.total["days"]) == (1, 1, 3)
    assert simulate(store_desk, to=longer, policy="zhalantun-2019-b").total["cases"] == 0
    assert simulate(store_desk, to=longer, unit="150783999").total["cases"] == 0
    elsewhere = person("county").__class__("p-1", "county", ("999999",))
    assert store_desk.api.records.simulate(actor=elsewhere, to=longer).total["cases"] == 0


def test_nothing_is_written(store_desk: Desk, plans: Any) -> None:
    paid(store_desk)
    store_desk.session.commit()
    sqlite = store_desk.session.get_bind().dialect.name == "sqlite"
    store_desk.session.execute(text("PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY"))
    assert simulate(store_desk, to=plans("longer", ("days = 5\n", "days = 8\n"))).total["delayed"] == 1


def test_what_cannot_be_tried_out_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    with pytest.raises(InputRefused):
        simulate(desk)
    with pytest.raises(NotFound):
        simulate(desk, to="nowhere")
