"""Honest acts of an earlier program, under contents that a database kept: what only a later one asks accuses nobody."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.guards import load
from weigai.states.policy.tables import policy_hash
from weigai.states.procedure.graph import Procedure
from weigai.states.proofs.load import load_kept
from weigai.workflow import context as contexts
from weigai.workflow import library

from tests.exempted import OLD, named
from tests.integration.test_asked_again import told
from tests.support import COUNTY, VILLAGE, Road, founded, holds, household, person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Desk

BY_NAME = named("a").replace("[guards.second_person_confirmed]", "[guards.second_person_confirmed]\nconfirmed = false")
EXEMPT = {"rule": "R36b", "granted_by": "p-lin", "reason": "地块狭小", "agreed_by": "p-second"}


@pytest.fixture
def earlier(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let this process hold a content as a program held it that did not ask some guards, and had none that is firm."""
    monkeypatch.setattr(contexts, "_PROCEDURES", {})

    def held(content: str, *unasked: str) -> None:
        guards = tuple(one._replace(firm=False) for one in load().values() if one.name not in unasked)
        digest = policy_hash(content)
        contexts._PROCEDURES[digest] = Procedure(load_kept(content).policy, digest, guards)

    yield held


def without(*tables: str) -> str:
    """Return a plan without these tables of guards."""
    return re.sub(rf"\[guards\.({'|'.join(tables)})\]\n(?:[a-z].*\n)*", "", BY_NAME)


def kept(table: str) -> str:
    """Return a plan that lists nothing that may be exempted, with an earlier table of what never may."""
    start = BY_NAME.index("[[exemptible]]")
    return BY_NAME[:start] + table + BY_NAME[BY_NAME.index("# -----", start) :]


def opened(desk: Desk, folder: Path, content: str) -> str:
    path = folder / "our-plan.toml"
    path.write_text(content, encoding="utf-8")
    first: dict[str, Any] = {"policy": str(path), "unit": VILLAGE, "household": household("a"), "on": desk.today}
    return desk.api.open_case(actor=person("village"), **first).id


@pytest.mark.parametrize(
    ("guard", "state", "data"),
    [
        ("consent_given", "draft", {"consents": False}),
        ("appraiser_independent", "appraisal", {"body_is_builder": True}),
    ],
)
def test_what_had_no_table_accuses_nobody(
    desk: Desk, tmp_path: Path, earlier: Any, guard: str, state: str, data: dict[str, Any]
) -> None:
    content = without(guard)
    case = opened(desk, tmp_path, content)
    desk.walk(case, state)
    action, office, papers, rest = Road(desk, case).act(state)
    earlier(content, guard)
    desk.take(case, action, office, papers, **{**rest, **data})
    assert told(desk) == []


def test_what_had_a_table_is_told_where_it_was_not_asked(desk: Desk, tmp_path: Path, earlier: Any) -> None:
    case = opened(desk, tmp_path, BY_NAME)
    action, office, papers, rest = Road(desk, case).act("draft")
    earlier(BY_NAME, "consent_given")
    desk.take(case, action, office, papers, **{**rest, "consents": False})
    assert told(desk) == [(case, action, ("consent_given",))]


def test_what_its_table_only_flagged_is_refused_now_and_accuses_nobody(
    desk: Desk, tmp_path: Path, earlier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = BY_NAME.replace("[guards.consent_given]", '[guards.consent_given]\neffect = "warn"')
    monkeypatch.setattr(library, "load_policy", load_kept)
    case = opened(desk, tmp_path, content)
    action, office, papers, rest = Road(desk, case).act("draft")
    against = {**rest, "consents": False}
    assert [f.guard for f in desk.check(case, action, office, papers, **against).unmet] == ["consent_given"]
    earlier(content)
    desk.take(case, action, office, papers, **against)
    assert told(desk) == []


@pytest.mark.parametrize("table", ["", OLD, OLD.replace("source", 'effect = "warn"\nsource', 1)])
def test_an_exemption_that_no_table_held_back_accuses_nobody(
    desk: Desk, tmp_path: Path, earlier: Any, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    content = kept(table)
    monkeypatch.setattr(library, "load_policy", load_kept)
    case = opened(desk, tmp_path, content)
    earlier(content, "rule_exemptible", "exemption_lifts")
    desk.take(case, "exempt", "county", **EXEMPT, until=desk.today + timedelta(days=30))
    assert told(desk) == []


def test_an_exemption_from_what_nobody_is_exempted_from_is_told(
    desk: Desk, tmp_path: Path, earlier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = kept(OLD.replace("never = []", 'never = ["R36b"]'))
    monkeypatch.setattr(library, "load_policy", load_kept)
    case = opened(desk, tmp_path, content)
    earlier(content, "rule_exemptible")
    desk.take(case, "exempt", "county", **EXEMPT, until=desk.today + timedelta(days=30))
    assert told(desk) == [(case, "exempt", ("rule_exemptible",))]


@pytest.mark.parametrize("register", [False, True], ids=["host", "register"])
@pytest.mark.parametrize("name", ["late_entry_agreed", "shortening_agreed"])
def test_a_late_entry_that_no_table_held_back_is_refused_now_and_accuses_nobody(
    store_desk: Desk, tmp_path: Path, earlier: Any, name: str, register: bool
) -> None:
    desk, content = store_desk, without("late_entry_agreed", "shortening_agreed")
    if register:
        holds(founded(desk), "p-second", "county", COUNTY, since=date(2019, 1, 1))
    case = opened(desk, tmp_path, content)
    state = "draft" if name == "late_entry_agreed" else "village_notice"
    desk.walk(case, state)
    action, office, papers, data = Road(desk, case).act(state)
    day, desk.today = desk.today, desk.today + timedelta(days=40)
    assert name in {f.guard for f in desk.check(case, action, office, papers, on=day, **data).unmet}
    earlier(content, "late_entry_agreed", "shortening_agreed")
    desk.take(case, action, office, papers, on=day, **data)
    assert told(desk) == []
