"""When duties are due and what is late: counted from due dates, so that nothing drifts (R64, R65)."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weigai.states.counting.due_dates import due_dates, late, period_of, periods
from weigai.states.errors import PolicyRefused
from weigai.states.policy.sourced import Words
from weigai.states.policy.tables import Duty
from weigai.states.proofs.load import load_policy
from weigai.workflow.library import bundled, procedure_of

REPORTS = [date(2019, month, day) for month in range(4, 10) for day in (1, 15) if (4, 1) < (month, day) <= (9, 1)]
A = "zhalantun-2019-a"


def of(action: str, plan: str = A) -> Duty:
    return next(d for d in procedure_of(plan).policy.duties if d.action == action)


@pytest.mark.parametrize("plan", list(bundled()))
def test_the_plans_duties_and_their_days(plan: str) -> None:
    named = {d.action: d for d in procedure_of(plan).policy.duties if d.action}
    assert {action: (d.rule, d.level, d.offices) for action, d in named.items()} == {
        "submit_progress": ("R64", "township", ("township",)),
        "circulate_progress": ("R64", "county", ("county",)),
        "submit_survey": ("R59", "township", ("township",)),
        "submit_self_check": ("R65", "township", ("township",)),
        "adopt_annual_plan": ("R29d", "county", ("county",)),
        "adopt_village_plan": ("R36d", "village", ("village", "township")),
    }
    assert list(due_dates(named["submit_progress"])) == REPORTS == list(due_dates(named["circulate_progress"]))
    assert (len(REPORTS), REPORTS[0], REPORTS[-1]) == (10, date(2019, 4, 15), date(2019, 9, 1))
    assert due_dates(named["submit_self_check"]) == (date(2019, 9, 30),)
    for action in ("submit_survey", "adopt_annual_plan", "adopt_village_plan"):
        assert due_dates(named[action]) == ()
        assert periods(named[action], 2019) == ("2019",)


@pytest.mark.parametrize(
    ("on", "period"),
    [("2019-01-02", "2019-04-15"), ("2019-04-15", "2019-04-15"), ("2019-04-16", "2019-05-01"),
     ("2019-09-01", "2019-09-01"), ("2019-09-02", None)],
)  # fmt: skip
def test_a_submission_is_for_the_next_due_date(on: str, period: str | None) -> None:
    assert period_of(of("submit_progress"), 2019, date.fromisoformat(on)) == period
    assert period_of(of("submit_survey"), 2019, date.fromisoformat(on)) == "2019"


def test_the_day_itself_is_in_time_and_the_next_is_late() -> None:
    duty, due = of("submit_self_check"), date(2019, 9, 30)
    assert late(duty, ["t"], [], due) == []
    assert late(duty, ["t"], [("t", due, due)], date(2020, 1, 1)) == []
    (missing,) = late(duty, ["t"], [], due + timedelta(1))
    assert missing == ("t", due, 1, None)
    (came,) = late(duty, ["t"], [("t", due, due + timedelta(3)), ("t", due, due + timedelta(9))], date(2020, 1, 1))
    assert came == ("t", due, 3, due + timedelta(3))
    assert late(duty, ["t"], [("t", due, due + timedelta(3))], due + timedelta(2))[0].came is None
    assert late(duty, ["t"], [("u", due, due)], date(2019, 10, 1))[0].unit == "t"


UNITS = ["150783101", "150783102", "150783103"]
submissions = st.lists(
    st.tuples(
        st.sampled_from([*UNITS, "150784101"]),
        st.sampled_from([*REPORTS, date(2018, 1, 1)]),
        st.integers(-40, 60),
    ).map(lambda s: (s[0], s[1], s[1] + timedelta(s[2]))),
    max_size=40,
)


@given(done=submissions, today=st.dates(date(2019, 3, 1), date(2020, 2, 1)))
def test_the_late_list_never_drifts(done: list[tuple[str, date, date]], today: date) -> None:
    """Count by walking the days one by one: who owes what on each day, whatever was submitted before or after."""
    days_late: Counter[tuple[str, date]] = Counter()
    still: set[tuple[str, date]] = set()
    day = date(2019, 3, 1)
    while day <= today:
        for unit in UNITS:
            for due in REPORTS:
                there = any(u == unit and p == due and on <= day for u, p, on in done)
                if day > due:  # the evening of a day past the due date: late by one more, until the day that it came
                    came_before = any(u == unit and p == due and on < day for u, p, on in done)
                    days_late[unit, due] += not came_before
                    (still.discard if there else still.add)((unit, due))
        day += timedelta(1)
    found = late(of("submit_progress"), UNITS, done, today)
    assert {(e.unit, e.due): e.days for e in found} == {key: n for key, n in days_late.items() if n}
    assert {(e.unit, e.due) for e in found if e.came is None} == still
    assert len(found) == len({(e.unit, e.due) for e in found})


@given(done=submissions, moved=st.integers(1, 200))
def test_one_late_report_moves_no_other_due_date(done: list[tuple[str, date, date]], moved: int) -> None:
    today, duty = date(2020, 1, 1), of("submit_progress")
    before = [e for e in late(duty, UNITS, done, today) if e.due != REPORTS[0]]
    more = [*done, (UNITS[0], REPORTS[0], REPORTS[0] + timedelta(moved))]
    assert [e for e in late(duty, UNITS, more, today) if e.due != REPORTS[0]] == before


BAD = {
    "an action without offices": {"action": "submit_x", "level": "township"},
    "offices without an action": {"offices": ("township",)},
    "days without a span": {"action": "x", "level": "township", "offices": ("township",), "due_days": (1,)},
    "a span without days": {"first_due": date(2019, 1, 1), "last_due": date(2019, 2, 1)},
    "a day that not every month has": {
        "action": "x", "level": "county", "offices": ("county",), "due_days": (31,), "first_due": date(2019, 1, 1),
        "last_due": date(2019, 2, 1)},
    "due dates without an action": {"due": (date(2019, 1, 1),)},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_duty_that_is_not_whole_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"dut|due"):
        Duty(id="x", name=Words(zh="x", en="x"), source="A", **BAD[name])


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [('action = "submit_survey"', 'action = "submit_progress"', "two duties have the action submit_progress"),
     ('offices = ["village", "township"]\nsilent', 'offices = ["mayor"]\nsilent', "no such office: mayor")],
)  # fmt: skip
def test_a_policy_whose_duties_do_not_fit_is_refused(old: str, new: str, why: str) -> None:
    text = bundled()[A]
    head, mark, tail = text.partition("[[duties]]")
    assert old in tail
    with pytest.raises(PolicyRefused, match=why):
        load_policy(head + mark + tail.replace(old, new, 1))
