"""Where a plan is silent, what protects the clock and the money has a safe default; what was kept before is read as it was."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from weigai.states.policy.defaults import SAFE
from weigai.states.policy.tables import read_policy
from weigai.states.procedure.four_eyes import tables
from weigai.states.proofs.load import load_kept, load_policy
from weigai.states.proofs.remarks import remarked
from weigai.states.reading.describe import described
from weigai.workflow.library import bundled

from tests.support import VILLAGE, Road, household, person
from tests.unit.safety import SOURCE, toml

if TYPE_CHECKING:
    from tests.support import Desk

TEXT = bundled()["zhalantun-2019-a"].replace('id = "zhalantun-2019-a"', 'id = "silent"', 1)
COUNTIES = Path(__file__).parent.parent / "counties" / "policies"
WHY = {"reason": "补录", "agreed_by": "p-second"}


def silent(text: str = TEXT) -> str:
    """Return a plan without a word on late entries."""
    return re.sub(r"\[guards\.(late_entry|shortening)_agreed\]\n(?:[a-z].*\n)*", "", text)


def opened(desk: Desk, folder: Path, text: str) -> str:
    path = folder / "silent.toml"
    path.write_text(text, encoding="utf-8")
    told: dict[str, Any] = {"policy": str(path), "unit": VILLAGE, "household": household("a"), "on": desk.today}
    return desk.api.open_case(actor=person("village"), **told).id


def unmet(desk: Desk, case: str, action: str, **told: Any) -> set[str]:
    return {finding.guard for finding in desk.check(case, action, "village", **told).unmet}


def test_a_silent_plan_takes_no_late_entry_by_one_alone(desk: Desk, tmp_path: Path) -> None:
    assert "late_entry_agreed" not in silent()
    case = opened(desk, tmp_path, silent())
    action, _, papers, data = Road(desk, case).act("draft")
    day = desk.today
    for days, barred in ((30, set()), (31, {"late_entry_agreed"})):
        desk.today = day + timedelta(days=days)
        assert unmet(desk, case, action, papers=papers, on=day, **data) == barred
    assert unmet(desk, case, action, papers=papers, on=day, **data, **WHY) == set()


def test_under_a_silent_plan_nobody_enters_a_notice_and_its_close_on_one_day(desk: Desk, tmp_path: Path) -> None:
    case = opened(desk, tmp_path, silent())
    desk.walk(case, "village_notice")
    posted = desk.today
    action, _, papers, data = Road(desk, case).act("village_notice")
    desk.today = posted + timedelta(days=15)
    assert unmet(desk, case, action, papers=papers, on=posted, **data) == {"shortening_agreed"}
    assert unmet(desk, case, action, papers=papers, on=desk.today, **data) == set()


@pytest.mark.parametrize("name", SAFE)
def test_a_table_without_days_is_silent_and_one_with_days_stays(name: str) -> None:
    plan = tomllib.loads(TEXT)
    plan["guards"][name] = {**SOURCE, "silent": ["days"]}
    filled = getattr(load_policy(toml(plan)).policy.guards, name)
    assert filled == SAFE[name]
    plan["guards"][name] = {**SOURCE, "days": 2}
    assert getattr(load_policy(toml(plan)).policy.guards, name).days == 2


def test_what_was_kept_before_is_read_as_it_was() -> None:
    plan = tomllib.loads((COUNTIES / "chayuan-2024.toml").read_text(encoding="utf-8"))
    assert load_policy(toml(plan)).policy.guards.late_entry_agreed == SAFE["late_entry_agreed"]
    earlier = load_kept(toml({**plan, "lacks": []})).policy.guards
    assert (earlier.late_entry_agreed, earlier.shortening_agreed) == (None, None)


def test_a_plan_that_is_kept_today_keeps_its_safe_defaults() -> None:
    assert load_kept(silent()).policy.guards.late_entry_agreed == SAFE["late_entry_agreed"]


def test_a_safe_default_is_remarked_and_shown() -> None:
    remarks = [remark.en for remark in remarked(read_policy(silent()), silent())]
    assert any("late_entry_agreed has no days, so the safe default of 30 days holds" in said for said in remarks)
    guards = next(part for part in described(load_policy(silent()).policy, "en") if part.name == "guards")
    assert any("[late_entry_agreed]" in line.text and "30 days" in line.text for line in guards.lines)
    assert not any("safe default" in remark.en for remark in remarked(read_policy(TEXT), TEXT))


@pytest.mark.parametrize(
    "rows",
    [[{**SOURCE}], [{"steps": ["review", "approval"], **SOURCE}], [{"steps": ["approval", "payment"], **SOURCE}]],
)
def test_appraisal_approval_and_payment_stay_apart_whatever_the_tables_say(rows: list[dict[str, Any]]) -> None:
    for load in (load_policy, load_kept):
        procedure = load(toml({**tomllib.loads(TEXT), "four_eyes": rows}))
        others = {other for against in procedure.acts["pay"].against for other in against.others}
        assert {"record_appraisal", "approve"} <= others
        assert {"record_appraisal"} <= {o for a in procedure.acts["approve"].against for o in a.others}


def test_a_plan_that_keeps_them_apart_itself_is_not_told_twice() -> None:
    policy = load_policy(TEXT).policy
    assert tables(policy) == policy.four_eyes


@pytest.mark.parametrize(
    ("state", "data", "guard"),
    [
        ("draft", {"consents": False}, "consent_given"),
        ("appraisal", {"body_is_builder": True}, "appraiser_independent"),
        ("appraisal", {"body_is_applicant": True}, "appraiser_independent"),
    ],
)
def test_consent_and_an_independent_appraiser_are_asked_for_without_a_table(
    desk: Desk, tmp_path: Path, state: str, data: dict[str, Any], guard: str
) -> None:
    case = opened(desk, tmp_path, re.sub(rf"\[guards\.{guard}\]\n(?:[a-z].*\n)*", "", TEXT))
    desk.walk(case, state)
    action, office, papers, told = Road(desk, case).act(state)
    decision = desk.check(case, action, office, papers, **{**told, **data})
    assert [f.guard for f in decision.unmet] == [guard]


def test_a_denied_identity_holds_the_payment_without_a_table(desk: Desk, tmp_path: Path) -> None:
    case = opened(desk, tmp_path, re.sub(r"\[guards\.corrected_facts_hold\]\n(?:[a-z].*\n)*", "", TEXT))
    road = desk.walk(case, "payment")
    action, office, papers, told = road.act("payment")
    assert desk.check(case, action, office, papers, **told).allowed
    desk.take(case, "deny_identity", "poverty_office", authority="poverty_office", reason="不是贫困户")
    decision = desk.check(case, action, office, papers, **told)
    assert [f.guard for f in decision.unmet] == ["corrected_facts_hold"]
