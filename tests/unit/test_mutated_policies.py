"""Whatever value of whichever plan is spoiled in a way that cannot be meant, the file is refused or the slip is remarked on."""

from __future__ import annotations

import copy
import tomllib
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weigai.states.errors import PolicyRefused
from weigai.states.policy.tables import read_policy
from weigai.states.proofs import sense
from weigai.states.proofs.load import load_policy
from weigai.states.proofs.remarks import remarked

from tests.profiles import examples
from tests.unit.safety import toml
from tests.unit.test_describe import TEXTS
from tests.unit.test_sense import SLIPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from weigai.states.policy.tables import Policy

    Place = tuple[dict[str, Any], str]
    Spoiled = tuple[Callable[[dict[str, Any]], list[Place]], tuple[Any, ...]]


def every(plan: Any, fits: Callable[[str, Any], bool]) -> Iterator[Place]:
    """Yield each place of a plan whose key and value fit."""
    if isinstance(plan, list):
        for one in plan:
            yield from every(one, fits)
    elif isinstance(plan, dict):
        for key, value in plan.items():
            if fits(key, value):
                yield plan, key
            yield from every(value, fits)


def of_kind(kind: type) -> Callable[[dict[str, Any]], list[Place]]:
    return lambda plan: list(every(plan, lambda key, value: type(value) is kind and key != "format"))


def named(*keys: str) -> Callable[[dict[str, Any]], list[Place]]:
    return lambda plan: list(every(plan, lambda key, _: key in keys))


def of_table(table: str, key: str, **wanted: Any) -> Callable[[dict[str, Any]], list[Place]]:
    """Return the places of a key in a table's entries of these values, also where the key is not written yet."""
    return lambda plan: [
        (entry, key) for entry in plan.get(table, []) if all(entry.get(name) == value for name, value in wanted.items())
    ]


def earlier(plan: dict[str, Any]) -> list[Place]:
    """Return the condition of each table of money but the last: without it, nobody comes to the tables behind."""
    return [(entry, "when") for table in ("subsidies", "lines") for entry in plan[table][:-1] if "when" in entry]


def facts(*ids: str) -> Callable[[dict[str, Any]], list[Place]]:
    return lambda plan: [(fact, "form") for fact in plan.get("facts", []) if fact["id"] in ids]


def whole_numbers(plan: dict[str, Any]) -> list[Place]:
    """Return the places of whole numbers that are no decimals: money and areas may be written as texts."""
    decimals = {"yuan", "most", "cap", "floor", "relaxed_cap", "area_cap", "cap_per_head", "floor_per_head"}
    return [(table, key) for table, key in of_kind(int)(plan) if key not in decimals]


GONE = object()  # the key is taken out
READ_BY_NAME = ("raise_objection", "answer_objection", "correct", "exempt", "suspend", "resume", "repost_notice")
KINDS: dict[str, Spoiled] = {
    "a number that is true": (of_kind(int), (True,)),
    "a number that is a text": (whole_numbers, ("15",)),
    "a number below zero": (of_kind(int), (-1, -5)),
    "a flag that is a number": (of_kind(bool), (1, 0)),
    "a flag that is a text": (of_kind(bool), ("yes", "true")),
    "a day that is a text": (of_kind(date), ("2019-06-10",)),
    "a day of another age": (of_kind(date), (date(9999, 1, 1), date(1, 1, 1))),
    "a year that is none": (named("year"), (-1, 0, 9999)),
    "a source that says nothing": (named("source", "identity_source"), ("", "  ", "　", "待填写", "TODO", "？？", "...")),
    "a text of blanks": (named("zh", "en"), ("", " ", "　")),
    "a period of no day": (of_table("steps", "days", kind="publicity"), (0,)),
    "a notice that hangs nowhere": (of_table("steps", "places", kind="publicity"), ([], GONE)),
    "a notice that hangs at no known place": (
        of_table("steps", "places", kind="publicity"), (["vilage_board"], ["village_board", "moon"]),
    ),
    "a payee whom nobody named": (named("payee"), ("mayor", "finance")),
    "a form that holds nothing": (facts(*READ_BY_NAME), ("noted",)),
    "a fact that cannot end": (
        lambda plan: [(fact, "id") for fact in plan.get("facts", []) if fact["id"] in READ_BY_NAME[:2]], ("attach_more",),
    ),
    "one person": (of_table("facts", "second_person", second_person=True), (False, GONE)),
    "an office that enters for one above": (of_table("offices", "records_for", id="village"), (["county"], ["township"])),
    "a class that nobody confirms": (named("confirmed_by"), ([[]], [["county"], []])),
    "money beyond all": (named("yuan", "most"), ("1e26", "99999999", "1.005")),
    "areas beyond all": (named("cap", "floor"), ("1e26", "60.001")),
    "a grade that no house has": (
        lambda plan: [(e["when"], "grades") for e in (*plan["subsidies"], *plan["lines"], *plan.get("quotas", [])) if "when" in e], (["Z"],),
    ),
    "units of another county": (
        lambda plan: [(e.setdefault("when", {}), "units") for t in ("papers", "subsidies", "lines", "quotas") for e in plan.get(t, [])], (["999999"],),
    ),
    "a table behind a catch-all": (earlier, (GONE,)),
    "four eyes that warn": (of_table("four_eyes", "effect"), ("warn",)),
    "a quota of a unit and of what lies in it": (
        lambda plan: [(e, "by_unit") for e in plan.get("quotas", [])], ({"150783106": 1, "150783106201": 1},),
    ),
    "a number that cannot be made": (named("pattern"), ("{foo}-{number}", "{number", "{number:>9}", "{year}")),
    "a last day before the first": (lambda plan: [(plan, "last_day")], (date(1990, 1, 1),)),
}  # fmt: skip


def outcome(text: str) -> tuple[bool, Counter[str]]:
    """Return whether a text is refused, and what is remarked on it."""
    try:
        policy = load_policy(text).policy
    except PolicyRefused as refused:
        assert all(problem.zh and problem.en for problem in refused.problems)
        return True, Counter()
    return False, Counter(problem.en for problem in remarked(policy, text))


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoiled_value_is_refused_or_remarked_on(kind: str) -> None:
    find, values = KINDS[kind]
    having = [name for name in TEXTS if find(tomllib.loads(TEXTS[name]))]
    assert having

    @settings(max_examples=examples(12), deadline=None)
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(having))
        whole = tomllib.loads(TEXTS[name])
        plan = copy.deepcopy(whole)
        places = find(plan)
        table, key = places[data.draw(st.integers(0, len(places) - 1))]
        value = data.draw(st.sampled_from(values))
        if value is GONE:
            table.pop(key, None)
        else:
            table[key] = value
        refused, remarks = outcome(toml(plan))
        assert refused or remarks - outcome(toml(whole))[1], (name, key, value)

    hold()


@pytest.mark.parametrize("name", TEXTS)
def test_the_plans_written_anew_are_accepted(name: str) -> None:
    assert outcome(toml(tomllib.loads(TEXTS[name])))[0] is False


@pytest.mark.parametrize(
    "check", sense.CHECKS, ids=lambda check: f"{check.__module__.rpartition('.')[2]}_{check.__name__}"
)
def test_no_check_can_be_left_out(check: Any) -> None:
    assert any(problem for text, _, _ in SLIPS.values() if (policy := form(text)) for problem in check(policy))


def form(text: str) -> Policy | None:
    """Return a policy that is of its form."""
    try:
        return read_policy(text)
    except PolicyRefused:
        return None
